"""Extensions that no class describes: kept as sent, and changed under whatever spelling (RFC 7643 §2.1, §3.3)."""

from typing import Any

import pytest

from accounts.models import Member
from provisioning.models import ProvisioningLogEntry
from tests.cast import ScimClient
from tests.factories import ENTERPRISE_SCHEMA, USER_SCHEMA, user_body
from tests.scim.hostile import patch_body

STUDIO = "urn:ietf:params:scim:schemas:extension:MapleStudio:2.0:User"
PERSON = "urn:acme:scim:Person"
BLOCK = {"desk": "4-West", "badge": {"color": "red", "number": 1}}


@pytest.mark.parametrize(
    "block",
    [
        {"a": [{"type": {}}]},
        {"a": [{"type": [1]}, {"type": [1]}]},
        {"a": [{"type": None}, {"b": 1}]},
        {"a": [[]], "type": {"type": [{}]}},
    ],
)
def test_what_is_in_it_is_kept_as_sent(entra: ScimClient, block: dict[str, Any]) -> None:
    created = entra.post("/Users", user_body(**{STUDIO: block}))

    assert (created.status_code, created.json()[STUDIO]) == (201, block)
    assert entra.get(f"/Users/{created.json()['id']}").json() == created.json()


@pytest.mark.parametrize("schema", [STUDIO, PERSON])
@pytest.mark.parametrize(
    ("verb", "name", "value", "expected"),
    [
        ("replace", "DESK", "5-East", BLOCK | {"desk": "5-East"}),
        ("add", "floor", 3, BLOCK | {"floor": 3}),
        ("replace", "badge.color", "blue", BLOCK | {"badge": {"color": "blue", "number": 1}}),
        ("replace", "Badge.Number", True, BLOCK | {"badge": {"color": "red", "number": True}}),
        ("replace", "badge", {"color": "blue"}, BLOCK | {"badge": {"color": "blue", "number": 1}}),
        ("add", "seat.row.number", 7, BLOCK | {"seat": {"row": {"number": 7}}}),
        ("remove", "badge.color", None, BLOCK | {"badge": {"number": 1}}),
        ("remove", "Desk", None, {"badge": BLOCK["badge"]}),
        ("replace", "desk", "", {"badge": BLOCK["badge"]}),
        ("remove", "absent", None, BLOCK),
        ("remove", "absent.part", None, BLOCK),
    ],
)
@pytest.mark.parametrize("spelling", [str, str.lower, str.upper])
def test_one_attribute_of_it_is_changed(
    entra: ScimClient, schema: str, verb: str, name: str, value: Any, expected: Any, spelling: Any
) -> None:
    user = entra.post("/Users", user_body(**{schema: BLOCK})).json()
    operation = {"op": verb, "path": f"{spelling(schema)}:{name}", "value": value}

    changed = entra.request("PATCH", f"/Users/{user['id']}", patch_body(operation))

    assert changed.status_code == 200
    assert changed.json() == user | {schema: expected, "meta": changed.json()["meta"]}
    assert [type(each) for each in changed.json()[schema].values()] == [type(e) for e in expected.values()]
    assert changed.json()[schema].get("badge", {}).get("number") is expected.get("badge", {}).get("number")


@pytest.mark.parametrize("schema", [STUDIO, PERSON])
@pytest.mark.parametrize("operation", [{"path": "{}"}, {}])
def test_all_of_it_is_merged_into_what_is_there(
    entra: ScimClient, schema: str, operation: dict[str, str]
) -> None:
    user = entra.post("/Users", user_body(**{schema: BLOCK})).json()
    value: Any = {"DESK": "5-East", "floor": 3, "badge": None}
    at = {"path": schema.upper()} if operation else {}
    wanted = {"op": "replace", **at, "value": value if operation else {schema.lower(): value}}

    changed = entra.request("PATCH", f"/Users/{user['id']}", patch_body(wanted))

    assert changed.json()[schema] == {"desk": "5-East", "floor": 3}


@pytest.mark.parametrize("schema", [STUDIO, PERSON])
def test_all_of_it_is_taken_away(entra: ScimClient, schema: str) -> None:
    user = entra.post("/Users", user_body(**{schema: BLOCK})).json()

    removed = entra.request(
        "PATCH", f"/Users/{user['id']}", patch_body({"op": "remove", "path": schema.lower()})
    )

    assert schema not in removed.json()
    assert removed.json()["schemas"] == [USER_SCHEMA]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f'{STUDIO}:seats[type eq "a"].row', 1),
        (f"{STUDIO}:badge..color", "red"),
        (f"{STUDIO}:badge.", "red"),
        (f"{STUDIO}:{'a.' * 40}b", 1),
        ("urn:x", 1),
        ("urn::", 1),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(entra: ScimClient, path: str, value: Any) -> None:
    user = entra.post("/Users", user_body(**{STUDIO: BLOCK})).json()
    changed = patch_body({"op": "add", "path": f"{STUDIO}:floor", "value": 1})
    broken = patch_body({"op": "add", "path": path, "value": value})

    refused = entra.request("PATCH", f"/Users/{user['id']}", broken)

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidPath")
    assert entra.get(f"/Users/{user['id']}").json() == user
    assert entra.request("PATCH", f"/Users/{user['id']}", changed).status_code == 200


@pytest.mark.parametrize("verb", ["PATCH", "PUT"])
def test_one_and_true_are_not_the_same(entra: ScimClient, verb: str) -> None:
    user = entra.post("/Users", user_body(**{STUDIO: {"flag": 1}})).json()
    path = f"/Users/{user['id']}"
    patch = patch_body({"op": "replace", "path": f"{STUDIO}:flag", "value": True})

    changed = entra.request(verb, path, patch if verb == "PATCH" else user | {STUDIO: {"flag": True}})

    entry = ProvisioningLogEntry.objects.get(id=changed["X-Request-ID"])
    assert changed.json()[STUDIO]["flag"] is True
    assert changed.json()["meta"]["version"] == 'W/"2"'
    assert [
        (p["displayName"], p["oldValue"], p["newValue"]) for p in entry.personal["modifiedProperties"]
    ] == [(f"{STUDIO}:flag", 1, True)]


def test_a_name_that_only_begins_like_a_known_one_is_another(entra: ScimClient) -> None:
    other = f"{ENTERPRISE_SCHEMA}X"
    user = entra.post("/Users", user_body(**{other: {"a": "1"}})).json()

    changed = entra.request(
        "PATCH", f"/Users/{user['id']}", patch_body({"op": "replace", "path": f"{other}:a", "value": "2"})
    )

    assert changed.json()[other] == {"a": "2"}
    assert Member.objects.get().other[other] == {"a": "2"}
