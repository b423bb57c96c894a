"""The log as a file: CSV or NDJSON, line after line, in batches that a cursor begins and never an offset.

Names are those of Microsoft Graph's provisioningObjectSummary where it has one, so that an Entra admin's
eye and existing parsers find them; what is ours beside: position, organization, httpStatus, scimType,
method, path, ipAddress, token. However many entries there are, one batch of them is in memory.
"""

import csv
import io
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, ClassVar, Self

from django.db import transaction
from django.db.models import TextChoices

from accounts.models import Organization
from provisioning import entries, history, problems
from provisioning.entries import Entries
from provisioning.errors import ExportRunning
from provisioning.history import Actor
from provisioning.models import AuditKind

BATCH_SIZE = 500
ABANDONED_SECONDS = 60.0
RETRY_AFTER_SECONDS = 30
ENTRA, HOOTSUITE = "Microsoft Entra ID", "Hootsuite"
COLUMNS = (
    "id",
    "position",
    "at",
    "organization__slug",
    "action",
    "status",
    "resource_type",
    "resource_id",
    "personal",
    "method",
    "path",
    "http_status",
    "scim_type",
    "error_code",
    "detail",
    "duration_ms",
    "client_address",
    "token__label",
)
# The columns of a CSV: where each value stands in a summary.
CSV_COLUMNS = (
    "id",
    "activityDateTime",
    "position",
    "organization",
    "provisioningAction",
    "provisioningStatusInfo.status",
    "provisioningStatusInfo.errorInformation.errorCode",
    "provisioningStatusInfo.errorInformation.reason",
    "provisioningStatusInfo.errorInformation.recommendedAction",
    "sourceIdentity.id",
    "targetIdentity.id",
    "targetIdentity.displayName",
    "targetIdentity.identityType",
    "httpStatus",
    "scimType",
    "durationInMilliseconds",
    "initiatedBy.displayName",
    "method",
    "path",
    "ipAddress",
    "token",
    "modifiedProperties",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Format(TextChoices):
    """What a file of entries can be."""

    CSV = "csv", "CSV, for a spreadsheet"
    NDJSON = "ndjson", "NDJSON, one JSON object a line, for a program"


CONTENT_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.NDJSON: "application/x-ndjson"}


class Turn:
    """The one export that a process serves at a time, so that Entra never waits behind two.

    One whose reader has taken nothing for a minute has no claim any more.
    """

    lock: ClassVar[Lock] = Lock()
    current: ClassVar["Turn | None"] = None

    def __init__(self) -> None:
        self.alive_at = time.monotonic()

    @classmethod
    def begin(cls) -> Self:
        """Take the turn. Raises: ExportRunning while somebody else has it."""
        with cls.lock:
            running = Turn.current
            if running is not None and time.monotonic() - running.alive_at < ABANDONED_SECONDS:
                raise ExportRunning(
                    "Another export is running on this server; one at a time is served, so that Entra's own "
                    f"requests stay fast. Try again in {RETRY_AFTER_SECONDS} seconds."
                )
            turn = cls()
            Turn.current = turn
        return turn

    def go_on(self) -> None:
        """Say that the reader still reads."""
        self.alive_at = time.monotonic()

    def end(self) -> None:
        """Give the turn back; twice is as good as once."""
        with self.lock:
            if Turn.current is self:
                Turn.current = None


@dataclass
class Export:
    """The chunks of a file, a batch each, for a streamed answer, which closes it whatever happens."""

    chunks: Iterable[bytes]
    turn: Turn

    def __iter__(self) -> Iterator[bytes]:
        """Return the chunks, and the turn after the last."""
        try:
            for chunk in self.chunks:
                self.turn.go_on()
                yield chunk
        finally:
            self.turn.end()

    def close(self) -> None:
        """Give the turn back, also when nobody has read a byte."""
        self.turn.end()


