"""Break the glass: deactivate a member by hand, take that back, restore a deleted one. Staff alone."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseBase

from accounts import clock
from accounts.admin.access import found
from accounts.admin.pages import FormPage, SeeOther, row_url
from accounts.admin.sites import staff_site
from accounts.admin.words import counted, moment
from accounts.errors import AccountsError
from accounts.models import Member, Organization, ResourceKind, Tombstone
from accounts.permissions import Ability
from accounts.tombstones import oldest, restorable_until
from provisioning import by_hand
from provisioning.admin.actors import actor_of
from provisioning.errors import ProvisioningError

Operation = Callable[..., Member]
WRITTEN_DOWN = (
    "Your name and the reason stay in the History, your name in the provisioning log too; the organization's "
    "admins read both."
)


class ReasonForm(forms.Form):
    """Why somebody breaks the glass."""

    reason = forms.CharField(
        max_length=by_hand.LONGEST_REASON,
        help_text="Such as the ticket, and who asked for it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ByHand(FormPage):
    """A form about one member or deleted member, that asks for a reason."""

    ability = Ability.BREAK_GLASS
    form_class = ReasonForm
    refusals = (AccountsError, ProvisioningError)
    tab = "directory"
    organization: Organization
    row: Member | Tombstone
    operation: ClassVar[Operation]
    done: ClassVar[str]

    def load(self, **captured: UUID) -> None:
        """Load the member. Raises: Http404."""
        self.row = found(self.request, Member, captured["member_id"], "organization")
        self.organization = self.row.organization

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Do it, and show the member. Raises: NothingToDo, NothingToRestore, UserNameTaken."""
        member = type(self).operation(
            organization=self.organization,
            member_id=self.row.pk,
            reason=form.cleaned_data["reason"],
            by=actor_of(self.request),
            now=clock.now(),
        )
        messages.success(self.request, f"{member} is {self.done}.")
        return SeeOther(row_url(self.request, member))


class DeactivateMember(ByHand):
    """Disables a member."""

    operation = staticmethod(by_hand.deactivate_member)
    done = "disabled"
    row: Member

    def words(self) -> dict[str, Any]:
        """Say what happens to the member, and what Entra will do."""
        number = self.row.memberships.count()
        kept = f"their attributes and their {counted(number, 'team')}" if number else "their attributes"
        return {
            "title": f"Deactivate {self.row} by hand",
            "intro": [
                f"{self.row} of {self.organization} is disabled at once, and signed out of the console. They "
                f"keep their id, {kept}.",
                "Entra is not told. It sends what changes on its side: the member stays disabled here until Entra "
                "changes them, or somebody chooses Restart provisioning there, which may enable them again. To "
                "make it last, have Entra's admin unassign the person or block their sign-in.",
                WRITTEN_DOWN,
            ],
            "submit": "Deactivate",
            "style": "danger",
            "cancel_url": row_url(self.request, self.row),
        }


class ActivateMember(ByHand):
    """Enables a disabled member again."""

    operation = staticmethod(by_hand.activate_member)
    done = "active again"
    row: Member

    def words(self) -> dict[str, Any]:
        """Say what happens to the member, and what Entra will do."""
        return {
            "title": f"Activate {self.row} by hand",
            "intro": [
                f"{self.row} of {self.organization} is active again at once.",
                "Entra is not told: if the person is out of scope or blocked there, it disables them again when "
                "it next sends them.",
                WRITTEN_DOWN,
            ],
            "submit": "Activate",
            "cancel_url": row_url(self.request, self.row),
        }


class RestoreMember(ByHand):
    """Brings a deleted member back."""

    operation = staticmethod(by_hand.restore_member)
    done = "restored"
    row: Tombstone

    def load(self, **captured: UUID) -> None:
        """Load what is left of the member. Raises: Http404, also when the days are over."""
        self.row = found(self.request, Tombstone, captured["tombstone_id"], "organization")
        self.organization = self.row.organization
        if self.row.kind != ResourceKind.MEMBER or self.row.deleted_at < oldest(now=clock.now()):
            raise Http404

    def words(self) -> dict[str, Any]:
        """Say what comes back, what does not, and what Entra will do."""
        return {
            "title": f"Restore {self.row.identity} by hand",
            "intro": [
                f"{self.row.identity} of {self.organization} comes back under the same id, with every attribute "
                "they had, in those of their teams that still exist. The sign-in that was linked to them stays "
                "ended. It is refused if another member bears the userName meanwhile.",
                "Entra is not told: it finds the member by userName when it next looks for them, and updates "
                "them. If it deletes them again, because they are out of scope there, they are gone again.",
                f"It is possible until {moment(restorable_until(self.row))}.",
                WRITTEN_DOWN,
            ],
            "submit": "Restore",
            "cancel_url": row_url(self.request, self.row),
        }


staff_site.add_page(
    "members/<uuid:member_id>/deactivate/", DeactivateMember.as_view(), name="deactivate_member"
)
staff_site.add_page("members/<uuid:member_id>/activate/", ActivateMember.as_view(), name="activate_member")
staff_site.add_page("deleted/<uuid:tombstone_id>/restore/", RestoreMember.as_view(), name="restore_member")
