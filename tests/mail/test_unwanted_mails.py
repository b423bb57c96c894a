"""What was written and is wanted no more before it could be sent is dropped, with the reason, and not given up."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail

from accounts.models import Operator, Organization
from accounts.organizations import change_organization
from provisioning import outbox, recipients, tasks
from provisioning.models import Delivery, EventKind, Notification, Recipient
from tests.factories import make_token

IT = "it@acme.example"
Case = Callable[[Organization], object]


@pytest.fixture
def recipient(acme: Organization) -> Recipient:
    """An address that has confirmed, and hears everything at once."""
    now = acme.created_at
    recipients.add_recipient(
        organization=acme,
        address=IT,
        kinds=recipients.EVERYTHING,
        delivery=Delivery.AT_ONCE,
        now=now,
    )
    Notification.objects.all().delete()
    confirmed = recipients.confirm(organization_id=acme.id, address=IT, now=now)
    assert confirmed is not None
    return confirmed


def outcome() -> tuple[bool, bool, bool, int, str]:
    """Return of the one mail whether it was sent, given up, dropped, its attempts, and its last error."""
    row = Notification.objects.get()
    ended = (row.sent_at, row.gave_up_at, row.dropped_at)
    sent, given_up, dropped = (at is not None for at in ended)
    return sent, given_up, dropped, row.attempts, row.last_error


def choose_failures(acme: Organization) -> None:
    """Let the address hear of failures alone."""
    recipients.change(
        Recipient.objects.get(),
        kinds=[str(EventKind.FAILURES)],
        delivery=Delivery.AT_ONCE,
        is_muted=False,
        now=acme.created_at,
    )


def mute(acme: Organization) -> None:
    """Let the address mute its mails."""
    recipients.mute(organization_id=acme.id, address=IT, now=acme.created_at)


def remove(_acme: Organization) -> None:
    """Remove the address."""
    recipients.remove(Recipient.objects.get())


def forget_confirmation(_acme: Organization) -> None:
    """Let the address have to confirm again."""
    Recipient.objects.update(confirmed_at=None)


def change_nothing(_acme: Organization) -> None:
    """Let everything be as it was."""


@pytest.mark.parametrize(
    ("meanwhile", "expected"),
    [
        (change_nothing, (True, False, False, 1, "")),
        (mute, (False, False, True, 0, "Not sent: the address has muted its mails.")),
        (remove, (False, False, True, 0, "Not sent: the address is no recipient any more.")),
        (
            forget_confirmation,
            (
                False,
                False,
                True,
                0,
                "Not sent: the address has not confirmed, and is no operator's any more.",
            ),
        ),
        (
            choose_failures,
            (False, False, True, 0, "Not sent: the address no longer wants to hear of this."),
        ),
    ],
)
def test_a_mail_that_waits_asks_again_whether_it_is_wanted(
    acme: Organization,
    recipient: Recipient,
    mailoutbox: list[mail.EmailMessage],
    meanwhile: Case,
    expected: tuple[Any, ...],
) -> None:
    make_token(acme)
    meanwhile(acme)

    sent = tasks.relay_notifications()

    assert outcome() == expected
    assert (sent, len(mailoutbox)) == (int(expected[0]), int(expected[0]))


def test_an_operator_who_left_gets_no_mail_that_waits(
    acme: Organization, org_admin: Operator, mailoutbox: list[mail.EmailMessage]
) -> None:
    make_token(acme)
    org_admin.is_active = False
    org_admin.save()

    tasks.relay_notifications()

    assert outcome() == (False, False, True, 0, "Not sent: the address is no recipient any more.")
    assert mailoutbox == []


def test_who_is_the_csm_no_longer_gets_no_mail_that_waits(
    acme: Organization, csm: Operator, mailoutbox: list[mail.EmailMessage]
) -> None:
    change_organization(acme, time_zone="UTC", success_manager=csm)
    make_token(acme)
    change_organization(acme, time_zone="UTC", success_manager=None)

    tasks.relay_notifications()

    assert outcome()[:3] == (False, False, True)
    assert mailoutbox == []


@pytest.mark.parametrize("kind", ["confirm_recipient", "test"])
def test_a_mail_about_the_address_itself_is_always_sent(
    acme: Organization, recipient: Recipient, mailoutbox: list[mail.EmailMessage], kind: str
) -> None:
    recipients.enqueue_to(acme, IT, kind=kind, now=acme.created_at)
    mute(acme)

    tasks.relay_notifications()

    assert outcome()[:3] == (True, False, False)
    assert len(mailoutbox) == 1


def test_a_digest_is_wanted_whatever_kinds_its_recipient_hears(
    acme: Organization, recipient: Recipient, mailoutbox: list[mail.EmailMessage]
) -> None:
    outbox.enqueue(
        organization_id=acme.id,
        kind="digest",
        event="digest:2027-01-12",
        recipients=[IT],
        context={"organization": "Acme", "day": "2027-01-12", "lines": [], "more": 0},
    )
    choose_failures(acme)

    tasks.relay_notifications()

    assert outcome()[:3] == (True, False, False)


def test_a_dropped_mail_is_no_lag_and_is_claimed_no_more(
    acme: Organization, recipient: Recipient, mailoutbox: list[mail.EmailMessage]
) -> None:
    make_token(acme)
    mute(acme)
    tasks.relay_notifications()
    dropped = Notification.objects.get()
    assert dropped.dropped_at is not None

    later = dropped.dropped_at.replace(year=dropped.dropped_at.year + 1)

    assert outbox.claim(now=later) is None
    assert outbox.lag(now=later).total_seconds() == 0
