"""The log as a file: CSV or NDJSON, line after line, in batches that a cursor begins and never an offset.

Names are those of Microsoft Graph's provisioningObjectSummary where it has one, so that an Entra admin's
eye and existing parsers find them; what is ours beside: position, organization, httpStatus, scimType,
method, path, ipAddress, token. However many entries there are, one batch of them is in memory.
"""

import csv
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, islice
from threading import Lock
from typing import Any, ClassVar, Self
from uuid import UUID

import orjson
import structlog
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import ExpressionWrapper, F, QuerySet, TextChoices, TextField

from accounts import clock
from accounts.models import Organization
from provisioning import entries, history, problems, traffic
from provisioning.entries import Entries
from provisioning.errors import ExportRunning, NoLongerAllowed
from provisioning.history import Actor
from provisioning.models import AuditKind, ProvisioningLogEntry, ScimToken

logger = structlog.get_logger(__name__)

BATCH_SIZE, ROWS_AT_A_TIME = 500, 25
MOST_WAITED_SECONDS = 0.05
ABANDONED_SECONDS, MOST_SECONDS = 60.0, 600.0
RETRY_AFTER_SECONDS = 30
ASKED_AGAIN_SECONDS = 1.0
BROKEN, GO_ON = "This export broke off.", "Go on after the last entry that you have."
ENTRA, HOOTSUITE = "Microsoft Entra ID", "Hootsuite"
COLUMNS = (
    "id",
    "position",
    "at",
    "organization_id",
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
    "token_id",
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

    Whoever asks next takes it from one whose reader has taken nothing for a minute, or is slower than MOST_SECONDS.
    """

    lock: ClassVar[Lock] = Lock()
    current: ClassVar["Turn | None"] = None

    def __init__(self) -> None:
        self.began_at = self.alive_at = time.monotonic()

    @classmethod
    def begin(cls) -> Self:
        """Take the turn. Raises: ExportRunning while somebody else has it."""
        with cls.lock:
            if Turn.current is not None and Turn.current.has_claim():
                raise ExportRunning(
                    "Another export is running on this server; one at a time is served, so that Entra's own "
                    f"requests stay fast. Try again in {RETRY_AFTER_SECONDS} seconds."
                )
            turn = cls()
            Turn.current = turn
        return turn

    def has_claim(self) -> bool:
        """Whether the reader still reads, and does not read for ever."""
        now = time.monotonic()
        return now - self.alive_at < ABANDONED_SECONDS and now - self.began_at < MOST_SECONDS

    def go_on(self) -> None:
        """Say that the reader still reads. Raises: ExportRunning when somebody else has the turn by now."""
        self.alive_at = time.monotonic()
        if Turn.current is not self:
            raise ExportRunning("Another export took the turn of this one.")

    def end(self) -> None:
        """Give the turn back; twice is as good as once."""
        with self.lock:
            if Turn.current is self:
                Turn.current = None


@dataclass
class Export:
    """The chunks of a file for a streamed answer, which closes it whatever happens.

    `may_go_on` says whether its reader may still read: a key that is revoked, or somebody whose sign-in is
    ended, gets no further.
    """

    chunks: Iterable[bytes]
    turn: Turn
    kind: Format
    may_go_on: Callable[[], bool]

    def __iter__(self) -> Iterator[bytes]:
        """Return the chunks, and give the turn back after the last.

        An answer that has begun can't become an error, and a server ends it as if it were whole: what breaks off
        says so in a last line, which is no entry.
        """
        asked_at = self.turn.began_at
        try:
            for chunk in self.chunks:
                self.turn.go_on()
                if time.monotonic() - asked_at > ASKED_AGAIN_SECONDS:
                    self.ask_again()
                    asked_at = time.monotonic()
                yield chunk
        except NoLongerAllowed as refusal:
            yield broken_line(self.kind, status=403, detail=str(refusal))
        except Exception:
            logger.exception("export:broken")
            yield broken_line(self.kind, status=500, detail=GO_ON)
        finally:
            self.turn.end()

    def ask_again(self) -> None:
        """Ask whether the reader may still read. Raises: NoLongerAllowed."""
        if not self.may_go_on():
            raise NoLongerAllowed("The API key or the sign-in that it was read with is no longer good.")

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
    may_go_on: Callable[[], bool],
    now: datetime,
) -> Export:
    """Begin to export entries, and write into the history who did, of whose log, by which filters.

    `found` is limited to what the actor may see; whether they still may is asked ASKED_AGAIN_SECONDS apart,
    while it is read. Raises: ExportRunning.
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
    return Export(lines(found, kind, order=order), turn, kind, may_go_on)


def lines(found: Entries, kind: Format, *, order: tuple[str, ...]) -> Iterator[bytes]:
    """Return entries as the chunks of a file, in the order of `entries.BY_TIME`, `BY_ID` or `BY_POSITION`."""
    if kind == Format.CSV:
        yield csv_of([CSV_COLUMNS])
    write = csv_lines if kind == Format.CSV else json_lines
    for part in parts(found, order):
        yield write([summary_of(row) for row in part])


def csv_lines(summaries: list[dict[str, Any]]) -> bytes:
    """Return entries as lines of a CSV."""
    return csv_of([[cell_of(each, column) for column in CSV_COLUMNS] for each in summaries])


def json_lines(summaries: list[dict[str, Any]]) -> bytes:
    """Return entries as lines of NDJSON."""
    return b"".join(json_line(each) for each in summaries)


def json_line(summary: dict[str, Any]) -> bytes:
    """Return an entry as one line of NDJSON; with a number that only Python's own writer can write, by that."""
    try:
        return orjson.dumps(summary, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        return f"{json.dumps(summary, ensure_ascii=False)}\n".encode()


def broken_line(kind: Format, *, status: int, detail: str) -> bytes:
    """Return the last line of a file that is not whole: what a problem document would say."""
    if kind == Format.CSV:
        return csv_of([[f"{BROKEN} {detail}"]])
    return json_line({"title": BROKEN, "status": status, "detail": detail})


def parts(found: Entries, order: tuple[str, ...]) -> Iterator[list[dict[str, Any]]]:
    """Return the rows of entries, ROWS_AT_A_TIME or fewer, and give way to Entra before each time.

    They are asked for BATCH_SIZE at a time, or fewer where they are large, by two queries.
    """
    batch, names = batch_of(found, order), Names()
    while part := list(islice(batch, ROWS_AT_A_TIME)):
        while part:
            traffic.give_way(most_seconds=MOST_WAITED_SECONDS)
            for row in part:
                row["personal"] = json.loads(row.pop("text"))
            yield names.given(part)
            last, part = part[-1], list(islice(batch, ROWS_AT_A_TIME))
        # Of two bounds of one column SQLite starts from the first that it reads: it must be the last row's.
        beyond = ProvisioningLogEntry.objects.filter(entries.past(order, last))
        batch = batch_of(beyond & found, order)


def batch_of(found: Entries, order: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Return the first rows of entries, one at least. JSON comes as the text that it is stored as.

    They have all been fetched, and become Python's ROWS_AT_A_TIME, as they are read.
    """
    rows = found.order_by(*order)
    traffic.give_way(most_seconds=MOST_WAITED_SECONDS)
    fitting, there = entries.fitting(rows, BATCH_SIZE)
    if not there:
        return iter(())
    text = ExpressionWrapper(F("personal"), output_field=TextField())
    columns = (each for each in COLUMNS if each != "personal")
    traffic.give_way(most_seconds=MOST_WAITED_SECONDS)
    return rows_of(rows.annotate(text=text).values(*columns, "text")[:fitting])


def rows_of(values: QuerySet[Any, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return the rows of a query, which Django's own iterator would make Python's before it returns the first."""
    query = values.query
    names = [*query.values_select, *query.annotation_select]
    compiler = query.get_compiler(DEFAULT_DB_ALIAS)
    sql, parameters = compiler.as_sql()
    converters = compiler.get_converters([each[0] for each in compiler.select])
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if not is_sqlite:
            from accounts.prepared import read_times_in_c  # and psycopg, which SQLite needs not

            read_times_in_c(cursor)
        cursor.execute(sql, parameters)
        # SQLite would hold its snapshot for as long as somebody reads slowly: there all rows are taken at once.
        chunks = [cursor.fetchall()] if is_sqlite else iter(partial(cursor.fetchmany, ROWS_AT_A_TIME), [])
        rows = chain.from_iterable(chunks)
        for row in compiler.apply_converters(rows, converters) if converters else rows:
            yield dict(zip(names, row, strict=True))


class Names:
    """What the organizations and tokens of rows are called. Each is asked for once.

    They are not joined to the rows: of few organizations SQLite would rather sort a whole log than look one up.
    """

    def __init__(self) -> None:
        self.slugs = dict[UUID, str]()
        self.labels = dict[UUID | None, str | None]({None: None})

    def given(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return rows with the "slug" and the "label" of what they name. One query for each sort that is new."""
        organizations = {row["organization_id"] for row in rows} - self.slugs.keys()
        tokens = {row["token_id"] for row in rows} - self.labels.keys()
        if organizations:
            found = Organization.objects.filter(pk__in=organizations)
            self.slugs |= dict(found.values_list("pk", "slug"))
        if tokens:
            self.labels |= dict(ScimToken.objects.filter(pk__in=tokens).values_list("pk", "label"))
        for row in rows:
            row["slug"], row["label"] = self.slugs[row["organization_id"]], self.labels[row["token_id"]]
        return rows


def summary_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return an entry as Microsoft Graph's provisioningObjectSummary names it."""
    personal, type_ = row["personal"], row["resource_type"] or None
    by = personal.get("by")
    return {
        "id": str(row["id"]),
        "position": row["position"],
        "activityDateTime": clock.timestamp(row["at"]),
        "organization": row["slug"],
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
        "token": row["label"],
    }


def error_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return why a request was refused and what to do; None where it was not."""
    if not row["error_code"]:
        return None
    problem = problems.BY_CODE.get(row["error_code"])
    recommended = " ".join(problem.steps) if problem else None
    return {"errorCode": row["error_code"], "reason": row["detail"], "recommendedAction": recommended}


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
