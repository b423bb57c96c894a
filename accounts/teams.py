"""Create, change and delete teams and who is in them: the only writer of those tables.

Every function that writes needs the transaction of its caller; `changing` tells what a caller is to run at once. A
membership is written by one statement a kind of change, however many members it names, and never reads the members that stay.
Lock order everywhere: teams by id, then members by id.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import QuerySet

from accounts.compiled import (
    Compiled,
    Statement,
    amendment,
    as_text,
    insert,
    is_postgresql,
    run,
    statement,
    update,
)
from accounts.errors import ChangedMeanwhile, DisplayNameTaken, UnknownMembers, violated
from accounts.keys import fold, folded
from accounts.members import is_same
from accounts.models import ResourceKind, Team, TeamMembership, Tombstone


@dataclass(frozen=True, kw_only=True)
class TeamValues:
    """Everything a client says of a team but its members."""

    display_name: str
    external_id: str = ""
    other: dict[str, Any] = field(default_factory=dict)

    def folded(self) -> dict[str, Any]:
        """Return folded what has no folded column of its own."""
        found: dict[str, Any] = folded(self.other)
        return found

    def columns(self) -> dict[str, Any]:
        """Return the columns they fill, the folded ones included."""
        return self.columns_but_folded() | {"folded": self.folded()}

    def columns_but_folded(self) -> dict[str, Any]:
        """Return the columns they fill but `folded`, which says nothing that the others do not."""
        return vars(self) | {"display_name_key": fold(self.display_name)}


@dataclass(frozen=True)
class MembershipChange:
    """What a request wants of a team's members, by their ids as texts: everybody out first, some out, some in."""

    is_cleared: bool = False
    removed: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()


@dataclass(frozen=True)
class MembershipDelta:
    """Who really came and went: id → userName."""

    removed: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.removed or self.added)


def create_team(*, organization_id: UUID, values: TeamValues, now: datetime) -> Team:
    """Create a team. Raises: DisplayNameTaken, after which the transaction is to be rolled back."""
    team = Team(organization_id=organization_id, created_at=now, modified_at=now, **values.columns())
    with naming(team):
        insert(team)
    return team


def teams_with(organization_id: UUID, team_id: UUID) -> QuerySet[Team]:
    """Return the team of an organization that has an id, if there is one."""
    return Team.objects.of_organization(organization_id).filter(id=team_id).order_by()


EXAMPLES = UUID(int=1), UUID(int=2)
ONE = Compiled(lambda *ids: teams_with(*ids).defer("folded"), *EXAMPLES)  # what is only searched
ONE_LOCKED = Compiled(lambda *ids: teams_with(*ids).select_for_update(no_key=True), *EXAMPLES)


def team_of(*, organization_id: UUID, team_id: UUID) -> Team:
    """Return the team. Raises: Team.DoesNotExist."""
    team: Team = ONE.one(organization_id, team_id)
    return team


def locked_team(*, organization_id: UUID, team_id: UUID) -> Team:
    """Return the team, locked until the transaction ends. Raises: Team.DoesNotExist."""
    team: Team = ONE_LOCKED.one(organization_id, team_id)
    return team


def update_team(
    *, team: Team, values: TeamValues, change: MembershipChange, now: datetime
) -> MembershipDelta:
    """Change a team and who is in it, and raise its version if anything really changed.

    PostgreSQL needs the team locked before: else who comes and goes would be locked before it.

    Raises: DisplayNameTaken; UnknownMembers; ChangedMeanwhile when somebody else wrote the team since it was read.
    Nothing is changed once rolled back.
    """
    delta = change_members(team=team, change=change)
    changed = alter(team, values, delta, now=now)
    if not changed:
        if not run(UNCHANGED, team.id, team.version):
            raise ChangedMeanwhile
        return delta
    with naming(team):
        update(team, *changed, version=team.version - 1)
    return delta


def alter(team: Team, values: TeamValues, delta: MembershipDelta, *, now: datetime) -> list[str]:
    """Let a team say what it is to say, not yet in the database; return the columns that are to be written.

    The version is one higher then; without a change of it or of who is in it there is nothing to write.
    """
    columns = values.columns_but_folded()
    changed = [name for name, value in columns.items() if not is_same(getattr(team, name), value)]
    if not changed and not delta:
        return []
    for name in changed:
        setattr(team, name, columns[name])
    if "other" in changed:
        team.folded = values.folded()
        changed.append("folded")
    team.version += 1
    team.modified_at = now
    return [*changed, "version", "modified_at"]


def foreseen(team: Team, change: MembershipChange) -> MembershipDelta:
    """Return who would come and go of those who are named, as long as the team has the version that was read.

    Raises: UnknownMembers.
    """
    named = change.removed | change.added
    rows = run(NAMED_AND_IN, team.id, named, team.organization_id, named) if named else []
    known = {as_text(id_): (name, is_in) for id_, name, is_in in rows}
    if not change.added <= known.keys():
        raise UnknownMembers
    return MembershipDelta(
        removed={id_: name for id_, (name, is_in) in known.items() if is_in and id_ in change.removed},
        added={id_: name for id_, (name, is_in) in known.items() if not is_in and id_ in change.added},
    )