def begin_export(
    *,
    found: Entries,
    order: tuple[str, ...],
    kind: Format,
    organization: Organization | None,
    asked: list[str],
    by: Actor,
    now: datetime,
) -> Export:
    """Begin to export entries, and write into the history who did, of whose log, by which filters.

    `found` is limited to what the actor may see. Raises: ExportRunning.
    """
    turn = Turn.begin()
    try:
        with transaction.atomic():
            history.record(
                AuditKind.LOG_EXPORTED,
                by=by,
                now=now,
                organization=organization,
                subject=f"{kind.name}: {'; '.join(asked) or 'every entry'}",
            )
    except BaseException:
        turn.end()
        raise
    return Export(lines(found, kind, order=order), turn)


def lines(found: Entries, kind: Format, *, order: tuple[str, ...]) -> Iterator[bytes]:
    """Return entries as the chunks of a file, in the order of `entries.BY_TIME`, `BY_ID` or `BY_POSITION`."""
    if kind == Format.CSV:
        yield csv_of([CSV_COLUMNS])
    for batch in batches(found, order):
        summaries = [summary_of(row) for row in batch]
        if kind == Format.CSV:
            yield csv_of([[cell_of(each, column) for column in CSV_COLUMNS] for each in summaries])
        else:
            yield "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in summaries).encode()


def batches(found: Entries, order: tuple[str, ...]) -> Iterator[list[dict[str, Any]]]:
    """Return the rows of entries, BATCH_SIZE at a time, one query each."""
    rows = found.order_by(*order).values(*COLUMNS)
    batch = list(rows[:BATCH_SIZE])
    while batch:
        yield batch
        if len(batch) < BATCH_SIZE:
            return
        last = batch[-1]
        batch = list(rows.filter(entries.past(order, last))[:BATCH_SIZE])


def summary_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return an entry as Microsoft Graph's provisioningObjectSummary names it."""
    personal, type_ = row["personal"], row["resource_type"] or None
    by = personal.get("by")
    return {
        "id": str(row["id"]),
        "position": row["position"],
        "activityDateTime": timestamp(row["at"]),
        "organization": row["organization__slug"],
        "provisioningAction": row["action"],
        "durationInMilliseconds": round(row["duration_ms"]),
        "initiatedBy": {"displayName": by or ENTRA, "initiatorType": "user" if by else "application"},
        "sourceSystem": {"displayName": ENTRA},
        "targetSystem": {"displayName": HOOTSUITE},
        "sourceIdentity": {"id": personal.get("source") or None, "identityType": type_},
        "targetIdentity": {
            "id": str(row["resource_id"]) if row["resource_id"] else None,
            "displayName": personal.get("target") or None,
            "identityType": type_,
        },
        "provisioningStatusInfo": {"status": row["status"], "errorInformation": error_of(row)},
        "modifiedProperties": personal.get("modifiedProperties", []),
        "httpStatus": row["http_status"],
        "scimType": row["scim_type"] or None,
        "method": row["method"] or None,
        "path": row["path"] or None,
        "ipAddress": None if personal.get("by") else row["client_address"],
        "token": row["token__label"],
    }


def error_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return why a request was refused and what to do; None where it was not."""
    if not row["error_code"]:
        return None
    problem = problems.BY_CODE.get(row["error_code"])
    recommended = " ".join(problem.steps) if problem else None
    return {"errorCode": row["error_code"], "reason": row["detail"], "recommendedAction": recommended}


def timestamp(at: datetime) -> str:
    """Return a time in UTC with milliseconds, as Microsoft Graph writes it.

    >>> timestamp(datetime(2026, 11, 22, 21, 56, 3, 120000, tzinfo=UTC))
    '2026-11-22T21:56:03.120Z'
    """
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def cell_of(summary: dict[str, Any], column: str) -> str:
    """Return the value of a CSV's column as text that no spreadsheet takes for a formula."""
    value: Any = summary
    for name in column.split("."):
        value = None if value is None else value[name]
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_of(rows: Iterable[Iterable[str]]) -> bytes:
    """Return rows as CSV (RFC 4180)."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()
