"""What runs later: load, call one operation. No rules live here; the times are in settings.

Each task is safe to run twice at once; within one process a task that still runs is not begun
again, so that a slow one can't take the threads of the others.
"""

import threading
import time
from collections.abc import Callable
from functools import wraps
from http.client import INTERNAL_SERVER_ERROR, TOO_MANY_REQUESTS
from smtplib import SMTPException, SMTPServerDisconnected

import structlog
from celery import shared_task
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from accounts import clock
from provisioning import digests, emails, heartbeats, logs, outbox, reminders, retention, watch
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
            outbox.give_back(notification, error=described(error), now=clock.now())
    return sent


def deliver(notification: Notification, connection: BaseEmailBackend) -> int:
    """Send one mail; return 1 when it went out. Raises: OSError when the server is gone."""
    try:
        emails.send(notification, connection=connection)
    except Exception as error:  # a mail that can't be made or is refused must not hold up the others
        if is_server_gone(error):
            raise
        logger.warning("mail:failed", notification=str(notification.id), error=type(error).__name__)
        outbox.mark_failed(notification, error=described(error), now=clock.now())
        if isinstance(error, SMTPServerDisconnected | TimeoutError):
            connection.close()
            connection.open()
        return 0
    outbox.mark_sent(notification, now=clock.now())
    return 1


def is_server_gone(error: Exception) -> bool:
    """Whether the mail server or the provider is away or overloaded; then it was not about the mail."""
    response = getattr(error, "response", None)  # of a provider's web API
    if response is not None:
        status: int = response.status_code
        return status == TOO_MANY_REQUESTS or status >= INTERNAL_SERVER_ERROR
    return isinstance(error, OSError) and not isinstance(error, SMTPException | TimeoutError)


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


def described(error: Exception) -> str:
    """Return an error as the console shows it."""
    return f"{type(error).__name__}: {error}"
