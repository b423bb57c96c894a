"""What a filter finds is what scim2-models finds in memory among the resources as GET returns them.

Where an attribute is compared with case, so is the spelling of its accents: an id finds what was sent.
Source: RFC 7644 §3.4.2.2.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import ScimFilter, ScimPolicy

from accounts.members import MemberValues
from accounts.models import Member, Organization, Team
from accounts.teams import TeamValues
from provisioning.scim.queries import MESSAGE
from provisioning.scim.resources import Group, User
from tests.cast import ScimClient
from tests.factories import ENTERPRISE_SCHEMA, make_member, user_body
from tests.scim import strategies
from tests.scim.strategies import REPRODUCIBLE

EVERYTHING = {"schemas": [MESSAGE], "count": 200}
BY_DEFAULT = ScimPolicy().comparison_key
AS_SENT = ScimPolicy(
    comparison_key=lambda binding, value: value if binding.case_exact else BY_DEFAULT(binding, value)
)


@contextmanager
def undone() -> Iterator[None]:
    """Roll back what the block writes, so that the next example starts from nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def created(entra: ScimClient, path: str, bodies: list[dict[str, Any]]) -> list[str]:
    """Create resources at different times; return the ids of those whose names were still free."""
    ids = []
    for number, body in enumerate(bodies):
        moment = strategies.MOMENTS[number % len(strategies.MOMENTS)]
        with mock.patch("accounts.clock.now", return_value=moment):
            answer = entra.post(path, body)
        assert answer.status_code in (201, 409), answer.content
        ids += [answer.json()["id"]] if answer.status_code == 201 else []
    return ids


def read(entra: ScimClient, path: str, ids: list[str]) -> list[dict[str, Any]]:
    """Return resources as they are read one by one."""
    return [entra.get(f"{path}/{id_}").json() for id_ in ids]


def found(entra: ScimClient, path: str, query: str) -> set[str]:
    """Return the ids that a filter finds."""
    answer = entra.post(f"{path}/.search", EVERYTHING | {"filter": query})
    assert answer.status_code == 200, (query, answer.content)
    return {resource["id"] for resource in answer.json()["Resources"]}


def matching(model: Any, resources: list[dict[str, Any]], query: str) -> set[str]:
    """Return the ids of the resources that a filter matches in memory."""
    bound = ScimFilter.__class_getitem__(model)(query)
    with AS_SENT:
        return {each["id"] for each in resources if bound.match(model.model_validate(each))}


@settings(REPRODUCIBLE, max_examples=120)
@given(
    bodies=st.lists(strategies.users(), max_size=5),
    queries=st.lists(strategies.user_filters(), min_size=3, max_size=6),
)
def test_a_filter_finds_the_users_that_it_matches_in_memory(
    entra: ScimClient, bodies: list[dict[str, Any]], queries: list[str]
) -> None:
    with undone():
        ids = created(entra, "/Users", bodies)
        resources = read(entra, "/Users", ids)

        for query in (strategies.named(each, ids) for each in queries):
            assert found(entra, "/Users", query) == matching(User, resources, query), query


def fill_groups(entra: ScimClient, groups: list[str], users: list[str], members: list[list[int]]) -> None:
    """Put users into groups by their places in the list."""
    for group, places in zip(groups, members, strict=False):
        value = [{"value": users[place]} for place in places if place < len(users)]
        operation = {"op": "add", "path": "members", "value": value}
        assert entra.request("PATCH", f"/Groups/{group}", {"Operations": [operation]}).status_code == 204


@settings(REPRODUCIBLE, max_examples=80)
@given(
    bodies=st.lists(strategies.groups(), max_size=4),
    members=st.lists(st.lists(st.integers(0, 2), max_size=3), min_size=4, max_size=4),
    of_groups=st.lists(strategies.group_filters(), min_size=2, max_size=4),
    of_users=st.lists(strategies.membership_filters("groups"), max_size=1),
)
def test_a_filter_finds_the_groups_that_it_matches_in_memory(
    entra: ScimClient,
    bodies: list[dict[str, Any]],
    members: list[list[int]],
    of_groups: list[str],
    of_users: list[str],
) -> None:
    with undone():
        users = created(entra, "/Users", [user_body(f"{name}@acme.example") for name in "abc"])
        groups = created(entra, "/Groups", bodies)
        fill_groups(entra, groups, users, members)

        for path, model, ids, others, queries in (
            ("/Groups", Group, groups, users, of_groups),
            ("/Users", User, users, groups, of_users),
        ):
            resources = read(entra, path, ids)
            for query in (strategies.named(each, ids, others) for each in queries):
                assert found(entra, path, query) == matching(model, resources, query), query


