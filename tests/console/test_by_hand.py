"""Break the glass: what staff may do to a member by hand, what stays written of it, and what it refuses."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError
from django.test import Client

from accounts import clock
from accounts.models import Member, Operator, Organization, Team, TeamMembership, Tombstone
from accounts.permissions import Role
from provisioning import logs
from provisioning.models import AuditEvent, AuditKind, HourlyActivity, ProvisioningLogEntry
from tests import factories
from tests.cast import ScimClient
from tests.console.conftest import SignedIn, signed_in_as
from tests.console.reading import rows_of
from tests.factories import user_body
from tests.scim.hostile import group_body
from tests.watch.world import World

REASON = {"reason": "Ticket 4711: the person left today."}
MEMBERS = "/admin/accounts/member/"


@pytest.fixture
def amelie(entra: ScimClient) -> Member:
    """A member whom Entra provisioned with attributes of every sort, in two teams."""
    id_ = entra.post("/Users", user_body("Amelie@acme.example", title="Editor")).json()["id"]
    for name in ("Newsroom", "Sales"):
        entra.post("/Groups", group_body(name, members=[{"value": id_}]))
    return Member.objects.get()


@pytest.fixture
def gone(entra: ScimClient, amelie: Member) -> Tombstone:
    """What is left of her after Entra deleted her."""
    entra.delete(f"/Users/{amelie.id}")
    return Tombstone.objects.get()


def newest() -> ProvisioningLogEntry:
    """Return the newest entry of the log."""
    return ProvisioningLogEntry.objects.order_by("-id")[0]


def deactivate(browser: Client, member: Member, form: dict[str, str] = REASON) -> Any:
    """Press the button of the page that deactivates."""
    return browser.post(f"/admin/members/{member.id}/deactivate/", form)


def restore(browser: Client, id_: UUID, form: dict[str, str] = REASON) -> Any:
    """Press the button of the page that restores."""
    return browser.post(f"/admin/deleted/{id_}/restore/", form)


def test_a_csm_deactivates_a_member(console: Client, entra: ScimClient, amelie: Member) -> None:
    response = deactivate(console, amelie)

    assert (response.status_code, response["Location"]) == (303, f"{MEMBERS}{amelie.id}/change/")
    user = entra.get(f"/Users/{amelie.id}").json()
    assert (user["active"], user["meta"]["version"]) == (False, 'W/"2"')
    assert TeamMembership.objects.count() == 2


def test_it_is_an_entry_of_the_log_and_of_the_history(console: Client, csm: Operator, amelie: Member) -> None:
    deactivate(console, amelie)

    entry = newest()
    assert (entry.action, entry.status, entry.resource_id, entry.token, entry.method, entry.path) == (
        "disable",
        "success",
        amelie.id,
        None,
        "",
        "",
    )
    assert entry.personal == {
        "source": amelie.external_id,
        "target": "Amelie@acme.example",
        "modifiedProperties": [{"displayName": "active", "oldValue": True, "newValue": False}],
        "by": csm.name,
    }
    event = AuditEvent.objects.get(kind=AuditKind.MEMBER_DEACTIVATED)
    assert (event.operator, event.subject, event.reason) == (csm, "Amelie@acme.example", REASON["reason"])


def test_the_log_says_who_did_it_and_not_entra(console: Client, csm: Operator, amelie: Member) -> None:
    deactivate(console, amelie)

    page = console.get(f"/admin/provisioning/provisioninglogentry/{newest().id}/change/").text

    assert f"{csm.name} of Hootsuite disabled user Amelie@acme.example." in page
    assert [row[:2] for row in rows_of(page, "Steps")] == [
        ["Done by hand", f"{csm.name} of Hootsuite, in the staff console"]
    ]
    assert "Its cycle" not in page


def test_a_disabled_member_is_activated_again(console: Client, amelie: Member) -> None:
    deactivate(console, amelie)

    console.post(f"/admin/members/{amelie.id}/activate/", REASON)

    amelie.refresh_from_db()
    assert (amelie.is_active, amelie.version, newest().action) == (True, 3, "restore")


@pytest.mark.parametrize("reason", ["", "   ", "two\nlines", "x" * 501])
def test_without_a_reason_nothing_is_done(console: Client, amelie: Member, reason: str) -> None:
    before = ProvisioningLogEntry.objects.count()

    response = deactivate(console, amelie, {"reason": reason})

    amelie.refresh_from_db()
    assert (response.status_code, amelie.is_active) == (200, True)
    assert ProvisioningLogEntry.objects.count() == before


def test_who_is_disabled_already_is_not_disabled_again(console: Client, amelie: Member) -> None:
    deactivate(console, amelie)

    again = deactivate(console, amelie)

    assert "Amelie@acme.example is disabled already." in again.text
    assert AuditEvent.objects.filter(kind=AuditKind.MEMBER_DEACTIVATED).count() == 1


def test_a_deleted_member_comes_back_as_they_were(
    console: Client, entra: ScimClient, amelie: Member, gone: Tombstone
) -> None:
    response = restore(console, gone.id)

    assert response["Location"] == f"{MEMBERS}{amelie.id}/change/"
    back = Member.objects.get()
    ours = {"version", "modified_at", "_state"}
    assert {name: value for name, value in vars(back).items() if name not in ours} == {
        name: value for name, value in vars(amelie).items() if name not in ours
    }
    assert back.version == amelie.version + 1
    assert not Tombstone.objects.exists()
    assert entra.get("/Users", filter='userName eq "amelie@acme.example"').json()["totalResults"] == 1


def test_they_are_in_those_of_their_teams_that_still_exist(
    console: Client, entra: ScimClient, gone: Tombstone
) -> None:
    sales, newsroom = Team.objects.get(display_name="Sales"), Team.objects.get(display_name="Newsroom")
    entra.delete(f"/Groups/{sales.id}")

    restore(console, gone.id)

    assert [each.team_id for each in TeamMembership.objects.all()] == [newsroom.id]
    assert Team.objects.get().version == newsroom.version + 1
    properties = {each["displayName"]: each["newValue"] for each in newest().personal["modifiedProperties"]}
    assert (properties["groups"], properties["title"], properties["timezone"]) == (
        ["Newsroom"],
        "Editor",
        "America/Vancouver",
    )


def test_a_restoring_is_an_entry_of_the_log_and_of_the_history(
    console: Client, csm: Operator, gone: Tombstone
) -> None:
    restore(console, gone.id)

    entry, event = newest(), AuditEvent.objects.get(kind=AuditKind.MEMBER_RESTORED)
    assert (entry.action, entry.token_id, entry.personal["by"]) == ("restore", None, csm.name)
    assert (event.subject, event.reason) == ("Amelie@acme.example", REASON["reason"])


def test_nobody_is_restored_onto_a_name_that_is_taken(
    console: Client, entra: ScimClient, gone: Tombstone
) -> None:
    entra.post("/Users", user_body("amelie@acme.example"))
    entries = ProvisioningLogEntry.objects.count()

    refused = restore(console, gone.id)

    assert "Another member has the userName Amelie@acme.example meanwhile" in refused.text
    assert (Tombstone.objects.count(), ProvisioningLogEntry.objects.count()) == (1, entries)
    assert not AuditEvent.objects.filter(kind=AuditKind.MEMBER_RESTORED).exists()


def test_after_30_days_nobody_is_restored(console: Client, gone: Tombstone) -> None:
    Tombstone.objects.update(deleted_at=clock.now() - timedelta(days=30, seconds=1))

    assert restore(console, gone.id).status_code == 404
    assert not Member.objects.exists()


def test_a_team_is_not_restored(console: Client, entra: ScimClient, amelie: Member) -> None:
    team = Team.objects.get(display_name="Sales")
    entra.delete(f"/Groups/{team.id}")

    page = console.get(f"/admin/accounts/tombstone/{team.id}/change/").text

    assert "Restore by hand" not in page
    assert restore(console, team.id).status_code == 404


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.ORGANIZATION_ADMIN])
def test_whoever_may_not_break_the_glass_is_offered_nothing(
    signed_in: SignedIn, gone: Tombstone, acme: Organization, role: Role
) -> None:
    member = factories.make_member(acme, "bruno@acme.example")
    site = "console" if role == Role.ORGANIZATION_ADMIN else "admin"
    browser = signed_in(role)

    pages = [
        browser.get(f"/{site}/accounts/{table}/{id_}/change/")
        for table, id_ in (("member", member.id), ("tombstone", gone.id))
    ]

    assert [each.status_code for each in pages] == [200, 200]
    assert [re.search(r"by hand<", each.text) for each in pages] == [None, None]
    assert deactivate(browser, member).status_code in {302, 403}
    assert restore(browser, gone.id).status_code in {302, 403}
    assert (Member.objects.get().is_active, Tombstone.objects.count()) == (True, 1)


def test_the_page_says_what_entra_will_do(console: Client, amelie: Member) -> None:
    page = console.get(f"/admin/members/{amelie.id}/deactivate/").text

    assert "and their 2 teams" in page
    assert "Entra is not told." in page


def test_the_operator_who_is_that_member_is_out_at_once(
    console: Client, amelie: Member, org_admin: Operator
) -> None:
    Operator.objects.filter(pk=org_admin.pk).update(member=amelie)
    theirs = signed_in_as(org_admin)
    assert theirs.get("/console/").status_code == 200

    deactivate(console, amelie)

    assert theirs.get("/console/").status_code == 302


@pytest.fixture
def unwritable_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A log that refuses every entry."""

    def refuse(*_arguments: object) -> bool:
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr(logs, "write", refuse)
        yield


@pytest.mark.django_db(transaction=True)
def test_without_its_entry_a_change_does_not_happen(
    csm: Operator, acme: Organization, gone: Tombstone, unwritable_log: None
) -> None:
    bruno = factories.make_member(acme, "bruno@acme.example")
    browser = signed_in_as(csm)
    browser.raise_request_exception = False

    answers = [deactivate(browser, bruno), restore(browser, gone.id)]

    assert [each.status_code for each in answers] == [500, 500]
    assert (Member.objects.get().is_active, Tombstone.objects.count()) == (True, 1)
    assert not AuditEvent.objects.filter(
        kind__in=[AuditKind.MEMBER_DEACTIVATED, AuditKind.MEMBER_RESTORED]
    ).exists()


def test_what_is_done_by_hand_is_no_contact_and_no_cycle(world: World, csm: Operator) -> None:
    member = factories.make_member(world.organization, "amelie@acme.example")

    deactivate(signed_in_as(csm), member)
    world.passes(minutes=1)

    assert not world.is_behind()
    assert (world.states, world.cycles, world.told) == (["waiting"], [], [])
    assert not HourlyActivity.objects.exists()
