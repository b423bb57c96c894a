"""A refusal names what it is about, briefly, to the client and in the log."""

from typing import Any

import pytest

from accounts.models import Organization
from provisioning.models import LogStatus, ProvisioningLogEntry
from tests.cast import ScimClient
from tests.factories import ERROR_SCHEMA, make_member, user_body
from tests.scim.hostile import group_body, patch_body

REMEDY = "Correct the value of the attribute in Entra, or its mapping under Provisioning > Mappings."


def entry_of(answer: Any) -> ProvisioningLogEntry:
    """Return the entry of the log that a request left."""
    return ProvisioningLogEntry.objects.get(id=answer["X-Request-ID"])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (f"{'A' * 300_000}.active", "A" * 100),
        ("a\r\nSet-Cookie: x\u202e.primary", "a  Set-Cookie: x .primary"),
    ],
)
def test_what_a_client_sent_is_shown_short_and_on_one_line(entra: ScimClient, name: str, shown: str) -> None:
    refused = entra.post("/Users", user_body(**{name: 5}))

    assert refused.status_code == 400
    assert refused.json() == {
        "schemas": [ERROR_SCHEMA],
        "status": "400",
        "scimType": "invalidValue",
        "detail": f"{shown} can't be stored: it must be true or false. {REMEDY}",
    }
    assert entry_of(refused).detail == refused.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body", "source", "target"),
    [
        ("/Users", user_body("amelie", externalId="8f1b", title=5), "8f1b", "amelie"),
        ("/Users", {"USERNAME": "amelie", "schemas": ["urn:x"]}, "", "amelie"),
        ("/Users", user_body("a" * 400, externalId="8f1b"), "8f1b", "a" * 320),
        ("/Users", user_body(5, externalId=["8f1b"]), "", ""),
        ("/Groups", group_body("News", externalId="8f1b", members=5), "8f1b", "News"),
    ],
)
def test_a_refused_creation_is_logged_with_the_names_it_was_sent(
    entra: ScimClient, path: str, body: dict[str, Any], source: str, target: str
) -> None:
    refused = entra.post(path, body)

    entry = entry_of(refused)
    assert (refused.status_code, entry.status) == (400, LogStatus.FAILURE)
    assert (entry.personal["source"], entry.personal["target"]) == (source, target)


def test_a_creation_that_goes_through_is_logged_with_the_same_names(entra: ScimClient) -> None:
    entry = entry_of(entra.post("/Users", user_body("amelie", externalId="8f1b")))

    assert (entry.personal["source"], entry.personal["target"]) == ("8f1b", "amelie")


@pytest.mark.parametrize("path", ['emails[shoe eq "44"].value', 'emails[primary co "t"].value'])
def test_a_wrong_filter_in_a_path_is_called_one(entra: ScimClient, acme: Organization, path: str) -> None:
    user = f"/Users/{make_member(acme, 'amelie').id}"
    right = patch_body({"op": "replace", "path": 'emails[type eq "work"].value', "value": "a@b"})

    refused = entra.request("PATCH", user, patch_body({"op": "replace", "path": path, "value": "a@b"}))

    assert refused.status_code == 400
    assert refused.json() == {
        "schemas": [ERROR_SCHEMA],
        "status": "400",
        "scimType": "invalidFilter",
        "detail": f"{path} can't be changed: its filter can't be read. "
        "Correct the filter in the target attribute under Provisioning > Mappings in Entra.",
    }
    assert entra.request("PATCH", user, right).status_code == 200


def test_a_certificate_is_named_as_on_the_wire(entra: ScimClient) -> None:
    refused = entra.get("/Users", filter='x509Certificates.value eq "MQ=="')

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidFilter")
    assert "x509Certificates" in refused.json()["detail"]