def test_and_binds_more_than_or_and_not_more_than_both(entra: ScimClient, acme: Organization) -> None:
    make_member(acme, "amelie", is_active=True, display_name="Moreau")
    make_member(acme, "bob", is_active=False, display_name="Moreau")
    make_member(acme, "carla", is_active=False, display_name="Conti")
    names = {id_: entra.get(f"/Users/{id_}").json()["userName"] for id_ in found(entra, "/Users", "id pr")}

    def finds(query: str) -> set[str]:
        return {names[id_] for id_ in found(entra, "/Users", query)}

    one = 'userName eq "amelie" or displayName eq "Moreau" and userName eq "carla"'
    assert finds(one) == {"amelie"}
    assert finds(f"({one.replace(' and', ') and')}") == set()
    assert finds('userName eq "carla" and active eq true or userName eq "bob"') == {"bob"}
    assert finds('not (userName eq "bob") and active eq false') == {"carla"}
    assert finds('not (userName eq "bob" and active eq false)') == {"amelie", "carla"}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/Users", 'shoeSize eq "42"'),
        ("/Users", 'userName eq "a" or shoeSize pr'),
        ("/Users", 'emails[shoeSize eq "a"]'),
        ("/Users", 'name.shoeSize eq "a"'),
        ("/Users", 'urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq "a"'),
        ("/Users", 'schemas co "User"'),
        ("/Users", 'manager[value eq "x"]'),
        ("/Users", f'{ENTERPRISE_SCHEMA}:manager[value eq "x"]'),
        ("/Users", 'department[value eq "x"]'),
        ("/Users", 'employeeNumber[value eq "x"]'),
        ("/Users", 'name[givenName eq "x"]'),
        ("/Users", "x509Certificates.value pr and x509Certificates.value eq 5"),
        ("/Users", 'schemas[value eq "a"]'),
        ("/Users", 'meta.version eq "x"'),
        ("/Users", "password pr"),
        ("/Users", 'meta.created co "2026"'),
        ("/Users", 'meta.created lt "9999-12-31T23:59:59-14:00" and meta.created gt "soon"'),
        ("/Users", 'active co "t"'),
        ("/Users", "active gt false"),
        ("/Users", 'userName[value eq "a"]'),
        ("/Users", 'groups.display eq "News"'),
        ("/Groups", 'userName eq "a"'),
        ("/Groups", 'members[type eq "User"]'),
        ("/Groups", 'members.value ne "a"'),
    ],
)
def test_what_cannot_be_answered_is_refused_and_never_empty(entra: ScimClient, path: str, query: str) -> None:
    answers = [entra.get(path, filter=query), entra.post(f"{path}/.search", EVERYTHING | {"filter": query})]

    assert [(each.status_code, each.json()["scimType"]) for each in answers] == [(400, "invalidFilter")] * 2


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_beyond_the_calendar_is_no_fault_of_ours(entra: ScimClient, moment: str) -> None:
    assert entra.get("/Users", filter=f'meta.created gt "{moment}"').status_code in (200, 400)


def test_an_external_id_is_found_as_it_was_sent(entra: ScimClient) -> None:
    composed, decomposed = (
        entra.post("/Users", user_body(name, externalId=external_id)).json()["id"]
        for name, external_id in (("amelie", "Am\u00e9lie"), ("bob", "Ame\u0301lie"))
    )

    assert found(entra, "/Users", 'externalId eq "Am\u00e9lie"') == {composed}
    assert found(entra, "/Users", 'externalId eq "Ame\u0301lie"') == {decomposed}
    assert found(entra, "/Users", 'externalId ew "e\u0301lie"') == {decomposed}


DEPARTMENT = f"{ENTERPRISE_SCHEMA}:department"
SORTED: dict[str, list[Any]] = {
    "userName": ["Émile", "bob", "álvaro", "Amelie"],
    "externalId": ["B", "a", None, "b"],
    "displayName": [None, "moreau", "Moreau", "conti"],
    "name.familyName": ["é", "E", None, None],
    "title": ["1", "10", "2", None],
    "active": [True, False, True, False],
    DEPARTMENT: [None, "Z", "a", "É"],
    "meta.lastModified": [str(moment) for moment in strategies.MOMENTS],
}


