"""Bodies are read in every shape that Entra sends, validated before they are stored, or refused."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Member, Organization, Team
from tests.cast import ScimClient
from tests.factories import ENTERPRISE_SCHEMA, USER_SCHEMA, make_member, user_body
from tests.scim.hostile import PATCH_SCHEMA, group_body, patch_body

WORK = {"type": "work", "value": "new@acme.example"}


@pytest.mark.parametrize(
    ("operation", "attribute", "value"),
    [
        ({"op": "Add", "path": "nickName", "value": "Ami"}, "nickName", "Ami"),
        ({"op": "remove", "path": "title"}, "title", None),
        ({"op": "Remove", "path": "name"}, "name", None),
        ({"op": "replace", "path": "name", "value": {"givenName": "A"}}, "name", {"givenName": "A"}),
        ({"op": "Replace", "path": 'emails[type eq "work"].value', "value": WORK["value"]}, "emails", [WORK]),
        ({"op": "Add", "path": 'emails[type eq "work"].value', "value": WORK["value"]}, "emails", [WORK]),
        ({"op": "replace", "value": {"shoeSize": 44, "title": "Chief"}}, "title", "Chief"),
        ({"op": "replace", "value": {"name.givenName": "A"}}, "name", {"givenName": "A"}),
        (
            {"op": "replace", "path": f"{ENTERPRISE_SCHEMA}:department", "value": "B"},
            ENTERPRISE_SCHEMA,
            {"department": "B"},
        ),
        ({"op": "Replace", "path": "active", "value": "False"}, "active", False),
        ({"op": "Replace", "value": {"active": "False"}}, "active", False),
    ],
)
def test_every_operation_on_a_user_does_what_it_says(
    entra: ScimClient, operation: dict[str, Any], attribute: str, value: object
) -> None:
    body = {"schemas": [USER_SCHEMA], "userName": "amelie@acme.example", "title": "Editor"}
    user = entra.post("/Users", body).json()

    answer = entra.request("PATCH", f"/Users/{user['id']}", patch_body(operation))

    assert answer.status_code == 200
    assert answer.json().get(attribute) == value
    assert entra.get(f"/Users/{user['id']}").json().get(attribute) == value


@pytest.fixture
def people(acme: Organization) -> list[str]:
    """The ids of three members."""
    return [str(make_member(acme, f"{name}@acme.example").id) for name in ("amelie", "bruno", "chiara")]


def as_members(ids: list[str]) -> list[dict[str, str]]:
    """Return ids as members."""
    return [{"value": id_} for id_ in ids]


def members_of(entra: ScimClient, group: str) -> set[str]:
    """Return the ids of who is in a group."""
    return {member["value"] for member in entra.get(f"/Groups/{group}").json().get("members", [])}


def test_a_group_is_renamed(entra: ScimClient) -> None:
    group = entra.post("/Groups", group_body("News")).json()["id"]

    renamed = entra.request(
        "PATCH", f"/Groups/{group}", patch_body({"op": "Replace", "path": "displayName", "value": "Sport"})
    )

    assert renamed.status_code == 204
    assert entra.get(f"/Groups/{group}").json()["displayName"] == "Sport"


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        ({"op": "Remove", "path": "members", "value": [{"value": "{0}"}]}, [1, 2]),
        ({"op": "remove", "path": 'members[value eq "{0}"]'}, [1, 2]),
        ({"op": "remove", "path": "members"}, []),
        ({"op": "add", "path": "members", "value": [{"value": "{0}"}, {"value": "{0}"}]}, [0, 1, 2]),
        ({"op": "replace", "path": "members", "value": [{"value": "{0}"}]}, [0]),
        ({"op": "remove", "path": "members", "value": [{"value": "no id"}]}, [0, 1, 2]),
    ],
)
def test_every_operation_on_members_does_what_it_says(
    entra: ScimClient, people: list[str], operation: dict[str, Any], left: list[int]
) -> None:
    group = entra.post("/Groups", group_body("News", members=as_members(people))).json()["id"]
    placed = {
        name: value.replace("{0}", people[0]) if isinstance(value, str) else value
        for name, value in operation.items()
    }
    if "value" in operation:
        placed["value"] = [{"value": each["value"].replace("{0}", people[0])} for each in operation["value"]]

    answer = entra.request("PATCH", f"/Groups/{group}", patch_body(placed))

    assert (answer.status_code, answer.content) == (204, b"")
    assert members_of(entra, group) == {people[number] for number in left}


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_whole_group_brings_its_members(entra: ScimClient, people: list[str], method: str) -> None:
    group = entra.post("/Groups", group_body("News", members=as_members(people[:1]))).json()["id"]
    if method == "PUT":
        body = group_body("News", members=as_members(people[1:]))
        assert entra.request("PUT", f"/Groups/{group}", body).status_code == 200

    assert members_of(entra, group) == set(people[1:] if method == "PUT" else people[:1])


@pytest.mark.parametrize("count", [1, 300])
def test_many_members_are_added_by_as_few_statements_as_one(
    entra: ScimClient, acme: Organization, count: int
) -> None:
    ids = [str(make_member(acme, f"user{number}@acme.example").id) for number in range(count)]
    group = entra.post("/Groups", group_body("News")).json()["id"]
    adding = patch_body({"op": "add", "path": "members", "value": as_members(ids)})

    with CaptureQueriesContext(connection) as captured:
        answer = entra.request("PATCH", f"/Groups/{group}", adding)

    assert answer.status_code == 204
    assert len(members_of(entra, group)) == count
    assert len(captured) <= 12  # transaction and note of use included


def test_a_rename_to_a_taken_name_is_a_conflict(entra: ScimClient, acme: Organization) -> None:
    member = make_member(acme, "amelie@acme.example")
    make_member(acme, "bruno@acme.example")
    first, _ = (entra.post("/Groups", group_body(name)).json()["id"] for name in ("News", "Sport"))

    for address, name in ((f"/Users/{member.id}", "userName"), (f"/Groups/{first}", "displayName")):
        taken = "BRUNO@acme.example" if name == "userName" else "SPORT"
        refused = entra.request("PATCH", address, patch_body({"op": "replace", "path": name, "value": taken}))
        assert (refused.status_code, refused.json()["scimType"]) == (409, "uniqueness")


def test_the_name_of_the_list_of_operations_is_read_without_case(
    entra: ScimClient, acme: Organization
) -> None:
    member = make_member(acme, "amelie@acme.example")
    body = {"schemas": [PATCH_SCHEMA], "operations": [{"OP": "replace", "Path": "title", "Value": "Chief"}]}

    assert entra.request("PATCH", f"/Users/{member.id}", body).json()["title"] == "Chief"


@pytest.mark.parametrize("operation", [None, 5, "remove", [], {}, {"op": "move", "path": "title"}, {"op": 5}])
def test_a_malformed_operation_is_refused(entra: ScimClient, acme: Organization, operation: object) -> None:
    member = make_member(acme, "amelie@acme.example")

    refused = entra.request("PATCH", f"/Users/{member.id}", patch_body(operation))

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidSyntax")


@pytest.mark.parametrize(
    "attributes",
    [
        {"userName": None},
        {"name": "Amélie"},
        {"emails": ["amelie@acme.example"]},
        {"emails": "amelie@acme.example"},
        {"displayName": "x" * 321},
        {"displayName": "\0"},
        {"active": "perhaps"},
        {"title": {"value": "Chief"}},
    ],
)
def test_a_body_is_validated_before_it_is_stored(entra: ScimClient, attributes: dict[str, Any]) -> None:
    refused = entra.post("/Users", user_body("amelie@acme.example") | attributes)

    assert (refused.status_code, refused.json()["status"]) == (400, "400")
    assert not Member.objects.exists()


def test_a_name_that_is_null_is_no_name(entra: ScimClient) -> None:
    created = entra.post("/Users", user_body("amelie@acme.example", name=None))

    assert created.status_code == 201
    assert "name" not in created.json()


@pytest.mark.parametrize(
    ("raw", "media_type", "status"),
    [
        (b"[]", "application/scim+json", 400),
        (b'{"userName": "\xff"}', "application/scim+json", 400),
        (b"userName=x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    entra: ScimClient, raw: bytes, media_type: str, status: int
) -> None:
    refused = entra.post("/Users", raw=raw, content_type=media_type)

    assert (refused.status_code, refused.json()["status"]) == (status, str(status))


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", "/Users/{id}"),
        ("POST", "/Groups/{id}"),
        ("PUT", "/Users"),
        ("PATCH", "/Groups"),
        ("DELETE", "/Users"),
    ],
)
def test_a_verb_on_the_wrong_kind_of_address_does_nothing(
    entra: ScimClient, method: str, address: str
) -> None:
    refused = entra.request(method, address.format(id=uuid4()), user_body("new@acme.example"))

    assert (refused.status_code, refused.json()["status"]) == (405, "405")
    assert method not in refused["Allow"].split(", ")
    assert not Member.objects.exists()
    assert not Team.objects.exists()
