"""The daily digest: one mail a day at eight where the organization is, with what its recipient wants."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.organizations import change_organization
from provisioning import digests, recipients
from provisioning.models import Delivery, EventKind, Notification, ProvisioningEvent
from tests.watch.world import World

VANCOUVER = "America/Vancouver"
EIGHT_THERE = datetime(2027, 1, 12, 16, 0, tzinfo=UTC)


@pytest.fixture
def daily(world: World) -> World:
    """Acme in Vancouver, whose admin gets a digest."""
    change_organization(world.organization, time_zone=VANCOUVER, success_manager=None)
    recipients.add_recipient(
        organization=world.organization,
        address="admin@acme.example",
        kinds=[kind for kind in recipients.EVERYTHING if kind != EventKind.RECOVERY],
        delivery=Delivery.DAILY,
        now=world.now,
    )
    ProvisioningEvent.objects.all().delete()
    Notification.objects.all().delete()
    return world


def happens(world: World, at: datetime, kind: EventKind = EventKind.SILENCE, **context: Any) -> None:
    """Let something have happened."""
    ProvisioningEvent.objects.create(
        organization=world.organization,
        kind=kind,
        key=f"{kind}:{at}",
        at=at,
        context={"organization": "Acme", **context},
    )


def days(world: World) -> list[tuple[str, list[str]]]:
    """Return the digests: the day, and its lines."""
    mails = Notification.objects.filter(kind="digest").order_by("event")
    return [
        (mail.context["day"], [f"{line['at']} {line['text']}" for line in mail.context["lines"]])
        for mail in mails
    ]


def test_it_comes_at_eight_in_the_zone_of_the_organization(daily: World) -> None:
    happens(daily, EIGHT_THERE - timedelta(hours=1))

    digests.write_digests(now=EIGHT_THERE - timedelta(seconds=1))
    assert days(daily) == []
    digests.write_digests(now=EIGHT_THERE)

    assert days(daily) == [("2027-01-12", ["2027-01-12 07:00 PST Entra has gone quiet for Acme"])]


def test_it_is_written_once_and_tells_nothing_twice(daily: World) -> None:
    happens(daily, EIGHT_THERE - timedelta(hours=1))
    happens(daily, EIGHT_THERE)

    for hours in (0, 1, 23, 24, 25):
        digests.write_digests(now=EIGHT_THERE + timedelta(hours=hours))

    assert [(day, len(lines)) for day, lines in days(daily)] == [("2027-01-12", 1), ("2027-01-13", 1)]


def test_a_day_without_news_brings_none(daily: World) -> None:
    happens(daily, EIGHT_THERE, kind=EventKind.RECOVERY)

    digests.write_digests(now=EIGHT_THERE + timedelta(days=1))

    assert days(daily) == []


def test_days_on_which_nothing_could_be_sent_are_made_up_for(daily: World) -> None:
    happens(daily, EIGHT_THERE - timedelta(hours=1))
    digests.write_digests(now=EIGHT_THERE)
    happens(daily, EIGHT_THERE + timedelta(hours=1))
    happens(daily, EIGHT_THERE + timedelta(hours=30))

    digests.write_digests(now=EIGHT_THERE + timedelta(hours=50))

    assert [(day, len(lines)) for day, lines in days(daily)] == [("2027-01-12", 1), ("2027-01-14", 2)]


def test_much_news_is_cut_and_counted(daily: World) -> None:
    for minute in range(60):
        happens(daily, EIGHT_THERE - timedelta(minutes=minute + 1))

    digests.write_digests(now=EIGHT_THERE)

    context = Notification.objects.get(kind="digest").context
    assert (len(context["lines"]), context["more"]) == (50, 10)


def test_what_is_told_daily_is_not_told_at_once(daily: World) -> None:
    daily.cycle(failures=1)

    assert daily.told == []
    assert ProvisioningEvent.objects.filter(kind=EventKind.FAILURES).count() == 1
