"""Reminders: a token that ends is told at 60, 30, 14, 7 and 1 days, each once, unless it has a successor."""

from datetime import timedelta

import pytest

from accounts.models import Organization
from provisioning import reminders, tokens
from provisioning.history import COMMAND_LINE
from provisioning.models import Notification
from tests.factories import make_organization, make_token
from tests.watch.world import World


def told(world: World) -> list[int]:
    """Return at how many days each reminder came, in order."""
    mails = Notification.objects.filter(kind="token_expiring").order_by("created_at")
    return [mail.context["days"] for mail in mails]


def days_before_the_end(world: World, days: float) -> None:
    """Let the reminders run so long before the token ends."""
    reminders.remind_of_expiry(now=world.token.token.expires_at - timedelta(days=days))


def test_each_reminder_comes_once(world: World) -> None:
    for days in (90, 60.1, 60, 59, 30, 30, 20, 14, 8, 7, 2, 1, 0.5, 0, -1):
        days_before_the_end(world, days)

    assert told(world) == [60, 30, 14, 7, 1]


def test_whoever_missed_some_hears_of_the_nearest_end(world: World) -> None:
    days_before_the_end(world, 6)
    days_before_the_end(world, 5)

    assert told(world) == [7]


def test_a_token_with_a_successor_may_end(world: World) -> None:
    tokens.rotate_token(
        token_id=world.token.token.id,
        organization=world.organization,
        by=COMMAND_LINE,
        now=world.now,
        overlap_days=30,
    )

    reminders.remind_of_expiry(now=world.now + timedelta(days=20))

    assert told(world) == []


def test_a_revoked_token_may_end(world: World) -> None:
    tokens.revoke_token(
        token_id=world.token.token.id, organization=world.organization, by=COMMAND_LINE, now=world.now
    )

    days_before_the_end(world, 7)

    assert told(world) == []


def test_a_token_issued_for_a_week_is_told_of_on_its_last_day(world: World) -> None:
    world.token = make_token(world.organization, label="Trial", lifetime_days=7)

    for days in (7, 6, 2, 1):
        days_before_the_end(world, days)

    assert told(world) == [1]


def test_one_organization_that_can_not_be_reminded_stops_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    broken = make_organization("aardvark")
    make_token(broken)
    Organization.objects.filter(id=broken.id).update(time_zone="Nowhere/Land")

    days_before_the_end(world, 7)

    assert told(world) == [7]
    assert "ZoneInfoNotFoundError" in caplog.text
