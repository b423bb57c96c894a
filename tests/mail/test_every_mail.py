"""Every kind of mail: text and HTML say the same, in the organization's zone, and lead to the log."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import get_connection
from django.utils.html import strip_tags

from accounts.models import Organization
from provisioning.emails import message_of
from provisioning.models import EventKind, Notification

TOKEN = {"label": "Entra <b>", "last_four": "aB3d", "by": "Kim", "expires_at": "2028-11-24 09:00 CET"}
CAUSE = {"code": "user_name_taken", "count": 9, "detail": "Somebody has this userName & keeps it."}
STATE = {"at": "2026-11-25 10:00 CET", "reason": "Entra calls & calls.", "state": "Silent"}
CONTEXTS: dict[str, dict[str, Any]] = {
    "first_success": {"at": "2026-11-25 10:00 CET"},
    "failures": {
        "causes": [CAUSE],
        "count": 12,
        "since": "2026-11-25 10:00 CET",
        "since_date": "2026-11-25",
    },
    "silence": STATE,
    "quarantine_risk": STATE,
    "recovery": STATE,
    "token_expiring": TOKEN | {"days": 7},
    "token_issued": TOKEN,
    "token_rotated": TOKEN | {"old_last_four": "zZ9y", "old_ends_at": "2026-12-01 09:00 CET"},
    "token_revoked": {"label": "Entra <b>", "last_four": "aB3d", "by": "Kim"},
    "status_switched": STATE | {"status": "Off", "is_on": False, "by": "Kim"},
    "webhook_failing": {
        "endpoint": "siem.acme.example/hook",
        "is_off": True,
        "reason": "It answers & answers.",
        "since": "2026-11-25 10:00 CET",
    },
    "digest": {"day": "2026-11-25", "more": 3, "lines": [{"at": "2026-11-25 07:00 CET", "text": "A & B"}]},
    "confirm_recipient": {},
    "test": {},
}


@pytest.fixture(params=CONTEXTS)
def notification(request: pytest.FixtureRequest, acme: Organization) -> Notification:
    """A row of the outbox of each kind."""
    return Notification(
        organization=acme,
        kind=request.param,
        recipient="it@acme.example",
        context={"organization": "Fish & Chips", "slug": "acme"} | CONTEXTS[request.param],
    )


def test_every_kind_of_event_has_its_mail() -> None:
    assert set(EventKind.values) <= set(CONTEXTS)


def test_text_and_html_say_the_facts(notification: Notification) -> None:
    message = message_of(notification, connection=get_connection())
    html = str(message.alternatives[0][0])
    text, subject = str(message.body), str(message.subject)

    assert "Fish & Chips" in subject
    assert "Fish & Chips" in text
    assert "Fish &amp; Chips" in html
    assert "<b>" not in html.replace("<b>Entra &lt;b&gt;</b>", "").replace("<b>9</b>", "")
    assert not re.search(r"&amp;|&lt;|\{\{|\{%", text)
    said = strip_tags(html).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    for fact in facts_of(notification):
        assert fact in text
        assert fact in said


def facts_of(notification: Notification) -> list[str]:
    """Return what a mail must say."""
    context = notification.context
    names = ("label", "last_four", "at", "reason", "since", "expires_at", "old_ends_at", "day")
    causes = [cause["detail"] for cause in context.get("causes", [])]
    lines = [line["text"] for line in context.get("lines", [])]
    return [str(context[name]) for name in names if name in context] + causes + lines


def test_a_mail_is_read_without_pictures_or_other_hosts(notification: Notification) -> None:
    message = message_of(notification, connection=get_connection())
    html = str(message.alternatives[0][0])

    assert "<img" not in html
    assert "<link" not in html
    addresses = re.findall(r"https?://[^\s\"<>)]+", html + str(message.body))
    assert addresses
    assert all(address.startswith(settings.BASE_URL) for address in addresses)


def test_failures_lead_to_the_failures_of_their_days(acme: Organization) -> None:
    notification = Notification(
        organization=acme,
        kind="failures",
        recipient="it@acme.example",
        context={"organization": "Acme", "slug": "acme"} | CONTEXTS["failures"],
    )

    text = str(message_of(notification, connection=get_connection()).body)

    assert f"{settings.BASE_URL}/log/?organization=acme&status=failure&since=2026-11-25" in text
