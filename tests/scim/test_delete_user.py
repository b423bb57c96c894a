"""DELETE /Users/{id}: gone from SCIM at once, kept as a tombstone (RFC 7644 §3.6)."""

from datetime import timedelta

import pytest

from accounts import clock, operators
from accounts.models import Member, Operator, Organization, Team, TeamMembership, Tombstone
from accounts.permissions import Role
from tests.cast import ScimClient
from tests.console.conftest import signed_in_as
from tests.factories import LIST_SCHEMA, make_member, make_operator, make_team, user_body


def test_entra_deletes_a_user_who_is_gone_at_once(entra: ScimClient) -> None:
    user = entra.post("/Users", user_body()).json()

    deleted = entra.delete(f"/Users/{user['id']}")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert entra.get(f"/Users/{user['id']}").status_code == 404
    assert entra.delete(f"/Users/{user['id']}").status_code == 404
    assert entra.get("/Users", filter='userName eq "amelie@acme.example"').json() == {
        "schemas": [LIST_SCHEMA],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
        "Resources": [],
    }


def test_a_user_name_is_free_again_after_its_user_was_deleted(entra: ScimClient) -> None:
    first = entra.post("/Users", user_body()).json()
    entra.delete(f"/Users/{first['id']}")

    second = entra.post("/Users", user_body())

    assert second.status_code == 201
    assert second.json()["id"] != first["id"]


@pytest.mark.parametrize("is_in_a_team", [True, False])
def test_a_tombstone_keeps_all_it_takes_to_restore(
    entra: ScimClient, acme: Organization, is_in_a_team: bool
) -> None:
    user = entra.post("/Users", user_body(title="Editor")).json()
    row = Member.objects.filter(id=user["id"]).values().get()
    teams = [make_team(acme, [Member.objects.get()])] if is_in_a_team else []

    entra.delete(f"/Users/{user['id']}")

    kept = {
        name: value if isinstance(value, bool | int | str | dict) else str(value)
        for name, value in row.items()
    }
    tombstone = Tombstone.objects.get(id=user["id"])
    assert (tombstone.identity, tombstone.kind) == ("amelie@acme.example", "member")
    assert tombstone.organization == acme
    assert tombstone.snapshot == kept | {"team_ids": [str(team.id) for team in teams]}


def test_the_teams_of_a_deleted_user_get_a_new_version(entra: ScimClient, acme: Organization) -> None:
    member = make_member(acme, "amelie@acme.example")
    hers, _ = (
        Team.objects.create(organization=acme, display_name=name, display_name_key=name)
        for name in ("hers", "other")
    )
    TeamMembership.objects.create(organization=acme, team=hers, member=member)

    entra.delete(f"/Users/{member.id}")

    assert list(Team.objects.order_by("display_name").values_list("display_name", "version")) == [
        ("hers", 2),
        ("other", 1),
    ]
    assert not TeamMembership.objects.exists()


def test_whoever_signs_in_as_a_deleted_user_is_out(entra: ScimClient, acme: Organization) -> None:
    member = make_member(acme, "amelie@acme.example")
    operator = make_operator(Role.ORGANIZATION_ADMIN, organization=acme)
    Operator.objects.filter(id=operator.id).update(member=member)

    browser = signed_in_as(operator)

    entra.delete(f"/Users/{member.id}")
    operator.refresh_from_db()
    is_active, ended_at = operator.is_active, operator.ended_at
    operators.allow_sign_in(operator)

    assert (is_active, ended_at) == (False, Tombstone.objects.get().deleted_at)
    assert browser.get("/console/").status_code == 302


def test_a_sign_in_that_was_ended_before_keeps_its_date(entra: ScimClient, acme: Organization) -> None:
    member, before = make_member(acme, "amelie@acme.example"), clock.now() - timedelta(days=9)
    operator = make_operator(Role.ORGANIZATION_ADMIN, organization=acme)
    Operator.objects.filter(id=operator.id).update(member=member, is_active=False, ended_at=before)

    entra.delete(f"/Users/{member.id}")

    operator.refresh_from_db()
    assert (operator.member, operator.ended_at) == (None, before)
