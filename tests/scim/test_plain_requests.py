"""What is read without the library comes out as the library reads it, and what Entra sends is read so.

The requests are those that Entra sends, and their neighbours: an attribute more or less, empty, of another type.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.scim import attributes, operations, plain, resources
from provisioning.scim.errors import ScimError
from provisioning.scim.filters import condition_of
from provisioning.scim.messages import Operation, operations_of
from provisioning.scim.searches import MemberFilter, ResourceFilter, TeamFilter
from tests.factories import ENTERPRISE_SCHEMA, USER_SCHEMA
from tests.scim.strategies import REPRODUCIBLE, texts

pytestmark = pytest.mark.once

AS_ENTRA_SENDS = {
    "schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA],
    "externalId": "58342554-38d6-4ec8-948c-50044d0a33fd",
    "userName": "amelie@acme.example",
    "active": True,
    "displayName": "Amélie Moreau",
    "emails": [{"primary": True, "type": "work", "value": "amelie@acme.example"}],
    "meta": {"resourceType": "User"},
    "name": {"familyName": "Moreau", "givenName": "Amélie"},
    "preferredLanguage": "fr-FR",
    "timezone": "Europe/Paris",
}
ODD: list[Any] = ["", None, 1, True, [], {}, ["a"], {"value": "a"}, "True", "false", "False", " "]
VALUES = texts() | st.sampled_from(ODD)
LABELS = {
    "type": st.sampled_from(["work", "Work", "home", ""]),
    "primary": st.sampled_from([True, False, "True", None]),
}
EMAIL = st.fixed_dictionaries({}, optional={"value": VALUES, **LABELS, "display": texts(), "Type": texts()})
NAMED = st.fixed_dictionaries({}, optional=dict.fromkeys([*plain.NAMES, "middleName", "givenname"], VALUES))
BODIES = st.fixed_dictionaries(
    {"userName": texts() | st.sampled_from(ODD[:4])},
    optional={
        "schemas": st.sampled_from(
            [[USER_SCHEMA], [USER_SCHEMA, ENTERPRISE_SCHEMA], [ENTERPRISE_SCHEMA], [], None]
        ),
        "active": st.booleans() | st.sampled_from(["True", "false", 1, None, ""]),
        "name": NAMED | VALUES,
        "emails": st.lists(EMAIL, max_size=2) | VALUES,
        "meta": st.sampled_from([{}, {"resourceType": "User"}, None, "x"]),
        **dict.fromkeys(
            ["externalId", "displayName", "preferredLanguage", "timezone", "nickName", "username"], VALUES
        ),
        ENTERPRISE_SCHEMA: st.just({"department": "Sales"}),
    },
).flatmap(lambda body: st.permutations(list(body.items())).map(dict))
ONE_EMAIL = st.fixed_dictionaries(
    {
        "value": texts(),
        "type": st.sampled_from(["work", "Work", "home", "other", "x"]),
        "primary": st.booleans(),
    }
)


def nearly(taken: set[str], odd: dict[str, Any], emails: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what Entra sends without some attributes, and with one that is perhaps odd."""
    body = {name: value for name, value in AS_ENTRA_SENDS.items() if name not in taken}
    return body | ({"emails": emails} if emails else {}) | dict(list(odd.items())[-1:])


NEARLY_PLAIN = st.builds(
    nearly,
    st.sets(st.sampled_from(list(AS_ENTRA_SENDS)), max_size=2),
    BODIES,
    st.lists(ONE_EMAIL, max_size=1),
)
PATHS = [
    *plain.TEXTS,
    "active",
    plain.WORK_EMAIL,
    "name.givenName",
    "name.formatted",
    "displayname",
    "nickName",
]
PATHS += ["name", "emails", 'emails[type eq "home"].value', "name.middleName", "Active", "emails.value"]
OPERATIONS: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        op=st.sampled_from(["Add", "Replace", "replace", "Remove"]),
        path=st.sampled_from(PATHS),
        value=VALUES,
    ),
    min_size=1,
    max_size=3,
)


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or that it refuses."""
    try:
        return call()
    except (ValueError, ScimError):
        return "refused"


def in_order(document: Any) -> Any:
    """Return a document that is equal to another one only if its names stand in the same order."""
    if isinstance(document, dict):
        return [(name, in_order(value)) for name, value in document.items()]
    return [*map(in_order, document)] if isinstance(document, list) else document


@settings(REPRODUCIBLE, max_examples=400)
@given(body=NEARLY_PLAIN | BODIES)
def test_a_user_is_read_as_the_library_reads_it(body: dict[str, Any]) -> None:
    ours = plain.user(body)

    assert ours is None or in_order(ours) == in_order(outcome(lambda: resources.valid(resources.User, body)))


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a body without some attributes."""
    return {name: value for name, value in body.items() if name not in names}


