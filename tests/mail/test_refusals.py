"""What a mail server refuses: for good is given up at once, for now is tried again, with its own words."""

import asyncio
from collections.abc import Iterator
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused, SMTPServerDisconnected
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from anymail.exceptions import AnymailRecipientsRefused
from pytest_django.fixtures import Settings

from accounts.models import Operator, Organization
from accounts.organizations import change_organization
from provisioning import refusals, tasks
from provisioning.models import Notification
from tests.factories import make_token
from tests.smtp import Inbox

FULL = (452, b"4.2.2 Mailbox full")
UNKNOWN = (550, b"5.1.1 User unknown")


class Choosy(Inbox):
    """A mail server that refuses one address with what it was told to say."""

    refused = "admin@acme.example"
    answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[Any]
    ) -> str:
        """Take or refuse a recipient."""
        await asyncio.sleep(0)
        if address == self.refused:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def choosy(settings: Settings) -> Iterator[Choosy]:
    """A running mail server, to which the product's mails go."""
    inbox = Choosy()
    inbox.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", inbox.port
    yield inbox
    inbox.stop()


@pytest.mark.parametrize(
    ("answer", "is_given_up", "attempts"),
    [
        ("550 5.1.1 User unknown", True, 1),
        ("554 5.7.1 Relay access denied", False, 1),
        ("450 4.2.0 Greylisted, try again later", False, 1),
        ("421 4.3.2 Closing", False, 1),
    ],
)
def test_one_refusal_is_told_in_the_server_s_words_and_stops_no_other_mail(
    acme: Organization,
    org_admin: Operator,
    csm: Operator,
    choosy: Choosy,
    answer: str,
    is_given_up: bool,
    attempts: int,
) -> None:
    change_organization(acme, time_zone="UTC", success_manager=csm)
    choosy.answer = answer
    make_token(acme)

    sent = tasks.relay_notifications()

    refused, taken = Notification.objects.order_by("recipient")
    assert (sent, taken.sent_at is not None, refused.sent_at) == (1, True, None)
    assert (refused.gave_up_at is not None, refused.attempts) == (is_given_up, attempts)
    assert refused.last_error == f"SMTPRecipientsRefused: {answer}"


@pytest.mark.parametrize(
    ("error", "is_final", "breaks_connection"),
    [
        (SMTPRecipientsRefused({"a@b": UNKNOWN}), True, False),
        (SMTPRecipientsRefused({"a@b": FULL}), False, False),
        (SMTPRecipientsRefused({"a@b": (550, b"No such user here")}), True, False),
        (SMTPRecipientsRefused({"a@b": (553, b"Mailbox name not allowed")}), True, False),
        (SMTPRecipientsRefused({"a@b": (550, b"5.1.10 Recipient not found")}), True, False),
        (SMTPRecipientsRefused({"a@b": (450, b"5.1.1 Not now")}), False, False),
        (SMTPRecipientsRefused({"a@b": (554, b"5.7.1 Relay access denied")}), False, False),
        (SMTPRecipientsRefused({"a@b": (550, b"relay not permitted")}), False, False),
        (SMTPRecipientsRefused({"a@b": (553, b"no such host here (#5.7.1)")}), False, False),
        (SMTPRecipientsRefused({"a@b": (530, b"5.7.0 Authentication required")}), False, False),
        (SMTPRecipientsRefused({"a@b": (550, b"5.4.5 Daily sending limit exceeded")}), False, False),
        (SMTPDataError(554, b"Message rejected: Email address is not verified."), False, False),
        (SMTPDataError(550, b"5.4.5 Daily sending limit exceeded"), False, False),
        (SMTPDataError(554, b"5.6.0 Message content rejected"), True, False),
        (SMTPDataError(451, b"Try later"), False, False),
        (SMTPDataError(421, b"Going down"), False, True),
        (SMTPSenderRefused(550, b"You may not send", "hootprov@localhost"), False, False),
        (SMTPServerDisconnected("Connection unexpectedly closed"), False, True),
        (TimeoutError("timed out"), False, True),
        (AnymailRecipientsRefused(), True, False),
        (ValueError("no template"), False, False),
    ],
)
def test_a_refusal_is_final_where_the_same_can_not_succeed_later(
    error: Exception, is_final: bool, breaks_connection: bool
) -> None:
    judged = refusals.is_final(error), refusals.breaks_connection(error), refusals.is_server_gone(error)

    assert judged == (is_final, breaks_connection, False)
