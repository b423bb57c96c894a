"""Turn an organization's provisioning off and on."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase

from accounts import clock
from accounts.admin.pages import FormPage, SeeOther, organization_named, row_url
from accounts.admin.sites import staff_site
from accounts.admin.words import counted
from accounts.models import Member, Organization
from accounts.permissions import Ability
from provisioning import connections
from provisioning.admin.actors import actor_of
from provisioning.errors import ProvisioningError
from provisioning.models import ProvisioningStatus

LONGEST_REASON = 500
TURN = {ProvisioningStatus.ON: connections.turn_on, ProvisioningStatus.OFF: connections.turn_off}


class SwitchForm(forms.Form):
    """Which way to turn the switch, and why.

    The way was chosen by whoever saw the page: somebody else may have turned it since.
    """

    status = forms.ChoiceField(choices=ProvisioningStatus.choices, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=LONGEST_REASON, strip=True, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, data: Any = None, *, status: str) -> None:
        super().__init__(data, initial={"status": status})
        turns_off = (data or {}).get("status", status) == ProvisioningStatus.OFF
        self.fields["reason"].required = turns_off
        self.fields["reason"].help_text = (
            "The customer's admin reads it in Entra's log, word for word."
            if turns_off
            else "Not needed. The organization's admins read it in the mail."
        )


class SwitchProvisioning(FormPage):
    """Turns provisioning off or on, whichever it is not."""

    ability = Ability.SWITCH_PROVISIONING
    refusals = (ProvisioningError,)
    tab = "status"
    organization: Organization

    def load(self, **captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = organization_named(self.request, captured["organization_id"], "connection")

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form that turns the switch the other way."""
        is_on = self.organization.connection.is_on
        return SwitchForm(data, status=ProvisioningStatus.OFF if is_on else ProvisioningStatus.ON)

    def words(self) -> dict[str, Any]:
        """Say what will happen."""
        return (self.off_words() if self.organization.connection.is_on else self.on_words()) | {
            "cancel_url": row_url(self.request, self.organization)
        }

    def off_words(self) -> dict[str, Any]:
        """Say what happens while it is off."""
        count = counted(Member.objects.of_organization(self.organization.id).count(), "member")
        return {
            "title": f"Turn provisioning off for {self.organization}",
            "intro": [
                "From now on Entra's requests for users and groups are refused with 403, and it shows your "
                "reason. After a while of refusals Entra puts its job into quarantine and tries less often.",
                f"{count} and all teams stay as they are; nobody is deactivated. Discovery goes on working.",
                "You can turn it on again here. The organization's admins are told by e-mail.",
            ],
            "submit": "Turn provisioning off",
            "style": "danger",
        }

    def on_words(self) -> dict[str, Any]:
        """Say what happens when it is on again."""
        connection = self.organization.connection
        return {
            "title": f"Turn provisioning on for {self.organization}",
            "intro": [
                f"It is off, because: {connection.status_reason or 'no reason was given.'}",
                "From now on Entra's changes are taken again. If Entra has put its job into quarantine, its "
                "admin chooses Restart provisioning there.",
                "The organization's admins are told by e-mail.",
            ],
            "submit": "Turn provisioning on",
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Turn the switch. Raises: ReasonMissing."""
        connection = TURN[ProvisioningStatus(form.cleaned_data["status"])](
            organization=self.organization,
            reason=form.cleaned_data["reason"],
            by=actor_of(self.request),
            now=clock.now(),
        )
        state = connection.get_status_display()
        messages.success(self.request, f"Provisioning of {self.organization} is {state}.")
        return SeeOther(row_url(self.request, self.organization))


staff_site.add_page(
    "organizations/<uuid:organization_id>/provisioning/",
    SwitchProvisioning.as_view(),
    name="switch_provisioning",
)
