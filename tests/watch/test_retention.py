"""Retention: what is past its time goes, by each organization's days; what nobody has read yet stays."""

from datetime import timedelta

import pytest

from accounts.members import delete_member
from accounts.models import Operator, Tombstone
from provisioning import connections, outbox, retention
from provisioning.counters import counters
from provisioning.errors import InvalidRetention
from provisioning.history import Actor
from provisioning.models import (
    DigestLine,
    HealthPeriod,
    HourlyActivity,
    Notification,
    ProvisioningCycle,
    ProvisioningEvent,
    ProvisioningLogEntry,
    ProvisioningWatch,
    RequestCount,
    RequestKind,
)
from tests.factories import make_entry, make_member, make_organization, make_token
from tests.watch.world import FAILED, World


def kept(world: World) -> dict[str, int]:
    """Return how many rows of each sort there are."""
    tables = (ProvisioningLogEntry, ProvisioningCycle, HealthPeriod, ProvisioningEvent, Notification)
    others = (RequestCount, HourlyActivity, Tombstone)
    return {model.__name__: model._default_manager.count() for model in (*tables, *others)}


def test_each_sort_of_row_goes_when_its_time_is_over(world: World) -> None:
    world.cycle(changes=2, failures=1)
    member = make_member(world.organization, "amelie@acme.example")
    delete_member(organization_id=world.organization.id, member_id=member.id, now=world.now)
    Notification.objects.update(created_at=world.now, sent_at=world.now)
    steps = []
    for days in (29, 31, 89, 91):
        retention.delete_expired(now=world.now + timedelta(days=days))
        steps.append(kept(world))

    full = {
        "ProvisioningLogEntry": 3,
        "ProvisioningCycle": 1,
        "HealthPeriod": 2,
        "ProvisioningEvent": 3,
        "Notification": 3,
        "RequestCount": 1,
        "HourlyActivity": 2,
        "Tombstone": 1,
    }
    without_tombstone = full | {"Tombstone": 0}
    # The present state of health stays, however old, and what the first of a kind and the end of trouble are told by.
    old = dict.fromkeys(full, 0) | {
        "ProvisioningCycle": 1,
        "HealthPeriod": 1,
        "ProvisioningEvent": 2,
    }
    assert steps == [full, without_tombstone, without_tombstone, old]


def test_each_organization_keeps_its_log_for_its_own_days(world: World) -> None:
    globex = make_organization("globex")
    make_entry(make_token(globex), at=world.now)
    counters.add(RequestKind.READ_USERS, now=world.now, organization_id=globex.id)
    world.changes()
    world.reads()
    world.look()
    connections.keep_log(organization=globex, days=30)

    retention.delete_expired(now=world.now + timedelta(days=31))

    for model in (ProvisioningLogEntry, RequestCount, HourlyActivity):
        assert [row.organization for row in model._default_manager.all()] == [world.organization]


def test_counts_are_kept_as_long_as_the_log_they_belong_to(world: World) -> None:
    world.cycle(changes=1)
    connections.keep_log(organization=world.organization, days=730)

    retention.delete_expired(now=world.now + timedelta(days=729))

    assert (RequestCount.objects.count(), HourlyActivity.objects.count()) == (1, 1)


def test_an_event_that_waits_for_a_digest_goes_with_its_line(world: World) -> None:
    world.cycle(failures=1)
    for event in ProvisioningEvent.objects.all():
        DigestLine.objects.create(organization=world.organization, address_key="a@acme.example", event=event)

    retention.delete_expired(now=world.now + timedelta(days=91))

    assert not DigestLine.objects.exists()


def test_one_organization_that_can_not_be_cleaned_stops_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    broken = make_organization("aardvark")
    ProvisioningWatch.objects.filter(organization=broken).delete()
    world.cycle(changes=1)
    counters.add(RequestKind.STRANGER, now=world.now, address="192.0.2.1")
    counters.flush()

    deleted = retention.delete_expired(now=world.now + timedelta(days=91))

    assert (deleted["log entries"], deleted["counts of strangers"]) == (1, 1)
    assert "RelatedObjectDoesNotExist" in caplog.text


