"""An org admin asks for a new token."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase

from accounts import clock
from accounts.admin.pages import FormPage, SeeOther, list_url, organization_named
from accounts.admin.sites import organization_site
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning import tokens
from provisioning.admin.actors import actor_of
from provisioning.errors import ProvisioningError
from provisioning.history import LONGEST_REASON
from provisioning.models import ScimToken


class RequestForm(forms.Form):
    """What an org admin tells their CSM."""

    message = forms.CharField(
        required=False,
        label="Message (optional)",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Such as why, until when, and how to hand the secret over. Never write a secret here.",
    )


class RequestToken(FormPage):
    """Asks an organization's CSM for a token, by mail."""

    ability = Ability.REQUEST_TOKENS
    form_class = RequestForm
    refusals = (ProvisioningError,)
    tab = "tokens"
    organization: Organization

    def load(self, **_captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = organization_named(self.request, None, "success_manager")

    def words(self) -> dict[str, Any]:
        """Say who is asked."""
        return {
            "title": "Ask your CSM for a new token",
            "intro": [
                f"This sends {self.asked} an e-mail. They issue the token and hand its secret to you: agree on a "
                "safe way, not by e-mail.",
                "You can ask once an hour, until a token is issued. Your tokens go on working meanwhile.",
            ],
            "submit": "Ask for a token",
            "cancel_url": list_url(self.request, ScimToken),
        }

    @property
    def asked(self) -> str:
        """Who gets the mail."""
        manager = self.organization.success_manager
        return f"{manager.name}, your CSM," if manager and manager.is_active else "the owners of HootProv"

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Ask. Raises: TokenRequested."""
        tokens.request_token(
            organization=self.organization, by=actor_of(self.request), now=clock.now(), **form.cleaned_data
        )
        messages.success(self.request, "Your request is on its way, and stands in the History.")
        return SeeOther(list_url(self.request, ScimToken))


organization_site.add_page("tokens/ask/", RequestToken.as_view(), name="request_token")
