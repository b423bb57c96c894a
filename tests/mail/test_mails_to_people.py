"""The mails about somebody's own sign-in: a link for them alone, which no row and no button can give away."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import get_connection
from django.utils.html import strip_tags

from accounts import clock
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import people
from provisioning.emails import message_of
from provisioning.models import Notification
from tests import factories


@pytest.fixture(params=["invitation", "password_reset"])
def notification(request: pytest.FixtureRequest, acme: Organization) -> Notification:
    """A row of the outbox, of a person whose name needs care."""
    Organization.objects.update(name="Fish & Chips")
    acme.refresh_from_db()
    kim = factories.make_operator(Role.ORGANIZATION_ADMIN, organization=acme, email="kim@acme.example")
    Operator.objects.update(name="Kim <b>")
    kim.refresh_from_db()
    people.send_mail(request.param, kim, by="Robin & Co", now=clock.now())
    return Notification.objects.get()


def test_text_and_html_say_who_and_for_what(notification: Notification) -> None:
    message: Any = message_of(notification, connection=get_connection())
    text, html = str(message.body), str(message.alternatives[0][0])

    said = strip_tags(html).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    for fact in ("Kim <b>", "Fish & Chips", "Robin & Co", "once"):
        assert fact in text
        assert fact in said
    assert "Fish & Chips" in message.subject
    assert "<b>" not in html
    assert not re.search(r"&amp;|&lt;|\{\{|\{%", text)


def test_both_lead_to_the_same_page_of_ours_alone(notification: Notification) -> None:
    message: Any = message_of(notification, connection=get_connection())
    addresses = re.findall(r"https?://[^\s\"<>)]+", f"{message.body} {message.alternatives[0][0]}")
    folder = {"invitation": "welcome", "password_reset": "password"}[notification.kind]

    links = {each for each in addresses if re.search(rf"/{folder}/[\w-]+/[\w]+-\w+/$", each)}
    assert len(links) == 1
    assert all(each.startswith(settings.BASE_URL) for each in addresses)


def test_they_cannot_be_muted(notification: Notification) -> None:
    message: Any = message_of(notification, connection=get_connection())

    assert "List-Unsubscribe" not in message.extra_headers
    assert "No more of these mails" not in f"{message.body} {message.alternatives[0][0]}"


def test_one_that_was_asked_for_names_nobody(notification: Notification) -> None:
    notification.kind, notification.context["by"] = "password_reset", ""

    text = str(message_of(notification, connection=get_connection()).body)

    assert "somebody, you we hope, asked for a link" in text