def kept_beside_columns(document: Any) -> Any:
    """Return what is kept as JSON of a document, or that it is refused."""
    return outcome(lambda: attributes.member_values(document).other)


@settings(REPRODUCIBLE, max_examples=400)
@given(body=NEARLY_PLAIN | BODIES, given_operations=OPERATIONS)
def test_a_patch_is_applied_as_the_library_applies_it(
    body: dict[str, Any], given_operations: list[dict[str, Any]]
) -> None:
    document = outcome(lambda: resources.valid(resources.User, body))
    wanted = outcome(lambda: operations_of({"Operations": given_operations}, schema=USER_SCHEMA))
    if "refused" in (document, wanted):
        return
    before = in_order(document)
    ours = plain.patched(document, wanted)
    theirs = None if ours is None else outcome(lambda: operations.patched(resources.User, document, wanted))

    assert ours == theirs
    assert ours is None or in_order(kept_beside_columns(ours)) == in_order(kept_beside_columns(theirs))
    assert in_order(document) == before


@pytest.mark.parametrize(
    "absent", [None, "externalId", "displayName", "emails", "meta", "name", "timezone", "schemas"]
)
def test_what_entra_creates_is_read_so(absent: str) -> None:
    assert plain.user(without(AS_ENTRA_SENDS, absent)) is not None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("displayName", "A. Moreau"),
        ("userName", "a@acme.example"),
        ("active", "False"),
        ("active", True),
        ("name.givenName", "A."),
        (plain.WORK_EMAIL, "a@acme.example"),
    ],
)
def test_what_entra_changes_is_read_so(path: str, value: object) -> None:
    document = resources.valid(resources.User, AS_ENTRA_SENDS)

    assert plain.patched(document, [Operation("replace", path, value)]) is not None


MATCHED = [
    "userName",
    "externalId",
    "displayName",
    "USERNAME",
    "externalid",
    "user_name",
    "title",
    "active",
    "id",
]
BETWEEN = st.sampled_from([" eq ", " Eq ", " ne ", "  eq ", " eq"])
LITERALS = texts().map(lambda text: f'"{text}"') | st.sampled_from(
    ['""', "true", "null", "1", '"\\u00e9"', '"\t"', '"a"b"']
)


@pytest.mark.parametrize("kind", [MemberFilter, TeamFilter])
@pytest.mark.django_db
@settings(REPRODUCIBLE, max_examples=400)
@given(name=st.sampled_from(MATCHED), operator=BETWEEN, literal=LITERALS)
def test_what_entra_matches_by_is_read_as_the_grammar_reads_it(
    kind: type[ResourceFilter], name: str, operator: str, literal: str
) -> None:
    query = f"{name}{operator}{literal}"
    ours = kind.equality(query)
    theirs = outcome(lambda: condition_of(query, model=kind.resource, columns=kind.columns))

    assert ours is None or ours == theirs


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        (MemberFilter, 'userName eq "Amélie@acme.example"'),
        (MemberFilter, 'externalId eq "58342554-38d6-4ec8-948c-50044d0a33fd"'),
        (TeamFilter, 'displayName eq "Sales"'),
        (TeamFilter, 'externalId eq "58342554-38d6-4ec8-948c-50044d0a33fd"'),
    ],
)
def test_what_entra_asks_is_read_so(kind: type[ResourceFilter], query: str) -> None:
    assert kind.equality(query) is not None
