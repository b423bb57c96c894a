"""How an organization's connection is and was, for its page."""

from datetime import datetime
from typing import Any

from django.utils.html import format_html

from accounts.admin.words import Fact, Section, lasting, moment
from provisioning import health
from provisioning.admin.cycles import next_in_words
from provisioning.admin.states import health_badge
from provisioning.models import HealthPeriod, ProvisioningCycle

MOST_SHOWN = 10


def health_section(organization: Any, newest: ProvisioningCycle | None, *, now: datetime) -> Section:
    """Return how the connection is, since when and why, and what is expected next."""
    period = health.present_period(organization.id)
    state = health_badge(period.state if period else None)
    since = format_html("{} since {}", state, moment(period.started_at)) if period else state
    reason = period.reason if period else "The background process has not looked at this organization yet."
    facts = [
        Fact("Health", since),
        Fact("Why", reason),
        Fact("Last contact from Entra", moment(organization.last_contact_at)),
        Fact("Next cycle expected", next_in_words(newest, now=now)),
    ]
    return Section(title="Health", facts=facts)


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
