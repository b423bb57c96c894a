"""The outbox as a CSM sees it: what a mail tells, and how one that was given up is tried again."""

from typing import Any

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Organization
from accounts.permissions import Role
from provisioning import outbox
from provisioning.models import EventKind, Notification
from tests.console.conftest import SignedIn
from tests.console.reading import facts_of, rows_of

LIST = "/admin/provisioning/notification/"


def make_mail(acme: Organization, kind: str = "failures", **columns: Any) -> Notification:
    """Return a mail of a kind."""
    return Notification.objects.create(
        organization=acme, kind=kind, event=f"{kind}:1", recipient="it@acme.example", **columns
    )


@pytest.fixture
def given_up(acme: Organization) -> Notification:
    """A mail that no server took."""
    return make_mail(acme, attempts=8, gave_up_at=clock.now(), last_error="SMTPException: mailbox full")


def page_of(console: Client, mail: Notification) -> str:
    """Return the page of a mail."""
    return console.get(f"{LIST}{mail.id}/change/").text


def try_again(console: Client, mail: Notification) -> str:
    """Press the button and confirm."""
    return console.post(f"/admin/mails/{mail.id}/try-again/", follow=True).text


def test_trying_again_says_what_went_wrong_before(console: Client, given_up: Notification) -> None:
    page = console.get(f"/admin/mails/{given_up.id}/try-again/").text

    assert "Try again: Failures, to it@acme.example" in page
    assert "Given up after 8 attempts" in page
    assert "SMTPException: mailbox full" in page


def test_a_mail_that_was_given_up_is_tried_again(console: Client, given_up: Notification) -> None:
    page = try_again(console, given_up)

    claimed = outbox.claim(now=clock.now())
    assert "The mail to it@acme.example is tried again." in page
    assert claimed is not None
    assert (claimed.id, claimed.attempts, claimed.gave_up_at) == (given_up.id, 1, None)


@pytest.mark.parametrize("column", ["sent_at", "next_try_at"])
def test_a_mail_that_was_sent_or_waits_stays_as_it_is(
    console: Client, acme: Organization, column: str
) -> None:
    at = clock.now()
    columns: dict[str, Any] = {"attempts": 3, column: at}
    mail = make_mail(acme, **columns)

    page = try_again(console, mail)

    mail.refresh_from_db()
    assert (mail.attempts, getattr(mail, column)) == (3, at)
    assert "This mail was not given up, so nothing was changed." in page


@pytest.mark.parametrize(("role", "offered"), [(Role.CSM, True), (Role.SUPPORT, False)])
def test_the_button_is_offered_where_it_may_be_pressed(
    signed_in: SignedIn, acme: Organization, given_up: Notification, role: Role, offered: bool
) -> None:
    browser = signed_in(role)
    waiting = make_mail(acme, "test")

    shown = ["/try-again/" in page_of(browser, mail) for mail in (given_up, waiting)]

    assert shown == [offered, False]


def test_what_a_mail_tells_is_shown_with_its_causes_as_a_table(console: Client, acme: Organization) -> None:
    causes = [{"code": "user_name_taken", "count": 37, "detail": "Another user has this userName."}]
    mail = make_mail(acme, context={"organization": "Acme", "count": 37, "causes": causes})

    page = page_of(console, mail)

    assert facts_of(page, "What it tells") == {"count": "37", "organization": "Acme"}
    assert rows_of(page, "What it tells: causes") == [
        ["user_name_taken", "37", "Another user has this userName."]
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        *((str(kind), str(kind.label)) for kind in EventKind),
        ("digest", "Daily digest"),
        ("confirm_recipient", "Question to a new address"),
        ("test", "Test"),
    ],
)
def test_every_kind_of_mail_has_words(console: Client, acme: Organization, kind: str, words: str) -> None:
    assert f"{words}, to it@acme.example" in page_of(console, make_mail(acme, kind))


def test_mails_are_found_by_what_became_of_them(
    console: Client, acme: Organization, given_up: Notification
) -> None:
    make_mail(acme, "silence")
    make_mail(acme, "recovery", sent_at=clock.now())

    pages = [console.get(LIST, {"state": state}).text for state in ("sent", "waiting", "given_up")]

    found = [[kind for kind in ("Recovery", "Silence", "Failures") if f">{kind}<" in page] for page in pages]
    assert found == [["Recovery"], ["Silence"], ["Failures"]]
