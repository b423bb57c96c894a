"""Cycles: inferred from traffic, ended by ten quiet minutes, counted from the log."""

from datetime import timedelta

from provisioning import cycles, logs, watch
from provisioning.models import Action, CycleKind, LogStatus, ProvisioningCycle
from tests.watch.world import FAILED, World


def test_the_first_cycle_is_initial_and_every_later_one_incremental(world: World) -> None:
    for _ in range(3):
        world.cycle(changes=1)

    assert [cycle.kind for cycle in world.cycles] == [
        CycleKind.INITIAL,
        CycleKind.INCREMENTAL,
        CycleKind.INCREMENTAL,
    ]


def test_a_cycle_reaches_from_its_first_request_to_its_last(world: World) -> None:
    start = world.now
    world.reads()
    world.passes(minutes=9)
    world.changes()
    world.passes(minutes=9)
    world.reads()
    end = world.now
    world.passes(minutes=9)
    assert [cycle.ended_at for cycle in world.cycles] == [None]

    world.passes(minutes=1)

    assert [(cycle.started_at, cycle.ended_at) for cycle in world.cycles] == [(start, end)]


def test_a_cycle_counts_users_and_groups_apart(world: World) -> None:
    world.changes(3)
    world.changes(2, action=Action.UPDATE)
    world.changes(action=Action.DISABLE)
    world.changes(action=Action.RESTORE)
    world.changes(action=Action.DELETE, resource_type="Group")
    world.changes(4, action=Action.UPDATE, resource_type="Group", status=LogStatus.SKIPPED)
    world.changes(5, **FAILED)
    world.reads(7)

    world.passes(seconds=1)

    [cycle] = world.cycles
    assert cycle.totals == {
        "User": {"created": 3, "updated": 2, "disabled": 1, "restored": 1, "failed": 5},
        "Group": {"deleted": 1, "skipped": 4},
    }
    assert cycles.reads_of(cycle) == {"User": 7}
    assert (cycles.operations_of(cycle), cycles.counted(cycle, "failed")) == (17, 5)


def test_test_connection_and_refused_tokens_belong_to_no_cycle(world: World) -> None:
    world.changes(action=Action.TEST_CONNECTION, resource_type="User", http_status=200)
    world.changes(**FAILED | {"error_code": "token_revoked", "http_status": 401})

    world.passes(minutes=1)

    assert world.cycles == []


def test_what_is_refused_while_provisioning_is_off_counts_as_nothing(world: World) -> None:
    world.changes(5, **FAILED | {"error_code": "provisioning_off", "http_status": 403})

    world.passes(minutes=1)

    assert [cycle.totals for cycle in world.cycles] == [{}]


def test_a_worker_that_was_away_finds_each_cycle_it_missed(world: World) -> None:
    for _ in range(3):
        world.reads()
        world.now += timedelta(minutes=2)
        world.changes(2)
        world.now += timedelta(minutes=40)

    world.look()

    assert [(cycle.kind, cycle.totals) for cycle in world.cycles] == [
        ("initial", {"User": {"created": 2}}),
        ("incremental", {"User": {"created": 2}}),
        ("incremental", {"User": {"created": 2}}),
    ]
    assert [cycle.ended_at - cycle.started_at for cycle in world.cycles if cycle.ended_at] == [
        timedelta(minutes=2)
    ] * 3


def test_reads_wait_for_the_entries_before_them(world: World) -> None:
    world.changes()
    world.now += timedelta(minutes=30)
    world.reads()
    world.now += timedelta(minutes=1)
    flushed = world.organization.id
    cycles_before_sealing = watch.step(flushed, now=world.now), ProvisioningCycle.objects.count()

    world.look()

    assert cycles_before_sealing == (1, 0)
    assert [cycle.kind for cycle in world.cycles] == ["initial", "incremental"]


def test_an_entry_that_was_sealed_late_goes_on_with_its_cycle(world: World) -> None:
    world.reads()
    world.passes(minutes=9)
    late = world.now
    world.passes(minutes=2)
    assert world.cycles[0].ended_at is not None

    world.now, now = late, world.now
    world.changes()
    world.now = now
    world.look()

    [cycle] = world.cycles
    assert (cycle.last_seen_at, cycle.ended_at, cycle.totals) == (late, None, {"User": {"created": 1}})


def test_watching_twice_counts_nothing_twice(world: World) -> None:
    world.changes(3)
    world.look()

    world.look()
    watch.step(world.organization.id, now=world.now)

    assert world.cycles[0].totals == {"User": {"created": 3}}


def test_a_long_log_is_read_batch_by_batch(world: World, monkeypatch: object) -> None:
    monkeypatch.setattr("provisioning.activity.BATCH_SIZE", 2)  # type: ignore[attr-defined]  # pytest's own
    world.changes(5)
    logs.seal()

    totals = []
    for _ in range(3):
        watch.step(world.organization.id, now=world.now)
        totals.append(world.cycles[0].totals["User"]["created"])

    assert totals == [2, 4, 5]


def test_the_interval_is_learnt_from_the_last_cycles(world: World) -> None:
    assert cycles.interval(world.organization.id) == timedelta(minutes=40)
    for pause in (9, 9, 49, 9):
        world.cycle()
        world.passes(minutes=pause)

    learnt = cycles.interval(world.organization.id)

    assert learnt == timedelta(minutes=20)


def test_progress_is_known_by_how_long_its_like_took(world: World) -> None:
    world.reads()
    world.passes(minutes=1)
    assert cycles.progress(world.cycles[0], now=world.now) is None
    for _ in range(2):
        world.passes(minutes=30)
        world.reads()
        world.passes(minutes=4)
        world.reads()
        world.passes(minutes=2)

    *_, ended, running = world.cycles
    shares = [cycles.progress(running, now=running.started_at + timedelta(minutes=m)) for m in (1, 2, 9)]

    assert (ended.ended_at is not None, running.ended_at) == (True, None)
    assert shares == [0.25, 0.5, 0.99]
    assert cycles.progress(ended, now=world.now) == 1.0


def test_another_organization_has_cycles_of_its_own(world: World) -> None:
    world.cycle(changes=1)

    assert set(ProvisioningCycle.objects.values_list("organization__slug", flat=True)) == {"acme"}
