"""What a request costs in queries does not grow with what it does not touch."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Member, Organization, Team, TeamMembership
from tests.cast import ScimClient
from tests.factories import make_member, make_members, make_team, user_body
from tests.plans import effort_of, is_bounded, plan_of, walked_through

FREE = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")
SIZES = [10, 10_000]
WRITES = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)"?')
OPENING = '"expires_at" >'  # the token is asked about so where nothing else is read any more
MEMBERS, LOG = "accounts_member", "provisioning_provisioninglogentry"
TEAMS, MEMBERSHIPS = "accounts_team", "accounts_teammembership"
TOMBSTONES, OPERATORS = "accounts_tombstone", "accounts_operator"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def statements_of(entra: ScimClient, method: str, path: str, body: object = None) -> list[str]:
    """Return the statements that one request takes, but for those that only open or end a transaction."""
    entra.get("/ServiceProviderConfig")  # writes the minute's last use, which is not counted
    with CaptureQueriesContext(connection) as captured:
        answer = entra.request(method, path, body)
    assert answer.status_code < 300, answer.content
    return [query["sql"] for query in captured if not query["sql"].startswith(FREE)]


def queries_of(entra: ScimClient, method: str, path: str, body: object = None) -> int:
    """Return how many those are."""
    return len(statements_of(entra, method, path, body))


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return a PATCH body."""
    return {"schemas": [PATCH], "Operations": list(operations)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("budget", "path"),
    [
        pytest.param(3, "/Users?filter=userName+eq+%22amelie@acme.example%22", id="a filter hit"),
        pytest.param(3, "/Users?filter=userName+eq+%22nobody%22", id="a filter miss"),
        pytest.param(4, "/Users?count=100", id="a list of 100"),
        pytest.param(4, "/Groups", id="a list of groups"),
        pytest.param(2, "/Groups?filter=displayName+eq+%22news%22&excludedAttributes=members", id="a group"),
    ],
)
def test_finding_costs_the_same_at_any_size(
    entra: ScimClient, acme: Organization, size: int, budget: int, path: str
) -> None:
    make_member(acme, "amelie@acme.example")
    make_team(acme, make_members(acme, size))

    assert queries_of(entra, "GET", path) <= budget


