"""Read on in every connection's log, and draw what follows from it: sums, cycles, health, events.

One step of one organization is one transaction that holds its watch, so it may run twice at once
and be killed at any moment: what was read is noted together with what was drawn from it.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce

from provisioning import activity, cycles, deliveries, failures, health, notifications
from provisioning.activity import Seen
from provisioning.cycles import Traffic
from provisioning.models import (
    Action,
    LogStatus,
    ProvisioningConnection,
    ProvisioningCycle,
    ProvisioningLogEntry,
    ProvisioningWatch,
    RequestCount,
)
from provisioning.one_by_one import one_by_one

UNSEALED_AFTER = timedelta(seconds=5)
READS_AFTER = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=1)
NEVER = Value(datetime(1970, 1, 1, tzinfo=UTC), DateTimeField())


def watch_all(*, now: datetime) -> int:
    """Take a step for every organization for which something arrived or fell due; return how many."""
    return one_by_one(waiting(now=now), lambda each: step(each, now=now), what="watch")


def waiting(*, now: datetime) -> list[UUID]:
    """Return the organizations to look at: new entries, a new minute of reads, or a time that has come."""
    news = Q(organization__log_head__position__gt=F("position"))
    reads = RequestCount.objects.filter(
        organization=OuterRef("organization"),
        kind__in=cycles.READS,
        minute__gt=Coalesce(OuterRef("reads_until"), NEVER) - READS_AFTER,
        last_at__gt=Coalesce(OuterRef("reads_until"), NEVER),
    )
    not_just_now = Q(reads_until=None) | Q(reads_until__lt=now - READS_AFTER)
    due = Q(due_at__isnull=True) | Q(due_at__lte=now)
    found = ProvisioningWatch.objects.filter(due | news | (not_just_now & Exists(reads)))
    return list(found.order_by("organization_id").values_list("organization_id", flat=True))


def wake(organization_id: UUID) -> None:
    """Have an organization looked at soon: a person changed something that its health depends on."""
    ProvisioningWatch.objects.filter(organization_id=organization_id).update(due_at=None)


def step(organization_id: UUID, *, now: datetime) -> int:
    """Read on for one organization; return 0 when somebody else is at it."""
    watches = ProvisioningWatch.objects.select_for_update(skip_locked=True)
    with transaction.atomic():
        watch = watches.filter(organization_id=organization_id).first()
        if watch is None:
            return 0
        connection = ProvisioningConnection.objects.select_related("organization").get(pk=organization_id)
        seen = activity.read_on(organization_id, after=watch.position)
        activity.sum_up(organization_id, seen)
        cycle = follow(watch, seen, now=now)
        note(watch, seen)
        signs = health.signs_of(connection, watch, cycle, now=now)
        tell_first_success(connection, seen)
        tell_health(signs)
        failures_due_at = failures.tell(connection, watch, now=now)
        watch.due_at = min(
            at for at in (failures_due_at, *moments_of(signs), now + LONGEST_REST) if at is not None
        )
        watch.save()
    return 1


def follow(watch: ProvisioningWatch, seen: list[Seen], *, now: datetime) -> ProvisioningCycle | None:
    """Let the cycles follow what was read.

    Reads are known at once and entries only when sealed: while entries wait, reads past the last
    known entry wait too, so that traffic is followed in its order.
    """
    traffic = [Traffic(each.at, each.at, each) for each in seen if each.is_work]
    reads = cycles.reads_since(watch.organization_id, watch.reads_until)
    if is_behind(watch, seen, now=now):
        known_until = max((each.at for each in seen), default=None)
        reads = [each for each in reads if known_until is not None and each.last_at <= known_until]
        until = None
    else:
        until = now
    watch.reads_until = max((each.last_at for each in reads), default=watch.reads_until)
    return cycles.follow(watch.organization_id, [*traffic, *reads], until=until)


def is_behind(watch: ProvisioningWatch, seen: list[Seen], *, now: datetime) -> bool:
    """Whether entries exist that were not read yet: more than a batch, or not sealed in time."""
    if len(seen) == activity.BATCH_SIZE:
        return True
    unsealed = ProvisioningLogEntry.objects.of_organization(watch.organization_id)
    return unsealed.filter(position__isnull=True, at__lt=now - UNSEALED_AFTER).exists()


def note(watch: ProvisioningWatch, seen: list[Seen]) -> None:
    """Remember how far was read, the last refused token, and the failures that wait to be told."""
    failures.note(watch, seen)
    for each in seen:
        watch.position = each.position
        if each.is_refused_token:
            watch.refused_at, watch.refused_code = each.at, each.error_code


def moments_of(signs: health.Signs) -> list[datetime | None]:
    """Return when something may change although nothing arrives."""
    cycle = signs.cycle
    running = cycle is not None and cycle.ended_at is None
    to_come = [health.silent_at(signs), health.refused_from(signs)]
    return [
        cycle.last_seen_at + cycles.GAP if cycle and running else None,
        *(at for at in to_come if at and at > signs.now),
        signs.last_live_until,
    ]


def tell_first_success(connection: ProvisioningConnection, seen: list[Seen]) -> None:
    """Tell that Entra has created the first member, the first time it does. A group is none."""
    created = [
        each.at
        for each in seen
        if (each.action, each.status, each.resource_type) == (Action.CREATE, LogStatus.SUCCESS, "User")
    ]
    if created:
        notifications.first_success(connection=connection, at=min(created))


def tell_health(signs: health.Signs) -> None:
    """Write the state down, tell webhooks of each change, and people of trouble and of its end."""
    connection = signs.connection
    state, reason = health.judge(signs)
    change = health.settle(signs, state, reason)
    if change is None:
        return
    deliveries.enqueue_health(change.present, before=signs.present)
    if state in notifications.TOLD_STATES:
        notifications.trouble(connection=connection, period=change.present)
    if change.is_recovery and notifications.is_trouble_told(connection):
        notifications.recovery(connection=connection, period=change.present)
