"""What an org admin sees first: one sentence that says how provisioning is, and the guide that sets it up."""

from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import connections
from provisioning.history import COMMAND_LINE
from provisioning.models import (
    CycleKind,
    HealthPeriod,
    HealthState,
    LogStatus,
    ProvisioningCycle,
    ScimToken,
)
from provisioning.tokens import IssuedToken
from tests import factories
from tests.console.conftest import signed_in_as
from tests.console.reading import facts_of, rows_of

NOON = datetime.fromisoformat("2026-11-26T12:00:00Z")
MOST_QUERIES = 15


@pytest.fixture
def admins(org_admin: Operator) -> Client:
    """The browser of Acme's admin."""
    return signed_in_as(org_admin)


@pytest.fixture(autouse=True)
def noon() -> object:
    """It is noon, for every page."""
    with mock.patch("accounts.clock.now", return_value=NOON):
        yield


def judge(acme: Organization, state: HealthState, reason: str = "Because.") -> None:
    """Write down how the connection is."""
    HealthPeriod.objects.create(
        organization=acme, state=state, reason=reason, started_at=NOON - timedelta(hours=2)
    )


def make_cycle(acme: Organization, *, ended: bool = True, minutes_ago: int = 3) -> ProvisioningCycle:
    """Return a cycle in which Entra was heard of lately."""
    last = NOON - timedelta(minutes=minutes_ago)
    return ProvisioningCycle.objects.create(
        organization=acme,
        kind=CycleKind.INCREMENTAL,
        started_at=last - timedelta(minutes=1),
        last_seen_at=last,
        ended_at=last if ended else None,
    )


def heading(browser: Client) -> str:
    """Return the sentence."""
    page = browser.get("/console/").text
    return page.partition('<p class="hp-heading">')[2].partition("</p>")[0]


def test_a_connection_at_work_is_healthy_in_one_sentence(admins: Client, acme: Organization) -> None:
    judge(acme, HealthState.HEALTHY)
    make_cycle(acme)

    assert heading(admins) == (
        "Healthy: provisioning is on. Entra was last heard of 3 minutes ago; the next cycle is expected at "
        "2026-11-26 12:36 UTC."
    )


def test_a_time_of_the_sentence_is_in_the_organizations_zone_too(admins: Client, acme: Organization) -> None:
    Organization.objects.update(time_zone="Europe/Paris")
    judge(acme, HealthState.HEALTHY)
    make_cycle(acme)

    assert heading(admins).endswith("expected at 2026-11-26 12:36 UTC (2026-11-26 13:36 CET).")


@pytest.mark.parametrize(
    ("state", "minutes_ago", "ended", "sentence"),
    [
        (
            HealthState.DEGRADED,
            3,
            False,
            "Degraded: provisioning is on. Entra was last heard of 3 minutes ago;",
        ),
        (
            HealthState.SILENT,
            150,
            True,
            "Silent: provisioning is on. Entra was last heard of 2 hours ago; the next cycle was expected at ",
        ),
        (
            HealthState.QUARANTINE_RISK,
            3,
            True,
            "Quarantine risk: provisioning is on. Entra was last heard of",
        ),
    ],
)
def test_trouble_is_said_first(
    admins: Client, acme: Organization, state: HealthState, minutes_ago: int, ended: bool, sentence: str
) -> None:
    judge(acme, state, "Entra calls with a token that was revoked.")
    make_cycle(acme, ended=ended, minutes_ago=minutes_ago)

    assert heading(admins).startswith(sentence)
    assert "Entra calls with a token that was revoked." in admins.get("/console/").text


def test_what_was_turned_off_expects_nothing(
    admins: Client, acme: Organization, acme_token: IssuedToken
) -> None:
    ScimToken.objects.update(last_used_at=NOON - timedelta(days=2))
    judge(acme, HealthState.OFF)
    connections.turn_off(organization=acme, reason="Migration.", by=COMMAND_LINE, now=NOON)

    assert heading(admins) == "Provisioning is off. Entra was last heard of 2 days ago."
    assert facts_of(admins.get("/console/").text, "Connection")["Reason"] == "Migration."