def changing(
    team: Team, changed: list[str], delta: MembershipDelta, *, provided: str, changed_so: str
) -> tuple[Statement, ...]:
    """Return the statements that write an altered team of the version that was read, and who comes and goes.

    The first one writes the team under one condition, and the others follow if it did, which is another. To be run at
    once: if the team is as it was read, so is who is in it.
    """
    ids = team.organization_id, team.id
    return (
        amendment(team, *changed, version=team.version - 1, provided=provided),
        *([statement(f"{LEAVE} AND {changed_so}", team.id, {*delta.removed})] if delta.removed else ()),
        *([statement(JOIN.replace("TRUE", changed_so), *ids, {*delta.added})] if delta.added else ()),
    )


def delete_team(*, organization_id: UUID, team_id: UUID, now: datetime, version: int | None = None) -> Team:
    """Delete a team, leave a tombstone, and return what was deleted.

    Raises: Team.DoesNotExist; ChangedMeanwhile when it has not the version that is named.
    """
    teams = Team.objects.of_organization(organization_id).filter(id=team_id)
    team = teams.select_for_update().get()
    if version not in (None, team.version):
        raise ChangedMeanwhile
    memberships = TeamMembership.objects.filter(team_id=team_id)
    Tombstone.objects.create(
        id=team.id,
        organization_id=organization_id,
        kind=ResourceKind.TEAM,
        identity=team.display_name,
        snapshot={
            "display_name": team.display_name,
            "external_id": team.external_id,
            "other": team.other,
            "version": team.version,
            "created_at": str(team.created_at),
            "member_ids": [str(id_) for id_ in memberships.values_list("member_id", flat=True)],
        },
        deleted_at=now,
    )
    # Nothing else points to a team: nothing is left for Django to collect.
    for rows in (memberships, teams):
        rows._raw_delete(rows.db)  # noqa: SLF001 - one DELETE, no collecting
    return team


def change_members(*, team: Team, change: MembershipChange) -> MembershipDelta:
    """Let members out and in, and return who really came and went. Raises: UnknownMembers."""
    return MembershipDelta(removed=let_out(team, change), added=let_in(team, change.added))


def let_out(team: Team, change: MembershipChange) -> dict[str, str]:
    """Let out who has to leave, and return who really did: id → userName."""
    if not change.is_cleared and not change.removed:
        return {}
    statement, ids = (REMOVE_ALL_BUT, change.added) if change.is_cleared else (REMOVE, change.removed)
    left = {as_text(id_) for (id_,) in run(statement, team.id, ids)}
    return found(NAMED, team.organization_id, left) if left else {}


def let_in(team: Team, ids: frozenset[str]) -> dict[str, str]:
    """Let members in, and return who was not in before: id → userName. Raises: UnknownMembers.

    Whoever is let in can't be deleted before the transaction ends.
    """
    if not ids:
        return {}
    known = found(KNOWN_POSTGRESQL if is_postgresql() else NAMED, team.organization_id, ids)
    if len(known) != len(ids):
        raise UnknownMembers
    joined = run(LET_IN, team.organization_id, team.id, ids)
    return {id_: known[id_] for id_ in (as_text(id_) for (id_,) in joined)}


@contextmanager
def naming(team: Team) -> Iterator[None]:
    """Write a team within the block. Raises: DisplayNameTaken."""
    try:
        yield
    except IntegrityError as error:
        if violated(error, constraint="team_display_name_unique", columns="accounts_team.display_name_key"):
            raise DisplayNameTaken(team.display_name) from None
        raise


def found(sql: str, *values: object) -> dict[str, str]:
    """Run a statement of below; return the ids and names it finds."""
    return {as_text(id_): name for id_, name in run(sql, *values)}


UNCHANGED = "SELECT id FROM accounts_team WHERE id = %s AND version = %s"
NAMED = "SELECT id, user_name FROM accounts_member WHERE organization_id = %s AND id {among}"
KNOWN_POSTGRESQL = f"{NAMED} ORDER BY id FOR KEY SHARE"  # SQLite lets nobody else write meanwhile
NAMED_AND_IN = """
    SELECT id, user_name, EXISTS (
        SELECT 1 FROM accounts_teammembership
        WHERE team_id = %s AND member_id = accounts_member.id AND member_id {among}
    ) FROM accounts_member WHERE organization_id = %s AND id {among}
"""
LEAVE = "DELETE FROM accounts_teammembership WHERE team_id = %s AND member_id {among}"
REMOVE = f"{LEAVE} RETURNING member_id"
REMOVE_ALL_BUT = REMOVE.replace("member_id {among}", "NOT (member_id {among})")
# Without a WHERE, SQLite would read ON as that of a join.
JOIN = """
    INSERT INTO accounts_teammembership (organization_id, team_id, member_id) SELECT %s, %s, id FROM {each} WHERE TRUE
    ON CONFLICT (team_id, member_id) DO NOTHING
"""
LET_IN = f"{JOIN} RETURNING member_id"