def person(place: int) -> dict[str, Any]:
    """Return the body of one of four users with the values of SORTED."""
    values = {name: column[place] for name, column in SORTED.items() if column[place] is not None}
    name = {"familyName": values.pop("name.familyName", None), "givenName": "Kim"}
    extension = {ENTERPRISE_SCHEMA: {"department": values.pop(DEPARTMENT, None)}}
    return strategies.framed(values | {"name": name} | extension)


def in_order(attribute: str, *, is_descending: bool) -> list[int]:
    """Return the places of the four users in an order: equals as they were created, who lacks it at one end."""
    column = SORTED[attribute]
    is_folded = attribute not in {"externalId", "active"}
    keys = {
        place: value.lower() if is_folded else value
        for place, value in enumerate(column)
        if value is not None
    }
    ordered = sorted(keys, key=lambda place: keys[place], reverse=is_descending)
    absent = [place for place in range(4) if place not in keys]
    return absent + ordered if is_descending else ordered + absent


@pytest.mark.parametrize("direction", ["ascending", "descending"])
@pytest.mark.parametrize("attribute", SORTED)
def test_sorting_is_stable_from_page_to_page(entra: ScimClient, attribute: str, direction: str) -> None:
    ids = created(entra, "/Users", [person(place) for place in range(4)])
    asked = {"sortBy": attribute, "sortOrder": direction, "count": "1"}

    pages = [entra.get("/Users", startIndex=str(start), **asked).json()["Resources"] for start in range(1, 5)]

    places = [ids.index(resource["id"]) for page in pages for resource in page]
    assert places == in_order(attribute, is_descending=direction == "descending")


# Filter → the column that an index must find it by; any other walks through the organization.
INDEXED = [
    ("/Users", 'userName eq "user7@acme.example"', "user_name_key"),
    ("/Users", 'externalId eq "id7"', "external_id"),
    ("/Users", 'emails[type eq "work"].value eq "user7@acme.example"', "work_email_key"),
    ("/Users", 'emails[type eq "work" and value eq "user7@acme.example"]', "work_email_key"),
    ("/Users", f'id eq "{UUID(int=7)}"', "id"),
    ("/Groups", 'displayName eq "team7"', "display_name_key"),
    ("/Groups", 'externalId eq "id7"', "external_id"),
    ("/Groups", f'id eq "{UUID(int=7)}"', "id"),
]


def fill(organization: Organization, count: int = 3000) -> None:
    """Create members and teams in two statements, and let the database count them."""
    names = [f"user{number}@acme.example" for number in range(count)]
    members = (MemberValues(user_name=n, external_id=f"id{i}", work_email=n) for i, n in enumerate(names))
    teams = (TeamValues(display_name=f"team{number}", external_id=f"id{number}") for number in range(count))
    rows = {"organization": organization}
    Member.objects.bulk_create(Member(id=UUID(int=i), **rows, **m.columns()) for i, m in enumerate(members))
    Team.objects.bulk_create(Team(id=UUID(int=i), **rows, **t.columns()) for i, t in enumerate(teams))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def is_found_by_index(statement: str, table: str, column: str) -> bool:
    """Whether the database means to find the rows of a table that a statement asks for by an index with a column."""
    word, index = (
        ("EXPLAIN", "Index Cond") if connection.vendor == "postgresql" else ("EXPLAIN QUERY PLAN", "USING")
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{word} {statement.replace('%', '%%')}")
        plan = [str(row[-1]) for row in cursor.fetchall()]
    is_walked = any(f"Seq Scan on {table}" in line or line.startswith(f"SCAN {table}") for line in plan)
    return not is_walked and any(re.search(rf"{index}.*\b{column}\b.*=", line) for line in plan)


def test_what_entra_matches_by_is_found_by_an_index(entra: ScimClient, acme: Organization) -> None:
    fill(acme)

    for path, query, column in INDEXED:
        with CaptureQueriesContext(connection) as captured:
            assert entra.get(path, filter=query).json()["totalResults"] == 1, query
        table = "accounts_member" if path == "/Users" else "accounts_team"
        searches = [each["sql"] for each in captured if f'FROM "{table}" WHERE' in each["sql"]]
        assert [is_found_by_index(search, table, column) for search in searches] == [True], query


def test_what_nobody_matches_by_is_told_from_what_an_index_finds(
    entra: ScimClient, acme: Organization
) -> None:
    fill(acme)

    with CaptureQueriesContext(connection) as captured:
        entra.get("/Users", filter='title eq "Engineer"')

    searches = [each["sql"] for each in captured if 'FROM "accounts_member" WHERE' in each["sql"]]
    assert [is_found_by_index(search, "accounts_member", "title") for search in searches] == [False]
