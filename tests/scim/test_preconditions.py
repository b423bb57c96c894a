"""If-None-Match on a change: whoever asks for what is not there yet does not overwrite or delete it (RFC 9110 §13.1.2)."""

from typing import Any

import pytest

from accounts.models import Organization
from tests.cast import ScimClient
from tests.factories import ERROR_SCHEMA, make_member, make_team, user_body
from tests.scim.hostile import patch_body


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("tags", ["*", 'W/"1"', 'W/"7", W/"1"'])
def test_what_is_there_is_not_changed(entra: ScimClient, method: str, tags: str) -> None:
    user = entra.post("/Users", user_body()).json()
    path = f"/Users/{user['id']}"
    changed = user_body(title="Chief")
    body = changed if method == "PUT" else patch_body({"op": "replace", "path": "title", "value": "Chief"})

    refused = entra.request(method, path, body, HTTP_IF_NONE_MATCH=tags)

    assert (refused.status_code, refused["ETag"]) == (412, 'W/"1"')
    assert refused.json() == {
        "schemas": [ERROR_SCHEMA],
        "status": "412",
        "detail": "The resource is there already, in a version that If-None-Match names. "
        "Send the change without If-None-Match.",
    }
    assert entra.get(path).json() == user
    assert entra.request(method, path, body, HTTP_IF_NONE_MATCH='W/"7"').json()["title"] == "Chief"


@pytest.mark.parametrize("is_in_a_group", [False, True])
@pytest.mark.parametrize("header", [{"HTTP_IF_NONE_MATCH": "*"}, {"HTTP_IF_MATCH": 'W/"7"'}])
def test_what_is_there_is_not_deleted(
    entra: ScimClient, acme: Organization, header: dict[str, Any], is_in_a_group: bool
) -> None:
    member = make_member(acme, "amelie@acme.example")
    if is_in_a_group:
        make_team(acme, [member])
    path = f"/Users/{member.id}"

    refused = entra.request("DELETE", path, **header)

    assert (refused.status_code, entra.get(path).status_code) == (412, 200)
    assert entra.request("DELETE", path, HTTP_IF_MATCH='W/"1"').status_code == 204
