"""Issue a key to the management API, show its secret once, and revoke it."""

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
from accounts.admin.access import found, require
from accounts.admin.pages import FormPage, SeeOther, list_url, organization_named, page_url, row_url
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.strict import strict
from accounts.admin.words import counted, day, moment
from accounts.models import Operator, Organization
from accounts.permissions import Ability
from provisioning import api_keys
from provisioning.admin import secret_once
from provisioning.admin.actors import actor_of
from provisioning.errors import ProvisioningError
from provisioning.history import LONGEST_REASON
from provisioning.models import ApiKey, Scope


class KeyForm(forms.Form):
    """What a new key is called, what it may be used for, and how long it lives."""

    label = forms.CharField(
        max_length=api_keys.LONGEST_LABEL,
        help_text="Which program will use it, such as “SIEM poller”. You type it again to revoke the key.",
    )
    scopes = forms.MultipleChoiceField(
        label="What it may be used for",
        widget=forms.CheckboxSelectMultiple,
        help_text="Give it what its program needs, and no more.",
    )
    lifetime_days = forms.IntegerField(
        label="Lifetime in days",
        min_value=1,
        max_value=api_keys.LONGEST_LIFETIME_DAYS,
        initial=api_keys.DEFAULT_LIFETIME_DAYS,
        widget=forms.NumberInput(attrs={"data-hp-days": ""}),
    )

    def __init__(self, data: Any = None, *, operator: Operator) -> None:
        super().__init__(data)
        allowed = api_keys.scopes_of(operator)
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]  # a MultipleChoiceField
            (str(scope), f"{scope.label} ({scope})") for scope in Scope if scope in allowed
        ]
        days = api_keys.DEFAULT_LIFETIME_DAYS
        ends = day(clock.now() + timedelta(days=days))
        self.fields["lifetime_days"].help_text = f"{counted(days, 'day')} end on {ends}."


class IssueKey(FormPage):
    """Issues a key for one organization."""

    ability = Ability.MANAGE_API_KEYS
    refusals = (ProvisioningError,)

    def load(self, **captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = organization_named(self.request, captured.get("organization_id"))

    def make_form(self, data: Any = None) -> KeyForm:
        """Return the form, which offers what this person may do themselves."""
        return KeyForm(data, operator=self.operator)

    def words(self) -> dict[str, Any]:
        """Say what a key is."""
        return {
            "title": f"Issue API key for {self.organization}",
            "intro": [
                f"A program with the key can do what you tick, for {self.organization} and no other organization. "
                "It goes on working when whoever issued it is gone: revoke it here when it is needed no more.",
                "The secret is shown once, on the next page, for a minute.",
            ],
            "submit": "Issue API key",
            "cancel_url": list_url(self.request, ApiKey),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Issue it. Raises: InvalidLabel, InvalidLifetime, InvalidScopes."""
        given, now = form.cleaned_data, clock.now()
        issued = api_keys.issue_key(
            organization=self.organization,
            label=given["label"],
            scopes=[Scope(each) for each in given["scopes"]],
            lifetime_days=given["lifetime_days"],
            by=actor_of(self.request),
            now=now,
        )
        page = page_url(self.request, "api_key_secret", issued.key.id)
        response = SeeOther(page)
        secret_once.keep(
            response,
            secret=issued.secret,
            row_id=issued.key.id,
            page=page,
            operator_id=self.operator.id,
            now=now,
        )
        return response


class IssueStaffKey(IssueKey):
    """Issues a key that reaches every organization."""

    ability = Ability.MANAGE_STAFF_KEYS

    def load(self, **_captured: UUID) -> None:
        """Load nothing: it is for every organization."""

    def words(self) -> dict[str, Any]:
        """Say how far it reaches."""
        return super().words() | {
            "title": "Issue staff API key",
            "intro": [
                "A program with the key can do what you tick, for every organization. For a program that serves "
                "one organization, issue a key of that organization: list its API keys first.",
                "The secret is shown once, on the next page, for a minute.",
            ],
        }


@method_decorator(strict, name="dispatch")
class ShowKey(View):
    """Shows a new key's secret once. A HEAD must not use that once up, so there is none."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        """Show the secret, or say that it is gone; this page issues nothing."""
        operator = require(request, Ability.MANAGE_API_KEYS)
        key = found(request, ApiKey, key_id, "organization")
        secret = secret_once.take(
            request, row_id=key.id, digest=key.digest, operator_id=operator.id, now=clock.now()
        )
        context = {
            "secret": secret,
            "key": key,
            "expires": moment(key.expires_at),
            "api_url": f"{settings.BASE_URL}/api/v1",
            "key_url": row_url(request, key),
        }
        response = render(request, "console/api_key_secret.html", context, status=200 if secret else 410)
        secret_once.forget(response, page=request.path)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response


class RevokeKeyForm(forms.Form):
    """The label of the key, typed again by whoever ends it, and why they do."""

    label = forms.CharField(
        label="Type the key's label to confirm", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_REASON,
        help_text="Such as “the poller is gone”. It stands in the History for good; never write a secret here.",
    )

    def __init__(self, data: Any = None, *, expected: str) -> None:
        super().__init__(data)
        self.expected = expected

    def clean_label(self) -> str:
        """Return the label. Raises: ValidationError when it is another."""
        typed: str = self.cleaned_data["label"]
        if typed != self.expected:
            raise forms.ValidationError(f"This is not the label. It is: {self.expected}")
        return typed


class RevokeKey(FormPage):
    """Ends a key for good."""

    ability = Ability.MANAGE_API_KEYS
    refusals = (ProvisioningError,)
    key: ApiKey

    def load(self, **captured: UUID) -> None:
        """Load the key. Raises: Http404, PermissionDenied for a staff key unless one may issue such."""
        self.key = found(self.request, ApiKey, captured["key_id"], "organization")
        self.organization: Organization | None = self.key.organization
        if self.organization is None:
            require(self.request, Ability.MANAGE_STAFF_KEYS)

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form that asks for this key's label."""
        return RevokeKeyForm(data, expected=self.key.label)

    def words(self) -> dict[str, Any]:
        """Say what ends."""
        return {
            "title": f"Revoke {self.key}",
            "intro": [
                "From now on every call with this key is refused with 401. It can't be undone: issue another key "
                "for its program, if it is still needed.",
                f"Last used: {moment(self.key.last_used_at)}.",
            ],
            "submit": "Revoke API key",
            "style": "danger",
            "cancel_url": row_url(self.request, self.key),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Revoke it. Raises: UnknownToken."""
        api_keys.revoke_key(
            key_id=self.key.id,
            organization=self.organization,
            by=actor_of(self.request),
            now=clock.now(),
            reason=form.cleaned_data["reason"],
        )
        messages.success(self.request, f"{self.key} is revoked.")
        return SeeOther(row_url(self.request, self.key))


staff_site.add_page("api-keys/issue/", IssueStaffKey.as_view(), name="issue_staff_api_key")
staff_site.add_page(
    "organizations/<uuid:organization_id>/issue-api-key/", IssueKey.as_view(), name="issue_api_key"
)
organization_site.add_page("api-keys/issue/", IssueKey.as_view(), name="issue_api_key")
for site in (staff_site, organization_site):
    site.add_page("api-keys/<uuid:key_id>/secret/", ShowKey.as_view(), name="api_key_secret")
    site.add_page("api-keys/<uuid:key_id>/revoke/", RevokeKey.as_view(), name="revoke_api_key")
