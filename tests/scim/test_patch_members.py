"""PATCH of members: it lets out and in whom it names, and never anybody else (RFC 7644 §3.5.2)."""

from typing import Any

import pytest

from accounts.models import Organization
from tests.cast import ScimClient
from tests.factories import make_member
from tests.scim.hostile import group_body, patch_body

FOREIGN = "urn:x:hoot:1.0:Group:members"


@pytest.fixture
def people(acme: Organization) -> list[str]:
    """The ids of four members, the first three of whom are in the group."""
    return [str(make_member(acme, name).id) for name in ("amelie", "bruno", "chiara", "dan")]


@pytest.fixture
def group(entra: ScimClient, people: list[str]) -> str:
    """The path of a group of three."""
    members = [{"value": id_} for id_ in people[:3]]
    created = entra.post("/Groups", group_body("News", members=members)).json()
    return f"/Groups/{created['id']}"


def placed(value: Any, people: list[str]) -> Any:
    """Return a value with the ids of people in the places of {0}, {1}, …."""
    if isinstance(value, str):
        for number, id_ in enumerate(people):
            value = value.replace(f"{{{number}}}", id_)
        return value
    if isinstance(value, list):
        return [placed(each, people) for each in value]
    return {name: placed(each, people) for name, each in value.items()} if isinstance(value, dict) else value


def left(entra: ScimClient, group: str, people: list[str]) -> list[int]:
    """Return the numbers of who is in the group."""
    members = entra.get(group).json().get("members", [])
    return sorted(people.index(member["value"]) for member in members)


ONE = 'members[value eq "{0}"]'


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "replace", "path": ONE, "value": {"value": "{0}"}}, [0, 1, 2]),
        ({"op": "replace", "path": ONE, "value": {"value": "{3}"}}, [1, 2, 3]),
        ({"op": "Replace", "path": ONE, "value": [{"value": "{3}"}]}, [1, 2, 3]),
        ({"op": "replace", "path": ONE, "value": None}, [1, 2]),
        ({"op": "replace", "path": ONE, "value": []}, [1, 2]),
        ({"op": "add", "path": 'members[value eq "{3}"]', "value": {"value": "{3}"}}, [0, 1, 2, 3]),
        ({"op": "remove", "path": ONE}, [1, 2]),
        ({"op": "Remove", "path": "members", "value": []}, [0, 1, 2]),
        ({"op": "Remove", "path": "members", "value": [{"value": "{1}"}]}, [0, 2]),
        ({"op": "Remove", "path": "members"}, []),
        ({"op": "remove", "path": "members", "value": None}, []),
        ({"op": "replace", "path": "members", "value": []}, []),
        ({"op": "replace", "path": "members", "value": None}, []),
        ({"op": "replace", "path": "members", "value": [{"value": "{3}"}]}, [3]),
        ({"op": "replace", "value": {"members": []}}, []),
        ({"op": "add", "path": "members", "value": []}, [0, 1, 2]),
        ({"op": "Add", "path": "members", "value": [{"Value": "{3}"}]}, [0, 1, 2, 3]),
        ({"op": "Remove", "path": "members", "value": [{"VALUE": "{1}"}]}, [0, 2]),
        ({"op": "remove", "path": FOREIGN}, [0, 1, 2]),
        ({"op": "replace", "path": FOREIGN, "value": []}, [0, 1, 2]),
        ({"op": "replace", "path": FOREIGN, "value": "{3}"}, [0, 1, 2]),
    ],
)
def test_an_operation_moves_whom_it_names_and_nobody_else(
    entra: ScimClient, group: str, people: list[str], operation: dict[str, Any], expected: list[int]
) -> None:
    answer = entra.request("PATCH", group, patch_body(placed(operation, people)))

    assert (answer.status_code, answer.content) == (204, b"")
    assert left(entra, group, people) == expected


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "Add", "path": "members", "value": [{"value": "{3}"}]}, [0, 1, 2, 3]),
        ({"op": "Remove", "path": "members", "value": [{"value": "{1}"}]}, [0, 2]),
        ({"op": "Replace", "path": "members", "value": [{"value": "{0}"}, {"value": "{3}"}]}, [0, 3]),
        ({"op": "Remove", "path": ONE}, [1, 2]),
    ],
)
def test_an_id_in_capitals_names_the_same_member(
    entra: ScimClient, group: str, people: list[str], operation: dict[str, Any], expected: list[int]
) -> None:
    body = patch_body(placed(operation, [id_.upper() for id_ in people]))

    answer = entra.request("PATCH", group, body)

    assert answer.status_code == 204
    assert left(entra, group, people) == expected


def test_a_group_is_created_with_members_named_in_capitals_and_twice(
    entra: ScimClient, people: list[str]
) -> None:
    members = [{"value": people[0].upper()}, {"value": people[0]}, {"value": people[1].upper()}]

    created = entra.post("/Groups", group_body("Sport", members=members))

    assert created.status_code == 201
    assert left(entra, f"/Groups/{created.json()['id']}", people) == [0, 1]


@pytest.mark.parametrize("verb", ["add", "remove", "replace"])
@pytest.mark.parametrize("path", ["members.display", "members.value", "MEMBERS.value", f"{ONE}.display"])
def test_a_part_of_the_members_can_not_be_changed(
    entra: ScimClient, group: str, people: list[str], verb: str, path: str
) -> None:
    operation = {"op": verb, "path": placed(path, people), "value": [{"value": people[3]}]}

    refused = entra.request("PATCH", group, patch_body(operation))

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidPath")
    assert left(entra, group, people) == [0, 1, 2]


def test_operations_on_members_are_done_in_their_order(
    entra: ScimClient, group: str, people: list[str]
) -> None:
    operations = [
        {"op": "remove", "path": "members"},
        {"op": "add", "path": "members", "value": [{"value": people[3]}, {"value": people[0]}]},
        {"op": "replace", "path": ONE, "value": {"value": people[1]}},
        {"op": "remove", "path": 'members[value eq "{3}"]'},
    ]

    assert entra.request("PATCH", group, patch_body(*placed(operations, people))).status_code == 204
    assert left(entra, group, people) == [1]


@pytest.mark.parametrize("name", ["value.x", "display", "urn:x:value"])
def test_members_are_named_by_their_id_alone(
    entra: ScimClient, group: str, people: list[str], name: str
) -> None:
    operation = {"op": "remove", "path": f'members[{name} eq "{people[0]}"]'}

    refused = entra.request("PATCH", group, patch_body(operation))

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidFilter")
    assert left(entra, group, people) == [0, 1, 2]
