"""The links of our mails: each works for one address, asks before it acts, and can't be made by others."""

import re
from datetime import timedelta
from unittest import mock

import pytest
from django.core import mail
from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from provisioning import recipients, tasks
from provisioning.models import Delivery, Recipient
from tests.factories import make_token


def links_of(message: mail.EmailMessage) -> list[str]:
    """Return the paths of the links in a mail's text."""
    return re.findall(r"http://[^/]+(/\S+)", str(message.body))


@pytest.fixture
def asked(acme: Organization, mailoutbox: list[mail.EmailMessage]) -> str:
    """The path of the link by which an added address confirms."""
    recipients.add_recipient(
        organization=acme,
        address="it@acme.example",
        kinds=recipients.EVERYTHING,
        delivery=Delivery.AT_ONCE,
        now=clock.now(),
    )
    tasks.relay_notifications()
    [link] = links_of(mailoutbox.pop())
    return link


@pytest.fixture
def muting(acme: Organization, org_admin: Operator, mailoutbox: list[mail.EmailMessage]) -> str:
    """The path of the link by which Acme's admin mutes the mails."""
    make_token(acme)
    tasks.relay_notifications()
    return links_of(mailoutbox.pop())[-1]


def confirmed() -> list[bool]:
    """Return of each recipient whether it has confirmed."""
    return [recipient.confirmed_at is not None for recipient in Recipient.objects.all()]


def test_following_the_link_asks_and_the_button_confirms(asked: str, client: Client) -> None:
    page = client.get(asked)
    before = confirmed()

    done = client.post(asked)

    assert (page.status_code, before) == (200, [False])
    assert "Mails about the provisioning of Acme go to it@acme.example." in page.content.decode()
    assert (done.status_code, confirmed()) == (200, [True])
    assert "It is confirmed" in done.content.decode()


def test_the_link_that_asks_is_too_old_after_two_weeks(asked: str, client: Client) -> None:
    later = clock.now() + timedelta(days=14, minutes=1)
    with mock.patch("time.time", return_value=later.timestamp()):
        answers = [client.get(asked), client.post(asked)]

    assert [answer.status_code for answer in answers] == [410, 410]
    assert confirmed() == [False]


def test_a_removed_address_is_told_so(asked: str, client: Client) -> None:
    Recipient.objects.all().delete()

    done = client.post(asked)

    assert (done.status_code, Recipient.objects.count()) == (200, 0)
    assert "This address was removed" in done.content.decode()


def test_following_the_mute_link_changes_nothing(muting: str, client: Client) -> None:
    page = client.get(muting)

    assert page.status_code == 200
    assert (
        "admin@acme.example then hears nothing more about the provisioning of Acme." in page.content.decode()
    )
    assert not Recipient.objects.exists()


def test_one_click_mutes_without_a_cookie(muting: str) -> None:
    mail_program = Client(enforce_csrf_checks=True)

    done = mail_program.post(muting, {"List-Unsubscribe": "One-Click"})

    [recipient] = Recipient.objects.all()
    assert (done.status_code, recipient.address, recipient.muted_at is not None) == (
        200,
        "admin@acme.example",
        True,
    )


def test_every_mail_offers_the_one_click(
    acme: Organization, org_admin: Operator, mailoutbox: list[mail.EmailMessage]
) -> None:
    make_token(acme)
    tasks.relay_notifications()

    [message] = mailoutbox
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert links_of(message)[-1] in message.extra_headers["List-Unsubscribe"]


@pytest.mark.parametrize("path", ["/mails/confirm/{}/", "/mails/mute/{}/"])
@pytest.mark.parametrize("signed", ["x", "WyJhIl0:1abc:def"])
def test_a_link_that_was_made_up_works_nowhere(client: Client, db: None, path: str, signed: str) -> None:
    answers = [client.get(path.format(signed)), client.post(path.format(signed))]

    assert [answer.status_code for answer in answers] == [410, 410]


def test_a_link_works_for_its_purpose_alone(muting: str, client: Client) -> None:
    assert client.post(muting.replace("/mute/", "/confirm/")).status_code == 410


def test_the_log_link_leads_to_what_was_asked(client: Client, db: None) -> None:
    answer = client.get("/log/?organization=acme&status=failure&since=2026-11-25")

    assert answer.status_code == 302
    assert answer["Location"] == (
        "/admin/provisioning/provisioninglogentry/?organization=acme&status=failure&since=2026-11-25"
    )
