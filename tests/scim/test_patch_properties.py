"""PATCH: whatever it names, it changes that and nothing else, once, in either dialect, and says so.

Source: RFC 7644 §3.5.2; Entra's page on SCIM compatibility (both dialects).
"""

from dataclasses import dataclass
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.models import LogStatus, ProvisioningLogEntry
from tests.cast import ScimClient
from tests.factories import ENTERPRISE_SCHEMA
from tests.scim import strategies
from tests.scim.strategies import MOMENTS, REPRODUCIBLE, UNKNOWN_SCHEMA, texts
from tests.scim.test_filters_agree import undone

Leaves = dict[tuple[str, ...], Any]
Resource = dict[str, Any]
EMPTY = ""


def leaves(value: Any, place: tuple[str, ...] = ()) -> Leaves:
    """Return a resource flat, but what the service provider says of it; a list goes by `type`."""
    if isinstance(value, dict):
        inner = {name: each for name, each in value.items() if place or name not in {"schemas", "meta", "id"}}
    elif isinstance(value, list):
        inner = {item.get("type", EMPTY): item for item in value}
    else:
        return {place: value}
    found: Leaves = {}
    for name, each in inner.items():
        found |= leaves(each, (*place, name))
    return found


@dataclass(frozen=True)
class Change:
    """One attribute set to a value, or emptied: what both dialects can say."""

    path: str
    value: Any
    is_set_anew: bool = True  # replaced by the value, or by nothing; else added, or removed

    @property
    def is_labelled(self) -> bool:
        """Whether it is about the value of a list that has a certain `type`."""
        return "[" in self.path

    @property
    def place(self) -> tuple[str, ...]:
        """Where the attribute lies: by the `type` of the value, inside of its extension."""
        if self.is_labelled:
            attribute, _, rest = self.path.partition('[type eq "')
            label, _, part = rest.partition('"].')
            return attribute, label, part
        schema, _, name = self.path.rpartition(":")
        parts = name.split(".") if name != "manager" else [name, "value"]
        return (schema, *parts) if schema else tuple(parts)

    @property
    def subject(self) -> tuple[str, ...]:
        """What only one change of a PATCH may be about, so that their order does not matter."""
        return self.place[:1] if self.place[0] in strategies.VALUES else self.place

    def done(self, before: Leaves) -> Leaves:
        """Return what the change leaves of a resource, by hand."""
        place = self.place
        gone = place[:2] if self.is_labelled and self.value == EMPTY else place
        others = {other: value for other, value in before.items() if other[: len(gone)] != gone}
        if self.value == EMPTY:
            return others
        label = {(*place[:2], "type"): place[1]} if self.is_labelled else {}
        return others | label | leaves(self.value, place)

    @property
    def verb(self) -> str:
        """The verb of an operation of its own."""
        if self.is_set_anew:
            return "replace"
        return "remove" if self.value == EMPTY else "add"

    def operation(self, verb: str, value: Any) -> dict[str, Any]:
        """Return an operation with a path."""
        return {"op": verb, "path": self.path} | ({} if verb.lower() == "remove" else {"value": value})


def labelled(attribute: str, part: str) -> str:
    """Return a path of Entra's mapping page."""
    return f'{attribute}[type eq "work"].{part}'


