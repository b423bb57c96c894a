"""Turn a row of the outbox into a mail and hand it to the mail server."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from provisioning.models import Notification


def send(notification: Notification, *, connection: BaseEmailBackend) -> None:
    """Render and send one mail. Raises: what the mail backend raises (OSError, SMTPException)."""
    message_of(notification, connection=connection).send()


def message_of(notification: Notification, *, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """Render `templates/emails/<kind>/`. The Message-ID is the row's, so a second copy can be told."""
    context = notification.context | {"base_url": settings.BASE_URL}
    folder = f"emails/{notification.kind}"
    message = EmailMultiAlternatives(
        subject=render_to_string(f"{folder}/subject.txt", context).strip(),
        body=render_to_string(f"{folder}/body.txt", context),
        to=[notification.recipient],
        headers={
            "Message-ID": f"<{notification.id}@{settings.BASE_URL_PARTS.hostname}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=connection,
    )
    message.attach_alternative(render_to_string(f"{folder}/body.html", context), "text/html")
    return message
