"""What is left of deleted members and teams, for how long, and the way back for a member."""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from accounts.compiled import insert
from accounts.errors import NothingToRestore
from accounts.members import MemberValues, naming
from accounts.models import Member, ResourceKind, Team, TeamMembership, Tombstone
from accounts.querysets import TenantQuerySet

KEPT_DAYS = 30


def oldest(*, now: datetime) -> datetime:
    """Return since when something must have been deleted to be restored."""
    return now - timedelta(days=KEPT_DAYS)


def expired(*, now: datetime) -> TenantQuerySet[Tombstone]:
    """Return the tombstones from which nobody can be restored any more."""
    return Tombstone.objects.filter(deleted_at__lt=oldest(now=now))


def kept(*, now: datetime) -> TenantQuerySet[Tombstone]:
    """Return the tombstones that still count."""
    return Tombstone.objects.filter(deleted_at__gte=oldest(now=now))


def restorable_until(tombstone: Tombstone) -> datetime:
    """Return until when somebody can be restored."""
    return tombstone.deleted_at + timedelta(days=KEPT_DAYS)


def restore_member(*, organization_id: UUID, member_id: UUID, now: datetime) -> tuple[Member, list[str]]:
    """Bring a deleted member back under the same id, as they were, in those of their teams that still exist.

    Returns the member and the names of the teams, which get a new version as the member does. Needs the
    transaction of its caller, to be rolled back after a refusal. Raises: NothingToRestore; UserNameTaken.
    """
    tombstones = kept(now=now).of_organization(organization_id).filter(id=member_id, kind=ResourceKind.MEMBER)
    tombstone = tombstones.select_for_update().first()
    if tombstone is None:
        raise NothingToRestore(
            f"There is no such deleted member, or the {KEPT_DAYS} days in which one can be restored are over."
        )
    snapshot = tombstone.snapshot
    teams = Team.objects.of_organization(organization_id).filter(id__in=snapshot["team_ids"])
    locked = list(teams.order_by("id").select_for_update(no_key=True))
    member = as_it_was(tombstone, now=now)
    with naming(member):
        insert(member)
    TeamMembership.objects.bulk_create(
        TeamMembership(organization_id=organization_id, team=team, member=member) for team in locked
    )
    teams.filter(id__in=[team.id for team in locked]).update(version=F("version") + 1, modified_at=now)
    Tombstone.objects.filter(id=member_id).delete()
    return member, sorted(team.display_name for team in locked)


def as_it_was(tombstone: Tombstone, *, now: datetime) -> Member:
    """Return the member that a tombstone remembers, one version on; it is not written yet."""
    snapshot: dict[str, Any] = tombstone.snapshot
    values = MemberValues(**{column.name: snapshot[column.name] for column in fields(MemberValues)})
    return Member(
        id=tombstone.id,
        organization_id=tombstone.organization_id,
        version=snapshot["version"] + 1,
        created_at=datetime.fromisoformat(snapshot["created_at"]),
        modified_at=now,
        **values.columns(),
    )
