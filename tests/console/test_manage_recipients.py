"""A CSM says who is told what by e-mail, and tries whether it arrives."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from accounts.organizations import change_organization
from accounts.permissions import Role
from provisioning import recipients
from provisioning.models import Delivery, EventKind, Notification, Recipient
from tests.console.conftest import SignedIn
from tests.console.reading import rows_of

IT = "it@acme.example"
EVERYTHING = {"kinds": recipients.EVERYTHING, "delivery": "at_once"}
FAILURES_DAILY = {"kinds": ["failures"], "delivery": "daily"}


def url(organization: Organization, what: str) -> str:
    """Return the address of a page about recipients."""
    return f"/admin/organizations/{organization.id}/notifications/{what}/"


def send(console: Client, organization: Organization, what: str, form: dict[str, Any] | None = None) -> str:
    """Send a form and return the page it leads to, or that says what is wrong."""
    return console.post(url(organization, what), form or {}, follow=True).text


def add(organization: Organization, *, confirmed: bool = True) -> Recipient:
    """Return a recipient of everything at once."""
    now = clock.now()
    recipient = recipients.add_recipient(
        organization=organization,
        address=IT,
        kinds=recipients.EVERYTHING,
        delivery=Delivery.AT_ONCE,
        now=now,
    )
    if confirmed:
        recipients.confirm(organization_id=organization.id, address=IT, now=now)
    Notification.objects.all().delete()
    return recipient


def page_of(console: Client, organization: Organization) -> str:
    """Return an organization's page about who is told what."""
    return console.get(f"/admin/organizations/{organization.id}/notifications/").text


def listed(console: Client, organization: Organization) -> list[list[str]]:
    """Return the table of recipients on an organization's page."""
    page = page_of(console, organization)
    return rows_of(page, "Recipients")


def mails() -> list[tuple[str, str]]:
    """Return the kind and address of every mail."""
    return list(Notification.objects.order_by("created_at").values_list("kind", "recipient"))


def test_everybody_who_may_hear_is_listed_with_what_can_be_done(
    console: Client, acme: Organization, org_admin: Operator, csm: Operator
) -> None:
    change_organization(acme, time_zone="UTC", success_manager=csm)
    send(console, acme, "add", {"address": IT, **FAILURES_DAILY})

    assert listed(console, acme) == [
        [
            "admin@acme.example",
            "Organization admin",
            "Everything",
            "At once",
            "Confirmed",
            "Change Send a test",
        ],
        [csm.email, "Customer success manager", "Everything", "At once", "Confirmed", "Change Send a test"],
        [IT, "Added", "Failures", "Once a day", "Not confirmed", "Change Ask again Remove"],
    ]


def test_an_organization_that_tells_nobody_says_so(console: Client, acme: Organization) -> None:
    page = page_of(console, acme)

    assert "Nobody is told anything. Add a recipient, or set a CSM in the settings." in page


def test_support_sees_recipients_and_no_way_to_change_them(signed_in: SignedIn, acme: Organization) -> None:
    add(acme)

    assert listed(signed_in(Role.SUPPORT), acme) == [[IT, "Added", "Everything", "At once", "Confirmed"]]


def test_the_form_has_every_kind_ticked(console: Client, acme: Organization) -> None:
    page = console.get(url(acme, "add")).text

    assert page.count('name="kinds"') == page.count('name="kinds" value=') == len(EventKind)
    assert page.count(" checked>") == len(EventKind) + 1
    assert page.count("<fieldset") == page.count("<legend>") == 2


def test_an_added_address_is_asked_to_confirm(console: Client, acme: Organization) -> None:
    page = send(console, acme, "add", {"address": IT, **EVERYTHING})

    assert f"{IT} was asked to confirm, and hears nothing until it has." in page
    assert mails() == [("confirm_recipient", IT)]


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ({"address": "it@acme", **EVERYTHING}, "Enter a valid email address."),
        ({"address": IT, "delivery": "daily"}, "Choose at least one kind of event."),
        ({"address": IT, "kinds": ["gossip"], "delivery": "daily"}, "gossip is not one of the available"),
        ({"address": "IT@acme.example", **EVERYTHING}, "IT@acme.example is a recipient already."),
    ],
)
def test_what_is_no_recipient_is_refused_with_a_sentence(
    console: Client, acme: Organization, form: dict[str, Any], refusal: str
) -> None:
    add(acme)

    assert refusal in send(console, acme, "add", form)
    assert Recipient.objects.count() == 1


def test_a_recipient_hears_what_was_chosen_for_it(console: Client, acme: Organization) -> None:
    recipient = add(acme)
    all_but_two = [kind for kind in recipients.EVERYTHING if kind not in {"silence", "recovery"}]

    send(console, acme, f"{recipient.id}/change", {"kinds": all_but_two, "delivery": "daily"})

    [row] = listed(console, acme)
    assert row[2:5] == ["Everything but: Silence, Recovery", "Once a day", "Confirmed"]