WHOLE = ["externalId", *strategies.TEXTS, *[f"name.{name}" for name in strategies.NAMES]]
UNKNOWN = [f"{UNKNOWN_SCHEMA}:{name}" for name in ("badge", "floor")]
PLAIN = [*WHOLE, *[f"{ENTERPRISE_SCHEMA}:{name}" for name in (*strategies.ENTERPRISE, "manager")], *UNKNOWN]
LABELLED = [labelled("emails", "value"), labelled("phoneNumbers", "value"), labelled("addresses", "locality")]
PATHS = st.sampled_from([*PLAIN, *LABELLED, *LABELLED, *LABELLED])
LISTS = [st.builds(Change, st.just(name), strategies.several(name)) for name in strategies.VALUES]
CHANGES = st.one_of(
    st.builds(Change, PATHS, st.one_of(texts(), texts(), st.just(EMPTY)), st.booleans()),
    st.builds(Change, PATHS, st.one_of(texts(), texts(), st.just(EMPTY)), st.booleans()),
    st.builds(Change, st.just("userName"), texts(), st.booleans()),
    st.builds(Change, st.just("active"), st.booleans(), st.booleans()),
    st.one_of(LISTS),
    st.builds(Change, st.sampled_from(list(strategies.VALUES)), st.just(EMPTY), st.booleans()),
)
SEVERAL = st.lists(CHANGES, min_size=1, max_size=4, unique_by=lambda change: change.subject)
EXTENSION = {UNKNOWN_SCHEMA: st.dictionaries(st.sampled_from(["badge", "floor"]), texts(), min_size=1)}
USERS = strategies.users(**EXTENSION)


def legacy(changes: list[Change]) -> list[dict[str, Any]]:
    """Return what Entra sends without the flag: an operation an attribute, truth as a word."""
    return [
        each.operation(each.verb.capitalize(), str(each.value) if each.path == "active" else each.value)
        for each in changes
    ]


def compliant(changes: list[Change]) -> list[dict[str, Any]]:
    """Return what Entra sends with aadOptscim062020: values of a type by path, all the rest at once."""
    by_path = [each for each in changes if each.is_labelled or each.verb == "remove"]
    operations = [each.operation(each.verb, each.value) for each in by_path]
    for verb in ("add", "replace"):
        at_once = {each.path: each.value for each in changes if each not in by_path and each.verb == verb}
        operations += [{"op": verb, "value": at_once}] if at_once else []
    return operations


DIALECTS = st.sampled_from([legacy, compliant])


def properties(value: Any, name: str = "") -> dict[str, Any]:
    """Return a resource by the names of Entra's mapping page; a list whose values no `type` tells apart is one."""
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for key, each in value.items():
            if name or key not in {"schemas", "meta", "id"}:
                joint = "" if not name or name.endswith("].") else ":" if name.startswith("urn:") else "."
                found |= properties(
                    each,
                    f"{name}{joint}{key}" if key != "value" or "manager" not in name else f"{name}.value",
                )
        return found
    if isinstance(value, list) and all("type" in item for item in value):
        found = {}
        for item in value:
            found |= properties(item, f'{name}[type eq "{item["type"]}"].')
        return found
    return {name: value}


def posted(entra: ScimClient, body: Resource) -> Resource:
    """Create a user; return it as it is read."""
    with mock.patch("accounts.clock.now", return_value=MOMENTS[0]):
        answer = entra.post("/Users", body)
    assert answer.status_code == 201, answer.content
    return read(entra, answer.json())


def read(entra: ScimClient, user: Resource) -> Resource:
    """Return a user as it is now."""
    answer = entra.get(f"/Users/{user['id']}")
    resource: Resource = answer.json()
    assert answer["ETag"] == resource["meta"]["version"]
    return resource


def sent(entra: ScimClient, method: str, user: Resource, body: Any) -> tuple[Resource, ProvisioningLogEntry]:
    """Send a change; return the user as it is read then, and the entry of the log."""
    with mock.patch("accounts.clock.now", return_value=MOMENTS[-1]):
        answer = entra.request(method, f"/Users/{user['id']}", body)
    assert answer.status_code == 200, (body, answer.content)
    after = read(entra, user)
    assert answer.json() == after
    return after, ProvisioningLogEntry.objects.get(id=answer["X-Request-ID"])


def version(user: Resource) -> int:
    """Return the number in the version of a user."""
    return int(user["meta"]["version"].strip('W/"'))


