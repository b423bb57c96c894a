"""What an org admin sees first: how provisioning is, in a sentence; then the figures that bear it out.

A time in the sentence is in UTC, as everywhere on the consoles and in the log, and beside it in the
organization's own zone where that is another.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from accounts import clock
from accounts.admin.access import visit_of
from accounts.admin.pages import organization_named, page_url
from accounts.admin.words import Button, Fact, Section, ago, moment
from accounts.models import Organization
from provisioning import cycles, figures, health, notifications
from provisioning.admin.cycles import newest_section
from provisioning.admin.health import (
    NOT_LOOKED,
    figures_section,
    latest_failures_section,
    tenant_url_fact,
    tracker_section,
)
from provisioning.admin.states import connection_badge, health_badge
from provisioning.models import HealthPeriod, HealthState, ProvisioningCycle


def status(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the first page. Registered as UNFOLD_CONSOLE["DASHBOARD_CALLBACK"]."""
    organization = organization_named(request, None, "connection")
    now, newest = clock.now(), cycles.newest_cycle(organization.id)
    if newest is not None:
        newest.organization = organization
    period = health.present_period(organization.id)
    seen_at = newest.last_seen_at if newest else None
    contact = figures.last_contact_of(organization.id, seen_at=seen_at)
    return context | {
        "visit": visit_of(request),
        "badge": health_badge(period.state if period else None),
        "heading": sentence(organization, period, newest, contact, now=now),
        "why": period.reason if period else NOT_LOOKED,
        "sections": [
            figures_section(request, organization, now=now),
            tracker_section(request, organization, now=now),
            connection_section(request, organization, contact, period, now=now),
            newest_section(request, newest, now=now),
            latest_failures_section(request, organization, now=now),
        ],
    }


def sentence(
    organization: Any,
    period: HealthPeriod | None,
    newest: ProvisioningCycle | None,
    contact: datetime | None,
    *,
    now: datetime,
) -> str:
    """Return how provisioning is. `organization` needs its `connection`.

    "Healthy: provisioning is on. Entra was last heard of 3 minutes ago; the next cycle is expected at …"
    """
    is_on = organization.connection.is_on
    state = HealthState(period.state) if period else None
    # A state that is called Off need not be said twice.
    begin = f"{state.label}: provisioning is" if state and state != HealthState.OFF else "Provisioning is"
    switch = f"{begin} {'on' if is_on else 'off'}."
    if contact is None:
        return f"{switch} Entra was never heard of yet."
    heard = f"Entra was last heard of {ago(contact, now=now)}"
    return f"{switch} {heard}{expected(organization, newest, now=now) if is_on else ''}."


def expected(organization: Organization, newest: ProvisioningCycle | None, *, now: datetime) -> str:
    """Return when the next cycle is expected, to follow another half of a sentence."""
    if newest is None:
        return "; the first cycle begins when provisioning is started in Entra"
    at = cycles.next_expected_at(newest)
    if at > now:
        return f"; the next cycle is expected at {local(at, organization)}"
    if newest.ended_at is None:
        return "; a cycle runs now"
    return f"; the next cycle was expected at {local(at, organization)}"


def local(at: datetime, organization: Organization) -> str:
    """Return a time to the minute in UTC, and in the organization's zone where that is another."""
    utc = f"{moment(at)[:16]} UTC"
    own = notifications.moment(at, organization)
    return utc if own == utc else f"{utc} ({own})"


def connection_section(
    request: HttpRequest,
    organization: Any,
    contact: datetime | None,
    period: HealthPeriod | None,
    *,
    now: datetime,
) -> Section:
    """Return the connection's facts, and the way to set it up."""
    connection = organization.connection
    facts = [
        Fact("Provisioning", connection_badge(connection)),
        *([Fact("Reason", connection.status_reason)] if connection.status_reason else []),
        Fact(
            "Last contact from Entra",
            f"{local(contact, organization)}, {ago(contact, now=now)}" if contact else "never",
        ),
        *([Fact("In this state since", local(period.started_at, organization))] if period else []),
        tenant_url_fact(),
    ]
    return Section(
        title="Connection", facts=facts, buttons=[Button("Set-up guide", page_url(request, "guide"))]
    )
