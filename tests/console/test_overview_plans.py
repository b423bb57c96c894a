"""The overview, and what an organization's pages read, is found by indexes: none of it grows with the years."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from provisioning.activity import hour_of
from provisioning.models import (
    HealthPeriod,
    HealthState,
    HourlyActivity,
    ProvisioningConnection,
    ProvisioningWatch,
    ScimToken,
)
from tests.console.conftest import NOW
from tests.console.fleet import LIST
from tests.plans import is_bounded, walked_through

HOURS, FLEET, PERIODS = 60 * 24, 40, 10
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def make_organizations() -> list[Organization]:
    """Create a fleet with its watches and connections, in three statements."""
    fleet = Organization.objects.bulk_create(
        Organization(slug=f"o{number}", name=f"O {number}") for number in range(FLEET)
    )
    ProvisioningConnection.objects.bulk_create(ProvisioningConnection(organization=each) for each in fleet)
    ProvisioningWatch.objects.bulk_create(ProvisioningWatch(organization=each) for each in fleet)
    return fleet


@pytest.fixture
def old_fleet(clock_stands: object, acme: Organization) -> None:
    """A fleet with its last day and its years behind it; most of the hours are of one organization."""
    fleet = make_organizations()
    HealthPeriod.objects.bulk_create(
        HealthPeriod(
            organization=each,
            state=HealthState.SILENT if back % 2 else HealthState.HEALTHY,
            reason="R",
            started_at=NOW - DAY * (back + 1),
            ended_at=NOW - DAY * back if back else None,
        )
        for each in fleet
        for back in range(PERIODS)
    )
    ScimToken.objects.bulk_create(
        ScimToken(
            organization=each,
            label="E",
            digest=f"{each.slug}-{number}",
            issued_at=NOW - DAY * 800,
            expires_at=NOW + DAY * number * 20,
            revoked_at=NOW if number < 4 else None,
            last_used_at=NOW,
        )
        for each in fleet
        for number in range(8)
    )
    hours = [(acme, back) for back in range(HOURS)] + [(each, back) for each in fleet for back in range(24)]
    HourlyActivity.objects.bulk_create(
        HourlyActivity(
            organization=each, hour=hour_of(NOW) - HOUR * back, action="create", status="success", count=1
        )
        for each, back in hours
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def statements_of(browser: Client, url: str) -> list[str]:
    """Return what a page asks the database."""
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(url).status_code == 200
    return [each["sql"] for each in queries if each["sql"].startswith("SELECT")]


def test_the_overview_is_found_by_indexes(staff: Client, old_fleet: None) -> None:
    statements = statements_of(staff, "/admin/")

    assert [walked_through(each) for each in statements] == [set()] * len(statements)
    hours = [each for each in statements if '"provisioning_hourlyactivity"' in each]
    assert [is_bounded(each, "hour") for each in hours] == [True, True]
    tokens = [each for each in statements if '"expires_at" <= ' in each]
    assert [is_bounded(each, "expires_at") for each in tokens] == [True, True]


def test_the_list_of_organizations_is_found_by_indexes(staff: Client, old_fleet: None) -> None:
    for query in ("", "attention=on", "health=silent", "token=soon", "status=off", "q=o1"):
        statements = statements_of(staff, f"{LIST}?{query}")
        assert [walked_through(each) for each in statements] == [set()] * len(statements), query


def test_the_page_of_an_organization_is_found_by_indexes(staff: Client, old_fleet: None) -> None:
    one_of_many = Organization.objects.get(slug="o7")

    statements = statements_of(staff, f"{LIST}{one_of_many.id}/change/")

    assert [walked_through(each) for each in statements] == [set()] * len(statements)
    hours = [each for each in statements if '"provisioning_hourlyactivity"' in each]
    assert [is_bounded(each, "organization_id") and is_bounded(each, "hour") for each in hours] == [True]
