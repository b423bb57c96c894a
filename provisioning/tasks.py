"""What runs later: load, call one operation. No rules live here; the times are in settings."""

from smtplib import SMTPRecipientsRefused, SMTPResponseException

import structlog
from celery import shared_task
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from accounts import clock
from provisioning import emails, logs, outbox
from provisioning.models import Notification

logger = structlog.get_logger(__name__)


@shared_task
def seal_log() -> int:
    """Give the log's new entries their positions; return how many."""
    return logs.seal()


@shared_task
def relay_notifications() -> int:
    """Send the mails that are due over one connection; return how many went out.

    A mail server that does not answer costs no mail one of its attempts: the rest is given back.
    """
    claimed = outbox.claim(now=clock.now())
    if not claimed:
        return 0
    waiting = list(claimed)
    sent = 0
    try:
        with get_connection() as connection:
            while waiting:
                sent += deliver(waiting[0], connection)
                waiting.pop(0)
    except OSError as error:
        logger.warning("mail:no-server", error=type(error).__name__)
        outbox.give_back(waiting, error=described(error), now=clock.now())
    return sent


def deliver(notification: Notification, connection: BaseEmailBackend) -> int:
    """Send one mail; return 1 when it went out. Raises: OSError when the server is gone."""
    try:
        emails.send(notification, connection=connection)
    except Exception as error:  # a mail that can't be made or is refused must not hold up the others
        if isinstance(error, OSError) and not isinstance(
            error, SMTPResponseException | SMTPRecipientsRefused
        ):
            raise
        logger.warning("mail:failed", notification=str(notification.id), error=type(error).__name__)
        outbox.mark_failed(notification, error=described(error), now=clock.now())
        return 0
    outbox.mark_sent(notification, now=clock.now())
    return 1


def described(error: Exception) -> str:
    """Return an error as the console shows it."""
    return f"{type(error).__name__}: {error}"
