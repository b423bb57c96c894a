"""Who changed who is told what stands in the history, and what whoever reads the mails did by a link of theirs."""

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from provisioning import links, recipients
from provisioning.models import AuditEvent, Delivery, Notification, Recipient
from tests.console.conftest import signed_in_as
from tests.console.reading import rows_of

IT = "it@acme.example"
EVERYTHING = {"kinds": recipients.EVERYTHING, "delivery": "at_once"}
Event = tuple[str, str, str, str | None, list[list[str]]]


@pytest.fixture
def admins(org_admin: Operator) -> Client:
    """The browser of Acme's admin."""
    return signed_in_as(org_admin)


@pytest.fixture
def recipient(acme: Organization) -> Recipient:
    """An address that was added."""
    return recipients.add_recipient(
        organization=acme,
        address=IT,
        kinds=recipients.EVERYTHING,
        delivery=Delivery.AT_ONCE,
        now=clock.now(),
    )


def history() -> list[Event]:
    """Return the events about recipients: kind, subject, actor, address and changes; newest first."""
    return [
        (each.kind, each.subject, each.actor, each.address, each.details.get("changes", []))
        for each in AuditEvent.objects.filter(kind__startswith="recipient")
    ]


def test_what_an_admin_changes_is_written_with_old_and_new(admins: Client, org_admin: Operator) -> None:
    who = (str(org_admin), "127.0.0.1")
    admins.post("/console/notifications/add/", {"address": IT, **EVERYTHING})
    url = f"/console/notifications/{Recipient.objects.get().id}"
    admins.post(f"{url}/change/", {"kinds": ["failures"], "delivery": "daily", "is_muted": "on"})
    admins.post(f"{url}/change/", {"kinds": ["failures"], "delivery": "daily"})
    admins.post(f"{url}/remove/")

    assert history() == [
        ("recipient_removed", IT, *who, []),
        ("recipient_changed", IT, *who, [["muted", "yes", "no"]]),
        (
            "recipient_changed",
            IT,
            *who,
            [
                ["hears of", "Everything", "Failures"],
                ["delivery", "At once", "Once a day"],
                ["muted", "no", "yes"],
            ],
        ),
        ("recipient_added", IT, *who, []),
    ]


def test_a_change_that_changes_nothing_is_not_written(admins: Client, recipient: Recipient) -> None:
    admins.post(f"/console/notifications/{recipient.id}/change/", EVERYTHING)

    assert history() == []


def test_what_is_refused_is_not_written(admins: Client, recipient: Recipient) -> None:
    page = admins.post("/console/notifications/add/", {"address": IT, **EVERYTHING})

    assert f"{IT} is a recipient already." in page.text
    assert history() == []


@pytest.mark.parametrize(("what", "word"), [("confirm", "confirmed"), ("mute", "muted")])
def test_a_link_of_a_mail_is_written_once(client: Client, recipient: Recipient, what: str, word: str) -> None:
    addressee = links.Addressee(recipient.organization_id, IT)
    url = f"/mails/{what}/{links.signed(addressee, purpose=what)}/"
    client.get(url)

    for _ in range(2):
        client.post(url)

    assert history() == [("recipient_changed", IT, IT, "127.0.0.1", [[word, "no", "yes"]])]


def test_the_newest_mails_stand_beside_who_hears_them(admins: Client, recipient: Recipient) -> None:
    page = admins.get("/console/notifications/").text

    [row] = rows_of(page, "Newest mails")
    assert row[1:] == ["Question to a new address", IT, "Waiting"]


def test_an_admin_sends_themselves_a_test(admins: Client, org_admin: Operator) -> None:
    url = f"/console/notifications/{org_admin.id}/test/"
    page = admins.get("/console/notifications/").text

    admins.post(url)

    assert f'href="{url}">Send me a test</a>' in page
    assert list(Notification.objects.values_list("kind", "recipient")) == [("test", org_admin.email)]


def test_whoever_hears_nothing_is_offered_no_test(console: Client, acme: Organization) -> None:
    page = console.get(f"/admin/organizations/{acme.id}/notifications/").text

    assert "Send me a test" not in page
