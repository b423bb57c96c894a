"""A page of Users or Groups: found, ordered and counted in SQL, with a fixed number of queries.

What is not wanted is not read: groups of users and members of groups cost a query only then. Of one user alone the groups
came with the row.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings

from accounts.compiled import as_id, as_text, is_postgresql, run
from accounts.models import Member, Team
from provisioning.scim import attributes
from provisioning.scim.attributes import NamedId
from provisioning.scim.far_pages import far_page
from provisioning.scim.filters import Conditions
from provisioning.scim.projection import Projection
from provisioning.scim.queries import Query
from provisioning.scim.searches import Search
from provisioning.scim.sorting import order
from provisioning.scim.sql import id_text

MESSAGE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def page(search: Search, query: Query, *, conditions: Conditions) -> tuple[int, list[Any]]:
    """Return how many rows fit, and those of the page. Raises: ScimError invalid_parameter."""
    if query.sort_by:
        found = list(search.rows().order_by(*order(query, conditions), "created_at", "id")[query.rows])
    elif query.start_index > 1 and query.count:
        return far_page(search, start=query.start_index - 1, count=query.count)
    else:
        found = search.first(query.count) if query.count else []
    # A page that is not full is the last one, and counts the rest by itself.
    is_last = bool(found or query.start_index == 1) and len(found) < query.count
    return (query.start_index - 1 + len(found) if is_last else search.rows().count()), found


def users(members: list[Member], projection: Projection, *, are_new: bool = False) -> list[dict[str, Any]]:
    """Return members as Users, with what is wanted of them. Those who are new are in no team."""
    teams = teams_of(members) if members and projection.wants("groups") and not are_new else {}
    return [
        projection.of(attributes.user_resource(member, teams=teams.get(member.id, ()))) for member in members
    ]


def groups(teams: list[Team], projection: Projection) -> list[dict[str, Any]]:
    """Return teams as Groups, with what is wanted of them."""
    members = members_of(teams) if teams and projection.wants("members") else {}
    shown = orjson.Fragment if projection.takes_whole("members") else orjson.loads
    return [
        projection.of(
            attributes.group_resource(team, members=shown(members[team.id]) if team.id in members else None)
        )
        for team in teams
    ]


def teams_of(members: list[Member]) -> dict[UUID, list[NamedId]]:
    """Return the teams that members are in, by member. One query, or none where one member was read with them."""
    [first, *others] = members
    if not others and (known := vars(first).get("teams")) is not None:
        return {first.id: [(as_text(id_), name) for id_, name in known]}
    found: dict[UUID, list[NamedId]] = defaultdict(list)
    for member_id, team_id, display_name in run(TEAMS_OF, {member.id for member in members}):
        found[as_id(member_id)].append((as_text(team_id), display_name))
    return found


def members_of(teams: Iterable[Team]) -> dict[UUID, str]:
    """Return who is in teams as the JSON of their `members`, by team; of a team without any nothing. One query.

    The database writes it: of a hundred thousand not one becomes an object of Python's. PostgreSQL tells some thousand
    in a row, so that libpq needs no buffer for all of them; SQLite would have to sort them for that.
    """
    member = orjson.dumps({"value": "{id}", "$ref": f"{settings.TENANT_URL}/Users/{{id}}", "type": "User"})
    statement = MEMBERS_POSTGRESQL if is_postgresql() else MEMBERS_SQLITE
    parts: dict[UUID, list[str]] = defaultdict(lambda: ["["])
    sql = statement.replace("{id_text}", id_text("member_id"))
    for team_id, part in run(sql, member.decode(), {team.id for team in teams}):
        parts[as_id(team_id)] += (part, ",")
    return {team_id: "".join([*parts.pop(team_id)[:-1], "]"]) for team_id in list(parts)}


TEAMS_OF = """
    SELECT member_id, accounts_team.id, display_name FROM accounts_teammembership
    JOIN accounts_team ON accounts_team.id = team_id WHERE member_id {among}
    ORDER BY display_name_key, accounts_team.id
"""
MEMBERS_POSTGRESQL = """
    SELECT team_id, string_agg(replace(%s, '{id}', {id_text}), ',' ORDER BY member_id) FROM (
        SELECT team_id, member_id, row_number() OVER (PARTITION BY team_id ORDER BY member_id) / 1000 AS part
        FROM accounts_teammembership WHERE team_id {among}
    ) AS members GROUP BY team_id, part ORDER BY team_id, part
"""
MEMBERS_SQLITE = """
    SELECT team_id, group_concat(replace(%s, '{id}', {id_text}), ',') FROM accounts_teammembership
    WHERE team_id {among} GROUP BY team_id
"""


def list_response(
    *, total: int, place: Mapping[str, int | str], resources: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the ListResponse of RFC 7644 §3.4.2. `place` is its `startIndex`, or the cursors of RFC 9865 §2."""
    return {
        "schemas": [MESSAGE],
        "totalResults": total,
        **place,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }
