"""One work address a user: Entra matches by it, and never sends two."""

from tests.cast import ScimClient
from tests.factories import user_body

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
