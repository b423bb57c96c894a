"""A CSM invites an organization's first admin, admins invite others, Owners our own staff; and each is ended."""

from typing import Any

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import people, tasks
from provisioning.errors import PersonStays
from provisioning.history import COMMAND_LINE, Actor
from provisioning.models import AuditEvent, Notification
from tests import factories
from tests.console.conftest import signed_in_as
from tests.console.reading import facts_of, rows_of

KIM = {"name": "Kim", "email": "Kim@acme.example"}


@pytest.fixture
def admins(org_admin: Operator) -> Client:
    """The browser of Acme's admin."""
    return signed_in_as(org_admin)


@pytest.fixture
def other(acme: Organization) -> Operator:
    """A second admin of Acme."""
    return factories.make_operator(Role.ORGANIZATION_ADMIN, organization=acme, email="other@acme.example")


@pytest.fixture
def owner(db: None) -> Operator:
    """An Owner."""
    return factories.make_operator(Role.OWNER)


def send(browser: Client, url: str, form: dict[str, Any] | None = None) -> str:
    """Send a form and return the page it leads to, or that says what is wrong."""
    return browser.post(url, form or {}, follow=True).text


def history() -> list[tuple[str, str, str, list[list[str]]]]:
    """Return what stands in the history of people: kind, subject, reason, changes; newest first."""
    return [
        (each.kind, each.subject, each.reason, each.details.get("changes", []))
        for each in AuditEvent.objects.filter(kind__startswith="person")
    ]


def test_a_csm_invites_the_first_admin_of_an_organization(
    console: Client, acme: Organization, csm: Operator
) -> None:
    offered = console.get("/admin/accounts/operator/?organization=acme").text
    url = f"/admin/organizations/{acme.id}/people/invite/"

    page = send(console, url, KIM)

    kim = Operator.objects.get(email="kim@acme.example")
    assert f'href="{url}"' in offered
    assert "Kim (kim@acme.example) is invited: the link is on its way to them." in page
    assert (kim.role, kim.organization, kim.has_joined) == (Role.ORGANIZATION_ADMIN, acme, False)
    assert facts_of(page, "Person")["May sign in"] == "Invited"
    event = AuditEvent.objects.get(kind="person_invited")
    assert (event.organization, event.subject, event.actor, event.address) == (
        acme,
        "Kim (kim@acme.example)",
        str(csm),
        "127.0.0.1",
    )


def test_an_admin_invites_another_of_the_same_organization(admins: Client, acme: Organization) -> None:
    send(admins, "/console/people/invite/", {**KIM, "organization": "globex", "role": "owner"})

    kim = Operator.objects.get(email="kim@acme.example")
    mail = Notification.objects.get(kind="invitation")
    assert (kim.organization, kim.role) == (acme, Role.ORGANIZATION_ADMIN)
    assert (mail.organization, mail.recipient) == (acme, "kim@acme.example")
    assert mail.context["by"] == "Organization admin"


def test_an_owner_invites_staff_with_a_role(owner: Operator) -> None:
    form = {"name": "Robin", "email": "robin@hootprov.example", "role": "support"}

    send(signed_in_as(owner), "/admin/people/invite/", form)

    robin = Operator.objects.get(email="robin@hootprov.example")
    assert (robin.role, robin.organization) == (Role.SUPPORT, None)
    assert Notification.objects.get(kind="invitation").organization is None


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ({**KIM, "email": "kim"}, "Enter a valid email address."),
        ({**KIM, "name": ""}, "This field is required."),
        ({**KIM, "email": "CSM@hootprov.example"}, "csm@hootprov.example signs in already."),
        ({**KIM, "email": "admin@globex.example"}, "admin@globex.example signs in already."),
    ],
)
def test_who_cannot_be_invited_is_said_and_not_where_they_sign_in(
    admins: Client, csm: Operator, globex: Organization, form: dict[str, str], refusal: str
) -> None:
    factories.make_operator(Role.ORGANIZATION_ADMIN, organization=globex, email="admin@globex.example")
    before = Operator.objects.count()

    page = send(admins, "/console/people/invite/", form)

    assert refusal in page
    assert "Globex" not in page
    assert Operator.objects.count() == before
    assert not Notification.objects.exists()
    assert history() == []


