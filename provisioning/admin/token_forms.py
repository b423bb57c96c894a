"""Issue, rotate and revoke a token."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase

from accounts import clock
from accounts.admin.access import may
from accounts.admin.pages import FormPage, SeeOther, found, organization_named, page_url, row_url
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import ago, counted, day, moment
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning import tokens
from provisioning.admin import secret_once
from provisioning.admin.actors import actor_of
from provisioning.admin.form_parts import Confirmation, Why
from provisioning.admin.live import whence
from provisioning.errors import ProvisioningError
from provisioning.history import LONGEST_REASON
from provisioning.models import ScimToken

USUAL_OVERLAP_DAYS = 7
MOST_OFFERED = 20
NONE = "none"
ISSUE_AND_END = "Issue, and end the old one at once"
FOR_GOOD = "Such as the ticket. It stands in the History for good; never write a secret here."


class LifetimeForm(forms.Form):
    """How long a token is to live, and why it is issued; where another ends at once, it asks once more."""

    lifetime_days = forms.IntegerField(
        label="Lifetime in days",
        min_value=1,
        max_value=tokens.LONGEST_LIFETIME_DAYS,
        initial=tokens.DEFAULT_LIFETIME_DAYS,
        widget=forms.NumberInput(attrs={"data-hp-days": ""}),
    )
    reason = Why(help_text=FOR_GOOD)
    ends: ScimToken | None = None

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        days = self.get_initial_for_field(self.fields["lifetime_days"], "lifetime_days")
        ends = day(clock.now() + timedelta(days=days))
        self.fields["lifetime_days"].help_text = f"{counted(days, 'day')} end on {ends}."

    def confirm_end_of(self, token: ScimToken) -> None:
        """Ask once more where the overlap that was sent ends this token at once."""
        try:
            overlap = self.fields["overlap_days"].clean(self.data.get("overlap_days"))
        except forms.ValidationError:
            return
        if overlap != 0:
            return
        self.ends = token
        self.fields["confirmed"] = Confirmation(
            answer=str(token.id),
            says=f"End {token} at once: Entra is refused with 401 until the new secret is pasted there.",
            submit=ISSUE_AND_END,
        )

    def given(self) -> dict[str, Any]:
        """Return what was answered, without the confirmation."""
        return {name: value for name, value in self.cleaned_data.items() if name != "confirmed"}


class IssueForm(LifetimeForm):
    """What a new token is called, how long it lives, and which token it replaces, if any."""

    replaces = forms.ChoiceField(
        required=False, label="Which token does it replace?", widget=forms.RadioSelect, initial=""
    )
    label = forms.CharField(
        max_length=tokens.LONGEST_LABEL,
        help_text="Who will use it, such as “Entra production”. You type it again to revoke the token.",
    )
    overlap_days = forms.IntegerField(
        required=False,
        label="Overlap in days",
        min_value=0,
        max_value=tokens.LONGEST_OVERLAP_DAYS,
        initial=USUAL_OVERLAP_DAYS,
        help_text="How long the token that is replaced goes on working, 0 to 30 days. 0 ends it at once.",
    )
    field_order = ["replaces", "overlap_days", "label", "lifetime_days"]

    def __init__(self, data: Any = None, *, live: list[ScimToken], now: datetime) -> None:
        super().__init__(data)
        if not live:
            del self.fields["replaces"], self.fields["overlap_days"]
            return
        rows = [(str(each.id), described(each, now)) for each in live]
        self.fields["replaces"].choices = [(NONE, "None: it works beside the others"), *rows]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["replaces"].initial = NONE
        self.fields["label"].required = False
        self.fields[
            "label"
        ].help_text = (
            "Who will use it, such as “Entra production”. A token that replaces another keeps its label."
        )
        named = self.data.get("replaces")
        for each in live:
            if str(each.id) == named:
                self.confirm_end_of(each)

    @property
    def replaced(self) -> UUID | None:
        """The token that is to be replaced."""
        answer = self.cleaned_data.get("replaces") or NONE
        return None if answer == NONE else UUID(answer)

    def clean(self) -> dict[str, Any]:
        """Check what goes together: a successor needs an overlap, any other token a label."""
        if self.errors:
            return self.cleaned_data
        if self.replaced and self.cleaned_data["overlap_days"] is None:
            self.add_error("overlap_days", "Say how long the old token goes on working.")
        if not self.replaced and not self.cleaned_data["label"]:
            self.add_error("label", "A token of its own needs a label.")
        return self.cleaned_data


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

    def __init__(self, data: Any = None, *, old: ScimToken, is_lost: bool, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        if not is_lost:  # the page of a lost secret has said so before
            self.confirm_end_of(old)


class RevokeForm(forms.Form):
    """The label of the token, typed again by whoever ends it, and why they do."""

    label = forms.CharField(
        label="Type the token's label to confirm", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    reason = forms.CharField(
        label="Reason",
        max_length=LONGEST_REASON,
        help_text="Such as “seen in a chat”. It stands in the History for good; never write a secret here.",
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


def described(token: ScimToken, now: datetime) -> str:
    """Return a token as a choice: its name, when it was used last and when it ends."""
    used = f"last used {ago(token.last_used_at, now=now)}" if token.last_used_at else "never used"
    return f"{token}, {used}, ends {moment(token.expires_at)}"


class TokenFormPage(FormPage):
    """A form about one token or its organization."""

    ability = Ability.ISSUE_TOKENS
    refusals = (ProvisioningError,)
    tab = "tokens"
    organization: Organization
    token: ScimToken
    ends_at_once = False

    def load(self, **captured: UUID) -> None:
        """Load the token. Raises: Http404."""
        self.token = found(self.request, ScimToken, captured["token_id"], "organization")
        self.organization = self.token.organization

    def show_once(self, issued: tokens.IssuedToken) -> HttpResponse:
        """Go to the page that shows the new secret."""
        page = page_url(self.request, "token_secret", issued.token.id)
        response = SeeOther(page)
        secret_once.keep(
            response,
            secret=issued.secret,
            row_id=issued.token.id,
            page=page,
            operator_id=self.operator.id,
            now=clock.now(),
        )
        return response


class IssueToken(TokenFormPage):
    """Issues a token for an organization."""

    def load(self, **captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = organization_named(self.request, captured["organization_id"])

    def make_form(self, data: Any = None) -> IssueForm:
        """Return the form; where there are live tokens, it offers to replace one."""
        now = clock.now()
        live = tokens.live_tokens(self.organization, now=now)[:MOST_OFFERED]
        form = IssueForm(data, live=list(live), now=now)
        self.ends_at_once = form.ends is not None
        return form

    def words(self) -> dict[str, Any]:
        """Say what a token is."""
        return {
            "title": f"Issue token for {self.organization}",
            "intro": [
                "Whoever holds the token can create, change and delete every member and team of "
                f"{self.organization}. Its other tokens go on working, unless this one replaces one of them.",
                "The secret is shown once, on the next page, for a minute: have Entra's Provisioning page "
                "open. The organization's admins are told by e-mail, without the secret.",
            ],
            "submit": ISSUE_AND_END if self.ends_at_once else "Issue token",
            "style": "danger" if self.ends_at_once else "primary",
            "cancel_url": row_url(self.request, self.organization),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Issue it, or rotate. Raises: InvalidLabel, InvalidLifetime, UnknownToken, TokenNotLive."""
        given, replaced = form.cleaned_data, form.replaced  # type: ignore[attr-defined]  # an IssueForm
        whose: Any = {
            "organization": self.organization,
            "by": actor_of(self.request),
            "now": clock.now(),
            "lifetime_days": given["lifetime_days"],
            "reason": given["reason"],
        }
        if replaced is None:
            return self.show_once(tokens.issue_token(label=given["label"], **whose))
        return self.show_once(
            tokens.rotate_token(token_id=replaced, overlap_days=given["overlap_days"], **whose)
        )


