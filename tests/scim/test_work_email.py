"""One work address a user: Entra matches by it, and never sends two."""

from typing import Any

import pytest

from tests.cast import ScimClient
from tests.factories import user_body
from tests.scim.hostile import patch_body

WORK = {"type": "work", "value": "amelie@acme.example"}
HOME = {"type": "home", "value": "amelie@home.example"}
FILTER = 'emails[type eq "work"].value eq "{}"'


def test_two_work_addresses_are_refused(entra: ScimClient) -> None:
    refused = entra.post("/Users", user_body(emails=[WORK, HOME, WORK | {"value": "second@acme.example"}]))

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert refused.json()["detail"].startswith("emails can't be stored: only one of them may be of type work")


def test_a_work_address_that_is_added_takes_the_place_of_the_old_one(entra: ScimClient) -> None:
    user = entra.post("/Users", user_body(emails=[WORK, HOME])).json()
    added = {"type": "work", "value": "second@acme.example"}

    changed = entra.request(
        "PATCH",
        f"/Users/{user['id']}",
        {"Operations": [{"op": "Add", "path": "emails", "value": [added]}]},
    )

    assert changed.json()["emails"] == [HOME, added]
    assert entra.get("/Users", filter=FILTER.format("second@acme.example")).json()["totalResults"] == 1
    assert entra.get("/Users", filter=FILTER.format(WORK["value"])).json()["totalResults"] == 0


def test_a_filter_that_no_address_can_fulfil_finds_nobody(entra: ScimClient) -> None:
    entra.post("/Users", user_body(emails=[WORK, HOME]))
    impossible = 'emails[type eq "home" and type eq "work" and value eq "amelie@acme.example"]'

    assert entra.get("/Users", filter=impossible).json()["totalResults"] == 0


SECOND = {"type": "work", "value": "second@acme.example"}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "emails", "value": [WORK, SECOND]},
        {"op": "replace", "value": {"emails": [SECOND, WORK]}},
        {"op": "replace", "path": 'emails[type eq "home"].type', "value": "work"},
        {"op": "add", "path": 'emails[type eq "home"].type', "value": "work"},
        {"op": "add", "path": "emails", "value": [SECOND, SECOND | {"value": "third@acme.example"}]},
    ],
)
def test_two_work_addresses_are_refused_by_patch_as_by_post(
    entra: ScimClient, operation: dict[str, Any]
) -> None:
    user = entra.post("/Users", user_body(emails=[WORK, HOME])).json()

    refused = entra.request("PATCH", f"/Users/{user['id']}", patch_body(operation))

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert refused.json()["detail"].startswith("emails can't be stored: only one of them may be of type work")
    assert entra.get(f"/Users/{user['id']}").json() == user


def test_an_added_primary_work_address_takes_the_place_of_the_primary_one(entra: ScimClient) -> None:
    user = entra.post("/Users", user_body(emails=[WORK | {"primary": True}, HOME])).json()
    added = SECOND | {"primary": True}

    changed = entra.request(
        "PATCH", f"/Users/{user['id']}", patch_body({"op": "add", "value": {"emails": [added]}})
    )

    assert changed.json()["emails"] == [HOME, added]