def test_an_organization_has_so_many_people_at_most(admins: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_PEOPLE", 1)

    assert "An organization has 1 people at most" in send(admins, "/console/people/invite/", KIM)


def test_the_link_is_sent_again(admins: Client, acme: Organization) -> None:
    send(admins, "/console/people/invite/", KIM)
    Notification.objects.all().delete()
    kim = Operator.objects.get(email="kim@acme.example")

    page = send(admins, f"/console/people/{kim.id}/link/")

    assert "The link is on its way to kim@acme.example." in page
    assert list(Notification.objects.values_list("kind", "recipient")) == [("invitation", kim.email)]


def test_a_link_to_a_new_password_is_no_invitation(admins: Client, other: Operator) -> None:
    send(admins, f"/console/people/{other.id}/link/")

    assert history() == [("person_changed", str(other), "A link to a new password was sent to them.", [])]


def test_the_history_says_why_somebody_was_let_in(admins: Client, other: Operator, csm: Operator) -> None:
    people.end(person=other, reason="R", by=Actor.of(csm), now=clock.now())

    send(admins, "/console/people/invite/", KIM | {"reason": " Ticket 12 "})
    send(admins, f"/console/people/{other.id}/restore/", {"reason": " Ticket 13 "})

    assert sorted(each[:3:2] for each in history()) == [
        ("person_ended", "R"),
        ("person_invited", "Ticket 12"),
        ("person_restored", "Ticket 13"),
    ]


def test_ending_a_sign_in_ends_open_sessions_at_once_and_for_good(admins: Client, other: Operator) -> None:
    browser = signed_in_as(other)
    before = browser.get("/console/").status_code
    asked = admins.get(f"/console/people/{other.id}/end/").text

    page = send(admins, f"/console/people/{other.id}/end/", {"reason": "Left the company."})
    ended = browser.get("/console/").status_code
    send(admins, f"/console/people/{other.id}/restore/")
    restored = browser.get("/console/").status_code
    signed_in = browser.post("/console/login/", {"username": other.email, "password": factories.PASSWORD})

    assert "They are out at once" in asked
    assert f"{other} may not sign in any more." in page
    assert (before, ended, restored, signed_in.status_code) == (200, 302, 302, 302)
    assert history() == [
        ("person_restored", str(other), "", []),
        ("person_ended", str(other), "Left the company.", []),
    ]


def test_ending_needs_a_reason(admins: Client, other: Operator) -> None:
    page = send(admins, f"/console/people/{other.id}/end/")

    assert "This field is required." in page
    assert Operator.objects.get(pk=other.pk).is_active


def test_nobody_ends_their_own_sign_in(admins: Client, org_admin: Operator, other: Operator) -> None:
    url = f"/console/people/{org_admin.id}/end/"

    page = send(admins, url, {"reason": "R"})

    assert "Nobody ends their own sign-in" in page
    assert f'href="{url}"' not in admins.get(f"/console/accounts/operator/{org_admin.id}/change/").text
    assert Operator.objects.get(pk=org_admin.pk).is_active


def test_two_admins_do_not_end_each_other(org_admin: Operator, other: Operator) -> None:
    now = clock.now()
    people.end(person=other, reason="R", by=Actor.of(org_admin), now=now)

    with pytest.raises(PersonStays, match="Your own sign-in was ended meanwhile"):
        people.end(person=org_admin, reason="R", by=Actor.of(other), now=now)


def test_staff_end_the_last_admin_and_the_admins_do_not(org_admin: Operator, console: Client) -> None:
    stranger = Operator(name="X", email="x@acme.example", role=Role.ORGANIZATION_ADMIN)
    with pytest.raises(PersonStays, match="is the last who can let others in"):
        people.end(person=org_admin, reason="R", by=Actor.of(stranger), now=clock.now())

    send(console, f"/admin/people/{org_admin.id}/end/", {"reason": "The customer asked for it."})

    assert not Operator.objects.get(pk=org_admin.pk).is_active


def test_the_last_owner_stays_one(owner: Operator, csm: Operator) -> None:
    by, now = Actor.of(csm), clock.now()
    with pytest.raises(PersonStays, match="is the last who can let others in"):
        people.end(person=owner, reason="R", by=by, now=now)
    with pytest.raises(PersonStays, match="is the last who can let others in"):
        people.change(person=owner, name="O", role=Role.CSM, by=by, now=now)

    people.end(person=owner, reason="R", by=COMMAND_LINE, now=clock.now())
    assert not Operator.objects.get(pk=owner.pk).is_active


def test_an_owner_changes_a_role_but_not_their_own(owner: Operator, csm: Operator) -> None:
    browser = signed_in_as(owner)
    form = {"name": "Robin", "role": "support"}

    send(browser, f"/admin/people/{csm.id}/change/", form)
    refused = send(browser, f"/admin/people/{owner.id}/change/", form)

    csm.refresh_from_db()
    assert (csm.name, csm.role) == ("Robin", Role.SUPPORT)
    assert "Nobody ends their own sign-in or changes their own role" in refused
    assert [each[3] for each in history()] == [
        [["name", "Customer success manager", "Robin"], ["role", "Customer success manager", "Support"]]
    ]


def test_an_admin_changes_a_name_and_no_role(admins: Client, other: Operator) -> None:
    send(admins, f"/console/people/{other.id}/change/", {"name": "Kim", "role": "owner"})

    other.refresh_from_db()
    assert (other.name, other.role) == ("Kim", Role.ORGANIZATION_ADMIN)


def test_a_csm_does_not_know_of_the_staff(console: Client, owner: Operator) -> None:
    pages = [
        console.get(f"/admin/people/{owner.id}/{what}/") for what in ("change", "end", "restore", "link")
    ]

    assert [page.status_code for page in pages] == [404] * 4
    assert owner.email not in console.get("/admin/accounts/operator/").text
    assert "/admin/people/invite/" not in console.get("/admin/accounts/operator/").text


def test_mails_to_staff_are_the_owners_business(console: Client, owner: Operator, csm: Operator) -> None:
    people.send_link(person=csm, by=Actor.of(owner), now=clock.now())
    mail = Notification.objects.get()

    list_, page = "/admin/provisioning/notification/", f"/admin/provisioning/notification/{mail.id}/change/"

    assert [console.get(page).status_code, signed_in_as(owner).get(page).status_code] == [404, 200]
    assert rows_of(console.get(list_).text, "Mails") == []
    assert rows_of(signed_in_as(owner).get(list_).text, "Mails")[0][1:4] == [
        "Hootsuite",
        "Link to a new password",
        csm.email,
    ]


def test_the_people_of_an_organization_are_listed(admins: Client, other: Operator, csm: Operator) -> None:
    people.end(person=other, reason="R", by=Actor.of(csm), now=clock.now())

    rows = rows_of(admins.get("/console/accounts/operator/").text, "People")

    assert rows == [
        ["Organization admin", "admin@acme.example", "Organization admin", "Yes", rows[0][4]],
        ["Organization admin", "other@acme.example", "Organization admin", "No: ended", "never"],
    ]


@pytest.mark.parametrize("kind", ["invitation", "password_reset"])
def test_a_mail_nobody_needs_any_more_is_not_sent(
    csm: Operator, org_admin: Operator, mailoutbox: list[Any], kind: str
) -> None:
    people.send_mail(kind, org_admin, by="Kim", now=clock.now())
    if kind == "password_reset":
        people.end(person=org_admin, reason="R", by=Actor.of(csm), now=clock.now())

    tasks.relay_notifications()

    mail = Notification.objects.get(kind=kind)
    assert mailoutbox == []
    assert mail.dropped_at is not None
    assert mail.last_error in {
        "Not sent: the person may not sign in any more.",
        "Not sent: the person has chosen a password already.",
    }
