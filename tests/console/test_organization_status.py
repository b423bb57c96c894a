"""An organization's page: a sentence, its day hour by hour, its figures, its latest failures."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Organization
from accounts.permissions import Role
from provisioning import activity, connections
from provisioning.history import COMMAND_LINE
from provisioning.models import HealthState
from provisioning.tokens import IssuedToken
from tests import factories
from tests.console.conftest import NOW, SignedIn
from tests.console.fleet import LOG, figures_of, is_now, work
from tests.console.reading import facts_of, rows_of

HOUR = re.compile(r'<li class="hp-hour hp-(\w+)" title="(.*?)">')
TAKEN = {
    "status": "failure",
    "http_status": 409,
    "scim_type": "uniqueness",
    "error_code": "user_name_taken",
    "detail": "Another user has this userName. Match on userName.",
}


def page_of(browser: Client, organization: Organization) -> str:
    """Return the page of an organization."""
    return browser.get(f"/admin/accounts/organization/{organization.id}/change/").text


def heading_of(page: str) -> str:
    """Return what a page says first."""
    return unescape(page.partition('<p class="hp-heading">')[2].partition("</p>")[0])


def test_the_page_begins_with_how_it_is(staff: Client, acme: Organization) -> None:
    unjudged = heading_of(page_of(staff, acme))
    is_now(acme, HealthState.DEGRADED, since=timedelta(hours=1))
    degraded = heading_of(page_of(staff, acme))
    connections.turn_off(organization=acme, reason="Paused.", by=COMMAND_LINE, now=NOW)

    assert [unjudged, degraded, heading_of(page_of(staff, acme))] == [
        "Not judged yet: provisioning is on. Entra never called.",
        "Degraded: provisioning is on. Entra never called.",
        "Provisioning is off: Entra’s changes are refused. Entra never called.",
    ]


def test_the_tracker_tells_24_hours_one_by_one(
    staff: Client, acme: Organization, globex: Organization
) -> None:
    work(acme, done=5)
    work(acme, ago=timedelta(hours=1), done=3, failed=1)
    work(acme, ago=timedelta(hours=2), done=1, failed=1)
    work(acme, ago=timedelta(hours=23), done=1)
    work(acme, ago=timedelta(hours=24), failed=9)
    work(globex, ago=timedelta(hours=3), failed=9)

    hours = HOUR.findall(page_of(staff, acme))

    assert len(hours) == 24
    assert [hours[0], hours[1], *hours[-4:]] == [
        ("good", "2026-11-25 13:00 to 13:59 UTC: 1 operation, 0 failed"),
        ("none", "2026-11-25 14:00 to 14:59 UTC: none"),
        ("none", "2026-11-26 09:00 to 09:59 UTC: none"),
        ("bad", "2026-11-26 10:00 to 10:59 UTC: 2 operations, 1 failed"),
        ("careful", "2026-11-26 11:00 to 11:59 UTC: 4 operations, 1 failed"),
        ("good", "2026-11-26 12:00 to 12:59 UTC: 5 operations, 0 failed"),
    ]


def test_whoever_sees_no_colour_reads_and_hears_an_hour(staff: Client, acme: Organization) -> None:
    work(acme, failed=2)

    page = page_of(staff, acme)

    said = "2026-11-26 12:00 to 12:59 UTC: 2 operations, 2 failed"
    assert f'<span aria-hidden="true">×</span><span class="hp-unseen">{said}</span>' in page


def test_the_figures_lead_to_what_they_count(staff: Client, acme: Organization, globex: Organization) -> None:
    factories.make_member(acme, "amelie@acme.example")
    factories.make_member(acme, "bruno@acme.example", is_active=False)
    factories.make_member(globex, "amelie@globex.example")
    work(acme, done=30, failed=10)
    work(globex, failed=10)

    assert figures_of(page_of(staff, acme)) == {
        "Members": ("2", "1 active", "/admin/accounts/member/?organization=acme"),
        "Teams": ("0", "", "/admin/accounts/team/?organization=acme"),
        "Operations, 24 h": ("40", "10 failed", f"{LOG}?organization=acme&since=2026-11-25"),
        "Success rate, 24 h": (
            "75.0 %",
            "of the changes asked for",
            f"{LOG}?organization=acme&since=2026-11-25&status=failure",
        ),
    }


def test_the_figures_are_those_that_health_is_judged_by(staff: Client, acme: Organization) -> None:
    work(acme, ago=timedelta(hours=23), done=30, failed=10)
    work(acme, ago=timedelta(hours=24), failed=10)

    judged = activity.of_last_day(acme.id, now=NOW)

    shown = figures_of(page_of(staff, acme))["Operations, 24 h"]
    assert (judged, shown[:2]) == ((40, 10), ("40", "10 failed"))


def test_the_latest_failures_say_what_to_do(
    staff: Client, acme_token: IssuedToken, globex_token: IssuedToken
) -> None:
    for minutes in range(7):
        at = NOW - timedelta(minutes=minutes)
        factories.make_entry(acme_token, at=at, target=f"bruno{minutes}", **TAKEN)
    factories.make_entry(acme_token, at=NOW, target="amelie")
    factories.make_entry(globex_token, at=NOW, target="nobody", **TAKEN)

    page = page_of(staff, acme_token.token.organization)

    rows = rows_of(page, "Latest failures")
    assert len(rows) == 5
    assert rows[1] == [
        "1 minute ago",
        "Entra tried to create user bruno1, and was refused with HTTP 409 uniqueness.",
        "Another user has this userName. Match on userName.",
    ]
    assert f'href="{LOG}?organization=acme&amp;status=failure">All failures</a>' in page


def test_an_organization_without_failures_says_so(staff: Client, acme: Organization) -> None:
    assert "Nothing was refused as far as the log reaches." in page_of(staff, acme)


def test_the_connection_says_where_entra_comes_and_how_long_it_may(
    staff: Client, acme: Organization, settings: Settings
) -> None:
    settings.TENANT_URL = "https://hootprov.example/scim/v2"
    factories.make_token(acme, lifetime_days=10)

    page = page_of(staff, acme)

    facts = facts_of(page, "Connection")
    assert facts["Last token"] == "10 days until 2026-12-06 12:30:00 UTC. All tokens"
    assert facts["Tenant URL"] == "https://hootprov.example/scim/v2 Copy Tenant URL"
    assert 'data-hp-copy="tenant-url" hidden' in page
    assert re.search(r'<script src="/static/hp/copy[^"]*\.js" defer>', page)


def test_the_page_of_an_organization_without_a_token_says_what_to_do(
    staff: Client, acme: Organization
) -> None:
    page = page_of(staff, acme)

    assert (
        facts_of(page, "Connection")["Last token"] == "No token yet: Entra can't connect. Choose Issue token."
    )
    assert f'class="hp-button hp-primary" href="/admin/organizations/{acme.id}/issue-token/"' in page


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (Role.CSM, ["Issue token", "Turn provisioning off…", "View as org admin"]),
        (Role.SUPPORT, ["View as org admin"]),
    ],
)
def test_the_page_offers_what_a_role_may_do(
    signed_in: SignedIn, acme: Organization, role: Role, labels: list[str]
) -> None:
    nav = (
        page_of(signed_in(role), acme)
        .partition('aria-label="What you can do here">')[2]
        .partition("</nav>")[0]
    )

    assert re.findall(r">([^<>]+)</a>", nav) == labels
