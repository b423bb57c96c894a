"""What has arrived since somebody began to wait for Entra's Test Connection, and what was wrong with it.

It only reads. Whoever waits asks every second, so each read is bounded and has an index. What is only
counted (`provisioning/counters.py`) is known a moment after the call.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from provisioning.models import (
    IS_REFUSAL,
    Action,
    LogStatus,
    ProvisioningLogEntry,
    RequestCount,
    RequestKind,
    ScimToken,
)

MOST_READ = 50
NEW = timedelta(days=1)
SWITCHED_OFF = "provisioning_off"
REFUSED_TOKENS = ("token_expired", "token_revoked")


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call of which the log tells; `token` is the one it came with."""

    at: datetime
    address: str | None
    token: ScimToken
    is_test: bool
    is_answered: bool
    http_status: int
    error_code: str
    detail: str


def connecting_calls(organization_id: UUID, *, since: datetime) -> list[Call]:
    """Return Test Connections and calls whose token was good once, newest first. At most three queries.

    Of refusals alike the log has one a minute: a later one is known by the count of those that were
    folded, and taken for one like the newest of that minute.
    """
    found = connecting_entries(organization_id, since=minute_of(since))
    again = repeated(organization_id, since=since) if any(each.fold_key for each in found) else {}
    calls = []
    for entry in found:
        last = again.pop(minute_of(entry.at), entry.at) if entry.fold_key else entry.at
        calls.append(call_of(entry, at=max(entry.at, last)))
    return sorted((each for each in calls if each.at >= since), key=lambda each: each.at, reverse=True)


def connecting_entries(organization_id: UUID, *, since: datetime) -> list[ProvisioningLogEntry]:
    """Return an organization's entries of Test Connections and of tokens that were good once, newest first."""
    entries = (
        ProvisioningLogEntry.objects.of_organization(organization_id)
        .filter(at__gte=since, token__isnull=False)
        .select_related("token")
        .order_by("-at", "-id")
    )
    tests = entries.filter(action=Action.TEST_CONNECTION)[:MOST_READ]
    refusals = entries.filter(IS_REFUSAL, error_code__in=REFUSED_TOKENS)[:MOST_READ]
    return sorted({*tests, *refusals}, key=lambda each: (each.at, each.id), reverse=True)


def repeated(organization_id: UUID, *, since: datetime) -> dict[datetime, datetime]:
    """Return minute → when the last call came then that has no entry of its own."""
    counts = RequestCount.objects.filter(
        organization_id=organization_id, kind=RequestKind.REPEATED, minute__gte=minute_of(since)
    )
    return dict(counts.order_by("-minute").values_list("minute", "last_at")[:MOST_READ])


def switched_off_call(organization_id: UUID, *, since: datetime) -> Call | None:
    """Return the newest call that was refused because provisioning is off. To be asked while it is off."""
    entries = ProvisioningLogEntry.objects.of_organization(organization_id).filter(
        IS_REFUSAL, at__gte=since, error_code=SWITCHED_OFF, token__isnull=False
    )
    newest = entries.select_related("token").order_by("-at", "-id").first()
    return call_of(newest, at=newest.at) if newest else None


def stranger_calls(*, since: datetime) -> list[RequestCount]:
    """Return by address when calls came last whose token belongs to nobody, newest first."""
    counts = RequestCount.objects.filter(
        organization__isnull=True, kind=RequestKind.STRANGER, minute__gte=minute_of(since), last_at__gte=since
    )
    newest = sorted(counts.order_by("-minute")[:MOST_READ], key=lambda each: each.last_at)
    by_address = {each.address: each for each in newest}
    return sorted(by_address.values(), key=lambda each: each.last_at, reverse=True)


def first_uses(tokens: QuerySet[ScimToken], *, since: datetime, now: datetime) -> list[ScimToken]:
    """Return those of the tokens that are new and were used for the first time, newest use first."""
    used = tokens.filter(first_used_at__gte=since, issued_at__gte=now - NEW)
    return list(used.select_related("organization").order_by("-first_used_at")[:MOST_READ])


def call_of(entry: ProvisioningLogEntry, *, at: datetime) -> Call:
    """Return what an entry says of its call."""
    if entry.token is None:
        raise ValueError("a person's change by hand is no call")
    return Call(
        at=at,
        address=entry.client_address,
        token=entry.token,
        is_test=entry.action == Action.TEST_CONNECTION,
        is_answered=entry.status == LogStatus.SUCCESS,
        http_status=entry.http_status,
        error_code=entry.error_code,
        detail=entry.detail,
    )


def minute_of(at: datetime) -> datetime:
    """Return the minute a moment belongs to."""
    return at.replace(second=0, microsecond=0)
