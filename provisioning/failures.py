"""Failures, grouped: one mail with the ten causes, not a thousand mails.

Told a few minutes after the first, so that its like can join it; at most once an hour; and the same
causes alone at most once a day, since Entra tries the same objects again and again.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max

from provisioning import notifications
from provisioning.activity import NO_FAILURE
from provisioning.models import (
    EventKind,
    LogStatus,
    ProvisioningConnection,
    ProvisioningEvent,
    ProvisioningLogEntry,
    ProvisioningWatch,
)

GATHERED_FOR = timedelta(minutes=5)
AT_MOST_EVERY = timedelta(hours=1)
SAME_AT_MOST_EVERY = timedelta(hours=24)
MOST_CAUSES = 10


def tell(connection: ProvisioningConnection, watch: ProvisioningWatch, *, now: datetime) -> datetime | None:
    """Tell of the failures that wait, if it is time; return when it will be, None where none waits."""
    if watch.failures_since is None:
        return None
    told = told_within(SAME_AT_MOST_EVERY, connection, now=now)
    last = max((event.at for event in told), default=None)
    due_at = max(watch.failures_since + GATHERED_FOR, last + AT_MOST_EVERY if last else watch.failures_since)
    if due_at > now:
        return due_at
    causes = causes_of(watch)
    if not causes:  # retention was faster
        watch.failures_since = None
        return None
    known = {cause["code"] for event in told for cause in event.context["causes"]}
    if all(cause["code"] in known for cause in causes):
        return told[-1].at + SAME_AT_MOST_EVERY
    notifications.failures(
        connection=connection,
        causes=causes[:MOST_CAUSES],
        count=sum(cause["count"] for cause in causes),
        since=watch.failures_since,
        position=watch.position,
        now=now,
    )
    watch.failures_since, watch.failures_after = None, watch.position
    return None


def told_within(
    length: timedelta, connection: ProvisioningConnection, *, now: datetime
) -> list[ProvisioningEvent]:
    """Return what was told of failures lately, newest first."""
    events = ProvisioningEvent.objects.of_organization(connection.organization_id)
    return list(events.filter(kind=EventKind.FAILURES, at__gt=now - length))


def causes_of(watch: ProvisioningWatch) -> list[dict[str, Any]]:
    """Return the causes of the failures that wait, the commonest first, each with its newest sentence."""
    log = ProvisioningLogEntry.objects.of_organization(watch.organization_id)
    entries = log.filter(
        position__gt=watch.failures_after, position__lte=watch.position, status=LogStatus.FAILURE
    )
    failed = entries.exclude(NO_FAILURE)
    grouped = failed.order_by().values_list("error_code").annotate(count=Count("id"), newest=Max("position"))
    rows = sorted(grouped, key=lambda row: (-row[1], row[0]))
    details = dict(log.filter(position__in=[row[2] for row in rows]).values_list("position", "detail"))
    return [{"code": code, "count": count, "detail": details.get(newest, "")} for code, count, newest in rows]
