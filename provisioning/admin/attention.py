"""What a CSM has to see to: which organization, why in words, for how long, and the one thing to do."""

from datetime import datetime
from typing import Any

from django.db.models import Case, Value, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.access import may
from accounts.admin.pages import list_url, page_url, row_url
from accounts.admin.words import Button, Section, lasting, link, moment
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning import figures
from provisioning.admin.states import health_badge, token_badge
from provisioning.models import (
    HealthState,
    LogStatus,
    ProvisioningCycle,
    ProvisioningLogEntry,
    ScimToken,
)

MOST_SHOWN = 10
WORST_FIRST = Case(
    *(When(state=state, then=Value(rank)) for rank, state in enumerate(figures.TROUBLES)),
    default=Value(len(figures.TROUBLES)),
)
Row = list[str | SafeString]


def attention_section(request: HttpRequest, *, now: datetime) -> Section:
    """Return the organizations that somebody has to see to, the worst first. Two queries."""
    periods = troubled_periods(now)
    known = {each.organization_id for each in periods}
    tokens = [each for each in ending_tokens(now) if each.organization_id not in known]
    rows = [period_row(request, each, now=now) for each in periods]
    rows += [token_row(request, each, now=now) for each in tokens]
    buttons = [Button("All that need attention", list_url(request, Organization, attention="on"))]
    return Section(
        title="Needs attention",
        note=f"The {MOST_SHOWN} worst. What is waited for counts after a week." if rows else "",
        headers=["Organization", "State", "Why", "Since", "What to do"],
        rows=rows[:MOST_SHOWN],
        empty="Nothing: every organization is healthy, off, or newly waiting, and no last token ends soon.",
        buttons=buttons if len(rows) > MOST_SHOWN else [],
    )


def troubled_periods(now: datetime) -> list[Any]:
    """Return the worst of what is troubled, and one more than is shown."""
    periods = (
        figures.troubled(now=now)
        .select_related("organization__watch")
        .annotate(
            contact_at=figures.last_contact("organization_id"),
            token_until=figures.token_until("organization_id"),
        )
    )
    return list(periods.order_by(WORST_FIRST, "started_at", "id")[: MOST_SHOWN + 1])


def ending_tokens(now: datetime) -> list[ScimToken]:
    """Return the last tokens that end first, enough of them to fill the table beside what is troubled."""
    tokens = figures.last_tokens_ending(now=now).select_related("organization")
    return list(tokens.order_by("expires_at", "id")[: 2 * MOST_SHOWN + 1])


def period_row(request: HttpRequest, period: Any, *, now: datetime) -> Row:
    """Return what is the matter with an organization's provisioning."""
    return [
        link(str(period.organization), row_url(request, period.organization)),
        health_badge(period.state),
        period.reason,
        unbroken(f"for {lasting(now - period.started_at)}", moment(period.started_at)),
        pressed(way_out(request, period, now=now)),
    ]


def token_row(request: HttpRequest, token: ScimToken, *, now: datetime) -> Row:
    """Return that an organization's last token ends."""
    is_over = token.expires_at <= now
    why = (
        "No token of the organization works any more: Entra is refused with 401."
        if is_over
        else f"“{token.label}” is its last token. When it ends, Entra is refused with 401."
    )
    when = "ended" if is_over else "ends"
    return [
        link(str(token.organization), row_url(request, token.organization)),
        token_badge(token, now=now),
        why,
        unbroken(f"{when} {token.expires_at:%Y-%m-%d}", moment(token.expires_at)),
        pressed(renewal(request, token, now=now)),
    ]


def pressed(button: Button) -> SafeString:
    """Return a way on as a small button in a table."""
    return format_html('<a class="hp-button hp-slim" href="{}">{}</a>', button.url, button.label)


def unbroken(text: str, exact: str) -> SafeString:
    """Return a rough time on one line that shows the exact one on hover."""
    return format_html('<span class="hp-unbroken" title="{}">{}</span>', exact, text)


def way_out(request: HttpRequest, period: Any, *, now: datetime) -> Button:
    """Return the one thing that helps."""
    slug = period.organization.slug
    if needs_token(period, now=now):
        return new_token(request, period.organization)
    if period.state == HealthState.SILENT:
        return Button("See cycles", list_url(request, ProvisioningCycle, organization=slug))
    if period.state == HealthState.WAITING:
        return Button("See tokens", list_url(request, ScimToken, organization=slug))
    failures = {"organization": slug, "status": LogStatus.FAILURE}
    return Button("See failures", list_url(request, ProvisioningLogEntry, **failures))


def needs_token(period: Any, *, now: datetime) -> bool:
    """Whether Entra can't come in before it gets a token that works."""
    if period.token_until is None or period.token_until <= now:
        return True
    refused_at, contact_at = period.organization.watch.refused_at, period.contact_at
    is_refused = refused_at is not None and (contact_at is None or refused_at > contact_at)
    return period.state == HealthState.QUARANTINE_RISK and is_refused


def renewal(request: HttpRequest, token: ScimToken, *, now: datetime) -> Button:
    """Return the way to the token after one that ends."""
    if may(request, Ability.ISSUE_TOKENS) and token.is_live(now):
        return Button("Rotate token", page_url(request, "rotate_token", token.pk))
    return new_token(request, token.organization)


def new_token(request: HttpRequest, organization: Organization) -> Button:
    """Return the way to a new token; whoever may issue none sees those there are."""
    if may(request, Ability.ISSUE_TOKENS):
        return Button("Issue token", page_url(request, "issue_token", organization.pk))
    return Button("See tokens", list_url(request, ScimToken, organization=organization.slug))
