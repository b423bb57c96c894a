"""The daily digest: one mail a day at eight where the organization is, with what its recipient wants.

Each event is in one digest or was mailed at once: never both, never neither.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization
from accounts.organizations import change_organization
from provisioning import digests, notifications, recipients
from provisioning.models import Delivery, DigestLine, EventKind, Notification, ProvisioningEvent, Recipient
from tests.factories import make_organization
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
    Notification.objects.all().delete()
    return world


def happens(world: World, at: datetime, kind: EventKind = EventKind.SILENCE, **context: Any) -> None:
    """Let something happen that is told."""
    notifications.tell(world.organization, kind, f"{kind}:{at}", at, context)


def chooses(world: World, delivery: Delivery, **choice: Any) -> None:
    """Let Acme's admin change when they hear, or what."""
    defaults: dict[str, Any] = {"kinds": recipients.EVERYTHING, "is_muted": False}
    recipients.change(Recipient.objects.get(), delivery=delivery, now=world.now, **(defaults | choice))


def at_once() -> list[str]:
    """Return the events that were mailed at once."""
    mails = Notification.objects.exclude(kind="digest").order_by("event")
    return list(mails.values_list("event", flat=True))


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


def test_what_was_told_at_once_is_in_no_digest_of_who_changed_to_daily(daily: World) -> None:
    chooses(daily, Delivery.AT_ONCE)
    happens(daily, EIGHT_THERE - timedelta(hours=2))
    chooses(daily, Delivery.DAILY)
    happens(daily, EIGHT_THERE - timedelta(hours=1), EventKind.RECOVERY)

    digests.write_digests(now=EIGHT_THERE)

    assert at_once() == [f"silence:{EIGHT_THERE - timedelta(hours=2)}"]
    assert days(daily) == [
        ("2027-01-12", ["2027-01-12 07:00 PST Provisioning of Acme is healthy again"]),
    ]


def test_what_waited_for_the_digest_of_who_changed_to_at_once_is_still_in_it(daily: World) -> None:
    happens(daily, EIGHT_THERE - timedelta(hours=2))
    chooses(daily, Delivery.AT_ONCE)
    happens(daily, EIGHT_THERE - timedelta(hours=1))

    digests.write_digests(now=EIGHT_THERE)

    assert at_once() == [f"silence:{EIGHT_THERE - timedelta(hours=1)}"]
    assert days(daily) == [("2027-01-12", ["2027-01-12 06:00 PST Entra has gone quiet for Acme"])]


def test_what_was_committed_late_is_in_the_next_digest(daily: World) -> None:
    happens(daily, EIGHT_THERE - timedelta(hours=1))
    digests.write_digests(now=EIGHT_THERE)
    happens(daily, EIGHT_THERE - timedelta(seconds=1))

    for hours in (0, 1, 24, 48):
        digests.write_digests(now=EIGHT_THERE + timedelta(hours=hours))

    assert days(daily) == [
        ("2027-01-12", ["2027-01-12 07:00 PST Entra has gone quiet for Acme"]),
        ("2027-01-13", ["2027-01-12 07:59 PST Entra has gone quiet for Acme"]),
    ]
    assert not DigestLine.objects.exists()


@pytest.mark.parametrize(
    "choice", [{"is_muted": True}, {"kinds": [str(EventKind.FAILURES)]}], ids=["muted", "not of this kind"]
)
def test_who_wants_to_hear_of_it_no_more_gets_no_digest(daily: World, choice: dict[str, Any]) -> None:
    happens(daily, EIGHT_THERE - timedelta(hours=1))
    chooses(daily, Delivery.DAILY, **choice)

    digests.write_digests(now=EIGHT_THERE)

    assert days(daily) == []
    assert not DigestLine.objects.exists()


def test_one_organization_whose_digest_can_not_be_written_stops_no_other(
    daily: World, caplog: pytest.LogCaptureFixture
) -> None:
    broken = make_organization("aardvark")
    Organization.objects.filter(id=broken.id).update(time_zone="Nowhere/Land")
    event = ProvisioningEvent.objects.create(organization=broken, kind="silence", key="x", at=daily.now)
    DigestLine.objects.create(organization=broken, address_key="it@aardvark.example", event=event)
    happens(daily, EIGHT_THERE - timedelta(hours=1))

    written = digests.write_digests(now=EIGHT_THERE)

    assert written == 1
    assert [(day, len(lines)) for day, lines in days(daily)] == [("2027-01-12", 1)]
    assert str(broken.id) in caplog.text
    assert "it@aardvark.example" not in caplog.text
