"""The enterprise extension's attributes under every name that Entra gives them (develop, Examples 2 and 5)."""

from typing import Any

import pytest

from tests.cast import ScimClient
from tests.factories import ENTERPRISE_SCHEMA, user_body
from tests.scim.hostile import patch_body

URN = f"{ENTERPRISE_SCHEMA}:"
MANAGER = [{"$ref": "https://hootprov.example/scim/v2/Users/z", "value": "z"}]
WITH_REF = {"value": "z", "$ref": "https://hootprov.example/scim/v2/Users/z"}


@pytest.mark.parametrize("prefix", ["", URN, URN.upper()])
@pytest.mark.parametrize("verb", ["Add", "replace"])
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("department", "News", {"department": "News"}),
        ("Department", "News", {"department": "News"}),
        ("employeeNumber", "7", {"employeeNumber": "7"}),
        ("manager", "z", {"manager": {"value": "z"}}),
        ("manager", MANAGER, {"manager": WITH_REF}),
        ("manager.value", "z", {"manager": {"value": "z"}}),
        ("manager", {"value": "z", "displayName": "B"}, {"manager": {"value": "z"}}),
        ("manager", [{"value": "z", "DisplayName": "B", "$ref": None}], {"manager": {"value": "z"}}),
    ],
)
def test_patch_knows_them_with_and_without_their_urn(
    entra: ScimClient, prefix: str, verb: str, name: str, value: Any, expected: Any
) -> None:
    user = entra.post("/Users", user_body()).json()

    for operation in (
        {"op": verb, "path": f"{prefix}{name}", "value": value},
        {"op": verb, "value": {f"{prefix}{name}": value}},
    ):
        changed = entra.request("PATCH", f"/Users/{user['id']}", patch_body(operation))
        assert (changed.status_code, changed.json().get(ENTERPRISE_SCHEMA)) == (200, expected)


@pytest.mark.parametrize("operation", [{"op": "remove"}, {"op": "replace", "value": ""}])
@pytest.mark.parametrize("prefix", ["", URN])
def test_they_are_taken_away_with_and_without_their_urn(
    entra: ScimClient, operation: dict[str, str], prefix: str
) -> None:
    extension = {ENTERPRISE_SCHEMA: {"department": "News", "manager": "z"}}
    user = entra.post("/Users", user_body(**extension)).json()

    changed = entra.request(
        "PATCH", f"/Users/{user['id']}", patch_body(operation | {"path": f"{prefix}manager"})
    )

    assert changed.json()[ENTERPRISE_SCHEMA] == {"department": "News"}


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"department": "News", "manager": "z"}, {"department": "News", "manager": {"value": "z"}}),
        (
            {"DEPARTMENT": "News", ENTERPRISE_SCHEMA: {"division": "A"}},
            {"department": "News", "division": "A"},
        ),
        ({"department": "News", ENTERPRISE_SCHEMA: {"Department": "Sport"}}, {"department": "Sport"}),
        ({"department": None, "manager": None}, None),
        ({"manager": MANAGER}, {"manager": WITH_REF}),
        ({ENTERPRISE_SCHEMA: {"manager": MANAGER}}, {"manager": WITH_REF}),
        ({ENTERPRISE_SCHEMA: {"manager": {"value": "z", "displayName": "B"}}}, {"manager": {"value": "z"}}),
    ],
)
def test_a_whole_user_brings_them_inside_or_outside_of_their_extension(
    entra: ScimClient, method: str, sent: dict[str, Any], expected: Any
) -> None:
    path = f"/Users/{entra.post('/Users', user_body()).json()['id']}" if method == "PUT" else "/Users"
    name = "amelie@acme.example" if method == "PUT" else "bruno@acme.example"

    answer = entra.request(method, path, user_body(name, **sent))

    assert answer.status_code in (200, 201)
    assert answer.json().get(ENTERPRISE_SCHEMA) == expected


@pytest.mark.parametrize("prefix", ["", URN])
def test_they_are_asked_for_with_and_without_their_urn(entra: ScimClient, prefix: str) -> None:
    extension = {ENTERPRISE_SCHEMA: {"department": "News", "manager": "z"}}
    user = entra.post("/Users", user_body(**extension)).json()
    path = f"/Users/{user['id']}"

    only = entra.get(path, attributes=f"{prefix}department").json()
    without = entra.get(path, excludedAttributes=f"{prefix}manager.value").json()

    assert only == {
        "schemas": user["schemas"],
        "id": user["id"],
        ENTERPRISE_SCHEMA: {"department": "News"},
    }
    assert without == user | {ENTERPRISE_SCHEMA: {"department": "News"}}
