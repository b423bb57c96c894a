"""Break the glass: do by hand to a member what Entra does else, with a reason that stays written.

Each is one transaction: the change, what the history says of it, and as its last statement the entry of
the log, so that here too a change exists if and only if its entry does. Entra is not asked, and may set
back at its next cycle what was done here.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts import members, tombstones
from accounts.errors import UserNameTaken
from accounts.models import Member, Organization
from accounts.texts import check_line
from provisioning import history, logs
from provisioning.errors import NothingToDo
from provisioning.history import Actor
from provisioning.logs import ModifiedProperty, Outcome
from provisioning.models import Action, AuditKind

LONGEST_REASON = 500
DONE = 200
# What the log calls a member's columns: the names of Entra's mapping page.
NAMES = {
    "externalId": "external_id",
    "userName": "user_name",
    "displayName": "display_name",
    "name.givenName": "given_name",
    "name.familyName": "family_name",
    "active": "is_active",
    "preferredLanguage": "preferred_language",
    "timezone": "timezone",
    'emails[type eq "work"].value': "work_email",
}


def deactivate_member(
    *, organization: Organization, member_id: UUID, reason: str, by: Actor, now: datetime
) -> Member:
    """Disable a member: they keep their id and their teams, and the operator linked to them is out at once.

    Raises: InvalidValue (`accounts.errors`) without a reason; NothingToDo.
    """
    return set_active(organization, member_id, is_active=False, reason=reason, by=by, now=now)


def activate_member(
    *, organization: Organization, member_id: UUID, reason: str, by: Actor, now: datetime
) -> Member:
    """Take a disabling back. Raises: InvalidValue (`accounts.errors`) without a reason; NothingToDo."""
    return set_active(organization, member_id, is_active=True, reason=reason, by=by, now=now)


def set_active(
    organization: Organization, member_id: UUID, *, is_active: bool, reason: str, by: Actor, now: datetime
) -> Member:
    """Set whether a member is active, under their lock."""
    reason, now = checked(reason), whole_milliseconds(now)
    kind = AuditKind.MEMBER_RESTORED if is_active else AuditKind.MEMBER_DEACTIVATED
    with transaction.atomic():
        try:
            member = members.locked_member(organization_id=organization.id, member_id=member_id)
        except Member.DoesNotExist:
            raise NothingToDo("This member was deleted meanwhile.") from None
        if member.is_active == is_active:
            raise NothingToDo(f"{member} is {'active' if is_active else 'disabled'} already.")
        values = replace(members.values_of(member), is_active=is_active)
        members.write_member(member, members.change(member, values, now=now))
        note(
            member,
            kind,
            Action.RESTORE if is_active else Action.DISABLE,
            modified=[ModifiedProperty("active", not is_active, is_active)],
            organization=organization,
            reason=reason,
            by=by,
            now=now,
        )
    return member


def restore_member(
    *, organization: Organization, member_id: UUID, reason: str, by: Actor, now: datetime
) -> Member:
    """Bring a deleted member back under the same id, with their attributes and those teams that still exist.

    Raises: InvalidValue (`accounts.errors`) without a reason; NothingToRestore (there) when the days are
    over; UserNameTaken (there) when somebody else bears the userName meanwhile.
    """
    reason, now = checked(reason), whole_milliseconds(now)
    with transaction.atomic():
        try:
            member, teams = tombstones.restore_member(
                organization_id=organization.id, member_id=member_id, now=now
            )
        except UserNameTaken as taken:
            raise UserNameTaken(
                f"Another member has the userName {taken} meanwhile, so this one can't be restored. Find them "
                "under Members; Entra has most likely created the person anew."
            ) from None
        note(
            member,
            AuditKind.MEMBER_RESTORED,
            Action.RESTORE,
            modified=everything_of(member, teams),
            organization=organization,
            reason=reason,
            by=by,
            now=now,
        )
    return member


def note(
    member: Member,
    kind: AuditKind,
    action: Action,
    *,
    modified: list[ModifiedProperty],
    organization: Organization,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Write the history, and as the transaction's last statement the entry of the log."""
    history.record(kind, by=by, now=now, organization=organization, subject=member, reason=reason)
    outcome = Outcome(
        action=action,
        resource_type="User",
        resource_id=member.id,
        source=member.external_id,
        target=member.user_name,
        modified=modified,
        http_status=DONE,
        by=by.shown,
    )
    logs.write(logs.by_hand(organization_id=organization.id, at=now, address=by.address), outcome)


def everything_of(member: Member, teams: list[str]) -> list[ModifiedProperty]:
    """Return every attribute that a member has again, and their teams."""
    values: dict[str, Any] = {name: getattr(member, column) for name, column in NAMES.items()}
    values |= {name: value for name, value in member.other.items() if name != "emails"}
    values |= {"emails": member.other.get("emails"), "groups": teams}
    return [
        ModifiedProperty(name, None, value) for name, value in values.items() if value not in ("", None, [])
    ]


def checked(reason: str) -> str:
    """Return a reason without the blanks around it. Raises: InvalidValue (`accounts.errors`)."""
    check_line("reason", reason.strip(), longest=LONGEST_REASON)
    return reason.strip()


def whole_milliseconds(now: datetime) -> datetime:
    """Return a time as precise as meta.lastModified shows it."""
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
