"""Turn a row of the outbox into a mail and hand it to the mail server."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from provisioning import links
from provisioning.links import Addressee
from provisioning.models import Notification


def send(notification: Notification, *, connection: BaseEmailBackend) -> None:
    """Render and send one mail. Raises: what the mail backend raises (OSError, SMTPException)."""
    message_of(notification, connection=connection).send()


def message_of(notification: Notification, *, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """Render `templates/emails/<kind>/`. The Message-ID is the row's, so a second copy can be told.

    A mail program's own button can mute with one click. Source: RFC 8058.
    """
    context = context_of(notification)
    folder = f"emails/{notification.kind}"
    message = EmailMultiAlternatives(
        subject=render_to_string(f"{folder}/subject.txt", context).strip(),
        body=render_to_string("emails/base.txt", context | {"content": f"{folder}/body.txt"}),
        to=[notification.recipient],
        headers={
            "Message-ID": f"<{notification.id}@{settings.BASE_URL_PARTS.hostname}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{context['mute_url']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        connection=connection,
    )
    message.attach_alternative(render_to_string(f"{folder}/body.html", context), "text/html")
    return message


def context_of(notification: Notification) -> dict[str, Any]:
    """Return what a mail shows: what it was written with, and the links of its recipient."""
    addressee = Addressee(notification.organization_id, notification.recipient)
    slug, since = notification.context.get("slug", ""), notification.context.get("since_date", "")
    context: dict[str, Any] = notification.context
    return context | {
        "kind": notification.kind,
        "base_url": settings.BASE_URL,
        "mute_url": links.mute_url(addressee),
        "confirm_url": links.confirm_url(addressee),
        "log_url": links.log_url(slug),
        "failures_url": links.log_url(slug, status="failure", **({"since": since} if since else {})),
    }
