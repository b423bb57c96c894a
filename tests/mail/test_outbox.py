"""The outbox: one mail a recipient and event, tried again with growing delays, given up in the end."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Self
from unittest import mock

import pytest
from pytest_django.fixtures import Settings

from accounts import clock
from accounts.models import Operator, Organization
from accounts.organizations import change_organization
from provisioning import connections, emails, outbox, tasks
from provisioning.history import COMMAND_LINE
from provisioning.models import Notification
from tests.factories import make_token
from tests.services import free_port
from tests.smtp import Inbox

NOW = clock.now()


def deliver_to(settings: Settings, port: int) -> None:
    """Send the product's mails to a port of this machine."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def test_a_mail_goes_out_once_in_text_and_html(
    acme: Organization, org_admin: Operator, inbox: Inbox, settings: Settings
) -> None:
    deliver_to(settings, inbox.port)
    token = make_token(acme, label="Entra production").token

    assert [tasks.relay_notifications(), tasks.relay_notifications()] == [1, 0]

    message = inbox.next()
    row = Notification.objects.get()
    text, html = (part.get_content() for part in message.iter_parts())
    assert message["To"] == "admin@acme.example"
    assert message["Subject"] == "A provisioning token was issued for Acme"
    assert message["Message-ID"] == f"<{row.id}@127.0.0.1>"
    for body in (text, html):
        assert "Entra production" in body
        assert f"…{token.last_four}" in body
    assert row.sent_at is not None


def test_a_mail_server_that_is_away_costs_no_mail_an_attempt(
    acme: Organization, org_admin: Operator, settings: Settings
) -> None:
    deliver_to(settings, free_port())
    make_token(acme)

    assert tasks.relay_notifications() == 0

    row = Notification.objects.get()
    assert (row.attempts, row.sent_at, row.gave_up_at) == (0, None, None)
    assert row.last_error.startswith("ConnectionRefusedError")
    assert row.next_try_at > clock.now()


class Restarting:
    """A connection to a mail server that ends with its first mail, and can't be opened again."""

    is_open: bool | None = False

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Open it, once."""
        if self.is_open is None:
            raise ConnectionRefusedError
        self.is_open = True

    def close(self) -> None:
        """End it."""
        self.is_open = None


def test_a_mail_that_breaks_the_connection_for_good_has_spent_its_attempt(
    acme: Organization, org_admin: Operator, csm: Operator
) -> None:
    change_organization(acme, time_zone="UTC", success_manager=csm)
    make_token(acme)

    with (
        mock.patch.object(tasks, "get_connection", Restarting),
        mock.patch.object(emails, "send", side_effect=SMTPServerDisconnected("gone")),
    ):
        assert tasks.relay_notifications() == 0

    outcomes = Notification.objects.order_by("-attempts").values_list("attempts", "last_error")
    assert list(outcomes) == [(1, "SMTPServerDisconnected: gone"), (0, "ConnectionRefusedError: ")]


def test_a_mail_that_cannot_be_made_does_not_hold_up_the_others(
    acme: Organization, org_admin: Operator, inbox: Inbox, settings: Settings
) -> None:
    deliver_to(settings, inbox.port)
    make_token(acme)
    Notification.objects.update(kind="no_such_template")
    make_token(acme)

    assert tasks.relay_notifications() == 1

    broken = Notification.objects.get(kind="no_such_template")
    assert (broken.attempts, broken.sent_at) == (1, None)
    assert broken.last_error.startswith("TemplateDoesNotExist")


def test_a_mail_is_given_up_after_its_last_attempt(acme: Organization, org_admin: Operator) -> None:
    make_token(acme)
    row = Notification.objects.get()
    row.attempts = outbox.MOST_ATTEMPTS

    outbox.mark_failed(row, error="SMTPException: full", is_final=False, now=NOW)

    row.refresh_from_db()
    assert (row.gave_up_at, row.last_error) == (NOW, "SMTPException: full")
    assert outbox.claim(now=NOW + timedelta(days=1)) is None


def test_what_is_refused_for_now_is_tried_for_a_day(acme: Organization, org_admin: Operator) -> None:
    make_token(acme)
    row = Notification.objects.get()

    while row.gave_up_at is None:
        claimed = outbox.claim(now=row.next_try_at)
        assert claimed is not None
        outbox.mark_failed(claimed, error="SMTPDataError: 451 Try later", is_final=False, now=row.next_try_at)
        row.refresh_from_db()

    assert row.attempts == outbox.MOST_ATTEMPTS
    assert timedelta(hours=18) < row.gave_up_at - row.created_at < timedelta(hours=30)


def test_a_claimed_mail_is_nobody_elses_until_the_lease_ends(acme: Organization, org_admin: Operator) -> None:
    make_token(acme)
    now = clock.now()

    claims = [outbox.claim(now=now), outbox.claim(now=now), outbox.claim(now=now + outbox.LEASE)]

    assert [claim is not None for claim in claims] == [True, False, True]


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 15), (2, 30), (5, 240), (20, 3600)])
def test_delays_double_up_to_an_hour(attempts: int, seconds: int) -> None:
    delay = outbox.retry_delay(attempts).total_seconds()

    assert 0.75 * seconds <= delay <= 1.25 * seconds


def test_an_event_is_told_once(acme: Organization, org_admin: Operator) -> None:
    for _ in range(2):
        outbox.enqueue(
            organization_id=acme.id,
            kind="token_issued",
            event="token:issued:1",
            recipients=["a@b"],
            context={},
        )

    assert Notification.objects.count() == 1


def test_the_switch_is_told_with_its_reason(
    acme: Organization, org_admin: Operator, inbox: Inbox, settings: Settings
) -> None:
    deliver_to(settings, inbox.port)

    connections.turn_off(organization=acme, reason="Contract & more", by=COMMAND_LINE, now=NOW)
    tasks.relay_notifications()

    message = inbox.next()
    text, html = (part.get_content() for part in message.iter_parts())
    assert message["Subject"] == "Provisioning of Acme was turned off"
    assert "Contract & more" in text
    assert "Contract &amp; more" in html
