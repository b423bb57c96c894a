"""What a CSM sees first: the fleet's figures, its two weeks, its health, and what to do next."""

from datetime import timedelta
from html import unescape
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from accounts.permissions import Role
from provisioning import connections, tokens
from provisioning.history import COMMAND_LINE
from provisioning.models import HealthState, HourlyActivity, ProvisioningWatch, ScimToken
from tests import factories
from tests.console.conftest import NOW, SignedIn
from tests.console.fleet import LIST, LOG, figures_of, is_now, work
from tests.console.reading import rows_of

TOKENS = "/admin/provisioning/scimtoken/"
MOST_QUERIES = 8
CAUSES = "Failures of the last 24 hours, by cause"


def attention(browser: Client) -> list[list[str]]:
    """Return what needs attention, row by row."""
    return rows_of(browser.get("/admin/").text, "Needs attention")


def test_the_four_figures_lead_to_what_they_count(
    staff: Client, acme: Organization, globex: Organization
) -> None:
    factories.make_token(acme, lifetime_days=10)
    factories.make_token(globex, lifetime_days=400)
    work(acme, done=940, failed=60)
    work(globex, ago=timedelta(hours=23), done=100)
    work(globex, ago=timedelta(hours=24), done=5000)
    is_now(globex, HealthState.OFF, since=timedelta(hours=1))

    assert figures_of(staff.get("/admin/").text) == {
        "Organizations": ("2", "1 off", LIST),
        "Operations, 24 h": ("1,100", "60 failed", f"{LOG}?since=2026-11-25"),
        "Success rate, 24 h": ("94.5 %", "see what failed", f"{LOG}?since=2026-11-25&status=failure"),
        "Tokens to renew": ("1", "end within 30 days", f"{TOKENS}?state=soon"),
    }


def test_a_token_that_was_renewed_needs_it_no_more(staff: Client, acme: Organization) -> None:
    old = factories.make_token(acme, lifetime_days=10).token
    kept = factories.make_token(acme, lifetime_days=10).token
    renewed: Any = {"organization": acme, "by": COMMAND_LINE, "now": NOW, "overlap_days": 7}
    new = tokens.rotate_token(token_id=old.id, **renewed).token
    lost = tokens.rotate_token(token_id=kept.id, **renewed).token
    tokens.revoke_token(token_id=lost.id, organization=acme, by=COMMAND_LINE, now=NOW)

    figure = figures_of(staff.get("/admin/").text)["Tokens to renew"]

    listed = rows_of(staff.get(figure[2]).text, "Tokens")
    assert (figure[0], [row[0] for row in listed]) == ("1", [str(kept)])
    assert new.is_live(NOW)


def test_a_rate_is_100_percent_only_where_nothing_failed(staff: Client, acme: Organization) -> None:
    work(acme, done=99_999, failed=1)

    assert figures_of(staff.get("/admin/").text)["Success rate, 24 h"][0] == "99.9 %"


def test_a_fleet_that_did_nothing_has_no_rate(staff: Client, acme: Organization) -> None:
    assert figures_of(staff.get("/admin/").text)["Success rate, 24 h"][0] == "–"


def test_what_is_no_work_counts_nowhere(staff: Client, acme: Organization) -> None:
    work(acme, done=2)
    for action, code in (("test_connection", ""), ("other", "token_expired"), ("read", "not_found")):
        HourlyActivity.objects.create(
            organization=acme, hour=NOW, action=action, status="failure", error_code=code, count=50
        )

    page = staff.get("/admin/").text

    assert figures_of(page)["Operations, 24 h"][:2] == ("2", "0 failed")
    assert rows_of(page, CAUSES) == []


def test_two_weeks_are_told_day_by_day_in_utc(staff: Client, acme: Organization) -> None:
    work(acme, done=7, failed=1)
    work(acme, ago=timedelta(hours=12), done=20)
    work(acme, ago=timedelta(hours=13), done=30)
    work(acme, ago=timedelta(days=13, hours=12), failed=4)
    work(acme, ago=timedelta(days=13, hours=13), failed=1000)

    page = staff.get("/admin/").text

    rows = rows_of(page, "Provisioning operations, last 14 days")
    assert len(rows) == 14
    assert [rows[0], rows[1], rows[12], rows[13]] == [
        ["Fri 13 Nov", "0", "4"],
        ["Sat 14 Nov", "0", "0"],
        ["Wed 25 Nov", "30", "0"],
        ["Thu 26 Nov", "27", "1"],
    ]
    assert "Days in UTC" in page
    assert f'{LOG}?since=2026-11-13&amp;until=2026-11-13"' in page


