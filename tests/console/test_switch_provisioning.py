"""A CSM turns an organization's provisioning off and on."""

from django.test import Client

from accounts.models import Operator, Organization
from provisioning.models import Notification, ProvisioningConnection
from tests import factories


def switch(console: Client, organization: Organization, status: str, reason: str = "") -> str:
    """Send the form and return the page it leads to, or that says what is wrong."""
    url = f"/admin/organizations/{organization.id}/provisioning/"
    response = console.post(url, {"status": status, "reason": reason}, follow=True)
    return response.text


def test_turning_off_says_what_will_happen(console: Client, acme: Organization) -> None:
    factories.make_member(acme, "amelie@acme.example")

    page = console.get(f"/admin/organizations/{acme.id}/provisioning/").text

    assert "Turn provisioning off for Acme" in page
    assert "refused with 403" in page
    assert "1 member and all teams stay as they are" in page


def test_a_csm_turns_provisioning_off_with_a_reason(
    console: Client, csm: Operator, acme: Organization, org_admin: Operator
) -> None:
    page = switch(console, acme, "off", "The contract is paused.")

    connection = ProvisioningConnection.objects.get()
    assert (connection.status, connection.status_reason) == ("off", "The contract is paused.")
    assert connection.status_changed_by == csm
    assert "Provisioning of Acme is Off." in page
    assert Notification.objects.get().recipient == org_admin.email


def test_turning_off_without_a_reason_is_refused(console: Client, acme: Organization) -> None:
    page = switch(console, acme, "off", "   ")

    assert "This field is required." in page
    assert ProvisioningConnection.objects.get().is_on


def test_turning_on_needs_no_reason(console: Client, acme: Organization) -> None:
    switch(console, acme, "off", "The contract is paused.")

    page = switch(console, acme, "on")

    assert "Provisioning of Acme is On." in page
    assert ProvisioningConnection.objects.get().is_on


def test_a_page_that_is_out_of_date_does_not_turn_the_switch_back(
    console: Client, acme: Organization
) -> None:
    switch(console, acme, "off", "Said by somebody else.")

    switch(console, acme, "off", "Said on a page that was open since before.")

    connection = ProvisioningConnection.objects.get()
    assert (connection.status, connection.status_reason) == ("off", "Said by somebody else.")


def test_another_organization_is_left_alone(
    console: Client, acme: Organization, globex: Organization
) -> None:
    switch(console, acme, "off", "The contract is paused.")

    assert ProvisioningConnection.objects.get(organization=globex).is_on
