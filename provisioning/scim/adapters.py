"""From a User to a Member, from a Group to a Team, and back: what the views call.

Registered as django-scim2's USER_ADAPTER and GROUP_ADAPTER, whose protocol they keep: `from_dict` and
`handle_operations` say what is wanted, `save` does it; a member is made ready in between (`make`). Everything that
touches data is overridden, because the stock adapters know no organization, no lock and no version (its defects
D8 to D12).
"""

from dataclasses import replace
from typing import Any, ClassVar

from django_scim.adapters import SCIMGroup, SCIMUser

from accounts import errors as accounts_errors
from accounts import members, teams
from accounts.models import Member
from provisioning.models import Action, LogStatus
from provisioning.scim import at_once, attributes, errors, memberships, operations, plain, resources
from provisioning.scim.differences import differences
from provisioning.scim.exchange import Exchange, exchange_of
from provisioning.scim.messages import Operation


def member_model() -> type[Member]:
    """Return the model behind Users (django-scim2's USER_MODEL_GETTER)."""
    return Member


class Adapter:
    """What both kinds share: whose request it is, what is wanted, what the log will say."""

    id_field = "id"
    schema: ClassVar[str]
    naming: ClassVar[str]  # the attribute by which people know such a resource
    obj: Any
    request: Any
    values: Any  # what is wanted, by column

    @property
    def exchange(self) -> Exchange:
        """The request this is part of."""
        return exchange_of(self.request)

    @property
    def location(self) -> str:
        """The address of the resource."""
        return attributes.location_of(self.obj)

    @property
    def version(self) -> str:
        """The entity tag of the resource."""
        return attributes.etag_of(self.obj)

    @property
    def is_new(self) -> bool:
        """Whether the row is still to be made."""
        return self.obj is None

    def note(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Say in the log what the request changed."""
        outcome = self.exchange.outcome
        outcome.resource_id = self.obj.id
        outcome.modified = differences(before, after)
        if not outcome.modified:
            outcome.status = LogStatus.SKIPPED

    def name(self, *, source: str, target: str) -> None:
        """Say in the log whom the request is about, whatever comes of it."""
        self.exchange.outcome.source, self.exchange.outcome.target = source, target

    def name_as_sent(self, body: dict[str, Any]) -> None:
        """Say in the log whom a creation is about, before anything of it is known to be valid."""
        said = {name.lower(): value for name, value in body.items() if isinstance(value, str)}
        names = [
            said.get(name.lower(), "")[: resources.LONGEST_VALUE] for name in ("externalId", self.naming)
        ]
        self.name(source=names[0], target=names[1])


class MemberAdapter(Adapter, SCIMUser):  # type: ignore[misc]  # django-scim2 carries no types
    """One member on its way in or out."""

    schema = resources.USER_SCHEMA
    naming = "userName"

    changed: list[str] | None = None  # the columns to be written; of a new member all

    def from_dict(self, d: dict[str, Any]) -> None:
        """Want what a whole User says; who is not said to be active stays as they are. Raises: InvalidAttribute."""
        said = plain.user(d) or resources.valid(resources.User, d)
        if not self.is_new and not resources.says(d, "active"):
            said["active"] = self.obj.is_active
        self.values = attributes.member_values(said)

    def handle_operations(self, operations_: list[Operation]) -> None:
        """Want what a PATCH leaves of the user. Raises: InvalidAttribute, InvalidOperation."""
        before = attributes.document_of(self.obj)
        after = plain.patched(before, operations_) or operations.patched(resources.User, before, operations_)
        is_added = any(each.verb == "add" and each.path.lower() == "emails" for each in operations_)
        wanted = attributes.with_one_work_email(before, after) if is_added else after
        self.values = attributes.member_values(wanted)

    def make(self) -> None:
        """Make the member what is wanted, and say so in the log. Nothing is written yet."""
        values, exchange = self.values, self.exchange
        self.name(source=values.external_id, target=values.user_name)
        if self.is_new:
            self.obj = members.new_member(
                organization_id=exchange.organization_id, values=values, now=exchange.now
            )
            self.note({}, attributes.document_of(self.obj))
            return
        before = attributes.document_of(self.obj)
        self.changed = members.change(self.obj, values, now=exchange.now)
        self.note(before, attributes.document_of(self.obj))

    def note_switch(self) -> None:
        """Say in the log whether it let the member in or out."""
        if self.changed and "is_active" in self.changed:
            self.exchange.outcome.action = Action.RESTORE if self.obj.is_active else Action.DISABLE

    def save(self) -> None:
        """Write the member. Raises: ScimError user_name_taken; ChangedMeanwhile."""
        try:
            members.write_member(self.obj, self.changed)
        except accounts_errors.UserNameTaken:
            raise errors.user_name_taken() from None
        self.note_switch()

    def save_at_once(self) -> None:
        """Write the member and the entry. Raises: NotWritten; DatabaseError."""
        self.note_switch()
        at_once.write(self.exchange, members.writing(self.obj, self.changed, provided=at_once.IF_OPEN))

    def delete(self, *, version: int | None = None) -> None:
        """Delete the member, leaving a tombstone. Raises: ChangedMeanwhile when it has not the version that is named."""
        exchange = self.exchange
        self.obj = members.delete_member(
            organization_id=exchange.organization_id, member_id=self.obj.id, now=exchange.now, version=version
        )
        self.name(source=self.obj.external_id, target=self.obj.user_name)
        self.note(attributes.document_of(self.obj), {})

    def delete_at_once(self) -> None:
        """Do the same to a member in no team, and write the entry. Raises: as `save_at_once`."""
        self.note(attributes.document_of(self.obj), {})
        deletion = members.deleting(
            self.obj, now=self.exchange.now, provided=at_once.IF_OPEN, deleted=at_once.IF_WRITTEN
        )
        at_once.write(self.exchange, *deletion)


class TeamAdapter(Adapter, SCIMGroup):  # type: ignore[misc]  # django-scim2 carries no types
    """One team on its way in or out, and who is to be in it."""

    schema = resources.GROUP_SCHEMA
    naming = "displayName"
    change = teams.MembershipChange()

    def from_dict(self, d: dict[str, Any]) -> None:
        """Want what a whole Group says, and nobody else in it. Raises: InvalidAttribute."""
        given = {name: value for name, value in d.items() if name.lower() != memberships.MEMBERS}
        listed = next((value for name, value in d.items() if name.lower() == memberships.MEMBERS), None)
        self.values = attributes.team_values(resources.valid(resources.Group, given))
        wanted = memberships.everybody_but(listed)
        self.change = replace(wanted, is_cleared=not self.is_new)  # nobody is in a new one

    def handle_operations(self, operations_: list[Operation]) -> None:
        """Want what a PATCH leaves of the group; its members are never read for it. Raises: the same."""
        about_members = [each for each in operations_ if memberships.is_about_members(each)]
        others = [each for each in operations_ if not memberships.is_about_members(each)]
        after = operations.patched(resources.Group, attributes.document_of(self.obj), others)
        self.values = attributes.team_values(after)
        self.change = memberships.change_of(about_members)

    def save(self) -> None:
        """Create or change the team. Raises: ScimError."""
        values = self.values
        before = {} if self.is_new else attributes.document_of(self.obj)
        self.name(source=values.external_id, target=values.display_name)
        exchange = self.exchange
        try:
            if self.is_new:
                self.obj = teams.create_team(
                    organization_id=exchange.organization_id, values=values, now=exchange.now
                )
                delta = teams.change_members(team=self.obj, change=self.change)
            else:
                delta = teams.update_team(team=self.obj, values=values, change=self.change, now=exchange.now)
        except accounts_errors.DisplayNameTaken:
            raise errors.display_name_taken() from None
        except accounts_errors.UnknownMembers:
            raise errors.unknown_member() from None
        self.note(before | listed(delta.removed), attributes.document_of(self.obj) | listed(delta.added))

    def save_at_once(self) -> None:
        """Write the team, who comes and goes, and the entry, if anything is to change.

        Raises: ScimError unknown_member; NotWritten; DatabaseError.
        """
        values, exchange = self.values, self.exchange
        before = attributes.document_of(self.obj)
        self.name(source=values.external_id, target=values.display_name)
        try:
            delta = teams.foreseen(self.obj, self.change)
        except accounts_errors.UnknownMembers:
            raise errors.unknown_member() from None
        changed = teams.alter(self.obj, values, delta, now=exchange.now)
        if not changed:
            raise at_once.NotWritten
        self.note(before | listed(delta.removed), attributes.document_of(self.obj) | listed(delta.added))
        written = teams.changing(
            self.obj, changed, delta, provided=at_once.IF_OPEN, changed_so=at_once.IF_WRITTEN
        )
        at_once.write(exchange, *written)

    def delete(self, *, version: int | None = None) -> None:
        """Delete the team, leaving a tombstone. Raises: ChangedMeanwhile when it has not the version that is named."""
        exchange = self.exchange
        self.obj = teams.delete_team(
            organization_id=exchange.organization_id, team_id=self.obj.id, now=exchange.now, version=version
        )
        self.name(source=self.obj.external_id, target=self.obj.display_name)
        self.note(attributes.document_of(self.obj), {})


def listed(people: dict[str, str]) -> dict[str, Any]:
    """Return those who came or went as the log shows them."""
    found = [{"value": id_, "display": people[id_]} for id_ in sorted(people)]
    return {memberships.MEMBERS: found} if found else {}