def test_whoever_sees_no_chart_hears_what_it_shows(staff: Client, acme: Organization) -> None:
    work(acme, ago=timedelta(days=4), done=1200, failed=34)

    said = 'aria-label="1,234 operations in 14 days, 34 failed. The most on one day: 1,234, on Sunday 22 November."'

    assert said in staff.get("/admin/").text


def test_a_few_failures_among_many_stand_visibly_on_top_of_the_bar(staff: Client, acme: Organization) -> None:
    work(acme, done=9_999, failed=1)

    page = staff.get("/admin/").text

    assert 'class="hp-bar-failed" x="0" width="10" y="0.00" height="2.00"' in page
    assert 'class="hp-bar-succeeded" x="0" width="10" y="2.00" height="98.00"' in page


def test_the_health_of_the_fleet_leads_to_as_many_organizations_as_it_counts(staff: Client) -> None:
    states = [HealthState.HEALTHY, HealthState.HEALTHY, HealthState.SILENT, None]
    for number, state in enumerate(states):
        organization = factories.make_organization(f"o{number}")
        if state:
            is_now(organization, state, since=timedelta(hours=1))
    page = staff.get("/admin/").text

    counts = {"healthy": 2, "silent": 1, "degraded": 0, "unjudged": 1}

    for asked, count in counts.items():
        shown = page.partition(f'<a href="{LIST}?health={asked}">')[2].partition("</a>")[0]
        assert f"<strong>{count}</strong>" in shown
        assert len(rows_of(staff.get(LIST, {"health": asked}).text, "Organizations")) == count


def test_what_is_worst_comes_first_with_its_reason_and_one_thing_to_do(staff: Client) -> None:
    made = {
        name: factories.make_organization(name)
        for name in ("silent", "degraded", "waiting", "quarantine", "healthy")
    }
    for organization in made.values():
        factories.make_token(organization, lifetime_days=400)
    is_now(made["degraded"], HealthState.DEGRADED, since=timedelta(minutes=5), why="45 of 610 failed.")
    is_now(made["silent"], HealthState.SILENT, since=timedelta(hours=3), why="Entra has not called.")
    is_now(made["waiting"], HealthState.WAITING, since=timedelta(days=8), why="Press Test Connection.")
    is_now(made["quarantine"], HealthState.QUARANTINE_RISK, since=timedelta(days=1), why="4,000 failed.")
    is_now(made["healthy"], HealthState.HEALTHY, since=timedelta(days=1))

    assert attention(staff) == [
        ["Quarantine", "Quarantine risk", "4,000 failed.", "for 1 d", "See failures"],
        ["Silent", "Silent", "Entra has not called.", "for 3 h", "See cycles"],
        ["Degraded", "Degraded", "45 of 610 failed.", "for 5 min", "See failures"],
        ["Waiting", "Waiting for first contact", "Press Test Connection.", "for 8 d", "See tokens"],
    ]


def test_what_has_been_awaited_for_less_than_a_week_needs_nobody(staff: Client, acme: Organization) -> None:
    is_now(acme, HealthState.WAITING, since=timedelta(days=6, hours=23))

    assert attention(staff) == []
    assert "Nothing: every organization is healthy" in staff.get("/admin/").text


def test_where_no_token_works_one_is_to_be_issued(staff: Client, acme: Organization) -> None:
    is_now(acme, HealthState.QUARANTINE_RISK, since=timedelta(hours=1), why="No token works.")

    page = staff.get("/admin/").text

    assert rows_of(page, "Needs attention")[0][4] == "Issue token"
    assert f'href="/admin/organizations/{acme.id}/issue-token/"' in page


def test_where_entra_comes_with_a_revoked_token_one_is_to_be_issued(
    staff: Client, acme: Organization
) -> None:
    token = factories.make_token(acme, lifetime_days=400).token
    ScimToken.objects.filter(pk=token.pk).update(last_used_at=NOW - timedelta(hours=9))
    is_now(acme, HealthState.QUARANTINE_RISK, since=timedelta(hours=1))
    before = attention(staff)[0][4]

    ProvisioningWatch.objects.filter(organization=acme).update(refused_at=NOW, refused_code="token_revoked")

    assert (before, attention(staff)[0][4]) == ("See failures", "Issue token")


