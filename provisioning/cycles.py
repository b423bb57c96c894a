"""Entra's cycles, inferred from traffic: a gap of ten minutes ends one.

Nothing a request waits for: the watch calls `follow` with what it has read. What a cycle changed is
counted from the log's entries, each of them once; what it read is summed from the minutes' counts.
What is refused because provisioning is off belongs to a cycle and is no work of it: it counts as nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple
from uuid import UUID

from django.db.models import Sum

from provisioning.activity import SWITCHED_OFF, Seen
from provisioning.models import (
    Action,
    CycleKind,
    LogStatus,
    ProvisioningCycle,
    RequestCount,
    RequestKind,
)

GAP = timedelta(minutes=10)
USUAL_INTERVAL = timedelta(minutes=40)
LEARNT_FROM = 10
LEAST_INTERVALS = 3
NEARLY_DONE = 0.99

DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DISABLE: "disabled",
    Action.RESTORE: "restored",
    Action.DELETE: "deleted",
}
READS = {RequestKind.READ_USERS: "User", RequestKind.READ_GROUPS: "Group"}
Totals = dict[str, dict[str, int]]


class Traffic(NamedTuple):
    """A request that was logged, or a minute's reads: from when to when, and the entry of the first sort."""

    first_at: datetime
    last_at: datetime
    seen: Seen | None = None


def follow(
    organization_id: UUID, traffic: Iterable[Traffic], *, until: datetime | None
) -> ProvisioningCycle | None:
    """Open, lengthen and end cycles by what arrived; return the newest, if there ever was one.

    `until` is the moment up to which all traffic is known; None while more waits to be read.
    """
    newest = newest_cycle(organization_id)
    for each in sorted(traffic, key=lambda each: each.first_at):
        if newest is None or each.first_at - newest.last_seen_at >= GAP:
            if newest is not None:
                end(newest)
            newest = begin(organization_id, each, is_first=newest is None)
        lengthen(newest, each)
    if newest is None:
        return None
    if until is not None and newest.ended_at is None and until - newest.last_seen_at >= GAP:
        end(newest)
    elif newest.ended_at is None:
        newest.save()
    return newest


def newest_cycle(organization_id: UUID) -> ProvisioningCycle | None:
    """Return the running cycle, or the last one."""
    return ProvisioningCycle.objects.of_organization(organization_id).first()


def newest_of(organization_id: UUID, *, operations: int) -> ProvisioningCycle | None:
    """Return the newest cycle to judge by: an ended one that changed anything, or one with so many operations."""
    changing = ProvisioningCycle.objects.of_organization(organization_id).exclude(totals={})
    return next((each for each in changing[:2] if each.ended_at or operations_of(each) >= operations), None)


def begin(organization_id: UUID, traffic: Traffic, *, is_first: bool) -> ProvisioningCycle:
    """Open a cycle. The first of an organization is its initial one."""
    return ProvisioningCycle(
        organization_id=organization_id,
        kind=CycleKind.INITIAL if is_first else CycleKind.INCREMENTAL,
        started_at=traffic.first_at,
        last_seen_at=traffic.last_at,
    )


def lengthen(cycle: ProvisioningCycle, traffic: Traffic) -> None:
    """Let a cycle reach over a request or a minute's reads, and count what was logged.

    One that had ended goes on; what arrives very late is counted and does not stretch it.
    """
    cycle.ended_at = None
    if cycle.started_at - traffic.last_at < GAP:
        cycle.started_at = min(cycle.started_at, traffic.first_at)
    cycle.last_seen_at = max(cycle.last_seen_at, traffic.last_at)
    if traffic.seen is not None and traffic.seen.error_code != SWITCHED_OFF:
        counts = cycle.totals.setdefault(traffic.seen.resource_type or "Other", {})
        word = word_of(traffic.seen)
        counts[word] = counts.get(word, 0) + 1


def word_of(seen: Seen) -> str:
    """Return under which word an entry is counted."""
    if seen.status == LogStatus.FAILURE:
        return "failed"
    if seen.status == LogStatus.SKIPPED:
        return "skipped"
    return DONE.get(Action(seen.action), "other")


def end(cycle: ProvisioningCycle) -> None:
    """End a cycle with its last request."""
    cycle.ended_at = cycle.last_seen_at
    cycle.save()


def reads_since(organization_id: UUID, since: datetime | None) -> list[Traffic]:
    """Return the minutes in which an organization's users or groups were read since a moment."""
    reads = RequestCount.objects.filter(organization_id=organization_id, kind__in=READS)
    if since is not None:
        reads = reads.filter(minute__gte=minute_of(since), last_at__gt=since)
    return [Traffic(*row) for row in reads.values_list("first_at", "last_at")]


def reads_of(cycle: ProvisioningCycle) -> dict[str, int]:
    """Return how many reads of users and of groups a cycle made; at most the last second is missing."""
    counts = RequestCount.objects.filter(
        organization_id=cycle.organization_id,
        kind__in=READS,
        minute__range=(minute_of(cycle.started_at), cycle.ended_at or cycle.last_seen_at + GAP),
    )
    summed = counts.order_by().values_list("kind").annotate(Sum("count"))
    return {READS[RequestKind(kind)]: count for kind, count in summed}


def counted(cycle: ProvisioningCycle, word: str) -> int:
    """Return how many entries a cycle counts under a word, users and groups together."""
    return sum(counts.get(word, 0) for counts in cycle.totals.values())


def operations_of(cycle: ProvisioningCycle) -> int:
    """Return how many entries a cycle counts."""
    return sum(sum(counts.values()) for counts in cycle.totals.values())


def starts(organization_id: UUID) -> list[datetime]:
    """Return when the last cycles began, newest first: those that an interval is learnt from."""
    begun = ProvisioningCycle.objects.of_organization(organization_id).values_list("started_at", flat=True)
    return list(begun[: LEARNT_FROM + 1])


def interval(organization_id: UUID) -> timedelta:
    """Return from when to when cycles begin: the median of the last ones, 40 minutes until learnt."""
    return interval_of(starts(organization_id))


def interval_of(starts: list[datetime]) -> timedelta:
    """Return the median of how far apart some starts are, newest first; 40 minutes for too few."""
    between = [later - earlier for later, earlier in pairwise(starts)]
    return middle(between) if len(between) >= LEAST_INTERVALS else USUAL_INTERVAL


def next_expected_at(newest: ProvisioningCycle) -> datetime:
    """Return when the cycle after the newest is expected to begin."""
    return newest.started_at + interval(newest.organization_id)


def progress(cycle: ProvisioningCycle, *, now: datetime) -> float | None:
    """Return how far a running cycle is, from 0 to 1, by how long its like took; None where nobody knows.

    Entra does not say how much it is about to send.
    """
    if cycle.ended_at is not None:
        return 1.0
    alike = ProvisioningCycle.objects.of_organization(cycle.organization_id).filter(
        kind=cycle.kind, ended_at__isnull=False
    )
    lengths = [end - start for start, end in alike.values_list("started_at", "ended_at")[:LEARNT_FROM] if end]
    usual = middle(lengths)
    return min((now - cycle.started_at) / usual, NEARLY_DONE) if usual else None


def middle(lengths: list[timedelta]) -> timedelta:
    """Return the median of some lengths of time; no time of none."""
    return timedelta(seconds=median(each.total_seconds() for each in lengths)) if lengths else timedelta()


def minute_of(at: datetime) -> datetime:
    """Return the minute a moment belongs to."""
    return at.replace(second=0, microsecond=0)
