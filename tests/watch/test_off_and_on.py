"""Provisioning turned off and on again: what the state is, and when silence and recovery are told."""

from accounts.models import Operator
from provisioning import connections
from provisioning.history import Actor
from provisioning.models import (
    HealthPeriod,
)
from tests.watch.world import World

AWAITED = (
    "Provisioning was turned on again, and waits for Entra's next contact. If none comes, see in Entra whether "
    "provisioning is on and not in quarantine."
)


def present(world: World) -> tuple[str, str]:
    """Return the present state, and its reason."""
    period = HealthPeriod.objects.get(ended_at=None)
    return period.state, period.reason


def switch(world: World, csm: Operator, *, on: bool) -> None:
    """Turn provisioning on or off, and look."""
    turn = connections.turn_on if on else connections.turn_off
    turn(organization=world.organization, reason="Wait.", by=Actor.of(csm), now=world.now)
    world.look()


def test_off_is_a_state_of_its_own_and_back_on_waits_for_a_call(world: World, csm: Operator) -> None:
    world.cycle(changes=1)
    connections.turn_off(
        organization=world.organization,
        reason="The contract is under review.",
        by=Actor.of(csm),
        now=world.now,
    )
    world.look()
    off = present(world)
    world.passes(hours=5)

    connections.turn_on(organization=world.organization, reason="", by=Actor.of(csm), now=world.now)
    world.look()

    assert off == (
        "off",
        "Provisioning was turned off: The contract is under review. Entra's changes are refused with 403.",
    )
    assert present(world) == ("waiting", AWAITED)
    world.passes(minutes=30)
    world.reads()
    world.passes(minutes=2)
    assert world.states == ["healthy", "off", "waiting", "healthy"]
    assert world.told == ["first_success", "status_switched", "status_switched"]


def test_silence_is_measured_from_when_it_was_turned_on(world: World, csm: Operator) -> None:
    world.cycle(changes=1)
    switch(world, csm, on=False)
    world.passes(hours=5)
    switch(world, csm, on=True)

    world.passes(minutes=119)
    assert world.states == ["healthy", "off", "waiting"]
    world.passes(minutes=1)

    assert world.states == ["healthy", "off", "waiting", "silent"]
    assert world.told == ["first_success", "status_switched", "status_switched", "silence"]


def test_a_call_after_it_was_turned_on_is_told_as_recovery_from_the_silence_before(
    world: World, csm: Operator
) -> None:
    world.cycle(changes=1)
    world.passes(hours=3)
    switch(world, csm, on=False)
    switch(world, csm, on=True)
    told = world.told

    world.passes(minutes=5)
    world.reads()
    world.passes(minutes=2)

    assert "recovery" not in told
    assert world.states == ["healthy", "silent", "off", "waiting", "healthy"]
    assert world.told == [*told, "recovery"]


def test_to_turn_it_off_and_on_is_no_recovery(world: World, csm: Operator) -> None:
    world.cycle(changes=1)
    world.passes(hours=3)
    connections.turn_off(organization=world.organization, reason="Wait.", by=Actor.of(csm), now=world.now)
    world.look()
    connections.turn_on(organization=world.organization, reason="", by=Actor.of(csm), now=world.now)
    world.look()

    assert world.told == ["first_success", "silence", "status_switched", "status_switched"]
