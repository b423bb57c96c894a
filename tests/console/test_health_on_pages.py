"""How an organization's connection is: on the list, on its page, and how it was."""

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from provisioning import connections
from provisioning.history import COMMAND_LINE
from provisioning.models import HealthPeriod
from tests.console.conftest import signed_in_as
from tests.console.reading import facts_of, rows_of
from tests.watch.world import World

LIST = "/admin/accounts/organization/"


@pytest.fixture
def csm_console(world: World, csm: Operator) -> Client:
    """The CSM's browser, at the time of the world."""
    return signed_in_as(csm)


def page_of(console: Client, organization: Organization) -> str:
    """Return the page of an organization."""
    return console.get(f"{LIST}{organization.id}/change/").text


def said(world: World) -> str:
    """Return the world's time as pages say it."""
    return f"{world.now:%Y-%m-%d %H:%M:%S} UTC"


def test_a_new_organization_waits_for_its_first_contact(csm_console: Client, world: World) -> None:
    world.look()

    assert facts_of(page_of(csm_console, world.organization), "Health") == {
        "Health": f"Waiting for first contact since {said(world)}",
        "Why": ("No request with the organization's token has arrived yet: press Test Connection in Entra."),
        "Last contact from Entra": "never",
        "Next cycle expected": "when provisioning is started in Entra",
    }


def test_a_healthy_organization_says_when_entra_is_expected_next(csm_console: Client, world: World) -> None:
    start = said(world)
    world.cycle(changes=1)

    facts = facts_of(page_of(csm_console, world.organization), "Health")

    assert facts["Health"].startswith("Healthy since ")
    assert facts["Why"] == "Entra calls as usual, and its changes are taken."
    assert facts["Last contact from Entra"] == start
    assert facts["Next cycle expected"].endswith("UTC (in 29 min)")


def test_a_cycle_that_does_not_come_is_overdue(csm_console: Client, world: World) -> None:
    world.cycle(changes=1)
    world.passes(hours=1)

    facts = facts_of(page_of(csm_console, world.organization), "Health")

    assert facts["Next cycle expected"].endswith("UTC (overdue by 31 min)")


def test_the_states_so_far_are_listed_newest_first(csm_console: Client, world: World) -> None:
    world.look()
    world.cycle(changes=1)
    world.passes(hours=3)

    rows = rows_of(page_of(csm_console, world.organization), "Health so far")

    assert [row[0] for row in rows] == ["Silent", "Healthy", "Waiting for first contact"]
    assert rows[2][1:3] == [
        f"{HealthPeriod.objects.earliest('id').started_at:%Y-%m-%d %H:%M:%S} UTC",
        "1 min",
    ]
    assert rows[0][3].startswith("Entra has not called for more than 3 times its usual 40 minutes.")


def test_organizations_are_found_by_their_health(
    csm_console: Client, world: World, globex: Organization
) -> None:
    connections.turn_off(organization=globex, reason="Paused.", by=COMMAND_LINE, now=world.now)
    world.look()

    off = csm_console.get(LIST, {"health": "off"}).text
    waiting = csm_console.get(LIST, {"health": "waiting"}).text

    assert (">Globex<" in off, ">Acme<" in off) == (True, False)
    assert (">Globex<" in waiting, ">Acme<" in waiting) == (False, True)
    assert "Waiting for first contact</span>" in waiting


def test_a_state_that_is_over_finds_no_organization(csm_console: Client, world: World) -> None:
    world.look()
    world.cycle(changes=1)

    assert ">Acme<" not in csm_console.get(LIST, {"health": "waiting"}).text


def test_an_organization_nobody_looked_at_says_so(console: Client, acme: Organization) -> None:
    facts = facts_of(page_of(console, acme), "Health")

    assert (facts["Health"], facts["Why"]) == (
        "Not judged yet",
        "The background process has not looked at this organization yet.",
    )
    assert "Not judged yet" in console.get(LIST).text


def test_a_reason_is_text_and_never_markup(console: Client, acme: Organization) -> None:
    reason = "Provisioning was turned off: <script>alert(1)</script>"
    HealthPeriod.objects.create(organization=acme, state="off", reason=reason, started_at=clock.now())

    page = page_of(console, acme)

    assert "<script>alert(1)" not in page
    assert facts_of(page, "Health")["Why"] == reason
