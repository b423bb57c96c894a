"""An org admin asks their CSM for a token: one mail, one line of the history, one request an hour."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import tasks
from provisioning.models import AuditEvent, Notification
from tests import factories
from tests.console.conftest import SignedIn, signed_in_as

URL = "/console/tokens/ask/"
NOW = datetime(2026, 11, 22, 9, 41, 3, tzinfo=UTC)
AGAIN = "Organization admin (admin@acme.example) has asked already, 2026-11-22 09:41 UTC."


@pytest.fixture(autouse=True)
def at_a_quarter_to_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def asker(acme: Organization, csm: Operator, org_admin: Operator) -> Client:
    """The browser of the admin of Acme, which has a CSM."""
    Organization.objects.filter(id=acme.id).update(success_manager=csm)
    return signed_in_as(org_admin)


def mails() -> list[tuple[str, str]]:
    """Return whom mails ask for a token, and of which organization."""
    rows = Notification.objects.filter(kind="token_requested").order_by("recipient")
    return [(row.recipient, row.context["organization"]) for row in rows]


def test_asking_writes_to_the_csm_and_into_the_history(asker: Client, org_admin: Operator) -> None:
    done = asker.post(URL, {"message": "It leaked."}, REMOTE_ADDR="192.0.2.7")

    event = AuditEvent.objects.get(kind="token_requested")
    assert (done.status_code, done["Location"]) == (303, "/console/provisioning/scimtoken/")
    assert mails() == [("csm@hootprov.example", "Acme")]
    assert (event.organization, event.operator, event.address, event.reason, event.at) == (
        org_admin.organization,
        org_admin,
        "192.0.2.7",
        "It leaked.",
        NOW,
    )


def test_the_mail_leads_to_the_page_that_issues_it(asker: Client, acme: Organization) -> None:
    asker.post(URL, {"message": "Ours ends & nobody knows why."})
    Notification.objects.update(next_try_at=NOW)

    tasks.relay_notifications()

    (message,) = mail.outbox
    assert (message.to, message.subject) == (
        ["csm@hootprov.example"],
        "Acme asks for a new provisioning token",
    )
    for said in (
        "Organization admin (admin@acme.example)",
        "2026-11-22 09:41 UTC",
        "Ours ends & nobody knows why.",
        f"/admin/organizations/{acme.id}/issue-token/",
    ):
        assert said in message.body
    assert "mails/mute" not in message.body


def test_without_a_csm_every_owner_is_asked(org_admin: Operator, csm: Operator, acme: Organization) -> None:
    for number in (1, 2):
        factories.make_operator(Role.OWNER, email=f"owner{number}@hootprov.example")
    gone = factories.make_operator(Role.OWNER, email="gone@hootprov.example")
    Operator.objects.filter(id=gone.id).update(is_active=False)

    page = signed_in_as(org_admin).post(URL, follow=True).text

    assert mails() == [("owner1@hootprov.example", "Acme"), ("owner2@hootprov.example", "Acme")]
    assert "Your request is on its way, and stands in the History." in page


def test_a_second_request_within_the_hour_is_refused_in_words(
    asker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker.post(URL)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=59))

    refused = asker.post(URL)

    assert (refused.status_code, AGAIN in refused.text, len(mails())) == (200, True, 1)


def test_an_hour_later_it_may_be_asked_again(asker: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asker.post(URL)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=1, seconds=1))

    assert (asker.post(URL).status_code, len(mails())) == (303, 2)


def test_a_request_that_was_answered_makes_room_for_another(
    asker: Client, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker.post(URL)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=1))
    factories.make_token(acme)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=2))

    assert (asker.post(URL).status_code, len(mails())) == (303, 2)


def test_another_organizations_request_is_none_of_ours(asker: Client, globex: Organization) -> None:
    other = factories.make_operator(
        Role.ORGANIZATION_ADMIN, organization=globex, email="admin@globex.example"
    )
    signed_in_as(other).post(URL)

    assert asker.post(URL).status_code == 303


def test_the_page_says_who_is_asked(asker: Client) -> None:
    page = asker.get(URL).text

    assert "This sends Customer success manager, your CSM, an e-mail." in page
    assert "You can ask once an hour, until a token is issued." in page


def test_a_secret_in_a_message_is_neither_mailed_nor_kept(asker: Client) -> None:
    asker.post(URL, {"message": "hpt_" + "a" * 49})

    assert AuditEvent.objects.get(kind="token_requested").reason == "hpt_…"
    assert Notification.objects.get(kind="token_requested").context["message"] == "hpt_…"


def test_staff_who_look_ask_for_nothing(signed_in: SignedIn, acme: Organization) -> None:
    browser = signed_in(Role.CSM)
    session = browser.session
    session["viewed_organization"] = str(acme.id)
    session.save()

    assert [browser.get(URL).status_code, browser.post(URL).status_code] == [403, 403]
    assert mails() == []
