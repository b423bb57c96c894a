"""What a CSM sees first: how the fleet is and what to do next. Seven queries, none of them of the log."""

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.access import may
from accounts.admin.pages import list_url
from accounts.admin.words import Section, counted
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning import figures
from provisioning.admin.attention import attention_section
from provisioning.admin.health import figure, figures_markup, percent
from provisioning.admin.states import HEALTH_TONES
from provisioning.figures import Cause, Hours, Work
from provisioning.models import HealthState, LogStatus, ProvisioningLogEntry, ScimToken
from provisioning.problems import BY_CODE

DAYS = 14
MOST_CAUSES = 10
LEAST_SEEN = 2.0  # how much of a bar its failures are at least, in percent of the chart's height
FLEET = [
    HealthState.HEALTHY,
    HealthState.DEGRADED,
    HealthState.SILENT,
    HealthState.QUARANTINE_RISK,
    HealthState.WAITING,
    HealthState.OFF,
]
UNJUDGED = "unjudged"


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the first page. Registered as UNFOLD["DASHBOARD_CALLBACK"]."""
    now, fleet = clock.now(), figures.fleet()
    if not fleet:
        is_allowed = may(request, Ability.CREATE_ORGANIZATION)
        url = reverse("admin:accounts_organization_add") if is_allowed else ""
        return context | {"is_empty": True, "create_url": url}
    hours = figures.work_by_hour(since=figures.first_of_days(now=now, days=DAYS))
    return context | {
        "figures": figures_markup(first_figures(request, fleet, hours, now=now)),
        "chart": chart_section(request, hours, now=now),
        "fleet": fleet_section(request, fleet),
        "sections": [attention_section(request, now=now), causes_section(request, now=now)],
    }


def first_figures(
    request: HttpRequest, fleet: dict[str, int], hours: Hours, *, now: datetime
) -> list[dict[str, str]]:
    """Return the four figures, each with the list of what it counts."""
    work, since = figures.work_of_last_day(hours, now=now), since_yesterday(now)
    off = fleet.get(HealthState.OFF, 0)
    tokens = ScimToken.objects.filter(figures.to_renew(now=now)).count()
    log = ProvisioningLogEntry
    return [
        figure("Organizations", f"{sum(fleet.values()):,}", f"{off:,} off", list_url(request, Organization)),
        figure(
            "Operations, 24 h",
            f"{work.operations:,}",
            f"{work.failed:,} failed",
            list_url(request, log, since=since),
        ),
        figure(
            "Success rate, 24 h",
            percent(work),
            "see what failed",
            list_url(request, log, since=since, status=LogStatus.FAILURE),
        ),
        figure(
            "Tokens to renew", f"{tokens:,}", "end within 30 days", list_url(request, ScimToken, state="soon")
        ),
    ]


def since_yesterday(now: datetime) -> str:
    """Return the day in which the last 24 hours began, as the log is asked for it."""
    return (now - figures.DAY).astimezone(UTC).date().isoformat()


def chart_section(request: HttpRequest, hours: Hours, *, now: datetime) -> Section:
    """Return the operations of two weeks as bars, and the same as a table."""
    days = figures.days_of(hours, now=now, days=DAYS)
    peak_day, peak = max(days, key=lambda each: each[1].operations)
    together = figures.total(work for _, work in days)
    most = max(peak.operations, 1)
    context = {
        "bars": [bar_context(request, day, work, most=most) for day, work in days],
        "said": f"{counted(together.operations, 'operation')} in {DAYS} days, {together.failed:,} failed. "
        f"The most on one day: {peak.operations:,}, on {peak_day:%A} {peak_day.day} {peak_day:%B}.",
        "most": f"{peak.operations:,}",
    }
    return Section(
        title=f"Provisioning operations, last {DAYS} days",
        note="Days in UTC; today is not over. Skipped changes count as succeeded.",
        body=render_to_string("console/chart.html", context),
    )


def bar_context(request: HttpRequest, day: date, work: Work, *, most: int) -> dict[str, Any]:
    """Return a day's bar, in percent of the chart: the failed on top of the succeeded, never too thin to see."""
    height = max(100 * work.operations / most, 2 * LEAST_SEEN) if work.operations else 0.0
    failed = max(100 * work.failed / most, LEAST_SEEN) if work.failed else 0.0
    failed = min(failed, height - LEAST_SEEN if work.succeeded else height)
    top = 100 - height
    iso = day.isoformat()
    return {
        "day": f"{day:%a} {day.day} {day:%b}",
        "number": f"{day.day}",
        "month": f"{day:%b}",
        "failed_top": f"{top:.2f}",
        "failed_height": f"{failed:.2f}",
        "top": f"{top + failed:.2f}",
        "height": f"{height - failed:.2f}",
        "succeeded": f"{work.succeeded:,}",
        "failed": f"{work.failed:,}",
        "url": list_url(request, ProvisioningLogEntry, since=iso, until=iso),
    }


def fleet_section(request: HttpRequest, fleet: dict[str, int]) -> Section:
    """Return how many organizations are in each state, each a link to them."""
    everyone = sum(fleet.values())
    states: list[tuple[str, str, str]] = [
        (state, str(state.label), HEALTH_TONES[state])
        for state in FLEET
        if state in fleet or state in FLEET[:4]
    ]
    if fleet.get(""):
        states.append((UNJUDGED, "Not judged yet", "quiet"))
    levels = [
        {
            "label": label,
            "count": f"{count:,}",
            "tone": tone,
            "width": f"{100 * count / everyone:.2f}",
            "url": list_url(request, Organization, health=state),
        }
        for state, label, tone in states
        for count in [fleet.get("" if state == UNJUDGED else state, 0)]
    ]
    return Section(title="Fleet health", body=render_to_string("console/levels.html", {"levels": levels}))


def causes_section(request: HttpRequest, *, now: datetime) -> Section:
    """Return why changes failed in the last 24 hours, the commonest first."""
    causes = figures.causes_of_last_day(now=now, most=MOST_CAUSES)
    return Section(
        title="Failures of the last 24 hours, by cause",
        note=f"The {MOST_CAUSES} commonest. Each leads to its entries, which say what to change in Entra.",
        headers=["Cause", "How often", "Organization", "Why"],
        rows=[cause_row(request, each, now=now) for each in causes],
        empty="No change failed in the last 24 hours.",
    )


def cause_row(request: HttpRequest, cause: Cause, *, now: datetime) -> list[str | SafeString]:
    """Return a cause as a row: what was answered, how often, to whom, and why."""
    problem = BY_CODE.get(cause.code)
    answered = f"{problem.status} {cause.code}" if problem else cause.code or "no code"
    return [
        format_html(
            '<a class="hp-link hp-unbroken" href="{}">{}</a>', cause_url(request, cause, now=now), answered
        ),
        f"× {cause.count:,}",
        cause.organization,
        problem.why if problem else "–",
    ]


def cause_url(request: HttpRequest, cause: Cause, *, now: datetime) -> str:
    """Return where the entries of a cause are listed."""
    asked = {"organization": cause.slug, "status": LogStatus.FAILURE, "since": since_yesterday(now)}
    return list_url(
        request, ProvisioningLogEntry, **asked, **({"error_code": cause.code} if cause.code else {})
    )
