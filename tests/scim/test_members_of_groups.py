"""A group's members stand in its answer in the order of their ids, whatever else is in it or wanted of them."""

from typing import Any

import pytest

from accounts.models import Member, Organization
from tests.cast import ScimClient
from tests.factories import make_member
from tests.scim.hostile import group_body

EXTENSION = "urn:ietf:params:scim:schemas:extension:acme:2.0:Group"
LARGE = 10**30


@pytest.fixture
def members(acme: Organization, tenant_url: str) -> list[dict[str, str]]:
    """Three users as a group shows them."""
    ids = sorted(str(make_member(acme, name).id) for name in ("amelie", "bruno", "chloe"))
    return [{"value": id_, "$ref": f"{tenant_url}/Users/{id_}", "type": "User"} for id_ in ids]


@pytest.fixture
def tenant_url(settings: Any) -> str:
    """An address that JSON writes in another way."""
    settings.TENANT_URL = 'https://scim.example/a"b\\c/v2'
    return str(settings.TENANT_URL)


@pytest.mark.parametrize("said", [{}, {EXTENSION: {"number": LARGE}}])
def test_they_are_whole(entra: ScimClient, members: list[dict[str, str]], said: dict[str, Any]) -> None:
    made = entra.post("/Groups", group_body("News", members=members[::-1], **said)).json()
    found = entra.get(f"/Groups/{made['id']}").json()

    assert (made["members"], found) == (members, made)
    assert {name: made[name] for name in said} == said


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("attributes=members.value", ["value"]),
        ("attributes=members", ["value", "$ref", "type"]),
        ("excludedAttributes=members.value,members.type", ["$ref"]),
    ],
)
def test_they_are_shown_as_far_as_they_are_wanted(
    entra: ScimClient, members: list[dict[str, str]], asked: str, kept: list[str]
) -> None:
    entra.post("/Groups", group_body("News", members=members))
    entra.post("/Groups", group_body("Nobody"))

    found = entra.get(f"/Groups?{asked}").json()["Resources"]

    wanted = [{name: each[name] for name in kept} for each in members]
    assert [each.get("members") for each in found] == [wanted, None]


def test_each_group_has_its_own(entra: ScimClient, members: list[dict[str, str]]) -> None:
    groups = {"First": members, "Nobody": [], "Second": members[1:], "Third": members[::2]}
    for name, people in groups.items():
        entra.post("/Groups", group_body(name, members=people[::-1]))

    found = entra.get("/Groups").json()["Resources"]

    assert {each["displayName"]: each.get("members", []) for each in found} == groups


def test_so_many_that_they_come_in_parts_stand_in_their_order(entra: ScimClient, acme: Organization) -> None:
    people = Member.objects.bulk_create(
        Member(organization=acme, user_name=f"user {number}", user_name_key=f"user {number}")
        for number in range(2001)
    )
    ids = sorted(str(each.id) for each in people)
    body = group_body("Everybody", members=[{"value": id_} for id_ in ids[::-1]])

    made = entra.post("/Groups?attributes=displayName", body).json()

    assert [each["value"] for each in entra.get(f"/Groups/{made['id']}").json()["members"]] == ids
