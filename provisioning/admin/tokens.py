"""Tokens as metadata: never a secret. What is done about one stands in `token_forms.py`."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.access import may, visit_of
from accounts.admin.pages import Cells, RowsPage, page_url, row_url, whose_facts
from accounts.admin.paging import Leaf
from accounts.admin.questions import OrganizationQuestion, Question
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import (
    Button,
    Fact,
    Section,
    Tone,
    ago,
    badge,
    counted,
    days_until,
    hover,
    link,
    links,
    moment,
)
from accounts.permissions import Ability
from provisioning.admin.live import live_section
from provisioning.admin.states import SOON, token_badge
from provisioning.figures import to_renew
from provisioning.models import ScimToken

YOUNG = timedelta(hours=1)


def in_state(state: str, now: datetime) -> Q:
    """Return the condition of a token's state."""
    live = Q(revoked_at__isnull=True, expires_at__gt=now)
    return {
        "live": live,
        "soon": to_renew(now=now),
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
            ("soon", "To renew: ends in 30 days, no successor"),
            ("expired", "Expired"),
            ("revoked", "Revoked"),
        ],
    )

    q = forms.CharField(required=False, label="Label or last four characters", widget=forms.SearchInput)

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the tokens that answer what was asked."""
        state, text = self.answer("state"), self.answer("q")
        if text:
            rows = rows.filter(Q(label__icontains=text) | Q(last_four=text))
        return super().narrow(rows.filter(in_state(state, clock.now())) if state else rows)


@admin.register(ScimToken, site=staff_site)
@admin.register(ScimToken, site=organization_site)
class TokenPage(RowsPage):
    """Every token's metadata, and what can be done about it."""

    question_class = TokenQuestion
    related = ("organization__connection", "issued_by", "revoked_by", "rotated_from")
    tab = "tokens"
    searched_as, search_rank, icon = "Token", 2, "key"
    note = "A secret is shown once, to whoever issues it, and is kept nowhere."

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the tokens, each with the time its successor was issued."""
        successors = ScimToken.objects.filter(rotated_from=OuterRef("pk")).order_by("-issued_at")
        tokens: QuerySet[Any] = super().rows(request)
        succeeded: QuerySet[Any] = tokens.annotate(succeeded_at=Subquery(successors.values("issued_at")[:1]))
        return succeeded

    def list_title(self) -> str:
        """Return what it is called."""
        return "Tokens"

    def ordering_for(self, question: Question) -> tuple[str, ...]:
        """Return the order for which there is an index."""
        return ("-issued_at", "id") if question.whose else ("expires_at", "id")

    def list_section(self, request: HttpRequest, leaf: Leaf) -> Section:
        """Return the table; without a token, what to do next."""
        section = super().list_section(request, leaf)
        if any(request.GET.values()):
            return replace(section, empty="No token answers this. Choose Show all.")
        if visit_of(request).organization:
            return replace(section, empty="No token yet: Entra can’t connect. Ask your CSM for one.")
        return replace(section, empty="No token yet. Open an organization and choose Issue token.")

    def list_buttons(self, request: HttpRequest, question: Question) -> list[Button]:
        """Return the way to a new token."""
        if may(request, Ability.ISSUE_TOKENS) and question.whose:
            return [Button("Issue token", page_url(request, "issue_token", question.whose.pk), "primary")]
        return asking(request)

    def cells(self, request: HttpRequest, row: Any) -> Cells:
        """Return what it is called, how it stands, when it was used, and what can be done about it."""
        now = clock.now()
        ways = self.ways(request, row, now)
        can_anything = may(request, Ability.ISSUE_TOKENS) or may(request, Ability.REVOKE_TOKENS)
        return {
            "Token": format_html('{} <span class="hp-whole">(…{})</span>', row.label, row.last_four),
            **self.whose(request, row.organization),
            "State": token_badge(row, now=now),
            "Expires": expiry(row, now),
            "Last used": use(row, now),
            "Issued": f"{moment(row.issued_at)} by {issuer(row)}",
            **({"What you can do": links(ways) if ways else "–"} if can_anything else {}),
        }

    def sections(self, request: HttpRequest, row: Any) -> list[Section]:
        """Return what is known of the token, and whether Entra calls with it."""
        now = clock.now()
        known = Section(title="Token", note=self.note, facts=facts_of(request, row))
        if not row.is_live(now):
            return [known]
        since = row.issued_at if now - row.issued_at < YOUNG else now
        return [known, live_section(request, row.organization, row, since=since)]

    def buttons(self, request: HttpRequest, row: ScimToken) -> list[Button]:
        """Return what can be done about the token."""
        ways = self.ways(request, row, clock.now())
        if ways:
            return ways
        if may(request, Ability.ISSUE_TOKENS):
            url = page_url(request, "issue_token", row.organization_id)
            return [Button("Issue another token", url, "primary")]
        return asking(request)

    def ways(self, request: HttpRequest, row: ScimToken, now: datetime) -> list[Button]:
        """Return what can be done about a token while it lives."""
        if not row.is_live(now):
            return []
        ways = []
        if may(request, Ability.ISSUE_TOKENS):
            ways.append(Button("Rotate", page_url(request, "rotate_token", row.id), "primary"))
        if may(request, Ability.REVOKE_TOKENS):
            ways.append(Button("Revoke", page_url(request, "revoke_token", row.id), "danger"))
        return ways


def asking(request: HttpRequest) -> list[Button]:
    """Return an org admin's way to a new token."""
    if not may(request, Ability.REQUEST_TOKENS):
        return []
    return [Button("Ask your CSM for a new token", page_url(request, "request_token"), "primary")]


