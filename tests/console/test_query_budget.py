"""A list asks the database as often for 1,000 rows as for 10."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Member, Operator, Organization, Team
from accounts.permissions import Role
from provisioning import deliveries
from provisioning.logs import new_entry_id
from provisioning.models import (
    HealthPeriod,
    HealthState,
    HourlyActivity,
    Notification,
    ProvisioningConnection,
    ProvisioningCycle,
    ProvisioningLogEntry,
    ProvisioningWatch,
    Recipient,
    ScimToken,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests import factories
from tests.console.conftest import SignedIn

MOST_QUERIES = 12


def make_organizations(count: int) -> None:
    rows = [Organization(slug=f"o-{number}-{count}", name=f"O {number}") for number in range(count)]
    organizations = Organization.objects.bulk_create(rows)
    ProvisioningConnection.objects.bulk_create(
        ProvisioningConnection(organization=each) for each in organizations
    )
    HealthPeriod.objects.bulk_create(
        HealthPeriod(organization=each, state=HealthState.HEALTHY, reason="R", started_at=clock.now())
        for each in organizations
    )


def make_troubles(count: int) -> None:
    """Create organizations that need attention, each with a failure of its own and a token that ends."""
    make_organizations(count)
    made, now = list(Organization.objects.filter(slug__endswith=f"-{count}")), clock.now()
    HealthPeriod.objects.filter(organization__in=made[::2]).update(state=HealthState.SILENT)
    ProvisioningWatch.objects.bulk_create(ProvisioningWatch(organization=each) for each in made)
    ScimToken.objects.bulk_create(
        ScimToken(organization=each, label="E", digest=each.slug, expires_at=now + timedelta(days=9))
        for each in made
    )
    HourlyActivity.objects.bulk_create(
        HourlyActivity(
            organization=each, hour=now, action="create", status="failure", error_code=each.slug, count=1
        )
        for each in made
    )


def make_members(count: int) -> None:
    acme = Organization.objects.get(slug="acme")
    names = [f"m{number}-{count}" for number in range(count)]
    Member.objects.bulk_create(
        Member(organization=acme, user_name=each, user_name_key=each) for each in names
    )


def make_teams(count: int) -> None:
    acme = Organization.objects.get(slug="acme")
    names = [f"t{number}-{count}" for number in range(count)]
    Team.objects.bulk_create(
        Team(organization=acme, display_name=each, display_name_key=each) for each in names
    )


def make_tokens(count: int) -> None:
    acme, now = Organization.objects.get(slug="acme"), clock.now()
    ends = now + timedelta(days=9)
    issuer = Operator.objects.order_by("id").first()
    ScimToken.objects.bulk_create(
        ScimToken(
            organization=acme,
            label="E",
            digest=f"{number}-{count}",
            issued_at=now,
            expires_at=ends,
            issued_by=issuer,
        )
        for number in range(count)
    )


def make_entries(count: int) -> None:
    token, now = ScimToken.objects.order_by("id")[0], clock.now()
    ProvisioningLogEntry.objects.bulk_create(
        ProvisioningLogEntry(
            id=new_entry_id(now),
            organization_id=token.organization_id,
            at=now,
            action="create",
            status="failure",
            method="POST",
            path="/",
            http_status=409,
            duration_ms=1,
            token=token,
        )
        for _ in range(count)
    )


def make_mails(count: int) -> None:
    acme = Organization.objects.get(slug="acme")
    Notification.objects.bulk_create(
        Notification(
            organization=acme, kind="token_issued", event=f"{number}-{count}", recipient="a@acme.example"
        )
        for number in range(count)
    )


def make_webhooks(count: int) -> None:
    acme, now = Organization.objects.get(slug="acme"), clock.now()
    WebhookEndpoint.objects.bulk_create(
        WebhookEndpoint(
            organization=acme, url="https://a", kinds=["members"], hears_log=True, secret_made_at=now
        )
        for _ in range(count)
    )


def make_deliveries(count: int) -> None:
    webhook = factories.make_webhook(Organization.objects.get(slug="acme"))
    made = [deliveries.new_delivery(webhook, "log.entries", at=clock.now()) for _ in range(count)]
    for each in made:
        each.gave_up_at = each.created_at
    WebhookDelivery.objects.bulk_create(made)


def make_cycles(count: int) -> None:
    acme, now = Organization.objects.get(slug="acme"), clock.now()
    ProvisioningCycle.objects.bulk_create(
        ProvisioningCycle(organization=acme, started_at=now, last_seen_at=now, ended_at=now)
        for _ in range(count)
    )


def make_recipients(count: int) -> None:
    acme = Organization.objects.get(slug="acme")
    addresses = [f"{number}-{count}@acme.example" for number in range(count)]
    Recipient.objects.bulk_create(
        Recipient(organization=acme, address=each, address_key=each) for each in addresses
    )


def make_health(count: int) -> None:
    acme, now = Organization.objects.get(slug="acme"), clock.now()
    HealthPeriod.objects.bulk_create(
        HealthPeriod(organization=acme, state=HealthState.SILENT, reason="R", started_at=now, ended_at=now)
        for _ in range(count)
    )


def make_operators(count: int) -> None:
    acme = Organization.objects.get(slug="acme")
    Operator.objects.bulk_create(
        Operator(
            email=f"{number}-{count}@acme.example", name="A", role=Role.ORGANIZATION_ADMIN, organization=acme
        )
        for number in range(count)
    )


LISTS: dict[str, Callable[[int], None]] = {
    "accounts/organization/": make_organizations,
    "accounts/organization/?q=o&status=on": make_organizations,
    "accounts/organization/?health=healthy": make_organizations,
    "accounts/member/?organization=acme": make_members,
    "accounts/team/?organization=acme": make_teams,
    "accounts/operator/": make_operators,
    "provisioning/scimtoken/": make_tokens,
    "provisioning/provisioninglogentry/": make_entries,
    "provisioning/provisioninglogentry/?organization=acme&status=failure": make_entries,
    "provisioning/provisioninglogentry/?organization=acme&cycle=1": make_entries,
    "provisioning/provisioningcycle/": make_cycles,
    "provisioning/provisioningcycle/?organization=acme": make_cycles,
    "provisioning/notification/": make_mails,
    "provisioning/notification/?organization=acme&state=waiting": make_mails,
    "provisioning/webhookendpoint/": make_webhooks,
    "provisioning/webhookdelivery/?organization=acme&state=given_up": make_deliveries,
    "accounts/organization/?attention=on": make_troubles,
    "accounts/organization/?token=soon": make_troubles,
    "": make_troubles,
}


def queries_of(browser: Client, url: str) -> int:
    """Return how many queries a page took."""
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_takes_as_many_queries_for_1000_rows_as_for_10(signed_in: SignedIn, path: str) -> None:
    browser = signed_in(Role.OWNER)
    factories.make_token(Organization.objects.get(slug="acme"))
    LISTS[path](10)
    of_ten = queries_of(browser, f"/admin/{path}")

    LISTS[path](1000)

    assert queries_of(browser, f"/admin/{path}") == of_ten <= MOST_QUERIES


OF_AN_ORGANIZATION = [make_tokens, make_cycles, make_recipients, make_health, make_operators, make_members]


def test_the_page_of_an_organization_takes_as_many_queries_for_1000_rows_as_for_10(
    console: Client, acme: Organization
) -> None:
    url = f"/admin/accounts/organization/{acme.id}/change/"
    for make in OF_AN_ORGANIZATION:
        make(10)
    of_ten = queries_of(console, url)

    for make in OF_AN_ORGANIZATION:
        make(1000)

    assert queries_of(console, url) == of_ten <= MOST_QUERIES