@settings(REPRODUCIBLE, max_examples=60)
@given(body=USERS, changes=SEVERAL, dialect=DIALECTS)
def test_a_patch_changes_what_it_names_and_nothing_else(
    entra: ScimClient, body: Resource, changes: list[Change], dialect: Any
) -> None:
    with undone():
        before = posted(entra, body)
        expected = leaves(before)
        for change in changes:
            expected = change.done(expected)

        after, _ = sent(entra, "PATCH", before, {"Operations": dialect(changes)})

        has_changed = expected != leaves(before)
        assert leaves(after) == expected
        assert version(after) == version(before) + has_changed
        assert (after["meta"]["lastModified"] != before["meta"]["lastModified"]) == has_changed
        assert (ENTERPRISE_SCHEMA in after["schemas"]) == (ENTERPRISE_SCHEMA in after)


@settings(REPRODUCIBLE, max_examples=60)
@given(body=USERS, changes=SEVERAL, dialect=DIALECTS)
def test_the_same_patch_again_is_skipped(
    entra: ScimClient, body: Resource, changes: list[Change], dialect: Any
) -> None:
    with undone():
        user = posted(entra, body)
        patch = {"Operations": dialect(changes)}

        once, _ = sent(entra, "PATCH", user, patch)
        twice, entry = sent(entra, "PATCH", user, patch)

        assert twice == once
        assert (entry.status, entry.personal["modifiedProperties"]) == (LogStatus.SKIPPED, [])


@settings(REPRODUCIBLE, max_examples=60)
@given(body=USERS, changes=SEVERAL)
def test_both_dialects_say_the_same(entra: ScimClient, body: Resource, changes: list[Change]) -> None:
    with undone():
        user = posted(entra, body)
        results = []
        for dialect in (legacy, compliant):
            with undone():
                after, entry = sent(entra, "PATCH", user, {"Operations": dialect(changes)})
                modified = sorted(map(str, entry.personal["modifiedProperties"]))
                results.append((after, entry.action, entry.status, modified))

        assert results[0] == results[1]


@settings(REPRODUCIBLE, max_examples=60)
@given(body=USERS, changes=SEVERAL, dialect=DIALECTS)
def test_the_log_says_what_the_resource_shows(
    entra: ScimClient, body: Resource, changes: list[Change], dialect: Any
) -> None:
    with undone():
        before = posted(entra, body)

        after, entry = sent(entra, "PATCH", before, {"Operations": dialect(changes)})

        old, new = properties(before), properties(after)
        modified = {
            each["displayName"]: (each["oldValue"], each["newValue"])
            for each in entry.personal["modifiedProperties"]
        }
        assert modified == {
            name: (old.get(name), new.get(name)) for name in old | new if old.get(name) != new.get(name)
        }
        assert (entry.status == LogStatus.SKIPPED) == (not modified)
        assert entry.personal["target"] == after["userName"]


def respelled(value: Any, spelling: Any) -> Any:
    """Return a resource with the names of its attributes in another spelling; URNs keep theirs."""
    if isinstance(value, list):
        return [respelled(item, spelling) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name if name.startswith("urn:") else spelling(name): inner
        if name == UNKNOWN_SCHEMA
        else respelled(inner, spelling)
        for name, inner in value.items()
    }


@settings(REPRODUCIBLE, max_examples=100)
@given(body=USERS, spelling=st.sampled_from([str, str.upper, str.lower, str.capitalize]))
def test_what_was_sent_comes_back_as_sent(entra: ScimClient, body: Resource, spelling: Any) -> None:
    with undone():
        user = posted(entra, respelled(body, spelling))

        assert user == {"active": True} | body | {"id": user["id"], "meta": user["meta"]}


@settings(REPRODUCIBLE, max_examples=60)
@given(body=USERS)
def test_to_put_what_was_read_changes_nothing(entra: ScimClient, body: Resource) -> None:
    with undone():
        before = posted(entra, body)

        after, entry = sent(entra, "PUT", before, before)

        assert after == before
        assert (entry.status, entry.personal["modifiedProperties"]) == (LogStatus.SKIPPED, [])