def facts_of(request: HttpRequest, token: Any) -> list[Fact]:
    """Return everything that may be said of a token, as `TokenPage.rows` returns it."""
    now = clock.now()
    ender = token.revoked_by or token.revoked_by_name or "the command line"
    ended = f"{moment(token.revoked_at)} by {ender}"
    older = token.rotated_from
    newer = ScimToken.objects.filter(rotated_from=token).order_by("-issued_at").first()
    return [
        *whose_facts(request, token.organization),
        Fact("State", token_badge(token, now=now)),
        Fact("Secret", f"hpt_…{token.last_four}", is_code=True),
        Fact("Issued", f"{moment(token.issued_at)} by {issuer(token)}"),
        Fact("Expires", expiry(token, now)),
        Fact("Last used", use(token, now)),
        Fact("Revoked", ended if token.revoked_at else "no"),
        Fact("Successor of", told(request, older, now) if older else "–"),
        Fact("Successor", told(request, newer, now) if newer else "–"),
        Fact("Id", str(token.id), is_code=True),
    ]


def told(request: HttpRequest, token: ScimToken, now: datetime) -> SafeString:
    """Return a token beside another: its name, how it stands and when it was used last."""
    name, state = link(str(token), row_url(request, token)), token_badge(token, now=now)
    return format_html("{} {} last used {}", name, state, last_use(token, now))


def expiry(token: ScimToken, now: datetime) -> str | SafeString:
    """Return when a token ends; the days it has left, where its state does not say them."""
    if not token.is_live(now) or token.expires_at <= now + SOON:
        return moment(token.expires_at)
    left = f"{counted(days_until(token.expires_at, now=now), 'day')} left"
    return format_html("{} {}", moment(token.expires_at), badge(left, Tone.GOOD))


def use(token: Any, now: datetime) -> SafeString:
    """Return when and from where a token was used last; of one with a successor, whether it still is."""
    if token.succeeded_at is None or not token.is_live(now):
        return last_use(token, now)
    if token.last_used_at is not None and token.last_used_at > token.succeeded_at:
        still = hover(f"Still used {place_of_use(token, now)}", moment(token.last_used_at))
        return format_html("{} {}", still, badge("Entra has not got the successor", Tone.CAREFUL))
    idle = badge("Not used since its successor was issued", Tone.GOOD)
    return format_html("{} {}", last_use(token, now), idle)


def last_use(token: ScimToken, now: datetime) -> SafeString:
    """Return when and from where a token was used last."""
    return hover(place_of_use(token, now), moment(token.last_used_at))


def place_of_use(token: ScimToken, now: datetime) -> str:
    """Return how long ago and from where a token was used last."""
    where = f" from {token.last_used_from}" if token.last_used_from else ""
    return ago(token.last_used_at, now=now) + where


def issuer(token: ScimToken) -> str:
    """Return who issued a token."""
    return token.issued_by.name if token.issued_by else token.issued_by_name or "the command line"
