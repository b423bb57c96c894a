"""The risk that Entra puts its job into quarantine: told before it comes, once, and when it is over."""

from datetime import timedelta

import pytest

from provisioning import activity, tokens, watch
from provisioning.history import COMMAND_LINE
from provisioning.models import (
    Action,
    HealthPeriod,
    HourlyActivity,
    LogStatus,
)
from tests.factories import make_entry, make_token
from tests.watch.world import FAILED, World

REVOKED = FAILED | {"error_code": "token_revoked", "http_status": 401}


def present(world: World) -> tuple[str, str]:
    """Return the present state, and its reason."""
    period = HealthPeriod.objects.get(ended_at=None)
    return period.state, period.reason


def test_calls_with_a_revoked_token_risk_quarantine_until_a_live_one_is_used(world: World) -> None:
    world.cycle(changes=1)
    world.changes(0)
    other = tokens.issue_token(organization=world.organization, label="New", by=COMMAND_LINE, now=world.now)
    tokens.revoke_token(
        token_id=world.token.token.id, organization=world.organization, by=COMMAND_LINE, now=world.now
    )
    world.passes(minutes=2)
    assert present(world)[0] == "healthy"

    world.passes(minutes=38)
    refused(world)
    world.passes(minutes=10)
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


def test_one_refusal_soon_after_the_last_contact_is_a_risk_once_the_next_is_overdue(world: World) -> None:
    world.cycle(changes=1)
    world.calls()
    world.passes(minutes=35)
    refused(world)
    world.passes(minutes=14)
    assert world.states == ["healthy"]

    world.passes(minutes=1)
    overdue = world.states
    world.passes(hours=5)

    assert overdue == world.states == ["healthy", "quarantine_risk"]
    assert world.told == ["first_success", "quarantine_risk"]


def test_an_old_job_that_is_refused_beside_one_that_works_is_no_risk(world: World) -> None:
    world.cycle(changes=1)
    for _ in range(4):
        world.passes(minutes=9)
        refused(world)
        world.passes(minutes=21)
        world.cycle(changes=1)

    assert world.states == ["healthy"]
    assert world.told == ["first_success"]


def test_the_end_of_the_last_token_risks_quarantine_at_once(world: World) -> None:
    world.cycle(changes=1)
    tokens.revoke_token(
        token_id=world.token.token.id, organization=world.organization, by=COMMAND_LINE, now=world.now
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

    counts(world, changes, failures)

    assert present(world)[0] == state


def counts(world: World, changes: int, failures: int) -> None:
    """Let so many changes have come within the day, of which so many failed; and look."""
    HourlyActivity.objects.all().delete()
    for status, count in ((LogStatus.SUCCESS, changes - failures), (LogStatus.FAILURE, failures)):
        HourlyActivity.objects.create(
            organization=world.organization,
            hour=activity.hour_of(world.now),
            action=Action.UPDATE,
            status=status,
            count=count,
        )
    watch.wake(world.organization.id)
    world.passes(seconds=5)


def test_failures_about_entras_limits_are_told_once_until_they_are_well_below(world: World) -> None:
    world.cycle(failures=1)
    for _ in range(5):
        counts(world, 12_500, 3_750)
        counts(world, 12_500, 3_001)
    about = world.states

    counts(world, 12_500, 2_999)
    counts(world, 200_000, 30_000)
    counts(world, 200_000, 24_000)
    counts(world, 200_000, 23_999)

    assert about == ["healthy", "degraded", "quarantine_risk"]
    assert world.states == [*about, "degraded", "quarantine_risk", "degraded"]
    assert sorted(world.told) == ["failures", "quarantine_risk"]


def test_the_same_risk_is_told_again_after_a_day_and_another_at_once(world: World) -> None:
    world.cycle(failures=1)
    counts(world, 12_500, 3_750)
    counts(world, 12_500, 0)
    counts(world, 12_500, 4_000)
    once = world.told.count("quarantine_risk")

    counts(world, 12_500, 0)
    tokens.revoke_token(
        token_id=world.token.token.id, organization=world.organization, by=COMMAND_LINE, now=world.now
    )
    world.look()
    another = world.told.count("quarantine_risk")
    world.token = make_token(world.organization)
    counts(world, 12_500, 0)
    world.now += timedelta(hours=24)
    world.calls()
    counts(world, 12_500, 3_750)

    assert (once, another, world.told.count("quarantine_risk")) == (1, 2, 3)


def test_failures_of_yesterday_count_no_more(world: World) -> None:
    world.changes(3, **FAILED)
    world.look()
    before = activity.of_last_day(world.organization.id, now=world.now)

    after = activity.of_last_day(world.organization.id, now=world.now + timedelta(hours=25))

    assert (before, after) == ((3, 3), (0, 0))
