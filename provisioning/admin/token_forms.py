"""Issue, rotate and revoke a token, and show a new secret once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View

from accounts import clock
from accounts.admin.access import require
from accounts.admin.pages import FormPage, SeeOther, found, row_url
from accounts.admin.sites import staff_site
from accounts.admin.strict import strict
from accounts.admin.words import day, moment
from accounts.models import Operator, Organization
from accounts.permissions import Ability
from provisioning import tokens
from provisioning.admin import secret_once
from provisioning.admin.addresses import issue_url, revoke_url, secret_url
from provisioning.errors import ProvisioningError
from provisioning.models import ScimToken

USUAL_OVERLAP_DAYS = 7


class LifetimeForm(forms.Form):
    """How long a token is to live."""

    lifetime_days = forms.IntegerField(
        label="Lifetime in days",
        min_value=1,
        max_value=tokens.LONGEST_LIFETIME_DAYS,
        initial=tokens.DEFAULT_LIFETIME_DAYS,
        widget=forms.NumberInput(attrs={"data-hp-days": ""}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        ends = day(clock.now() + timedelta(days=tokens.DEFAULT_LIFETIME_DAYS))
        self.fields["lifetime_days"].help_text = f"{tokens.DEFAULT_LIFETIME_DAYS} days end on {ends}."


class IssueForm(LifetimeForm):
    """What a new token is called, and how long it lives."""

    label = forms.CharField(
        max_length=tokens.LONGEST_LABEL,
        help_text="Who will use it, such as “Entra production”. You type it again to revoke the token.",
    )
    field_order = ["label", "lifetime_days"]


class RotateForm(LifetimeForm):
    """How long the old token lives on beside the new one."""

    overlap_days = forms.IntegerField(
        label="Overlap in days",
        min_value=0,
        max_value=tokens.LONGEST_OVERLAP_DAYS,
        initial=USUAL_OVERLAP_DAYS,
        help_text="How long the old token goes on working, 0 to 30 days. 0 ends it at once.",
    )
    field_order = ["overlap_days", "lifetime_days"]


class RevokeForm(forms.Form):
    """The label of the token, typed again by whoever ends it."""

    label = forms.CharField(
        label="Type the token's label to confirm", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, data: Any = None, *, expected: str = "") -> None:
        super().__init__(data)
        self.expected = expected

    def clean_label(self) -> str:
        """Return the label. Raises: ValidationError when it is another."""
        typed: str = self.cleaned_data["label"]
        if typed != self.expected:
            raise forms.ValidationError(f"This is not the label. It is: {self.expected}")
        return typed


class TokenFormPage(FormPage):
    """A form about one token or its organization."""

    ability = Ability.MANAGE_TOKENS
    refusals = (ProvisioningError,)
    organization: Organization
    token: ScimToken

    def load(self, **captured: UUID) -> None:
        """Load the token. Raises: Http404."""
        self.token = found(ScimToken, captured["token_id"], "organization")
        self.organization = self.token.organization

    def show_once(self, issued: tokens.IssuedToken) -> HttpResponse:
        """Go to the page that shows the new secret."""
        response = SeeOther(secret_url(issued.token))
        secret_once.keep(response, issued=issued, operator_id=self.operator.id, now=clock.now())
        return response


class IssueToken(TokenFormPage):
    """Issues a token for an organization."""

    form_class = IssueForm

    def load(self, **captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = found(Organization, captured["organization_id"])

    def words(self) -> dict[str, Any]:
        """Say what a token is."""
        return {
            "title": f"Issue token for {self.organization}",
            "intro": [
                "Whoever holds the token can create, change and delete every member and team of "
                f"{self.organization}. Its other tokens go on working.",
                "The secret is shown once, on the next page, for a minute: have Entra's Provisioning page "
                "open. The organization's admins are told by e-mail, without the secret.",
            ],
            "submit": "Issue token",
            "cancel_url": row_url(self.organization),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Issue it. Raises: InvalidLabel, InvalidLifetime."""
        issued = tokens.issue_token(
            organization=self.organization, issued_by=self.operator, now=clock.now(), **form.cleaned_data
        )
        return self.show_once(issued)


class RotateToken(TokenFormPage):
    """Issues a successor of a token."""

    form_class = RotateForm

    def words(self) -> dict[str, Any]:
        """Say what becomes of the old token."""
        return {
            "title": f"Rotate {self.token}",
            "intro": [
                f"This issues a new token for {self.organization} under the same label. Its secret is shown "
                "once, on the next page, for a minute.",
                "The old token ends when the overlap is over: paste the new one into Entra before.",
            ],
            "submit": "Issue the successor",
            "cancel_url": row_url(self.token),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Rotate it. Raises: UnknownToken, TokenNotLive, InvalidLifetime."""
        issued = tokens.rotate_token(
            token_id=self.token.id,
            organization=self.organization,
            issued_by=self.operator,
            now=clock.now(),
            **form.cleaned_data,
        )
        return self.show_once(issued)


class RevokeToken(TokenFormPage):
    """Ends a token for good."""

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form that asks for this token's label."""
        return RevokeForm(data, expected=self.token.label)

    def words(self) -> dict[str, Any]:
        """Say what ends, and what stays."""
        return {
            "title": f"Revoke {self.token}",
            "intro": [
                "Within a second Entra's calls with this token are refused with 401. It can't be undone: "
                "to connect again, issue a new token.",
                f"Members and teams of {self.organization} stay as they are, and its other tokens go on "
                "working. Its admins are told by e-mail.",
                f"Last used: {moment(self.token.last_used_at)}.",
            ],
            "submit": "Revoke token",
            "style": "danger",
            "cancel_url": row_url(self.token),
        }

    def act(self, _form: forms.Form) -> HttpResponseBase:
        """Revoke it. Raises: UnknownToken."""
        tokens.revoke_token(
            token_id=self.token.id,
            organization=self.organization,
            revoked_by=self.operator,
            now=clock.now(),
        )
        messages.success(self.request, f"{self.token} is revoked.")
        return SeeOther(row_url(self.token))


@method_decorator(strict, name="dispatch")
class ShowSecret(View):
    """Shows a new token's secret once. A HEAD must not use that once up, so there is none."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, token_id: UUID) -> HttpResponse:
        """Show the secret, or say that it is gone; this page issues nothing."""
        operator = require(request, Ability.MANAGE_TOKENS)
        token = found(ScimToken, token_id, "organization")
        response = self.answer(request, token, operator)
        secret_once.forget(response, token_id=token.id)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response

    def answer(self, request: HttpRequest, token: ScimToken, operator: Operator) -> HttpResponse:
        """Return the page with the secret, or without."""
        secret = secret_once.take(request, token=token, operator_id=operator.id, now=clock.now())
        context = {
            "secret": secret,
            "tenant_url": settings.TENANT_URL,
            "token": token,
            "expires": moment(token.expires_at),
            "organization_url": row_url(token.organization),
            "issue_url": issue_url(token.organization),
            "revoke_url": revoke_url(token),
        }
        return render(request, "console/secret.html", context, status=200 if secret else 410)


staff_site.add_page(
    "organizations/<uuid:organization_id>/issue-token/", IssueToken.as_view(), name="issue_token"
)
staff_site.add_page("tokens/<uuid:token_id>/rotate/", RotateToken.as_view(), name="rotate_token")
staff_site.add_page("tokens/<uuid:token_id>/revoke/", RevokeToken.as_view(), name="revoke_token")
staff_site.add_page("tokens/<uuid:token_id>/secret/", ShowSecret.as_view(), name="token_secret")