def test_a_recipient_is_muted_and_unmuted(console: Client, acme: Organization) -> None:
    recipient = add(acme)
    send(console, acme, f"{recipient.id}/change", {**EVERYTHING, "is_muted": "on"})
    [muted] = listed(console, acme)
    form = console.get(url(acme, f"{recipient.id}/change")).text

    send(console, acme, f"{recipient.id}/change", EVERYTHING)

    [row] = listed(console, acme)
    assert (muted[4:], row[4:]) == (["Muted", "Change"], ["Confirmed", "Change Send a test Remove"])
    assert "It is muted since" in form


def test_an_operators_first_choice_makes_their_row(
    console: Client, acme: Organization, org_admin: Operator
) -> None:
    send(console, acme, f"{org_admin.id}/change", {**FAILURES_DAILY, "is_muted": "on"})

    row = Recipient.objects.get()
    assert (row.address, row.kinds, row.delivery) == (org_admin.email, ["failures"], "daily")
    assert row.confirmed_at is None  # it holds for as long as they are an operator here
    assert row.muted_at is not None
    assert mails() == []


def test_a_removed_address_hears_nothing(console: Client, acme: Organization) -> None:
    recipient = add(acme)
    said = console.get(url(acme, f"{recipient.id}/remove")).text

    page = send(console, acme, f"{recipient.id}/remove")

    assert "It hears nothing more. If it is added again, it has to confirm again." in said
    assert f"{IT} is removed." in page
    assert not Recipient.objects.exists()


def test_removing_an_operators_choice_says_that_they_hear_everything_again(
    console: Client, acme: Organization, org_admin: Operator
) -> None:
    send(console, acme, f"{org_admin.id}/change", FAILURES_DAILY)
    row = Recipient.objects.get()

    said = console.get(url(acme, f"{row.id}/remove")).text
    send(console, acme, f"{row.id}/remove")

    assert "hears everything at once again" in said
    assert listed(console, acme)[0][2:4] == ["Everything", "At once"]


def test_who_has_not_confirmed_is_asked_again(console: Client, acme: Organization) -> None:
    recipient = add(acme, confirmed=False)

    page = send(console, acme, f"{recipient.id}/ask")

    assert f"{IT} is asked again." in page
    assert mails() == [("confirm_recipient", IT)]


def test_who_has_confirmed_or_muted_is_not_asked(console: Client, acme: Organization) -> None:
    recipient = add(acme)

    confirmed = send(console, acme, f"{recipient.id}/ask")
    Recipient.objects.update(confirmed_at=None, muted_at=clock.now())
    muted = send(console, acme, f"{recipient.id}/ask")

    assert f"{IT} has confirmed meanwhile." in confirmed
    assert f"{IT} is muted, so it was not asked." in muted
    assert mails() == []


def test_who_muted_is_not_removed_and_who_was_asked_today_is_not_asked_again(
    console: Client, acme: Organization
) -> None:
    recipient = add(acme, confirmed=False)
    send(console, acme, f"{recipient.id}/ask")

    asked = send(console, acme, f"{recipient.id}/ask")
    Recipient.objects.update(muted_at=clock.now())
    removed = send(console, acme, f"{recipient.id}/remove")

    assert f"{IT} was asked within the last day: the link in that mail works for 14 days." in asked
    assert f"{IT} has muted its mails. It stays here so that nobody sends it any again" in removed
    assert (Recipient.objects.count(), mails()) == (1, [("confirm_recipient", IT)])


def test_a_test_goes_to_a_recipient(console: Client, acme: Organization) -> None:
    recipient = add(acme)

    page = send(console, acme, f"{recipient.id}/test")

    assert f"A test is on its way to {IT}" in page
    assert mails() == [("test", IT)]


def test_a_test_goes_to_an_operator_who_chose_nothing(
    console: Client, acme: Organization, org_admin: Operator
) -> None:
    send(console, acme, f"{org_admin.id}/test")

    assert mails() == [("test", org_admin.email)]


@pytest.mark.parametrize("column", ["confirmed_at", "muted_at"])
def test_no_test_goes_to_an_address_that_wants_no_mails(
    console: Client, acme: Organization, column: str
) -> None:
    recipient = add(acme)
    Recipient.objects.update(**{column: None if column == "confirmed_at" else clock.now()})

    page = send(console, acme, f"{recipient.id}/test")

    assert f"{IT} gets no mails: it has not confirmed, or it is muted." in page
    assert mails() == []


@pytest.mark.parametrize("what", ["change", "remove", "ask", "test"])
def test_a_recipient_of_another_organization_is_not_found(
    console: Client, acme: Organization, globex: Organization, what: str
) -> None:
    recipient = add(acme)

    answers = [
        console.post(url(globex, f"{recipient.id}/{what}"), EVERYTHING).status_code,
        console.post(url(acme, f"{uuid4()}/{what}"), EVERYTHING).status_code,
    ]

    assert answers == [404, 404]
    assert Recipient.objects.count() == 1


@pytest.mark.parametrize("what", ["remove", "ask"])
def test_an_operator_who_chose_nothing_has_no_row_to_remove_or_ask(
    console: Client, acme: Organization, org_admin: Operator, what: str
) -> None:
    assert console.get(url(acme, f"{org_admin.id}/{what}")).status_code == 404
