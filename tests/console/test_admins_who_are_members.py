"""An admin whom Entra provisions, too, is linked to that member, and loses the console with the member's access."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Member, Operator, Organization
from accounts.permissions import Role
from provisioning import tasks
from tests.cast import ScimClient
from tests.console.conftest import signed_in_as
from tests.console.reading import facts_of
from tests.factories import make_member, make_operator, user_body
from tests.scim.hostile import patch_body

ADDRESS = "amelie@acme.example"


@pytest.fixture
def admin(acme: Organization) -> Operator:
    """An admin of Acme."""
    return make_operator(Role.ORGANIZATION_ADMIN, organization=acme, email=ADDRESS)


def member_of(operator: Operator) -> Member | None:
    """Return which member an admin is known to be."""
    return Operator.objects.select_related("member").get(id=operator.id).member


def switch(entra: ScimClient, user: str, active: str) -> None:
    """Disable or enable a user as Entra does."""
    operation = {"op": "Replace", "path": "active", "value": active}
    entra.request("PATCH", f"/Users/{user}", patch_body(operation))


def test_an_admin_loses_the_console_with_their_access_and_has_it_back_with_it(
    entra: ScimClient, admin: Operator, console: Client
) -> None:
    user = entra.post("/Users", user_body("Amelie@ACME.example")).json()["id"]
    browser, page = signed_in_as(admin), f"/admin/accounts/operator/{admin.id}/change/"

    linked = tasks.link_people()
    opened, told = [browser.get("/console/").status_code], []
    for active in ("False", "True"):
        switch(entra, user, active)
        opened.append(browser.get("/console/").status_code)
        told.append(facts_of(console.get(page).text, "Person"))

    assert linked == 1
    assert opened == [200, 302, 200]
    assert [each["May sign in"] for each in told] == ["No: deactivated by Entra", "Yes"]
    assert [each["Member"] for each in told] == ["Amelie@ACME.example"] * 2


def test_an_admin_is_the_member_with_that_work_address_an_active_one_of_several(
    acme: Organization, admin: Operator
) -> None:
    for name, is_active in (("left", False), ("here", True), ("third", True)):
        make_member(acme, name, is_active=is_active, work_email=ADDRESS)

    linked = tasks.link_people()

    assert linked == 1
    assert str(member_of(admin)) == "here"


def test_a_user_name_counts_for_more_than_a_work_address(acme: Organization, admin: Operator) -> None:
    make_member(acme, "other", work_email=ADDRESS)
    named = make_member(acme, ADDRESS, is_active=False)

    tasks.link_people()

    assert member_of(admin) == named


def test_whoever_is_linked_stays_the_same_member(acme: Organization, admin: Operator) -> None:
    first = make_member(acme, "first", work_email=ADDRESS)
    tasks.link_people()
    make_member(acme, ADDRESS)

    again = tasks.link_people()

    assert again == 0
    assert member_of(admin) == first


def test_a_member_of_another_organization_and_one_with_another_address_are_nobody_here(
    acme: Organization, globex: Organization, admin: Operator
) -> None:
    make_member(globex, ADDRESS)
    make_member(acme, f"x{ADDRESS}")

    linked = tasks.link_people()

    assert linked == 0
    assert member_of(admin) is None


def test_staff_are_no_members(acme: Organization) -> None:
    csm = make_operator(Role.CSM, email=ADDRESS)
    make_member(acme, ADDRESS)

    linked = tasks.link_people()

    assert linked == 0
    assert member_of(csm) is None


def test_admins_are_linked_by_the_worker_every_five_minutes() -> None:
    periods = {each["task"]: each["schedule"] for each in settings.CELERY_BEAT_SCHEDULE.values()}

    assert periods["provisioning.tasks.link_people"] == timedelta(minutes=5)
