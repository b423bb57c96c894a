"""From a User to a Member and back: what django-scim2's views call.

Registered as django-scim2's USER_ADAPTER. Everything that touches data is overridden, because the
stock adapter knows no organization, no lock, no version (its defects D8 to D12).
"""

from typing import Any

from django_scim.adapters import SCIMUser

from accounts import errors as accounts_errors
from accounts import members
from accounts.models import Member
from provisioning.scim import attributes, errors, resources
from provisioning.scim.exchange import Exchange, exchange_of


def member_model() -> type[Member]:
    """Return the model behind Users (django-scim2's USER_MODEL_GETTER)."""
    return Member


class MemberAdapter(SCIMUser):  # type: ignore[misc]  # django-scim2 carries no types
    """One member on its way in or out, inside one exchange."""

    id_field = "id"

    def __init__(self, obj: Member, request: Any = None) -> None:
        super().__init__(obj, request)
        self.values: members.MemberValues | None = None

    @property
    def exchange(self) -> Exchange:
        """The request this is part of."""
        return exchange_of(self.request)

    @property
    def location(self) -> str:
        """The address of the user."""
        return attributes.location_of(self.obj)

    @property
    def version(self) -> str:
        """The entity tag of the user."""
        return attributes.etag_of(self.obj)

    def to_dict(self) -> dict[str, Any]:
        """Return the user as it is sent."""
        return attributes.user_document(self.obj)

    def validate_dict(self, d: dict[str, Any]) -> None:
        """Check a POST's body and keep what it says. Raises: ScimError invalid_value."""
        try:
            self.values = attributes.values_of(resources.new_user(d))
        except resources.InvalidAttribute as fault:
            raise errors.invalid_value(attribute=fault.attribute, reason=fault.reason) from None

    def from_dict(self, d: dict[str, Any]) -> None:
        """Do nothing: `validate_dict` has read it."""

    def save(self) -> None:
        """Create the member. Raises: ScimError user_name_taken."""
        if self.values is None:
            message = "validate_dict comes first"
            raise RuntimeError(message)
        outcome = self.exchange.outcome
        outcome.source, outcome.target = self.values.external_id, self.values.user_name
        try:
            self.obj = members.create_member(
                organization_id=self.exchange.organization_id, values=self.values, now=self.exchange.now
            )
        except accounts_errors.UserNameTaken:
            raise errors.user_name_taken() from None
        outcome.resource_id = self.obj.id
        outcome.modified = attributes.differences({}, self.to_dict())

    def delete(self) -> None:
        """Delete the member, leaving a tombstone. Raises: ScimError not_found."""
        try:
            self.obj = members.delete_member(
                organization_id=self.exchange.organization_id, member_id=self.obj.id, now=self.exchange.now
            )
        except Member.DoesNotExist:
            raise errors.not_found(resource="user") from None
        self.note_identity()
        self.exchange.outcome.modified = attributes.differences(self.to_dict(), {})

    def note_identity(self) -> None:
        """Say in the log whom the request is about."""
        outcome = self.exchange.outcome
        outcome.resource_id = self.obj.id
        outcome.source, outcome.target = self.obj.external_id, self.obj.user_name
