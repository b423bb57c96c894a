"""Staff see an organization's console as its admins see it: read-only, written down, and over when they say so."""

import pytest
from django.test import Client

from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning.models import AuditEvent
from tests import factories
from tests.console.conftest import SignedIn, signed_in_as

STOP = "/looking/stop/"


def look(browser: Client, organization: Organization, reason: str = "") -> str:
    """Send the form; return where it leads."""
    response = browser.post(f"/admin/organizations/{organization.id}/view-as/", {"reason": reason})
    assert response.status_code == 303
    return response["Location"]


def is_let_in(browser: Client) -> bool:
    """Whether the organizations' console opens."""
    return browser.get("/console/").status_code == 200


def test_the_page_says_what_it_does_before_it_does_it(console: Client, acme: Organization) -> None:
    page = console.get(f"/admin/organizations/{acme.id}/view-as/").text

    for said in ("You see what the admins of Acme see", "History, with your name", "choose Stop looking"):
        assert said in page
    assert not is_let_in(console)
    assert not AuditEvent.objects.filter(kind="viewed_as").exists()


@pytest.mark.parametrize("role", [Role.OWNER, Role.CSM, Role.SUPPORT])
def test_staff_look_at_one_organization_and_are_told_so(
    signed_in: SignedIn, acme: Organization, role: Role
) -> None:
    browser = signed_in(role)

    assert look(browser, acme) == "/console/"

    page = browser.get("/console/").text
    assert "You see what the admins of <strong>Acme</strong> see. You can change nothing here." in page
    assert f'action="{STOP}"' in page


def test_that_somebody_looked_stands_in_the_history(
    console: Client, csm: Operator, acme: Organization
) -> None:
    look(console, acme, "They asked about a member.")

    event = AuditEvent.objects.get(kind="viewed_as")
    assert (event.organization, event.operator, event.actor) == (acme, csm, str(csm))
    assert (event.address, event.subject, event.reason) == ("127.0.0.1", "Acme", "They asked about a member.")


def test_whoever_looks_sees_no_other_organization(
    console: Client, acme: Organization, globex: Organization
) -> None:
    members = [factories.make_member(each, f"amelie@{each.slug}.example") for each in (acme, globex)]
    look(console, acme)

    statuses = [console.get(f"/console/accounts/member/{each.id}/change/").status_code for each in members]

    assert statuses == [200, 404]


def test_looking_at_another_organization_ends_looking_at_the_first(
    console: Client, acme: Organization, globex: Organization
) -> None:
    look(console, acme)
    look(console, globex)

    assert "<strong>Globex</strong>" in console.get("/console/").text


def test_whoever_stops_looking_is_back_on_the_staff_console(console: Client, acme: Organization) -> None:
    look(console, acme)
    before = is_let_in(console)

    response = console.post(STOP)

    assert (response.status_code, response["Location"]) == (
        303,
        f"/admin/accounts/organization/{acme.id}/change/",
    )
    assert (before, is_let_in(console)) == (True, False)


def test_stopping_without_looking_leads_to_the_staff_console(client: Client, console: Client) -> None:
    assert [each.post(STOP)["Location"] for each in (client, console)] == ["/admin/", "/admin/"]


def test_a_link_alone_stops_nothing(console: Client, acme: Organization) -> None:
    look(console, acme)

    assert console.get(STOP).status_code == 405
    assert is_let_in(console)


def test_a_form_of_another_page_stops_nothing(csm: Operator) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(csm, backend="accounts.backends.OperatorBackend")

    assert browser.post(STOP).status_code == 403


def test_signing_out_ends_looking(console: Client, csm: Operator, acme: Organization) -> None:
    look(console, acme)

    console.post("/admin/logout/")
    console.force_login(csm, backend="accounts.backends.OperatorBackend")

    assert not is_let_in(console)


def test_an_org_admin_looks_at_nobody(org_admin: Operator, globex: Organization) -> None:
    browser = signed_in_as(org_admin)

    response = browser.post(f"/admin/organizations/{globex.id}/view-as/")

    assert response["Location"].startswith("/admin/login/")
    assert not AuditEvent.objects.filter(kind="viewed_as").exists()


def test_an_organization_that_is_none_is_not_found(console: Client, csm: Operator) -> None:
    assert console.post(f"/admin/organizations/{csm.id}/view-as/").status_code == 404
