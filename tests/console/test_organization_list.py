"""Every organization at a glance, and the ones that are looked for."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Organization
from accounts.permissions import Role
from provisioning import connections
from provisioning.history import COMMAND_LINE
from provisioning.models import HealthState, ScimToken
from tests import factories
from tests.console.conftest import NOW, SignedIn
from tests.console.fleet import LIST, is_now
from tests.console.reading import rows_of

SILENCE = "Entra has not called for more than 3 times its usual 40 minutes."


def listed(browser: Client, **question: str) -> list[str]:
    """Return the names of the organizations that answer."""
    return [row[0] for row in rows_of(browser.get(LIST, question).text, "Organizations")]


def ends(organization: Organization, length: timedelta) -> None:
    """Let an organization have a token that ends so far from now."""
    token = factories.make_token(organization).token
    ScimToken.objects.filter(pk=token.pk).update(issued_at=NOW - timedelta(days=900), expires_at=NOW + length)


@pytest.fixture
def fleet(clock_stands: object, acme: Organization, globex: Organization) -> dict[str, Organization]:
    """Acme is silent with a token for long, Globex is off with an old one, Hooli has none, Initech's ends."""
    hooli, initech = (factories.make_organization(name) for name in ("hooli", "initech"))
    is_now(acme, HealthState.SILENT, since=timedelta(hours=2), why=SILENCE)
    ends(acme, timedelta(days=200))
    connections.turn_off(organization=globex, reason="Paused.", by=COMMAND_LINE, now=NOW)
    is_now(globex, HealthState.OFF, since=timedelta(hours=2))
    ends(globex, timedelta(days=-2))
    ends(initech, timedelta(days=9, hours=1))
    is_now(initech, HealthState.HEALTHY, since=timedelta(hours=2))
    ScimToken.objects.filter(organization=acme).update(last_used_at=NOW - timedelta(hours=5, minutes=3))
    return {"acme": acme, "globex": globex, "hooli": hooli, "initech": initech}


def test_each_line_says_how_it_is_and_how_long_it_lasts(
    staff: Client, fleet: dict[str, Organization]
) -> None:
    assert rows_of(staff.get(LIST).text, "Organizations") == [
        ["Acme", "acme", f"Silent{SILENCE}", "On Turn off…", "5 hours ago", "200 days"],
        ["Globex", "globex", "OffR", "Off Turn on…", "never", "Expired"],
        ["Hooli", "hooli", "Not judged yet", "On Turn off…", "never", "No token"],
        ["Initech", "initech", "HealthyR", "On Turn off…", "never", "10 days"],
    ]


def test_exact_times_and_the_reason_show_on_hover(staff: Client, fleet: dict[str, Organization]) -> None:
    page = staff.get(LIST).text

    assert 'title="2026-11-26 07:27:00 UTC">5 hours ago<' in page
    assert f'title="{SILENCE}"' in page
    assert 'title="2026-12-05 13:30:00 UTC"' in page


def test_the_days_of_a_token_have_a_colour(staff: Client, fleet: dict[str, Organization]) -> None:
    page = staff.get(LIST).text

    for colour, said in (
        ("good", "200 days"),
        ("careful", "10 days"),
        ("bad", "Expired"),
        ("quiet", "No token"),
    ):
        assert f'<span class="hp-badge hp-{colour}">{said}</span>' in page


def test_the_switch_leads_to_the_page_that_asks_first(staff: Client, fleet: dict[str, Organization]) -> None:
    page = staff.get(LIST).text

    assert f'href="/admin/organizations/{fleet["acme"].id}/provisioning/">Turn off…</a>' in page
    assert f'href="/admin/organizations/{fleet["globex"].id}/provisioning/">Turn on…</a>' in page


def test_support_sees_the_switch_and_may_not_turn_it(
    signed_in: SignedIn, fleet: dict[str, Organization]
) -> None:
    page = signed_in(Role.SUPPORT).get(LIST).text

    assert [row[3] for row in rows_of(page, "Organizations")] == ["On", "Off", "On", "On"]
    assert "…</a>" not in page


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ({"q": "OOL"}, ["Hooli"]),
        ({"q": "initech"}, ["Initech"]),
        ({"attention": "on"}, ["Acme", "Initech"]),
        ({"health": "silent"}, ["Acme"]),
        ({"health": "unjudged"}, ["Hooli"]),
        ({"token": "soon"}, ["Globex", "Initech"]),
        ({"token": "none"}, ["Hooli"]),
        ({"status": "off"}, ["Globex"]),
        ({"status": "on", "token": "soon"}, ["Initech"]),
        ({"q": "nobody"}, []),
    ],
)
def test_organizations_are_found(
    staff: Client, fleet: dict[str, Organization], question: dict[str, str], names: list[str]
) -> None:
    assert listed(staff, **question) == names


@pytest.mark.parametrize(
    ("label", "query"),
    [
        ("All", ""),
        ("Needs attention", "attention=on"),
        ("Silent", "health=silent"),
        ("Token expiring", "token=soon"),
        ("Off", "status=off"),
    ],
)
def test_a_saved_filter_is_marked_while_it_is_asked(
    staff: Client, acme: Organization, label: str, query: str
) -> None:
    page = staff.get(f"{LIST}?{query}").text

    marked = f'<a class="hp-button hp-saved" href="?{query}" aria-current="true">{label}</a>'
    assert marked in page
    assert page.count('aria-current="true"') == 1


def test_a_question_of_ones_own_marks_no_saved_filter(staff: Client, acme: Organization) -> None:
    assert 'aria-current="true"' not in staff.get(f"{LIST}?q=acme").text


def test_a_list_without_an_answer_says_what_to_do(staff: Client, acme: Organization) -> None:
    assert "No organization answers this." in staff.get(LIST, {"q": "nobody"}).text
