"""Health: one state with its reason, told when it is trouble, and when the trouble is over."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Operator, Organization
from provisioning import activity, connections, logs, tokens, watch
from provisioning.models import Action, HealthPeriod, HourlyActivity, LogStatus
from tests.factories import make_entry, make_organization, make_token
from tests.watch.world import FAILED, World

REVOKED = FAILED | {"error_code": "token_revoked", "http_status": 401}


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


def test_silence_is_three_times_the_interval_that_was_learnt(world: World) -> None:
    for _ in range(5):
        world.cycle(changes=1)
        world.passes(minutes=9)
    assert cycles_apart(world) == timedelta(minutes=20)

    world.passes(minutes=39)
    assert present(world)[0] == "healthy"
    world.passes(minutes=1)

    assert present(world)[0] == "silent"
    assert "more than 3 times its usual 20 minutes" in present(world)[1]
    assert world.told == ["first_success", "silence"]


def cycles_apart(world: World) -> timedelta:
    """Return the time from the start of the last cycle but one to that of the last."""
    *_, earlier, later = world.cycles
    return later.started_at - earlier.started_at


def test_a_call_after_silence_is_told_as_recovery(world: World) -> None:
    world.cycle(changes=1)
    world.passes(hours=3)
    world.passes(hours=3)

    world.reads()
    world.passes(minutes=2)

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


def test_calls_with_a_revoked_token_risk_quarantine_until_a_live_one_is_used(world: World) -> None:
    world.cycle(changes=1)
    world.changes(0)
    other = tokens.issue_token(organization=world.organization, label="New", issued_by=None, now=world.now)
    tokens.revoke_token(
        token_id=world.token.token.id, organization=world.organization, revoked_by=None, now=world.now
    )
    world.passes(minutes=2)
    assert present(world)[0] == "healthy"

    world.passes(minutes=38)
    refused(world)
    world.passes(minutes=1)
    assert present(world)[0] == "quarantine_risk"
    assert present(world)[1].startswith("Entra calls with a token that was revoked, and is refused with 401.")
    world.token = other
    world.passes(minutes=1)
    world.reads()
    world.passes(minutes=2)

    assert world.states == ["healthy", "quarantine_risk", "healthy"]
    assert world.told == ["first_success", "token_revoked", "quarantine_risk", "recovery"]


def refused(world: World) -> None:
    """Let Entra call with the token that was revoked."""
    make_entry(world.token, at=world.now, **REVOKED)


def test_an_old_job_that_is_refused_beside_one_that_works_is_no_risk(world: World) -> None:
    world.cycle(changes=1)
    for _ in range(4):
        world.passes(minutes=9)
        refused(world)
        world.passes(minutes=10)
        world.cycle(changes=1)

    assert world.states == ["healthy"]
    assert world.told == ["first_success"]


def test_the_end_of_the_last_token_risks_quarantine_at_once(world: World) -> None:
    world.cycle(changes=1)
    tokens.revoke_token(
        token_id=world.token.token.id, organization=world.organization, revoked_by=None, now=world.now
    )

    world.look()

    assert present(world)[0] == "quarantine_risk"
    assert present(world)[1].startswith("No token of the organization works any more")


def test_the_last_token_s_expiry_is_noticed_when_it_comes(world: World) -> None:
    world.cycle(changes=1)
    world.now = world.token.token.expires_at - timedelta(minutes=30)
    world.reads()
    world.passes(minutes=2)
    assert present(world)[0] == "healthy"

    world.passes(minutes=28)

    assert present(world)[0] == "quarantine_risk"


@pytest.mark.parametrize(
    ("changes", "failures", "state"),
    [
        (12_500, 3_750, "quarantine_risk"),
        (12_501, 3_750, "degraded"),
        (12_000, 3_749, "degraded"),
        (200_000, 30_000, "quarantine_risk"),
        (200_000, 29_999, "degraded"),
    ],
)
def test_entras_limits_are_reported_before_they_are_reached(
    world: World, changes: int, failures: int, state: str
) -> None:
    world.cycle(failures=1)
    hour = world.now.replace(minute=0, second=0, microsecond=0)
    HourlyActivity.objects.all().delete()
    for status, count in ((LogStatus.SUCCESS, changes - failures), (LogStatus.FAILURE, failures)):
        HourlyActivity.objects.create(
            organization=world.organization, hour=hour, action=Action.UPDATE, status=status, count=count
        )

    world.passes(hours=1)

    assert present(world)[0] == state


def test_failures_of_yesterday_count_no_more(world: World) -> None:
    world.changes(3, **FAILED)
    world.look()
    before = activity.of_last_day(world.organization.id, now=world.now)

    after = activity.of_last_day(world.organization.id, now=world.now + timedelta(hours=25))

    assert (before, after) == ((3, 3), (0, 0))


def test_off_is_a_state_of_its_own_and_back_on_the_old_one(world: World, csm: Operator) -> None:
    world.cycle(changes=1)
    connections.turn_off(
        organization=world.organization, reason="The contract is under review.", changed_by=csm, now=world.now
    )
    world.look()
    off = present(world)
    world.passes(hours=5)

    connections.turn_on(organization=world.organization, reason="", changed_by=csm, now=world.now)
    world.look()

    assert off == (
        "off",
        "Provisioning was turned off: The contract is under review. Entra's changes are refused with 403.",
    )
    assert world.states == ["healthy", "off", "healthy"]
    assert world.told == ["first_success", "status_switched", "status_switched"]


def test_to_turn_it_off_and_on_is_no_recovery(world: World, csm: Operator) -> None:
    world.cycle(changes=1)
    world.passes(hours=3)
    connections.turn_off(organization=world.organization, reason="Wait.", changed_by=csm, now=world.now)
    world.look()
    connections.turn_on(organization=world.organization, reason="", changed_by=csm, now=world.now)
    world.look()

    assert world.told == ["first_success", "silence", "status_switched", "status_switched"]


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