def test_a_last_token_that_ends_is_to_be_rotated(staff: Client, acme: Organization) -> None:
    token = factories.make_token(acme, label="Old", lifetime_days=10).token

    assert attention(staff) == [
        [
            "Acme",
            "Expires in 10 days",
            "“Old” is its last token. When it ends, Entra is refused with 401.",
            "ends 2026-12-06",
            "Rotate token",
        ]
    ]
    assert f'href="/admin/tokens/{token.id}/rotate/"' in staff.get("/admin/").text


def test_a_last_token_that_has_ended_is_to_be_followed_by_another(staff: Client, acme: Organization) -> None:
    token = factories.make_token(acme).token
    ScimToken.objects.filter(pk=token.pk).update(
        issued_at=NOW - timedelta(days=9), expires_at=NOW - timedelta(days=2)
    )

    assert attention(staff) == [
        [
            "Acme",
            "Expired",
            "No token of the organization works any more: Entra is refused with 401.",
            "ended 2026-11-24",
            "Issue token",
        ]
    ]


def test_a_token_that_another_outlasts_needs_nobody(staff: Client, acme: Organization) -> None:
    factories.make_token(acme, lifetime_days=10)
    factories.make_token(acme, lifetime_days=400)

    assert attention(staff) == []


def test_what_is_off_needs_no_token(staff: Client, acme: Organization) -> None:
    factories.make_token(acme, lifetime_days=10)
    connections.turn_off(organization=acme, reason="Paused.", by=COMMAND_LINE, now=NOW)

    assert attention(staff) == []


def test_an_organization_in_trouble_whose_token_ends_is_named_once(staff: Client, acme: Organization) -> None:
    factories.make_token(acme, lifetime_days=10)
    is_now(acme, HealthState.SILENT, since=timedelta(hours=1))

    assert [row[:2] for row in attention(staff)] == [["Acme", "Silent"]]


def test_more_than_ten_lead_to_the_list_of_them_all(staff: Client) -> None:
    for number in range(11):
        is_now(
            factories.make_organization(f"o{number}"), HealthState.SILENT, since=timedelta(hours=number + 1)
        )

    page = staff.get("/admin/").text

    assert len(rows_of(page, "Needs attention")) == 10
    assert f'href="{LIST}?attention=on"' in page
    assert len(rows_of(staff.get(LIST, {"attention": "on"}).text, "Organizations")) == 11


def test_support_is_offered_nothing_that_it_may_not_do(
    clock_stands: object, signed_in: SignedIn, acme: Organization, globex: Organization
) -> None:
    is_now(acme, HealthState.QUARANTINE_RISK, since=timedelta(hours=1))
    factories.make_token(globex, lifetime_days=10)

    page = signed_in(Role.SUPPORT).get("/admin/").text

    assert [row[4] for row in rows_of(page, "Needs attention")] == ["See tokens", "See tokens"]
    assert "/issue-token/" not in page
    assert "/rotate/" not in page


def test_failures_are_grouped_by_their_cause(staff: Client, acme: Organization, globex: Organization) -> None:
    work(acme, failed=30)
    work(acme, ago=timedelta(hours=5), failed=7)
    work(globex, failed=2, code="unheard_of")
    work(acme, ago=timedelta(hours=24), failed=900)

    page = unescape(staff.get("/admin/").text)

    rows = rows_of(page, CAUSES)
    assert [row[:3] for row in rows] == [
        ["409 user_name_taken", "× 37", "Acme"],
        ["unheard_of", "× 2", "Globex"],
    ]
    assert rows[0][3] != rows[1][3] == "–"
    assert figures_of(page)["Operations, 24 h"][1] == "39 failed"
    assert f"{LOG}?organization=acme&status=failure&since=2026-11-25&error_code=user_name_taken" in page


def test_a_name_is_text_and_never_markup(staff: Client) -> None:
    organization = factories.make_organization("x", name="<script>alert(1)</script>")
    is_now(organization, HealthState.SILENT, since=timedelta(hours=1))
    work(organization, failed=1)

    assert "<script>alert(1)" not in staff.get("/admin/").text


def test_it_takes_few_queries_and_never_reads_the_log(staff: Client, acme: Organization) -> None:
    is_now(acme, HealthState.SILENT, since=timedelta(hours=1))
    work(acme, done=1, failed=1)

    with CaptureQueriesContext(connection) as queries:
        staff.get("/admin/")

    assert len(queries) <= MOST_QUERIES
    assert [each["sql"] for each in queries if "provisioninglogentry" in each["sql"]] == []
