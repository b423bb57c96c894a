"""If-None-Match on a change: whoever asks for what is not there yet does not overwrite it (RFC 9110 §13.1.2)."""

import pytest

from tests.cast import ScimClient
from tests.factories import ERROR_SCHEMA, user_body
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
