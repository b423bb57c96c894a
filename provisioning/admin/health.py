"""How an organization's connection is and was, for its page on either console."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.access import visit_of
from accounts.admin.pages import list_url, row_url
from accounts.admin.words import Button, Fact, Section, Tone, ago, counted, lasting, link, moment
from accounts.models import Member, Organization, Team
from provisioning import entries, figures
from provisioning.admin.cycles import next_in_words
from provisioning.admin.sentences import sentence_of
from provisioning.admin.states import health_badge
from provisioning.figures import Hours, Work
from provisioning.models import (
    HealthPeriod,
    HealthState,
    LogStatus,
    ProvisioningCycle,
    ProvisioningLogEntry,
)

MOST_SHOWN = 10
MOST_FAILURES = 5
MANY = 0.5
NOT_LOOKED = "The background process has not looked at this organization yet."


@dataclass(frozen=True)
class Look:
    """How an hour of the tracker looks: by its colour and by a sign, for whoever sees no colour."""

    name: str
    sign: str
    label: str


NOTHING = Look("none", "", "Nothing asked for")
WELL = Look(Tone.GOOD, "✓", "All succeeded")
SOME = Look(Tone.CAREFUL, "!", "Some failed")
MOST = Look(Tone.BAD, "×", "Half or more failed")


def health_sentence(state: str | None, *, is_on: bool, contact_at: datetime | None, now: datetime) -> str:
    """Return how a connection is, and when Entra was last heard of."""
    heard = f"Entra was last heard of {ago(contact_at, now=now)}." if contact_at else "Entra never called."
    if not is_on:
        return f"Provisioning is off: Entra’s changes are refused. {heard}"
    return f"{HealthState(state).label if state else 'Not judged yet'}: provisioning is on. {heard}"


def health_section(organization: Any, newest: ProvisioningCycle | None, *, now: datetime) -> Section:
    """Return how the connection is, since when and why, and what is expected next.

    `organization` carries `health_state`, `health_reason`, `health_since` and `last_contact_at`.
    """
    state, since = health_badge(organization.health_state), organization.health_since
    facts = [
        Fact("Health", format_html("{} since {}", state, moment(since)) if since else state),
        Fact("Why", organization.health_reason or NOT_LOOKED),
        Fact("Last contact from Entra", moment(organization.last_contact_at)),
        Fact("Next cycle expected", next_in_words(newest, now=now)),
    ]
    return Section(title="Health", facts=facts)


def day_of(organization: Organization, *, now: datetime) -> Hours:
    """Return the hours of the last day that had any work, for the sections below to share. One query."""
    return figures.work_by_hour(since=now - figures.DAY, organization_id=organization.id)


def tracker_section(
    _request: HttpRequest, organization: Organization, *, now: datetime, hours: Hours | None = None
) -> Section:
    """Return the last 24 hours, hour by hour."""
    hours = day_of(organization, now=now) if hours is None else hours
    cells = figures.hours_of_last_day(hours, now=now)
    context = {
        "hours": [hour_context(start, work) for start, work in cells],
        "start": f"{cells[0][0].astimezone(UTC):%H:%M}",
        "looks": [WELL, SOME, MOST, NOTHING],
    }
    return Section(
        title="The last 24 hours",
        note="Hour by hour in UTC: how the changes ended that Entra asked for.",
        body=render_to_string("console/tracker.html", context),
    )


def hour_context(start: datetime, work: Work) -> dict[str, str]:
    """Return what the tracker says of an hour."""
    look, utc = look_of(work), start.astimezone(UTC)
    said = f"{counted(work.operations, 'operation')}, {work.failed:,} failed" if work.operations else "none"
    return {"look": look.name, "sign": look.sign, "text": f"{utc:%Y-%m-%d %H}:00 to {utc:%H}:59 UTC: {said}"}


def look_of(work: Work) -> Look:
    """Return how an hour looks."""
    if work.rate is None:
        return NOTHING
    if not work.failed:
        return WELL
    return SOME if work.rate > MANY else MOST


def figures_section(
    request: HttpRequest, organization: Organization, *, now: datetime, hours: Hours | None = None
) -> Section:
    """Return an organization's figures: members, teams, and the operations of 24 hours; each leads to its list."""
    hours = day_of(organization, now=now) if hours is None else hours
    work = figures.work_of_last_day(hours, now=now)
    members, active = figures.members_of(organization_id=organization.id)
    teams = Team.objects.of_organization(organization.id).count()
    since = (now - figures.DAY).astimezone(UTC).date().isoformat()
    shown = [
        figure("Members", f"{members:,}", f"{active:,} active", list_of(request, Member, organization)),
        figure("Teams", f"{teams:,}", "", list_of(request, Team, organization)),
        figure(
            "Operations, 24 h",
            f"{work.operations:,}",
            f"{work.failed:,} failed",
            list_of(request, ProvisioningLogEntry, organization, since=since),
        ),
        figure(
            "Success rate, 24 h",
            percent(work),
            "of the changes asked for",
            list_of(request, ProvisioningLogEntry, organization, since=since, status=LogStatus.FAILURE),
        ),
    ]
    return Section(title="In figures", body=figures_markup(shown))


