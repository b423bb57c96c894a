"""Create, change and delete members: the only writer of that table.

Whatever writes here needs the transaction of its caller, who also writes the log entry in it; `writing` and `deleting` tell
what a caller is to run at once with the entry. What is only searched (`folded`) is written when what it follows from changes:
if `fold` ever folds otherwise, a migration has to write it anew.
Lock order everywhere: teams by id, then members by id.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import F, JSONField, QuerySet
from django.db.models.expressions import RawSQL

from accounts.compiled import (
    Compiled,
    Statement,
    amendment,
    delete,
    insert,
    insertion,
    is_postgresql,
    removal,
    run,
    statement,
    update,
)
from accounts.errors import ChangedMeanwhile, UserNameTaken, violated
from accounts.keys import fold, folded
from accounts.models import Member, ResourceKind, Team, TeamMembership, Tombstone

TEXTS = ("display_name", "given_name", "family_name", "preferred_language", "timezone")
KEYS = frozenset({"user_name", "user_name_key", "external_id", "is_active"})  # what `folded` holds nothing of
COLUMNS = Member._meta.concrete_fields  # noqa: SLF001 - Django's documented model API


@dataclass(frozen=True, kw_only=True)
class MemberValues:
    """Everything a client says of a member. Absent is the empty text; `other` is as sent."""

    user_name: str
    external_id: str = ""
    is_active: bool = True
    display_name: str = ""
    given_name: str = ""
    family_name: str = ""
    preferred_language: str = ""
    timezone: str = ""
    work_email: str = ""
    other: dict[str, Any] = field(default_factory=dict)

    def folded(self) -> dict[str, Any]:
        """Return folded what has no folded column of its own."""
        texts = {name: getattr(self, name) for name in TEXTS if getattr(self, name)}
        found: dict[str, Any] = folded(texts | self.other)
        return found

    def columns(self) -> dict[str, Any]:
        """Return the columns they fill, the folded ones included."""
        return self.columns_but_folded() | {"folded": self.folded()}

    def columns_but_folded(self) -> dict[str, Any]:
        """Return the columns they fill but `folded`, which says nothing that the others do not."""
        return vars(self) | {
            "user_name_key": fold(self.user_name),
            "work_email_key": fold(self.work_email),
        }


def values_of(member: Member) -> MemberValues:
    """Return what a member's row says, to be changed in part."""
    return MemberValues(**{column.name: getattr(member, column.name) for column in fields(MemberValues)})


def new_member(*, organization_id: UUID, values: MemberValues, now: datetime) -> Member:
    """Return a member who is still to be written."""
    return Member(organization_id=organization_id, created_at=now, modified_at=now, **values.columns())


def create_member(*, organization_id: UUID, values: MemberValues, now: datetime) -> Member:
    """Create a member. Raises: UserNameTaken, after which the transaction is to be rolled back."""
    member = new_member(organization_id=organization_id, values=values, now=now)
    write_member(member)
    return member


def change(member: Member, values: MemberValues, *, now: datetime) -> list[str]:
    """Let a member say what they are to say, not yet in the database; return the columns that are to be written.

    The version is one higher then; without a change there is nothing to write.
    """
    columns = values.columns_but_folded()
    changed = [name for name, value in columns.items() if not is_same(getattr(member, name), value)]
    if not changed:
        return []
    for name in changed:
        setattr(member, name, columns[name])
    if not KEYS.issuperset(changed):
        member.folded = values.folded()
        changed.append("folded")
    member.version += 1
    member.modified_at = now
    return [*changed, "version", "modified_at"]


def write_member(member: Member, changed: list[str] | None = None) -> None:
    """Write a new member, or the changed columns of one; whoever is deactivated keeps their teams.

    Raises: UserNameTaken; ChangedMeanwhile when somebody else wrote the member since they were read. After
    either the transaction is to be rolled back.
    """
    with naming(member):
        if changed is None:
            insert(member)
        elif changed:
            update(member, *changed, version=member.version - 1)


def writing(member: Member, changed: list[str] | None, *, provided: str) -> Statement:
    """Return the statement that `write_member` asks, where there is something to write, under one more condition."""
    if changed is None:
        return insertion(member, provided=provided)
    return amendment(member, *changed, version=member.version - 1, provided=provided)


def is_same(old: object, new: object) -> bool:
    """Whether two values are the same JSON: to Python 1 and true are."""
    if type(old) is type(new) and type(old) in (str, bool, type(None)):
        return old == new
    return old == new and json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


@contextmanager
def naming(member: Member) -> Iterator[None]:
    """Write a member within the block. Raises: UserNameTaken."""
    try:
        yield
    except IntegrityError as error:
        if violated(error, constraint="member_user_name_unique", columns="accounts_member.user_name_key"):
            raise UserNameTaken(member.user_name) from None
        raise


def members_with(organization_id: UUID, member_id: UUID) -> QuerySet[Member]:
    """Return the member of an organization that has an id, if there is one."""
    return Member.objects.of_organization(organization_id).filter(id=member_id).order_by()


def with_teams(members: QuerySet[Member]) -> QuerySet[Any]:
    """Return the same members, each of whom comes with `teams`: id and displayName of each, in order of their names.

    Of many members they are read sooner by a statement of their own.
    """
    sql = TEAMS_POSTGRESQL if is_postgresql() else TEAMS_SQLITE
    return members.annotate(teams=RawSQL(sql, (), output_field=JSONField()))  # noqa: S611 - without parameters


