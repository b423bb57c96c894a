"""Turn a row of the outbox into a mail and hand it to the mail server."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from accounts.models import Operator
from provisioning import links
from provisioning.links import Addressee
from provisioning.models import Notification


def send(notification: Notification, *, connection: BaseEmailBackend) -> None:
    """Render and send one mail. Raises: what the mail backend raises (OSError, SMTPException)."""
    message_of(notification, connection=connection).send()


def message_of(notification: Notification, *, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """Render `templates/emails/<kind>/`. The Message-ID is the row's, so a second copy can be told.

    A mail program's own button can mute with one click. Source: RFC 8058. What is told to a person about
    their own sign-in can't be muted. Raises: Operator.DoesNotExist for nobody's link.
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
            **unsubscribing(context["mute_url"]),
        },
        connection=connection,
    )
    message.attach_alternative(render_to_string(f"{folder}/body.html", context), "text/html")
    return message


def unsubscribing(mute_url: str) -> dict[str, str]:
    """Return the headers that a mail program makes its button of."""
    if not mute_url:
        return {}
    return {"List-Unsubscribe": f"<{mute_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def context_of(notification: Notification) -> dict[str, Any]:
    """Return what a mail shows: what it was written with, and the links of its recipient."""
    context: dict[str, Any] = {
        **notification.context,
        "kind": notification.kind,
        "base_url": settings.BASE_URL,
        "mute_url": "",
    }
    if notification.kind in links.PASSWORD_TOKENS:
        return context | links_of_person(notification)
    if notification.organization_id is None:
        return context
    return context | links_of_recipient(notification, notification.organization_id)


def links_of_recipient(notification: Notification, organization_id: UUID) -> dict[str, str]:
    """Return the links of a mail about an organization's provisioning."""
    addressee = Addressee(organization_id, notification.recipient)
    slug, since = notification.context.get("slug", ""), notification.context.get("since_date", "")
    return {
        "mute_url": links.mute_url(addressee),
        "confirm_url": links.confirm_url(addressee),
        "log_url": links.log_url(slug),
        "failures_url": links.log_url(slug, status="failure", **({"since": since} if since else {})),
    }


def links_of_person(notification: Notification) -> dict[str, Any]:
    """Return the link of a mail about somebody's sign-in. It is made now: it lies in no row."""
    operator = Operator.objects.select_related("member").get(pk=notification.context["operator"])
    return {
        "password_url": links.password_url(operator, purpose=notification.kind),
        "days": links.INVITED_WITHIN.days,
        "forgotten_url": f"{settings.BASE_URL}/password/forgotten/",
    }
