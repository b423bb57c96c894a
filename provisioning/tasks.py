"""What runs later: load, call one operation. No rules live here; the times are in settings.

Each task is safe to run twice at once; within one process a task that still runs is not begun
again, so that a slow one can't take the threads of the others.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps

import structlog
from celery import shared_task
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from accounts import clock
from provisioning import (
    calls,
    digests,
    emails,
    heartbeats,
    logs,
    outbox,
    people,
    recipients,
    refusals,
    reminders,
    retention,
    watch,
)
from provisioning.models import Notification

RELAY_SECONDS = 20.0
logger = structlog.get_logger(__name__)


def alone(work: Callable[[], int]) -> Callable[[], int]:
    """Return a function that does nothing, and returns 0, while it still runs in this process."""
    lock = threading.Lock()

    @wraps(work)
    def work_alone() -> int:
        if not lock.acquire(blocking=False):
            return 0
        try:
            return work()
        finally:
            lock.release()

    return work_alone


@shared_task
@alone
def seal_log() -> int:
    """Give the log's new entries their positions; return how many."""
    return logs.seal()


@shared_task
@alone
def watch_connections() -> int:
    """Draw what follows from what arrived; return how many organizations were looked at."""
    watched = watch.watch_all(now=clock.now())
    heartbeats.beat(heartbeats.WORKER, now=clock.now())
    return watched


@shared_task
@alone
def relay_notifications() -> int:
    """Send the mails that are due over one connection, for a while; return how many went out.

    A mail server that does not answer costs no mail one of its attempts: it is given back. A mail that
    breaks the connection has had one, or it would hold up the others for ever.
    """
    notification = outbox.claim(now=clock.now())
    if notification is None:
        return 0
    sent, until = 0, time.monotonic() + RELAY_SECONDS
    try:
        with get_connection() as connection:
            while notification is not None:
                sent += deliver(notification, connection)
                notification = outbox.claim(now=clock.now()) if time.monotonic() < until else None
    except OSError as error:
        logger.warning("mail:no-server", error=type(error).__name__)
        if notification is not None:
            outbox.give_back(notification, error=refusals.described(error), now=clock.now())
    return sent


def deliver(notification: Notification, connection: BaseEmailBackend) -> int:
    """Send one mail, if it is wanted still; return 1 when it went out. Raises: OSError when the server is gone.

    Then the mail was not tried. One that breaks the connection was: the next one opens it again.
    """
    unwanted = why_unwanted(notification)
    if unwanted:
        outbox.drop(notification, reason=unwanted, now=clock.now())
        return 0
    connection.open()  # nothing, where it is open
    try:
        emails.send(notification, connection=connection)
    except Exception as error:  # a mail that can't be made or is refused must not hold up the others
        if refusals.is_server_gone(error):
            raise
        logger.warning("mail:failed", notification=str(notification.id), error=type(error).__name__)
        outbox.mark_failed(
            notification,
            error=refusals.described(error),
            is_final=refusals.is_final(error),
            now=clock.now(),
        )
        if refusals.breaks_connection(error):
            with suppress(OSError):
                connection.close()
        return 0
    outbox.mark_sent(notification, now=clock.now())
    return 1


def why_unwanted(notification: Notification) -> str:
    """Return why a mail is not to be sent any more; nothing where it is."""
    organization = notification.organization
    if organization is None or notification.kind in people.KINDS_OF_MAIL:
        return people.why_unwanted(notification)
    return recipients.why_unwanted(organization, notification.recipient, kind=notification.kind)


@shared_task
@alone
def call_webhooks() -> int:
    """Call the webhooks that are due; return how many deliveries were taken."""
    return calls.call_due(clock=clock.now)


@shared_task
@alone
def remind_of_expiry() -> int:
    """Tell of tokens that end soon; return how many there are."""
    return reminders.remind_of_expiry(now=clock.now())


@shared_task
@alone
def write_digests() -> int:
    """Write the daily digests that are due; return how many recipients get one a day."""
    return digests.write_digests(now=clock.now())


@shared_task
@alone
def delete_expired() -> int:
    """Delete what is kept no longer; return how many rows."""
    return retention.delete_expired(now=clock.now()).total()