# OFFSET 0: each is looked up by its id. A plain join may read every team there is, where the average member has many.
TEAMS_POSTGRESQL = """
    SELECT COALESCE(
        CAST(json_agg(json_build_array(team.id, team.display_name) ORDER BY team.display_name_key, team.id) AS text), '[]'
    )
    FROM accounts_teammembership AS membership CROSS JOIN LATERAL (
        SELECT id, display_name, display_name_key FROM accounts_team WHERE id = membership.team_id OFFSET 0
    ) AS team
    WHERE membership.member_id = accounts_member.id
"""
# Its json_group_array takes no order of its own; rows come in that of the inner query.
TEAMS_SQLITE = """
    SELECT json_group_array(json_array(id, display_name)) FROM (
        SELECT team.id, team.display_name
        FROM accounts_teammembership AS membership JOIN accounts_team AS team ON team.id = membership.team_id
        WHERE membership.member_id = accounts_member.id ORDER BY team.display_name_key, team.id
    )
"""
EXAMPLES = UUID(int=1), UUID(int=2)
ONE = Compiled(
    lambda *ids: with_teams(members_with(*ids).defer("folded")), *EXAMPLES
)  # which is only searched
ONE_WHOLE = Compiled(members_with, *EXAMPLES)
ONE_LOCKED = Compiled(lambda *ids: members_with(*ids).select_for_update(), *EXAMPLES)


def member_of(*, organization_id: UUID, member_id: UUID) -> Member:
    """Return the member with their teams. Raises: Member.DoesNotExist."""
    member: Member = ONE.one(organization_id, member_id)
    return member


def whole_member(*, organization_id: UUID, member_id: UUID) -> Member:
    """Return the member with all that is only searched, too. Raises: Member.DoesNotExist."""
    member: Member = ONE_WHOLE.one(organization_id, member_id)
    return member


def locked_member(*, organization_id: UUID, member_id: UUID) -> Member:
    """Return the member, locked until the transaction ends. Raises: Member.DoesNotExist."""
    member: Member = ONE_LOCKED.one(organization_id, member_id)
    return member


def delete_member(
    *, organization_id: UUID, member_id: UUID, now: datetime, version: int | None = None
) -> Member:
    """Delete a member, leave a tombstone, and return what was deleted.

    Their teams are locked first and get a new version. The sign-in of an operator linked to them is ended:
    sessions and links of before stay dead, even if it is allowed again. Raises: Member.DoesNotExist; ChangedMeanwhile when a team took them in between,
    or they have not the version that is named (roll back and try again).
    """
    team_ids = team_ids_of(organization_id, member_id)
    teams = Team.objects.of_organization(organization_id).filter(id__in=team_ids)
    if team_ids:
        list(teams.order_by("id").select_for_update().values_list("id"))
    member = locked_member(organization_id=organization_id, member_id=member_id)
    if version not in (None, member.version) or not team_ids_of(organization_id, member_id) <= team_ids:
        raise ChangedMeanwhile
    insert(tombstone_of(member, team_ids=team_ids, now=now))
    if team_ids:
        run(LEAVE, member_id)
        teams.update(version=F("version") + 1, modified_at=now)
    run(END_SIGN_IN, now, member_id)
    delete(member)  # everything that points to the member is gone by now
    return member


def deleting(member: Member, *, now: datetime, provided: str, deleted: str) -> tuple[Statement, ...]:
    """Return the statements that do the same to a member in no team who has the version that was read.

    The first one deletes under one condition, and the others follow if it did, which is another. Who is in a team by then
    can't be deleted so: to be run at once, since what points to a member is looked at in the end.
    """
    return (
        removal(member, version=member.version, provided=provided),
        insertion(tombstone_of(member, team_ids=set(), now=now), provided=deleted),
        statement(f"{END_SIGN_IN} AND {deleted}", now, member.id),
    )


def team_ids_of(organization_id: UUID, member_id: UUID) -> set[UUID]:
    """Return which teams a member is in."""
    return {team_id for (team_id,) in TEAM_IDS.rows(organization_id, member_id)}


TEAM_IDS = Compiled(
    lambda organization_id, member_id: (
        TeamMembership.objects.of_organization(organization_id)
        .filter(member_id=member_id)
        .order_by()
        .values_list("team_id")
    ),
    *EXAMPLES,
)
LEAVE = "DELETE FROM accounts_teammembership WHERE member_id = %s"
# What was ended before keeps its date.
END_SIGN_IN = """
    UPDATE accounts_operator SET ended_at = CASE WHEN is_active THEN %s ELSE ended_at END,
    is_active = FALSE, member_id = NULL WHERE member_id = %s
"""


def tombstone_of(member: Member, *, team_ids: set[UUID], now: datetime) -> Tombstone:
    """Return the tombstone of a member, still to be written: all it takes to restore them."""
    columns = {column.attname: getattr(member, column.attname) for column in COLUMNS}
    snapshot = {name: value if is_plain(value) else str(value) for name, value in columns.items()}
    return Tombstone(
        id=member.id,
        organization_id=member.organization_id,
        kind=ResourceKind.MEMBER,
        identity=member.user_name,
        snapshot=snapshot | {"team_ids": sorted(map(str, team_ids))},
        deleted_at=now,
    )


def is_plain(value: object) -> bool:
    """Whether JSON holds a value as it is."""
    return value is None or isinstance(value, bool | int | str | dict)
