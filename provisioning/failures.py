"""Failures, grouped: one mail with the ten causes, not a thousand mails.

Told a few minutes after the first, so that its like can join it; at most once an hour; and the same
causes alone at most once a day, since Entra tries the same objects again and again. Of more than ten the
ones that were not told come first, so that each is told.

What waits is counted by its cause as it is read, so that a step costs the same however much has failed.
"""

from datetime import datetime, timedelta
from typing import Any

from provisioning import notifications
from provisioning.activity import Seen
from provisioning.models import (
    EventKind,
    ProvisioningConnection,
    ProvisioningEvent,
    ProvisioningLogEntry,
    ProvisioningWatch,
)

GATHERED_FOR = timedelta(minutes=5)
AT_MOST_EVERY = timedelta(hours=1)
SAME_AT_MOST_EVERY = timedelta(hours=24)
MOST_CAUSES = 10


def note(watch: ProvisioningWatch, seen: list[Seen]) -> None:
    """Count the failures of what was read, by their causes, and note since when one waits."""
    for each in seen:
        if each.is_failure:
            watch.failures_since = watch.failures_since or each.at
            waiting = watch.failures_waiting.setdefault(each.error_code, {"count": 0})
            waiting["count"] += 1
            waiting["newest"] = each.position


def tell(connection: ProvisioningConnection, watch: ProvisioningWatch, *, now: datetime) -> datetime | None:
    """Tell of the failures that wait, if it is time; return when it will be, None where none waits."""
    if watch.failures_since is None:
        return None
    told = told_within(SAME_AT_MOST_EVERY, connection, now=now)
    last = max((event.at for event in told), default=None)
    due_at = max(watch.failures_since + GATHERED_FOR, last + AT_MOST_EVERY if last else watch.failures_since)
    if due_at > now:
        return due_at
    known = {cause["code"] for event in told for cause in event.context["causes"]}
    if told and watch.failures_waiting.keys() <= known:
        return told[-1].at + SAME_AT_MOST_EVERY
    causes = causes_of(watch)
    if causes:  # else retention was faster
        notifications.failures(
            connection=connection,
            causes=foremost(causes, known=known),
            count=sum(cause["count"] for cause in causes),
            since=watch.failures_since,
            position=watch.position,
            now=now,
        )
    watch.failures_since, watch.failures_waiting = None, {}
    return None


def told_within(
    length: timedelta, connection: ProvisioningConnection, *, now: datetime
) -> list[ProvisioningEvent]:
    """Return what was told of failures lately, newest first."""
    events = ProvisioningEvent.objects.of_organization(connection.organization_id)
    return list(events.filter(kind=EventKind.FAILURES, at__gt=now - length))


def foremost(causes: list[dict[str, Any]], *, known: set[str]) -> list[dict[str, Any]]:
    """Return the causes to show, the commonest first: what was not told lately, and what there is room for."""
    shown = sorted(causes, key=lambda cause: cause["code"] in known)[:MOST_CAUSES]
    return [cause for cause in causes if cause in shown]


def causes_of(watch: ProvisioningWatch) -> list[dict[str, Any]]:
    """Return the causes of the failures that wait, the commonest first, each with its newest sentence.

    A cause whose newest entry retention took is left out.
    """
    log = ProvisioningLogEntry.objects.of_organization(watch.organization_id)
    newest = [each["newest"] for each in watch.failures_waiting.values()]
    details = dict(log.filter(position__in=newest).values_list("position", "detail"))
    waiting = sorted(watch.failures_waiting.items(), key=lambda item: (-item[1]["count"], item[0]))
    return [
        {"code": code, "count": each["count"], "detail": details[each["newest"]]}
        for code, each in waiting
        if each["newest"] in details
    ]
