"""Roles in the two ways that Entra writes them keep their name (Entra's page on attribute mapping)."""

import json
from typing import Any

import pytest

from tests.cast import ScimClient
from tests.factories import user_body
from tests.scim.hostile import patch_body

KEPT = [{"value": "adm", "display": "Adm"}]


@pytest.mark.parametrize(
    "role",
    [
        {"value": "adm", "displayName": "Adm"},
        {"Value": "adm", "DisplayName": "Adm"},
        {"value": "adm", "display": "Adm", "displayName": "Other"},
        {"value": json.dumps({"id": "1", "value": "adm", "displayName": "Adm"})},
    ],
)
def test_the_name_of_a_role_comes_back(entra: ScimClient, role: dict[str, Any]) -> None:
    user = entra.post("/Users", user_body()).json()
    created = entra.post("/Users", user_body("bruno@acme.example", roles=[role]))

    changed = entra.request(
        "PATCH", f"/Users/{user['id']}", patch_body({"op": "Add", "path": "roles", "value": [role]})
    )

    assert created.json()["roles"] == KEPT
    assert changed.json()["roles"] == KEPT


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": 'roles[value eq "adm"]', "value": {"DisplayName": "Adm"}},
        {"op": "Replace", "path": 'roles[value eq "adm"].displayName', "value": "Adm"},
        {"op": "add", "value": {'ROLES[value eq "adm"].displayname': "Adm"}},
    ],
)
def test_the_name_of_a_role_is_set_by_path(entra: ScimClient, operation: dict[str, Any]) -> None:
    user = entra.post("/Users", user_body(roles=[{"value": "adm", "display": "Old"}])).json()

    changed = entra.request("PATCH", f"/Users/{user['id']}", patch_body(operation))

    assert changed.json()["roles"] == KEPT
