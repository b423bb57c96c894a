"""Limits of a request: each holds at its edge and refuses one step beyond, and nothing is half-done."""

from uuid import uuid4

import pytest
from django.conf import settings

from accounts.models import Member
from provisioning.scim.engine import LONGEST_QUERY
from provisioning.scim.memberships import MOST_MEMBERS
from tests.cast import SCIM, ScimClient
from tests.factories import user_body

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def padded(size: int) -> bytes:
    """Return a POST body of exactly that many bytes."""
    start = b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a"'
    return start + b" " * (size - len(start) - 1) + b"}"


def test_a_body_at_the_limit_is_taken(entra: ScimClient) -> None:
    assert entra.post("/Users", raw=padded(settings.SCIM_MAX_BODY_BYTES)).status_code == 201


def test_a_body_beyond_the_limit_is_refused(entra: ScimClient) -> None:
    refused = entra.post("/Users", raw=padded(settings.SCIM_MAX_BODY_BYTES + 1))

    assert (refused.status_code, refused.json()["status"]) == (413, "413")
    assert not Member.objects.exists()


def test_an_address_beyond_the_limit_is_refused(entra: ScimClient) -> None:
    refused = entra.get("/Users", filter="x" * LONGEST_QUERY)

    assert (refused.status_code, refused.json()["status"]) == (414, "414")


@pytest.mark.parametrize(
    "media_type",
    [
        "application/scim+json",
        "application/json",
        "application/scim+json; charset=utf-8",
        "application/json;charset=UTF-8",
        "",
    ],
)
def test_scim_and_plain_json_are_taken(entra: ScimClient, media_type: str) -> None:
    assert entra.post("/Users", user_body(), content_type=media_type).status_code == 201


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/xml", "multipart/form-data", "application/json; charset=latin-1"],
)
def test_other_media_types_are_refused(entra: ScimClient, media_type: str) -> None:
    refused = entra.post("/Users", user_body(), content_type=media_type)

    assert (refused.status_code, refused.json()["status"]) == (415, "415")
    assert not Member.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"{", b"\xff\xfe"])
def test_a_body_that_is_no_object_is_refused(entra: ScimClient, body: bytes) -> None:
    refused = entra.post("/Users", raw=body)

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidSyntax")


def test_a_verb_that_an_address_lacks_is_refused_with_those_it_has(entra: ScimClient) -> None:
    refused = entra.request("POST", "/ServiceProviderConfig", {})

    assert (refused.status_code, refused.json()["status"]) == (405, "405")
    assert refused["Allow"] == "GET, HEAD, OPTIONS"


def test_a_forged_host_is_refused_in_scim(entra: ScimClient) -> None:
    refused = entra.http.get(f"{SCIM}/Users", headers={"Host": "evil.example"})

    assert (refused.status_code, refused.json()["status"]) == (400, "400")
    assert "evil" not in refused.content.decode()


def test_a_line_break_in_an_address_reaches_no_header(entra: ScimClient) -> None:
    refused = entra.get("/Users/x%0d%0aSet-Cookie:%20a=b")

    assert refused.status_code == 404
    assert "Set-Cookie" not in refused.headers


def test_a_user_does_not_grow_without_end(entra: ScimClient) -> None:
    user = entra.post("/Users", user_body()).json()
    path = f"/Users/{user['id']}"
    parts = [f"urn:ietf:params:scim:schemas:extension:Part{number}:2.0:User" for number in (1, 2)]

    answers = [
        entra.request(
            "PATCH", path, {"Operations": [{"op": "add", "path": f"{part}:note", "value": "x" * 600_000}]}
        )
        for part in parts
    ]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json()["detail"].startswith("The resource can't be stored: it would grow beyond")


@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_a_request_names_so_many_members_and_no_more(entra: ScimClient, verb: str) -> None:
    group = entra.post("/Groups", {"schemas": [GROUP], "displayName": "News"}).json()
    members = [{"value": str(uuid4())} for _ in range(MOST_MEMBERS + 1)]
    path = "/Groups" if verb == "POST" else f"/Groups/{group['id']}"

    refused = entra.request(verb, path, {"schemas": [GROUP], "displayName": "Other", "members": members})

    assert (refused.status_code, refused.json()["scimType"]) == (400, "tooMany")