def test_an_entry_nobody_has_read_yet_stays(world: World) -> None:
    world.changes()

    retention.delete_expired(now=world.now + timedelta(days=365))

    assert ProvisioningLogEntry.objects.count() == 1


def test_much_is_deleted_in_small_transactions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    world.changes(5)
    world.look()

    deleted = retention.delete_expired(now=world.now + timedelta(days=91))

    assert deleted["log entries"] == 5
    assert not ProvisioningLogEntry.objects.exists()


def test_a_mail_that_waits_stays_however_old(world: World) -> None:
    [mail] = Notification.objects.all()
    retention.delete_expired(now=world.now + timedelta(days=91))
    waiting = list(Notification.objects.all())

    outbox.mark_failed(mail, error="550 5.1.1 User unknown", is_final=True, now=world.now)
    retention.delete_expired(now=world.now + timedelta(days=91))

    assert (waiting, list(Notification.objects.all())) == ([mail], [])


def test_mails_to_staff_are_kept_for_ninety_days(world: World) -> None:
    Notification.objects.all().delete()
    for kind, sent_at in (("password_reset", world.now), ("invitation", None)):
        Notification.objects.create(
            kind=kind, event=kind, recipient="csm@hootprov.example", created_at=world.now, sent_at=sent_at
        )
    kept_kinds = []
    for days in (89, 91):
        retention.delete_expired(now=world.now + timedelta(days=days))
        kept_kinds.append(sorted(Notification.objects.values_list("kind", flat=True)))

    assert kept_kinds == [["invitation", "password_reset"], ["invitation"]]


@pytest.mark.parametrize("is_off_meanwhile", [False, True])
def test_the_end_of_a_trouble_that_outlasts_the_log_is_told(
    world: World, csm: Operator, is_off_meanwhile: bool
) -> None:
    world.cycle(changes=1)
    world.passes(hours=3)
    by = Actor.of(csm)
    if is_off_meanwhile:
        connections.turn_off(organization=world.organization, reason="Wait.", by=by, now=world.now)
        world.look()
    world.now += timedelta(days=91)
    retention.delete_expired(now=world.now)
    if is_off_meanwhile:
        connections.turn_on(organization=world.organization, reason="", by=by, now=world.now)

    for _ in range(2):
        world.cycle(changes=1)

    assert world.states[-1] == "healthy"
    assert world.told[-1] == "recovery"


def test_the_first_member_is_told_once_for_ever(world: World) -> None:
    world.cycle(changes=1)
    Notification.objects.update(sent_at=world.now)
    retention.delete_expired(now=world.now + timedelta(days=91))
    world.now += timedelta(days=91)

    world.cycle(changes=1)

    assert world.told.count("first_success") == 0
    assert ProvisioningEvent.objects.filter(kind="first_success").count() == 1


def test_the_cycle_after_a_long_pause_is_not_the_first(world: World) -> None:
    world.cycle(changes=1)
    world.now += timedelta(days=91)
    retention.delete_expired(now=world.now)

    world.cycle(changes=1)

    assert [cycle.kind for cycle in world.cycles] == ["initial", "incremental"]


def test_failures_that_retention_took_are_told_no_more(world: World) -> None:
    world.changes(**FAILED)
    world.look()
    world.now += timedelta(days=91)
    ProvisioningLogEntry.objects.all()._raw_delete("default")

    world.look()

    world.organization.watch.refresh_from_db()
    assert world.organization.watch.failures_since is None
    assert "failures" not in world.told


def test_positions_go_on_after_retention(world: World) -> None:
    world.changes(3)
    world.look()
    retention.delete_expired(now=world.now + timedelta(days=91))
    world.changes()
    world.look()

    assert list(ProvisioningLogEntry.objects.values_list("position", flat=True)) == [4]


@pytest.mark.parametrize("days", [29, 731])
def test_a_log_is_kept_neither_shorter_nor_longer_than_it_may(world: World, days: int) -> None:
    with pytest.raises(InvalidRetention, match="30 to 730 days"):
        connections.keep_log(organization=world.organization, days=days)


def test_counts_of_strangers_go_too(world: World) -> None:
    counters.add(RequestKind.STRANGER, now=world.now, address="192.0.2.1")
    counters.flush()

    retention.delete_expired(now=world.now + timedelta(days=91))

    assert not RequestCount.objects.exists()
