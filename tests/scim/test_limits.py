"""Limits of a request: each holds at its edge and refuses one step beyond, and nothing is half-done."""

import pytest
from django.conf import settings

from accounts.models import Member
from provisioning.scim.engine import LONGEST_QUERY
from tests.cast import SCIM, ScimClient
from tests.factories import user_body


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