def figure(label: str, value: str, aside: str, url: str) -> dict[str, str]:
    """Return a figure as the template wants it."""
    return {"label": label, "value": value, "aside": aside, "url": url}


def figures_markup(shown: list[dict[str, str]]) -> SafeString:
    """Return figures beside each other, each a link."""
    return render_to_string("console/figures.html", {"figures": shown})


def percent(work: Work) -> str:
    """Return which share succeeded. It says 100 % only when nothing failed.

    >>> percent(Work(100_000, 1)), percent(Work(8, 0))
    ('99.9 %', '100 %')
    """
    if work.rate is None:
        return "–"
    return f"{int(work.rate * 1000) / 10:.1f} %" if work.failed else "100 %"


def list_of(request: HttpRequest, model: Any, organization: Organization, **question: str) -> str:
    """Return where an organization's rows are listed; in its own console nothing names it."""
    whose = {} if visit_of(request).organization else {"organization": organization.slug}
    return list_url(request, model, **whose, **question)


def latest_failures_section(request: HttpRequest, organization: Organization, *, now: datetime) -> Section:
    """Return an organization's newest failures, each with what to do about it."""
    log = ProvisioningLogEntry.objects.of_organization(organization.id)
    newest = entries.with_status(log, LogStatus.FAILURE).order_by("-at", "-id")[:MOST_FAILURES]
    rows: list[list[str | SafeString]] = [
        [
            format_html('<span title="{}">{}</span>', moment(each.at), ago(each.at, now=now)),
            link(sentence_of(each), row_url(request, each)),
            each.detail or "–",
        ]
        for each in newest
    ]
    url = list_of(request, ProvisioningLogEntry, organization, status=LogStatus.FAILURE)
    return Section(
        title="Latest failures",
        headers=["When", "What happened", "Why, and what to do"],
        rows=rows,
        empty="Nothing was refused as far as the log reaches.",
        buttons=[Button("All failures", url)] if rows else [],
    )


def tenant_url_fact() -> Fact:
    """Return the address that is pasted into Entra, with a button that copies it."""
    return Fact(
        "Tenant URL", render_to_string("console/tenant_url.html", {"tenant_url": settings.TENANT_URL})
    )


def history_section(organization: Any, *, now: datetime) -> Section:
    """Return how the connection was lately."""
    periods = HealthPeriod.objects.of_organization(organization.id)[:MOST_SHOWN]
    return Section(
        title="Health so far",
        note=f"The last {MOST_SHOWN} states, newest first.",
        headers=["State", "Since", "For", "Why"],
        rows=[
            [
                health_badge(each.state),
                moment(each.started_at),
                lasting((each.ended_at or now) - each.started_at),
                each.reason,
            ]
            for each in periods
        ],
        empty="Nothing is known yet.",
    )