def test_a_deep_page_skips_others_in_an_index_alone(entra: ScimClient, acme: Organization) -> None:
    names = [member.user_name for member in make_members(acme, 3000)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_member")
    Member.objects.filter(user_name=names[0]).update(created_at=clock.now() - timedelta(days=1))
    with CaptureQueriesContext(connection) as captured:
        page = entra.get("/Users?startIndex=2&count=10").json()
    [statement] = [each["sql"] for each in captured if "OFFSET" in each["sql"]]

    kind = "Index Only Scan using" if connection.vendor == "postgresql" else "USING COVERING INDEX"
    assert any(f"{kind} member_listing" in line for line in plan_of(statement)), plan_of(statement)
    assert (page["totalResults"], page["itemsPerPage"]) == (3000, 10)
    assert names[0] not in {user["userName"] for user in page["Resources"]}


@pytest.mark.parametrize("size", SIZES)
def test_one_user_costs_the_same_at_any_size(entra: ScimClient, acme: Organization, size: int) -> None:
    member = make_member(acme, "amelie@acme.example")
    make_team(acme, [member, *make_members(acme, size)])
    path = f"/Users/{member.id}"

    assert queries_of(entra, "GET", path) <= 3
    assert queries_of(entra, "POST", "/Users", user_body("new@acme.example")) <= 5
    assert queries_of(entra, "PATCH", path, patch({"op": "Replace", "path": "active", "value": "False"})) <= 6
    assert queries_of(entra, "PUT", path, user_body("amelie@acme.example")) <= 6
    assert queries_of(entra, "DELETE", path) <= 13


def test_the_groups_of_one_user_cost_the_same_among_many(entra: ScimClient, acme: Organization) -> None:
    amelie, *others = make_members(acme, 5)
    make_team(acme, [amelie, *others])
    asked = [
        statement
        for path in (f"/Users/{amelie.id}", f"/Users?filter=userName+eq+%22{amelie.user_name}%22")
        for statement in statements_of(entra, "GET", path)
        if "accounts_teammembership" in statement
    ]

    def efforts() -> list[float]:
        return [
            effort_of(sql, table) for sql in asked for table in ("accounts_team", "accounts_teammembership")
        ]

    few = efforts()
    names = [f"team{number}" for number in range(1000)]
    teams = Team.objects.bulk_create(
        Team(organization=acme, display_name=name, display_name_key=name) for name in names
    )
    TeamMembership.objects.bulk_create(
        TeamMembership(organization=acme, team=team, member=others[0]) for team in teams
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # else PostgreSQL plans by what another test had here

    assert (len(few), efforts()) == (4, few)


def test_a_change_is_written_and_logged_at_once(entra: ScimClient, acme: Organization) -> None:
    path = f"/Users/{make_member(acme, 'amelie@acme.example').id}"
    staying, joining, leaving = (make_member(acme, f"{name}@acme.example") for name in "abc")
    team, new, old = (
        f"/Groups/{make_team(acme, [staying, leaving]).id}",
        [{"value": str(each.id)} for each in (staying, joining)],
        [{"value": str(leaving.id)}],
    )
    changes = [
        ("PATCH", team, patch({"op": "Add", "path": "members", "value": new})),
        ("PATCH", team, patch({"op": "Remove", "path": "members", "value": old})),
        ("PATCH", team, patch({"op": "Replace", "path": "displayName", "value": "X"})),
        ("POST", "/Users", user_body("new@acme.example")),
        ("PATCH", path, patch({"op": "Replace", "path": "active", "value": "False"})),
        ("PUT", path, user_body("amelie@acme.example")),
        ("DELETE", path, None),
    ]

    statements = [statements_of(entra, *change) for change in changes]
    asked = [[WRITES.findall(sql) for sql in each] for each in statements]
    opening = [[OPENING in sql for sql in each].index(True) for each in statements]
    first = [[bool(writes) for writes in each].index(True) for each in asked]

    logged = ("INSERT INTO", LOG)
    expected = [
        [("UPDATE", TEAMS), ("INSERT INTO", MEMBERSHIPS), logged],
        [("UPDATE", TEAMS), ("DELETE FROM", MEMBERSHIPS), logged],
        [("UPDATE", TEAMS), logged],
        [("INSERT INTO", MEMBERS), logged],
        [("UPDATE", MEMBERS), logged],
        [("UPDATE", MEMBERS), logged],
        [("DELETE FROM", MEMBERS), ("INSERT INTO", TOMBSTONES), ("UPDATE", OPERATORS), logged],
    ]
    # By one statement on PostgreSQL; SQLite has no WITH that writes.
    by_statement = [
        [writes] if connection.vendor == "postgresql" else [[each] for each in writes] for writes in expected
    ]
    between = int(connection.vendor == "sqlite")
    assert [list(filter(None, each)) for each in asked] == by_statement
    assert [write - read for write, read in zip(first, opening, strict=True)] == [between] * len(changes)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [1, 1000])
def test_members_of_a_group_cost_the_same_however_many(
    entra: ScimClient, acme: Organization, size: int, count: int
) -> None:
    team = make_team(acme, make_members(acme, size))
    new = [make_member(acme, f"new{number}") for number in range(count)]
    ids = [{"value": str(member.id)} for member in new]
    path = f"/Groups/{team.id}"

    assert queries_of(entra, "PATCH", path, patch({"op": "Add", "path": "members", "value": ids})) <= 8
    assert queries_of(entra, "PATCH", path, patch({"op": "Remove", "path": "members", "value": ids})) <= 8
    assert (
        queries_of(entra, "PATCH", path, patch({"op": "Replace", "path": "displayName", "value": "X"})) <= 8
    )
    assert queries_of(entra, "GET", f"{path}?excludedAttributes=members") <= 2
    assert TeamMembership.objects.count() == size


def test_members_come_and_go_by_indexes(entra: ScimClient, acme: Organization) -> None:
    first, second, *_ = members = make_members(acme, 5)
    path = f"/Groups/{make_team(acme, members).id}"
    ids = [{"value": str(member.id)} for member in (first, second)]
    verbs = [("remove", ids), ("add", ids[:1]), ("replace", ids)]
    with CaptureQueriesContext(connection) as captured:
        statuses = [
            entra.request("PATCH", path, patch({"op": verb, "path": "members", "value": value})).status_code
            for verb, value in verbs
        ]
    statements = [each["sql"] for each in captured if "accounts_" in each["sql"]]

    assert statuses == [204] * 3
    assert len(statements) >= 9
    assert [walked_through(each) - {"json_each"} for each in statements] == [set()] * len(statements)


def test_members_of_groups_are_told_by_id_however_many_parts_they_come_in(
    entra: ScimClient, acme: Organization
) -> None:
    members = make_members(acme, 2500)  # PostgreSQL tells a thousand a part
    teams = [make_team(acme, members), make_team(acme, members[:3], name="Sport")]

    asked = f"/Groups?filter={' or '.join(f'id eq %22{team.id}%22' for team in teams)}".replace(" ", "+")
    found = {each["id"]: each["members"] for each in entra.get(asked).json()["Resources"]}
    told = {id_: [each["value"] for each in told] for id_, told in found.items()}
    assert told == {
        str(team.id): sorted(str(member.id) for member in inside)
        for team, inside in zip(teams, (members, members[:3]), strict=True)
    }


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL sorts them in parts, and keeps nothing of it"
)
def test_members_of_a_group_are_read_in_the_order_of_their_index(
    entra: ScimClient, acme: Organization
) -> None:
    path = f"/Groups/{make_team(acme, make_members(acme, 3)).id}"
    [asked] = [each for each in statements_of(entra, "GET", path) if MEMBERSHIPS in each]

    assert [line for line in plan_of(asked) if "TEMP B-TREE" in line] == []
    assert is_bounded(asked, "team_id")