def test_a_new_organization_is_led_to_the_guide(admins: Client, acme: Organization) -> None:
    judge(acme, HealthState.WAITING, "No token was issued yet, so Entra can't be connected.")

    page = admins.get("/console/").text

    assert "provisioning is on. Entra was never heard of yet." in heading(admins)
    assert 'href="/console/guide/"' in page
    assert settings.TENANT_URL in page


def test_the_latest_failures_stand_there_with_their_remedy(
    admins: Client, acme: Organization, acme_token: IssuedToken
) -> None:
    entry = factories.make_entry(
        acme_token,
        at=NOON - timedelta(minutes=5),
        status=LogStatus.FAILURE,
        http_status=409,
        error_code="user_name_taken",
        detail="Somebody has this userName.",
    )

    page = admins.get("/console/").text

    [row] = rows_of(page, "Latest failures")
    assert row[0] == "5 minutes ago"
    assert f'href="/console/provisioning/provisioninglogentry/{entry.pk}/change/"' in page


def test_another_organization_is_nowhere_on_it(
    admins: Client, acme: Organization, globex: Organization, globex_token: IssuedToken
) -> None:
    judge(globex, HealthState.SILENT, "Globex is silent.")
    make_cycle(globex)
    factories.make_entry(globex_token, status=LogStatus.FAILURE, detail="Globex failed.")
    factories.make_member(globex, "gil@globex.example")

    assert "lobex" not in admins.get("/console/").text


@pytest.mark.parametrize("rows", [1, 100])
def test_it_takes_as_many_queries_however_many_rows_there_are(
    admins: Client, acme: Organization, acme_token: IssuedToken, rows: int
) -> None:
    make_cycle(acme, ended=False)
    for number in range(rows):
        factories.make_member(acme, f"{number}@acme.example")
        factories.make_entry(acme_token, status=LogStatus.FAILURE)

    with CaptureQueriesContext(connection) as queries:
        admins.get("/console/")

    assert len(queries) <= MOST_QUERIES


def test_staff_who_look_see_the_same(csm: Operator, acme: Organization) -> None:
    judge(acme, HealthState.HEALTHY)
    browser = signed_in_as(csm)
    browser.post(f"/admin/organizations/{acme.id}/view-as/", {"reason": ""})

    page = browser.get("/console/").text

    assert "Healthy: provisioning is on." in page
    assert "You see what the admins of" in page


class TestGuide:
    """The set-up guide."""

    def test_it_has_the_tenant_url_and_every_mapping(self, admins: Client) -> None:
        page = admins.get("/console/guide/").text

        users = [row[0] for row in rows_of(page, "Users")]
        assert settings.TENANT_URL in page
        assert users == [
            "userName",
            "active",
            "displayName",
            'emails[type eq "work"].value',
            "preferredLanguage",
            "timezone",
            "name.givenName",
            "name.familyName",
        ]
        assert [row[0] for row in rows_of(page, "Groups")] == ["displayName", "externalId", "members"]

    def test_it_names_the_csm_to_ask_for_a_token(self, admins: Client, csm: Operator) -> None:
        assert csm.email not in admins.get("/console/guide/").text

        Organization.objects.update(success_manager=csm)

        assert csm.email in admins.get("/console/guide/").text

    def test_it_waits_for_test_connection(self, admins: Client) -> None:
        page = admins.get("/console/guide/").text

        assert "Waiting for Test Connection…" in page

    def test_it_is_on_no_staff_console(self, console: Client) -> None:
        assert console.get("/admin/guide/").status_code == 404


def test_the_menu_of_whoever_looks_lists_no_people(csm: Operator, acme: Organization) -> None:
    support = signed_in_as(factories.make_operator(Role.SUPPORT))
    support.post(f"/admin/organizations/{acme.id}/view-as/", {"reason": ""})

    assert "/console/accounts/operator/" not in support.get("/console/").text
    assert clock.now() == NOON
