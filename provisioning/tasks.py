"""What runs later: load, call one operation. No rules live here; the times are in settings."""

from smtplib import SMTPException

import structlog
from celery import shared_task
from django.core.mail import get_connection

from accounts import clock
from provisioning import emails, logs, outbox

logger = structlog.get_logger(__name__)


@shared_task
def seal_log() -> int:
    """Give the log's new entries their positions; return how many."""
    return logs.seal()


@shared_task
def relay_notifications() -> int:
    """Send the mails that are due over one connection; return how many went out."""
    claimed = outbox.claim(now=clock.now())
    if not claimed:
        return 0
    sent = 0
    connection = get_connection()
    for notification in claimed:
        try:
            emails.send(notification, connection=connection)
        except (OSError, SMTPException) as error:
            logger.warning("mail:failed", notification=str(notification.id), error=type(error).__name__)
            outbox.mark_failed(notification, error=f"{type(error).__name__}: {error}", now=clock.now())
        else:
            outbox.mark_sent(notification, now=clock.now())
            sent += 1
    return sent
