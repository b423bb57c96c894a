"""The transactional outbox: mails are rows first. Enqueue, claim, mark.

A mail that is refused for the time being is tried for a day, which outlasts greylisting and a provider's
outage; one that is refused for good is given up at once.

At least once to the mail server: a row is claimed by pushing its next try forward, so a worker that
dies in between merely delays it, and its Message-ID stays the same. Several relays may run at once.
"""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min, Q

from provisioning.models import Notification
from provisioning.nudge import nudge

LEASE = timedelta(seconds=45)  # longer than one mail takes, shorter than anybody should wait for it
MOST_ATTEMPTS = 32  # with the delays below, a day
FIRST_DELAY_SECONDS = 15
LONGEST_DELAY_SECONDS = 60 * 60
LONGEST_ERROR = 300
WAITING = Q(sent_at__isnull=True, gave_up_at__isnull=True, dropped_at__isnull=True)


def enqueue(
    *, organization_id: UUID | None, kind: str, event: str, recipients: Iterable[str], context: dict[str, Any]
) -> None:
    """Write one row a recipient, in the caller's transaction; an event told already is not told again."""
    rows = [
        Notification(
            organization_id=organization_id, kind=kind, event=event, recipient=recipient, context=context
        )
        for recipient in recipients
    ]
    if rows:
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
        transaction.on_commit(nudge)


def claim(*, now: datetime) -> Notification | None:
    """Take the mail that is due first, for the length of a lease; no two relays get the same one."""
    with transaction.atomic():
        due = Notification.objects.filter(WAITING, next_try_at__lte=now).order_by("next_try_at")
        notification = due.select_for_update(skip_locked=True).first()
        if notification is None:
            return None
        notification.attempts += 1
        notification.next_try_at = now + LEASE
        notification.save(update_fields=["attempts", "next_try_at"])
    return notification


def give_back(notification: Notification, *, error: str, now: datetime) -> None:
    """Return a claimed mail that could not be tried, with the reason; it is due again soon."""
    Notification.objects.filter(id=notification.id).update(
        attempts=F("attempts") - 1, next_try_at=now + retry_delay(1), last_error=error[:LONGEST_ERROR]
    )


def mark_sent(notification: Notification, *, now: datetime) -> None:
    """Note that the mail server took a mail."""
    Notification.objects.filter(id=notification.id).update(sent_at=now, last_error="")


def drop(notification: Notification, *, reason: str, now: datetime) -> None:
    """Close a claimed mail that its recipient wants no more, with the reason; it was not tried."""
    Notification.objects.filter(WAITING, id=notification.id).update(
        attempts=F("attempts") - 1, dropped_at=now, last_error=reason[:LONGEST_ERROR]
    )


def mark_failed(notification: Notification, *, error: str, is_final: bool, now: datetime) -> None:
    """Note why a mail could not be sent; it is tried again later, and given up in the end or for a final refusal."""
    outcome: dict[str, Any] = {"last_error": error[:LONGEST_ERROR]}
    if is_final or notification.attempts >= MOST_ATTEMPTS:
        outcome["gave_up_at"] = now
    else:
        outcome["next_try_at"] = now + retry_delay(notification.attempts)
    Notification.objects.filter(id=notification.id, sent_at__isnull=True).update(**outcome)


def try_again(notification: Notification, *, now: datetime) -> bool:
    """Give a mail that was given up its attempts anew; return False for one that was sent or still waits."""
    given_up = Notification.objects.filter(id=notification.id, gave_up_at__isnull=False)
    is_tried = given_up.update(gave_up_at=None, attempts=0, next_try_at=now) == 1
    transaction.on_commit(nudge)
    return is_tried


def lag(*, now: datetime) -> timedelta:
    """Return for how long the outbox has owed somebody a try: of a mail that is new, or of one that is due again.

    A mail that is refused and waits for its next try is no lag: that mail has a problem, the outbox has none.
    """
    oldest = (
        Notification.objects.filter(WAITING)
        .order_by()
        .aggregate(
            new=Min("created_at", filter=Q(attempts=0)), again=Min("next_try_at", filter=Q(attempts__gt=0))
        )
    )
    since = min((at for at in oldest.values() if at is not None), default=now)
    return max(now - since, timedelta())


def retry_delay(attempts: int) -> timedelta:
    """Return how long to wait after that many attempts: doubling, up to an hour, give or take a quarter."""
    seconds = min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), LONGEST_DELAY_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load, hides nothing
