"""Schemas say what is so: Entra holds every mapped attribute against them (RFC 7643 §7)."""

from typing import Any

import pytest

from tests.cast import ScimClient
from tests.factories import USER_SCHEMA, user_body
from tests.scim.hostile import GROUP_SCHEMA


def described(entra: ScimClient, schema: str) -> dict[str, dict[str, Any]]:
    """Return the attributes of a schema by name."""
    document = entra.get(f"/Schemas/{schema}").json()
    return {each["name"]: each for each in document["attributes"]}


@pytest.mark.parametrize("schema", [USER_SCHEMA, GROUP_SCHEMA])
def test_the_external_id_is_described_where_entra_looks_for_it(entra: ScimClient, schema: str) -> None:
    assert described(entra, schema)["externalId"] == {
        "name": "externalId",
        "type": "string",
        "multiValued": False,
        "description": "The identifier of the resource at the client.",
        "required": False,
        "caseExact": True,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }


@pytest.mark.parametrize(("schema", "name"), [(USER_SCHEMA, "userName"), (GROUP_SCHEMA, "displayName")])
def test_a_name_is_described_as_unique_and_required(entra: ScimClient, schema: str, name: str) -> None:
    attribute = described(entra, schema)[name]

    assert (attribute["uniqueness"], attribute["required"]) == ("server", True)


def test_addresses_are_described_without_a_display_and_keep_one(entra: ScimClient) -> None:
    emails = [{"value": "a@b", "display": "A", "type": "work"}]

    parts = [each["name"] for each in described(entra, USER_SCHEMA)["emails"]["subAttributes"]]

    assert parts == ["value", "type", "primary"]
    assert entra.post("/Users", user_body(emails=emails)).json()["emails"] == emails


def test_who_is_not_said_to_be_active_is(entra: ScimClient) -> None:
    body = user_body()
    del body["active"]

    created = entra.post("/Users", body)

    assert (created.status_code, created.json()["active"]) == (201, True)
    assert described(entra, USER_SCHEMA)["active"]["required"] is True


def test_the_configuration_can_not_be_filtered(entra: ScimClient) -> None:
    plain, filtered = (entra.get("/ServiceProviderConfig", **asked) for asked in ({}, {"filter": "x"}))

    assert (plain.status_code, filtered.status_code) == (200, 403)
    assert filtered.json()["detail"].startswith("The description of this service can't be filtered.")
