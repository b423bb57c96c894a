"""PATCH of a group: whatever way membership is written, it means the same as on a set.

Source: RFC 7644 §3.5.2; Entra's page on SCIM compatibility (both ways to remove a member).
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.models import LogStatus, ProvisioningLogEntry
from tests.cast import ScimClient
from tests.factories import user_body
from tests.scim.strategies import GROUP_SCHEMA, NOBODY, REPRODUCIBLE
from tests.scim.test_filters_agree import undone

Step = tuple[str, list[int]]
NAMES = [f"{name}@acme.example" for name in ("amelie", "bob", "carla", "dan")]
PLACES = st.lists(st.integers(0, len(NAMES) - 1), max_size=3)
STEP = st.tuples(st.sampled_from(["add", "add", "remove", "remove", "replace"]), PLACES)
STEPS = st.lists(STEP, min_size=1, max_size=4)


def legacy(verb: str, ids: list[str]) -> list[dict[str, Any]]:
    """Return what Entra sends without the flag: verbs with a capital, whom to remove as a value."""
    values = [{"$ref": None, "value": id_} for id_ in ids]
    return [{"op": verb.capitalize(), "path": "members", "value": values}]


def compliant(verb: str, ids: list[str]) -> list[dict[str, Any]]:
    """Return what Entra sends with aadOptscim062020: whom to remove in the path."""
    if verb == "remove":
        return [{"op": verb, "path": f'members[value eq "{id_}"]'} for id_ in ids]
    return [{"op": verb, "value": {"members": [{"value": id_} for id_ in ids]}}]


def done(members: set[str], verb: str, ids: list[str]) -> set[str]:
    """Return who is left of a set."""
    if verb == "replace":
        return set(ids)
    return members | set(ids) if verb == "add" else members - set(ids)


def members_of(group: dict[str, Any]) -> set[str]:
    """Return who is in a group as it is read."""
    return {member["value"] for member in group.get("members", [])}


def logged(answer: Any, side: str) -> set[str]:
    """Return who left (oldValue) or came (newValue) by the log."""
    entry = ProvisioningLogEntry.objects.get(id=answer["X-Request-ID"])
    found = [
        each[side] or [] for each in entry.personal["modifiedProperties"] if each["displayName"] == "members"
    ]
    return {member["value"] for members in found for member in members}


@settings(REPRODUCIBLE, max_examples=100)
@given(first=PLACES, steps=STEPS, dialect=st.sampled_from([legacy, compliant]), is_renamed=st.booleans())
def test_members_come_and_go_as_on_a_set(
    entra: ScimClient, first: list[int], steps: list[Step], dialect: Any, is_renamed: bool
) -> None:
    steps = [(verb, places) for verb, places in steps if places or verb != "remove"]
    with undone():
        ids = [entra.post("/Users", user_body(name)).json()["id"] for name in NAMES]
        body = {"schemas": [GROUP_SCHEMA], "displayName": "News", "externalId": "8f1b"}
        group = entra.post("/Groups", body | {"members": [{"value": ids[at]} for at in set(first)]}).json()
        expected, operations = members_of(group), []
        for verb, places in steps:
            named = [ids[at] for at in places] + [NOBODY] * (verb == "remove")
            expected = done(expected, verb, named)
            operations += dialect(verb, named)
        operations += [{"op": "replace", "path": "displayName", "value": "Press"}] * is_renamed
        operations = operations or [{"op": "add", "path": "members", "value": []}]

        answers = [entra.request("PATCH", f"/Groups/{group['id']}", {"Operations": operations}) for _ in "12"]

        after = entra.get(f"/Groups/{group['id']}").json()
        has_changed = is_renamed or expected != members_of(group)
        assert [answer.status_code for answer in answers] == [204, 204]
        assert members_of(after) == expected
        assert after["displayName"] == ("Press" if is_renamed else "News")
        assert (after["externalId"], after["id"]) == (group["externalId"], group["id"])
        assert after["meta"]["version"] == (f'W/"{1 + has_changed}"')
        assert logged(answers[0], "oldValue") == members_of(group) - expected
        assert logged(answers[0], "newValue") == expected - members_of(group)
        assert logged(answers[1], "oldValue") | logged(answers[1], "newValue") == set()
        assert ProvisioningLogEntry.objects.get(id=answers[1]["X-Request-ID"]).status == LogStatus.SKIPPED
