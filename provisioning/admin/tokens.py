"""Tokens as metadata: never a secret. What is done about one stands in `token_forms.py`."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.access import may
from accounts.admin.pages import StaffPage, row_url
from accounts.admin.questions import OrganizationQuestion
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Fact, Section, ago, hover, link, moment
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning.admin.addresses import issue_url, revoke_url, rotate_url
from provisioning.admin.states import SOON, token_badge
from provisioning.models import ScimToken

MOST_SHOWN = 20


def in_state(state: str, now: datetime) -> Q:
    """Return the condition of a token's state."""
    live = Q(revoked_at__isnull=True, expires_at__gt=now)
    return {
        "live": live,
        "soon": live & Q(expires_at__lte=now + SOON),
        "expired": Q(revoked_at__isnull=True, expires_at__lte=now),
        "revoked": Q(revoked_at__isnull=False),
    }[state]


class TokenQuestion(OrganizationQuestion):
    """Asks for the tokens of an organization, and by their state."""

    state = forms.ChoiceField(
        required=False,
        label="State",
        choices=[
            ("", "Any state"),
            ("live", "Live"),
            ("soon", "Expiring in 30 days"),
            ("expired", "Expired"),
            ("revoked", "Revoked"),
        ],
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the tokens that answer what was asked."""
        state = self.answer("state")
        return super().narrow(rows.filter(in_state(state, clock.now())) if state else rows)


@admin.register(ScimToken, site=staff_site)
class TokenPage(StaffPage):
    """Every token's metadata."""

    question_class = TokenQuestion
    list_display = [
        "shown_name",
        "organization",
        "shown_state",
        "shown_expiry",
        "shown_use",
        "shown_issue",
    ]
    list_select_related = ["organization", "issued_by"]
    empty = "No token answers this. Open an organization and choose Issue token."

    @admin.display(description="Token")
    def shown_name(self, token: ScimToken) -> str:
        """Return what it is called, and how it ends."""
        return str(token)

    @admin.display(description="State")
    def shown_state(self, token: ScimToken) -> SafeString:
        """Return whether it opens the door."""
        return token_badge(token, now=clock.now())

    @admin.display(description="Expires")
    def shown_expiry(self, token: ScimToken) -> str:
        """Return when it ends by itself."""
        return moment(token.expires_at)

    @admin.display(description="Last used")
    def shown_use(self, token: ScimToken) -> SafeString:
        """Return when and from where it was used last."""
        return last_use(token, clock.now())

    @admin.display(description="Issued")
    def shown_issue(self, token: ScimToken) -> str:
        """Return when and by whom it was issued."""
        return f"{moment(token.issued_at)} by {issuer(token)}"

    def sections(self, _request: HttpRequest, row: ScimToken) -> list[Section]:
        """Return what is known of the token."""
        return [
            Section(title="Token", note="Its secret was shown once and is kept nowhere.", facts=facts_of(row))
        ]

    def buttons(self, request: HttpRequest, row: ScimToken) -> list[Button]:
        """Return what can be done about the token."""
        ways = [Button("Organization", row_url(row.organization))]
        if not may(request, Ability.MANAGE_TOKENS):
            return ways
        if not row.is_live(clock.now()):
            return [Button("Issue another token", issue_url(row.organization), "primary"), *ways]
        return [
            Button("Rotate", rotate_url(row), "primary"),
            Button("Revoke", revoke_url(row), "danger"),
            *ways,
        ]


def facts_of(token: ScimToken) -> list[Fact]:
    """Return everything that may be said of a token."""
    now = clock.now()
    ended = f"{moment(token.revoked_at)} by {token.revoked_by or 'the command line'}"
    predecessor = token.rotated_from
    return [
        Fact("Organization", link(str(token.organization), row_url(token.organization))),
        Fact("State", token_badge(token, now=now)),
        Fact("Ends in", f"…{token.last_four}", is_code=True),
        Fact("Issued", f"{moment(token.issued_at)} by {issuer(token)}"),
        Fact("Expires", moment(token.expires_at)),
        Fact("Last used", last_use(token, now)),
        Fact("Revoked", ended if token.revoked_at else "no"),
        Fact("Successor of", link(str(predecessor), row_url(predecessor)) if predecessor else "–"),
        Fact("Id", str(token.id), is_code=True),
    ]


def last_use(token: ScimToken, now: datetime) -> SafeString:
    """Return when and from where a token was used last."""
    where = f" from {token.last_used_from}" if token.last_used_from else ""
    return hover(ago(token.last_used_at, now=now) + where, moment(token.last_used_at))


def issuer(token: ScimToken) -> str:
    """Return who issued a token."""
    return token.issued_by.name if token.issued_by else "the command line"


def tokens_section(organization: Organization) -> Section:
    """Return an organization's newest tokens, for its page."""
    now = clock.now()
    newest = ScimToken.objects.of_organization(organization.id).order_by("-issued_at", "id")[:MOST_SHOWN]
    return Section(
        title="Tokens",
        headers=["Token", "State", "Last used", "Expires"],
        rows=[
            [
                link(str(each), row_url(each)),
                token_badge(each, now=now),
                last_use(each, now),
                moment(each.expires_at),
            ]
            for each in newest
        ],
        empty="No token yet: Entra can't connect. Choose Issue token.",
    )
