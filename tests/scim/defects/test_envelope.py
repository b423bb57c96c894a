"""What is around a resource: errors, lists of descriptions, entity tags, addresses."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django_scim import adapters as stock

from accounts import clock
from accounts.models import Member, Organization
from tests.cast import ScimClient
from tests.factories import ENTERPRISE_SCHEMA, ERROR_SCHEMA, LIST_SCHEMA, USER_SCHEMA, make_member, user_body
from tests.scim.hostile import GROUP_SCHEMA, group_body, patch_body


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/Users/1", 404),
        ("GET", "/Schemas/urn:x", 404),
        ("GET", "/ResourceTypes/Shoe", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/Me", 501),
        ("POST", "/Bulk", 501),
        ("POST", "/Schemas", 405),
        ("TRACE", "/Users", 405),
        ("POST", "/Users", 409),
        ("POST", "/Groups", 400),
    ],
)
def test_every_refusal_is_a_scim_error(
    entra: ScimClient, acme: Organization, method: str, address: str, status: int
) -> None:
    make_member(acme, "amelie@acme.example")

    refused = entra.request(method, address, user_body("amelie@acme.example"))

    error = refused.json()
    assert (refused.status_code, refused["Content-Type"]) == (status, "application/scim+json")
    assert (error["schemas"], error["status"]) == ([ERROR_SCHEMA], str(status))
    assert len(error["detail"]) > 30
    assert error.get("scimType", "") == {400: "invalidValue", 409: "uniqueness"}.get(status, "")


def test_a_refused_token_is_told_of_bearer_alone() -> None:
    refused = ScimClient(None).get("/Users")

    assert (refused.status_code, refused.json()["status"]) == (401, "401")
    assert refused["WWW-Authenticate"].startswith("Bearer ")
    assert "Basic" not in refused["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("address", "ids"),
    [
        ("/ResourceTypes", ["User", "Group"]),
        ("/Schemas", [USER_SCHEMA, GROUP_SCHEMA, ENTERPRISE_SCHEMA]),
    ],
)
def test_a_description_is_a_whole_list_of_what_is_really_served(
    entra: ScimClient, address: str, ids: list[str]
) -> None:
    described = entra.get(address).json()

    assert described["schemas"] == [LIST_SCHEMA]
    assert (described["totalResults"], described["startIndex"]) == (len(ids), 1)
    assert described["itemsPerPage"] == len(ids)
    assert [document["id"] for document in described["Resources"]] == ids
    assert all(entra.get(f"{address}/{id_}").json()["id"] == id_ for id_ in ids)


def test_the_endpoint_of_a_resource_type_is_below_the_tenant_url(entra: ScimClient) -> None:
    described = entra.get("/ResourceTypes").json()["Resources"]

    assert [document["endpoint"] for document in described] == ["/Users", "/Groups"]


@pytest.mark.parametrize("address", ["/Users", "/Groups"])
def test_what_a_schema_describes_is_what_is_stored(entra: ScimClient, address: str) -> None:
    described = {schema["id"]: schema for schema in entra.get("/Schemas").json()["Resources"]}
    schema = described[USER_SCHEMA if address == "/Users" else GROUP_SCHEMA]
    texts = [
        each["name"]
        for each in schema["attributes"]
        if each["type"] == "string" and not each["multiValued"] and each["mutability"] == "readWrite"
    ]
    body = user_body("amelie@acme.example") if address == "/Users" else group_body("News")

    created = entra.post(address, body | {name: f"x{name}@acme.example" for name in texts}).json()

    assert "displayName" in texts
    assert {name: created.get(name) for name in texts} == {name: f"x{name}@acme.example" for name in texts}


def test_the_configuration_says_what_is_offered_and_nothing_more(entra: ScimClient) -> None:
    described = entra.get("/ServiceProviderConfig").json()
    offers = {name: value["supported"] for name, value in described.items() if "supported" in value}

    assert offers == {
        "patch": True,
        "bulk": False,
        "filter": True,
        "changePassword": False,
        "sort": True,
        "etag": True,
    }
    assert described.get("documentationUri", "https://").startswith("https://")
    assert None not in described.values()


@pytest.mark.parametrize("address", ["/Users", "/Groups"])
def test_a_resource_has_a_version_that_guards_it(entra: ScimClient, address: str) -> None:
    body = user_body("amelie@acme.example") if address == "/Users" else group_body("News")
    created = entra.post(address, body)
    one = f"{address}/{created.json()['id']}"
    renaming = patch_body({"op": "replace", "path": "displayName", "value": "Renamed"})
    tag = created["ETag"]

    assert created.json()["meta"]["version"] == entra.get(one)["ETag"] == tag
    assert entra.http.get(f"/scim/v2{one}", headers={"If-None-Match": tag}).status_code == 304
    assert entra.request("PATCH", one, renaming, HTTP_IF_MATCH=tag).status_code in (200, 204)
    assert entra.get(one)["ETag"] != tag
    for method, sent in (("PATCH", renaming), ("PUT", body), ("DELETE", None)):
        assert entra.request(method, one, sent, HTTP_IF_MATCH=tag).status_code == 412, method


def test_last_modified_is_not_when_it_was_created(entra: ScimClient) -> None:
    user = entra.post("/Users", user_body("amelie@acme.example")).json()
    an_hour_ago = clock.now() - timedelta(hours=1)
    Member.objects.update(created_at=an_hour_ago, modified_at=an_hour_ago)
    renaming = patch_body({"op": "replace", "path": "displayName", "value": "Renamed"})

    changed = entra.request("PATCH", f"/Users/{user['id']}", renaming).json()["meta"]

    assert changed["created"] < user["meta"]["created"] <= changed["lastModified"]


def test_a_body_is_parsed_once_and_no_answer_is(entra: ScimClient, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    loads = json.loads

    def counted(text: Any, **options: Any) -> Any:
        parsed.append(text if isinstance(text, str) else text.decode())
        return loads(text, **options)

    monkeypatch.setattr(json, "loads", counted)
    created = entra.post("/Users", user_body("amelie@acme.example", nickName="a marker"))

    assert created.status_code == 201
    assert len([text for text in parsed if "a marker" in text]) == 1


def test_an_address_costs_no_search_in_the_urlconf(
    entra: ScimClient, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> str:
        raise AssertionError("reverse() was called")

    monkeypatch.setattr(stock, "reverse", fail)
    members = [{"value": str(make_member(acme, f"user{number}@acme.example").id)} for number in range(3)]
    group = entra.post("/Groups", group_body("News", members=members)).json()

    assert group["meta"]["location"].endswith(f"/scim/v2/Groups/{group['id']}")
    assert {member["$ref"].rpartition("/")[0] for member in group["members"]} == {
        group["meta"]["location"].rpartition("/Groups/")[0] + "/Users"
    }
    assert entra.get(f"/Groups/{group['id']}").json() == group
