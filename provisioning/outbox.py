"""The transactional outbox: mails are rows first. Enqueue, claim, mark.

At least once to the mail server: a row is claimed by pushing its next try forward, so a worker that
dies in between merely delays it, and its Message-ID stays the same. Several relays may run at once.
"""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from provisioning.models import Notification

BATCH_SIZE = 20  # times the time-out of the mail server it stays below the lease
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 8
FIRST_DELAY_SECONDS = 15
LONGEST_DELAY_SECONDS = 60 * 60
LONGEST_ERROR = 300


def enqueue(
    *, organization_id: UUID, kind: str, event: str, recipients: Iterable[str], context: dict[str, Any]
) -> None:
    """Write one row a recipient, in the caller's transaction; an event told already is not told again."""
    rows = [
        Notification(
            organization_id=organization_id, kind=kind, event=event, recipient=recipient, context=context
        )
        for recipient in recipients
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)


def claim(*, now: datetime) -> list[Notification]:
    """Take the next mails that are due, for the length of a lease; no two relays get the same one."""
    with transaction.atomic():
        due = Notification.objects.filter(
            sent_at__isnull=True, gave_up_at__isnull=True, next_try_at__lte=now
        ).order_by("next_try_at")
        claimed = list(due.select_for_update(skip_locked=True)[:BATCH_SIZE])
        ids = [notification.id for notification in claimed]
        Notification.objects.filter(id__in=ids).update(next_try_at=now + LEASE, attempts=F("attempts") + 1)
    for notification in claimed:
        notification.attempts += 1
    return claimed


def give_back(notifications: list[Notification], *, error: str, now: datetime) -> None:
    """Return claimed mails that were not tried, with the reason; they are due again soon."""
    ids = [notification.id for notification in notifications]
    Notification.objects.filter(id__in=ids).update(
        attempts=F("attempts") - 1, next_try_at=now + retry_delay(1), last_error=error[:LONGEST_ERROR]
    )


def mark_sent(notification: Notification, *, now: datetime) -> None:
    """Note that the mail server took a mail."""
    Notification.objects.filter(id=notification.id).update(sent_at=now, last_error="")


def mark_failed(notification: Notification, *, error: str, now: datetime) -> None:
    """Note why a mail could not be sent; it is tried again later, and given up in the end."""
    outcome: dict[str, Any] = {"last_error": error[:LONGEST_ERROR]}
    if notification.attempts >= MOST_ATTEMPTS:
        outcome["gave_up_at"] = now
    else:
        outcome["next_try_at"] = now + retry_delay(notification.attempts)
    Notification.objects.filter(id=notification.id).update(**outcome)


def retry_delay(attempts: int) -> timedelta:
    """Return how long to wait after that many attempts: doubling, up to an hour, give or take a quarter."""
    seconds = min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), LONGEST_DELAY_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load, hides nothing
