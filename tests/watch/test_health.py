"""Health: one state with its reason, told when it is trouble, and when the trouble is over."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Organization
from provisioning import cycles, logs, tokens, watch
from provisioning.history import COMMAND_LINE
from provisioning.models import (
    Action,
    HealthPeriod,
    Notification,
    ProvisioningEvent,
)
from tests.factories import make_entry, make_organization, make_token
from tests.watch.world import FAILED, World


def present(world: World) -> tuple[str, str]:
    """Return the present state, and its reason."""
    period = HealthPeriod.objects.get(ended_at=None)
    return period.state, period.reason


def test_a_new_connection_waits_for_its_first_contact(world: World) -> None:
    world.look()

    assert present(world) == (
        "waiting",
        "No request with the organization's token has arrived yet: press Test Connection in Entra.",
    )
    assert world.told == []


@pytest.mark.parametrize("is_revoked", [False, True])
def test_who_never_used_their_token_is_told_what_became_of_it(world: World, is_revoked: bool) -> None:
    if is_revoked:
        tokens.revoke_token(
            token_id=world.token.token.id, organization=world.organization, by=COMMAND_LINE, now=world.now
        )
    world.now = world.token.token.expires_at
    world.look()

    assert present(world) == (
        "waiting",
        f"The organization's last token {'was revoked' if is_revoked else 'has expired'}, and Entra has never "
        "called with one. Issue a token and put it into Entra.",
    )


def test_test_connection_ends_the_waiting(world: World) -> None:
    world.look()
    world.changes(action=Action.TEST_CONNECTION, http_status=200)
    world.passes(minutes=1)

    assert present(world) == ("healthy", "Entra has tested the connection; its first cycle is awaited.")
    assert world.told == []


def test_a_tested_connection_that_is_not_switched_on_goes_silent(world: World) -> None:
    world.changes(action=Action.TEST_CONNECTION, http_status=200)
    world.passes(minutes=119)
    assert world.states == ["healthy"]

    world.passes(minutes=1)

    assert present(world)[0] == "silent"
    assert "Set Provisioning Status to On in Entra" in present(world)[1]
    assert world.told == ["silence"]


def test_a_connection_that_works_is_healthy_and_the_first_member_is_told(world: World) -> None:
    world.cycle(changes=3)
    world.cycle(changes=3)

    assert present(world) == ("healthy", "Entra calls as usual, and its changes are taken.")
    assert world.told == ["first_success"]


def test_a_group_is_no_first_member(world: World) -> None:
    world.cycle(changes=1)
    ProvisioningEvent.objects.all().delete()
    Notification.objects.all().delete()

    world.changes(resource_type="Group")
    world.passes(minutes=1)

    assert world.told == []


def test_silence_is_three_times_the_interval_that_was_learnt(world: World) -> None:
    for _ in range(5):
        world.cycle(changes=1)
        world.passes(minutes=49)
    assert cycles_apart(world) == timedelta(minutes=60)

    world.passes(minutes=119)
    assert present(world)[0] == "healthy"
    world.passes(minutes=1)

    assert present(world)[0] == "silent"
    assert "more than 3 times its usual 60 minutes" in present(world)[1]
    assert world.told == ["first_success", "silence"]


def test_cycles_that_a_person_starts_make_nobody_impatient(world: World) -> None:
    for _ in range(5):
        world.cycle(changes=1)
    assert cycles.interval(world.organization.id) == timedelta(minutes=11)

    world.passes(minutes=108)
    assert present(world)[0] == "healthy"
    world.passes(minutes=1)

    assert present(world)[0] == "silent"
    assert "more than 3 times its usual 40 minutes" in present(world)[1]


def cycles_apart(world: World) -> timedelta:
    """Return the time from the start of the last cycle but one to that of the last."""
    *_, earlier, later = world.cycles
    return later.started_at - earlier.started_at


def test_a_call_after_silence_is_told_as_recovery(world: World) -> None:
    world.cycle(changes=1)
    world.passes(hours=3)
    world.passes(hours=3)

    world.cycle()
    assert present(world)[0] == "silent"
    assert present(world)[1].startswith("Entra has called again after a long pause")
    world.passes(minutes=29)
    world.reads()
    world.passes(minutes=2)

    assert world.states == ["healthy", "silent", "healthy"]
    assert world.told == ["first_success", "silence", "recovery"]


def test_a_cycle_after_silence_that_goes_on_for_long_is_recovery_too(world: World) -> None:
    world.cycle(changes=1)
    world.passes(hours=3)

    for _ in range(9):
        world.changes()
        world.passes(minutes=5)

    assert world.states == ["healthy", "silent", "healthy"]


def test_a_test_of_the_connection_ends_no_silence(world: World) -> None:
    world.cycle(changes=1)
    world.passes(hours=3)
    world.changes(action=Action.TEST_CONNECTION, http_status=200)

    world.passes(minutes=2)

    assert world.states == ["healthy", "silent"]


def test_who_is_called_once_a_day_stays_silent_and_is_told_so_once(world: World) -> None:
    world.cycle(changes=1)
    for _ in range(5):
        world.passes(hours=5)
        world.passes(hours=18, minutes=49)
        world.cycle()
    daily = present(world)

    for _ in range(2):
        world.cycle(changes=1)
        world.passes(minutes=29)

    assert daily == (
        "silent",
        "Entra calls about once a day, as it does while a job is in quarantine. See in Entra why, mend it, and "
        "choose Restart provisioning.",
    )
    assert world.states == ["healthy", "silent", "healthy"]
    assert world.told == ["first_success", "silence", "recovery"]


def test_a_cycle_of_which_much_fails_is_degraded_until_one_goes_through(world: World) -> None:
    world.cycle(changes=19, failures=1)
    assert present(world) == (
        "degraded",
        "1 of 20 changes of the last cycle failed. The log says why, and what to change.",
    )

    world.cycle(changes=1)

    assert world.states == ["degraded", "healthy"]
    assert world.told == ["first_success", "failures", "recovery"]


def test_what_keeps_failing_is_degraded_from_cycle_to_cycle(world: World) -> None:
    for _ in range(4):
        world.reads()
        world.passes(minutes=1)
        world.cycle(changes=16, failures=15)
        world.passes(minutes=28)

    assert world.states == ["healthy", "degraded"]
    assert sorted(world.told) == ["failures", "first_success"]


def test_a_cycle_that_only_reads_says_nothing_of_what_failed(world: World) -> None:
    world.cycle(changes=19, failures=1)
    for _ in range(3):
        world.cycle()

    assert world.states == ["degraded"]


def test_recovery_is_told_however_small_the_cycle_that_failed(world: World) -> None:
    world.cycle(changes=1)
    world.passes(minutes=29)
    world.cycle(changes=1, failures=1)
    world.passes(minutes=29)
    world.cycle(changes=1)

    assert world.states == ["healthy", "degraded", "healthy"]
    assert world.told == ["first_success", "failures", "recovery"]


def test_little_failure_is_not_degraded(world: World) -> None:
    world.cycle(changes=39, failures=1)

    assert world.states == ["healthy"]
    assert world.told == ["first_success", "failures"]


def test_the_first_failure_of_a_running_cycle_says_nothing_of_the_rest(world: World) -> None:
    world.changes(1, **FAILED)
    world.passes(seconds=5)
    world.changes(60)
    world.passes(seconds=5)

    assert world.states == ["healthy"]


def test_one_organization_that_can_not_be_judged_stops_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    broken = make_organization("aardvark")
    Organization.objects.filter(id=broken.id).update(time_zone="Nowhere/Land")
    make_entry(make_token(broken), at=world.now)
    world.changes()
    logs.seal()

    watched = watch.watch_all(now=world.now)

    assert watched == 1
    assert set(HealthPeriod.objects.values_list("organization__slug", flat=True)) == {"acme"}
    assert str(broken.id) in caplog.text


def test_every_organization_is_looked_at_once_an_hour(world: World) -> None:
    world.look()

    world.organization.watch.refresh_from_db()
    assert world.organization.watch.due_at == clock.now() + timedelta(hours=1)
