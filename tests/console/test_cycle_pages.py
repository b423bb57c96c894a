"""Entra's cycles as a CSM sees them: what each changed, how far one is, and its part of the log."""

import re

import pytest
from django.test import Client

from accounts.models import Operator, Organization
from provisioning.models import Action, LogStatus, ProvisioningCycle
from tests import factories
from tests.console.conftest import signed_in_as
from tests.console.reading import facts_of, rows_of
from tests.watch.world import FAILED, World

LIST = "/admin/provisioning/provisioningcycle/"
LOG = "/admin/provisioning/provisioninglogentry/"


@pytest.fixture
def csm_console(world: World, csm: Operator) -> Client:
    """The CSM's browser, at the time of the world."""
    return signed_in_as(csm)


def page_of(console: Client, cycle: ProvisioningCycle) -> str:
    """Return the page of a cycle."""
    return console.get(f"{LIST}{cycle.pk}/change/").text


def test_a_cycle_says_what_it_did_to_users_and_to_groups(csm_console: Client, world: World) -> None:
    world.reads(4)
    world.changes(3)
    for action in (Action.UPDATE, Action.DISABLE, Action.RESTORE, Action.DELETE):
        world.changes(action=action)
    world.changes(2, resource_type="Group", **FAILED)
    world.changes(status=LogStatus.SKIPPED, resource_type="Group")
    world.passes(minutes=1)

    assert rows_of(page_of(csm_console, world.cycles[0]), "What it did") == [
        ["Created", "3", "0"],
        ["Updated", "1", "0"],
        ["Disabled", "1", "0"],
        ["Restored", "1", "0"],
        ["Deleted", "1", "0"],
        ["Failed", "0", "2"],
        ["Skipped", "0", "1"],
        ["Reads", "4", "0"],
    ]


def test_what_is_neither_a_user_nor_a_group_is_counted_beside_them(csm_console: Client, world: World) -> None:
    world.changes(action=Action.OTHER, resource_type="", **FAILED)
    world.changes(action=Action.OTHER)
    world.passes(minutes=1)

    rows = rows_of(page_of(csm_console, world.cycles[0]), "What it did")

    assert rows[5:] == [
        ["Failed", "0", "0", "1"],
        ["Skipped", "0", "0", "0"],
        ["Other requests", "1", "0", "0"],
        ["Reads", "0", "0", "0"],
    ]


def test_a_cycle_that_ended_says_how_long_it_took(csm_console: Client, world: World) -> None:
    start = world.now
    world.changes()
    world.passes(minutes=1, seconds=30)
    world.changes()
    world.passes(minutes=11)

    assert facts_of(page_of(csm_console, world.cycles[0]), "Cycle") == {
        "Organization": "Acme",
        "State": "Ended",
        "Kind": "Initial",
        "Started": f"{start:%Y-%m-%d %H:%M:%S} UTC",
        "Ended": f"{world.cycles[0].ended_at:%Y-%m-%d %H:%M:%S} UTC",
        "Took": "1 min 30 s",
    }


def test_the_first_cycle_does_not_guess_how_far_it_is(csm_console: Client, world: World) -> None:
    world.changes()
    world.passes(minutes=1)

    facts = facts_of(page_of(csm_console, world.cycles[0]), "Cycle")

    assert (facts["State"], facts["Ended"], facts["Took"]) == ("Running", "not yet", "1 min so far")
    assert facts["Progress"] == "Not known: no cycle of this kind was seen before."


def test_a_running_cycle_says_how_far_it_is_by_its_like(csm_console: Client, world: World) -> None:
    world.cycle(changes=1)
    for _ in range(2):
        world.changes()
        world.passes(minutes=4)
        world.changes()
        world.passes(minutes=20)
    world.changes()
    world.passes(minutes=1)

    page = csm_console.get(f"/admin/accounts/organization/{world.organization.id}/change/").text

    assert facts_of(page, "Running cycle")["Progress"] == "25 % 25 %"
    assert '<progress class="hp-bar" max="100" value="25" aria-label="Progress of the cycle,' in page


def test_the_page_of_an_organization_shows_its_newest_cycle(csm_console: Client, world: World) -> None:
    world.cycle(changes=1)
    world.cycle(changes=2, failures=1)

    page = csm_console.get(f"/admin/accounts/organization/{world.organization.id}/change/").text

    assert facts_of(page, "Newest cycle")["Kind"] == "Incremental"
    rows = rows_of(page, "Newest cycle")
    assert (rows[0], rows[5]) == (["Created", "2", "0"], ["Failed", "1", "0"])


def test_an_organization_without_a_cycle_says_when_one_comes(console: Client, acme: Organization) -> None:
    page = console.get(f"/admin/accounts/organization/{acme.id}/change/").text

    assert "No cycle yet. The first begins when provisioning is started in Entra" in page


def test_the_log_of_a_cycle_is_its_entries_and_no_others(csm_console: Client, world: World) -> None:
    for name in ("before", "within", "after"):
        world.changes(target=name)
        world.passes(minutes=11)
    stranger = factories.make_token(factories.make_organization("globex"))
    factories.make_entry(stranger, at=world.cycles[1].started_at, target="stranger")
    page = page_of(csm_console, world.cycles[1])
    [url] = set(re.findall(rf'href="({LOG}\?[^"]*cycle=[^"]*)"', page))

    log = csm_console.get(url.replace("&amp;", "&")).text

    assert re.findall(r'data-label="Target">([^<]*)<', log) == ["within"]
    assert "Cycle that began " in log


def test_the_log_of_a_running_cycle_goes_on(csm_console: Client, world: World) -> None:
    world.changes(target="first")
    world.passes(minutes=1)
    world.changes(target="not followed yet")

    log = csm_console.get(LOG, {"organization": "acme", "cycle": str(world.cycles[0].pk)}).text

    assert re.findall(r'data-label="Target">([^<]*)<', log) == ["not followed yet", "first"]


@pytest.mark.parametrize(("cycle", "shown"), [("7", False), ("x", True), (str(2**63), True)])
def test_a_cycle_that_is_none_shows_nothing_or_is_ignored(
    csm_console: Client, world: World, cycle: str, shown: bool
) -> None:
    world.changes(target="bruno")

    log = csm_console.get(LOG, {"organization": "acme", "cycle": cycle}).text

    assert ("bruno" in log) is shown


def test_cycles_are_listed_newest_first_and_by_organization(
    csm_console: Client, world: World, globex: Organization
) -> None:
    ProvisioningCycle.objects.create(organization=globex, started_at=world.now, last_seen_at=world.now)
    world.cycle(changes=1234)
    world.cycle(changes=1, failures=2)

    everybody = csm_console.get(LIST).text
    of_acme = csm_console.get(LIST, {"organization": "acme"}).text

    assert ">Globex<" in everybody
    assert ">Globex<" not in of_acme
    assert re.findall(r'data-label="Changes">([^<]*)<', of_acme) == ["3", "1,234"]
    assert re.findall(r'data-label="Failed">([^<]*)<', of_acme) == ["2", "0"]


@pytest.mark.parametrize("name", ["x", "0", str(2**64)])
def test_a_cycle_that_does_not_exist_is_not_found(console: Client, name: str) -> None:
    assert console.get(f"{LIST}{name}/change/").status_code == 404