class RotateToken(TokenFormPage):
    """Issues a successor of a token; at once, when its secret was lost before anybody used it."""

    @property
    def is_lost(self) -> bool:
        """Whether the old token is to end at once."""
        return self.request.GET.get("overlap_days") == "0"

    def make_form(self, data: Any = None) -> RotateForm:
        """Return the form; the successor lives as long as the old token was to."""
        lifetime = max((self.token.expires_at - self.token.issued_at).days, 1)
        overlap = 0 if self.is_lost else USUAL_OVERLAP_DAYS
        initial = {"lifetime_days": lifetime, "overlap_days": overlap}
        form = RotateForm(data, old=self.token, is_lost=self.is_lost, initial=initial)
        self.ends_at_once = form.ends is not None
        return form

    def words(self) -> dict[str, Any]:
        """Say what becomes of the old token."""
        now = clock.now()
        until = "at once" if self.is_lost else "when the overlap is over: paste the new one into Entra before"
        submit = ISSUE_AND_END if self.ends_at_once else "Issue the successor"
        title = f"Revoke {self.token} and issue it again" if self.is_lost else f"Rotate {self.token}"
        return {
            "title": title,
            "intro": [
                f"This issues a new token for {self.organization} under the same label. Its secret is shown "
                "once, on the next page, for a minute.",
                f"The old token ends {until}. It was last used: "
                f"{ago(self.token.last_used_at, now=now)}{whence(self.token.last_used_from)}.",
            ],
            "submit": "Revoke and issue again" if self.is_lost else submit,
            "style": "danger" if self.is_lost or self.ends_at_once else "primary",
            "cancel_url": row_url(self.request, self.token),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Rotate it. Raises: UnknownToken, TokenNotLive, InvalidLifetime."""
        issued = tokens.rotate_token(
            token_id=self.token.id,
            organization=self.organization,
            by=actor_of(self.request),
            now=clock.now(),
            **form.given(),  # type: ignore[attr-defined]  # a RotateForm
        )
        return self.show_once(issued)


class RevokeToken(TokenFormPage):
    """Ends a token for good."""

    ability = Ability.REVOKE_TOKENS

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form that asks for this token's label."""
        return RevokeForm(data, expected=self.token.label)

    def words(self) -> dict[str, Any]:
        """Say what ends, and what stays."""
        now = clock.now()
        used = f"{ago(self.token.last_used_at, now=now)}{whence(self.token.last_used_from)}"
        return {
            "title": f"Revoke {self.token}",
            "intro": [
                "Within a second Entra's calls with this token are refused with 401. It can't be undone: "
                f"to connect again, {self.way_back}.",
                self.what_goes_on(now),
                f"Members and teams of {self.organization} stay as they are. Its admins are told by e-mail.",
                f"Last used: {used}.",
            ],
            "submit": "Revoke token",
            "style": "danger",
            "cancel_url": row_url(self.request, self.token),
        }

    @property
    def way_back(self) -> str:
        """How whoever asks would connect again."""
        return (
            "issue a new token" if may(self.request, Ability.ISSUE_TOKENS) else "ask your CSM for a new token"
        )

    def what_goes_on(self, now: datetime) -> str:
        """Return whether provisioning goes on without this token."""
        others = tokens.live_tokens(self.organization, now=now).exclude(id=self.token.id).count()
        if others or not self.token.is_live(now):
            return f"The other live tokens of {self.organization} go on working: {others}."
        return (
            f"It is the last live token of {self.organization}: provisioning stops, and Entra puts the job into "
            "quarantine, until a new token is pasted into Entra."
        )

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Revoke it. Raises: UnknownToken."""
        tokens.revoke_token(
            token_id=self.token.id,
            organization=self.organization,
            by=actor_of(self.request),
            now=clock.now(),
            reason=form.cleaned_data["reason"],
        )
        messages.success(self.request, f"{self.token} is revoked.")
        return SeeOther(row_url(self.request, self.token))


staff_site.add_page(
    "organizations/<uuid:organization_id>/issue-token/", IssueToken.as_view(), name="issue_token"
)
staff_site.add_page("tokens/<uuid:token_id>/rotate/", RotateToken.as_view(), name="rotate_token")
staff_site.add_page("tokens/<uuid:token_id>/revoke/", RevokeToken.as_view(), name="revoke_token")
organization_site.add_page("tokens/<uuid:token_id>/revoke/", RevokeToken.as_view(), name="revoke_token")
