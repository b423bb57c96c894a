"""The simulated fleet queues as can be reckoned by hand, and is the same each time."""

from dataclasses import replace

import pytest

from bench import fleet
from bench.fleet import Cycle, Options

OPTIONS = Options(
    organizations=50,
    minutes=40,
    jitter=30,
    within=40,
    median=20,
    sigma=1,
    largest=1000,
    churn=0.1,
    idle=1,
    initial=1,
    read=(10.0, 0.0),
    write=(10.0, 5.0),
    workers=(1,),
    cores=2,
    seed=1,
)


@pytest.mark.once
def test_a_change_is_a_match_and_a_write() -> None:
    day = fleet.simulate([Cycle(at=0.0, idle=2, changes=3)], OPTIONS, workers=1)

    assert (len(day.waits), day.writes) == (8, 3)


@pytest.mark.once
def test_one_organization_never_waits_for_itself() -> None:
    day = fleet.simulate([Cycle(at=0.0, idle=2, changes=30)], OPTIONS, workers=1)

    assert set(day.waits) == {0.0}


@pytest.mark.once
def test_who_comes_second_waits_for_the_only_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "LEAST_SHARE", 1.0)

    day = fleet.simulate([Cycle(0.0, 1, 0), Cycle(0.004, 1, 0)], OPTIONS, workers=1)

    assert list(day.waits) == pytest.approx([0.0, 0.006])


@pytest.mark.once
def test_the_same_seed_makes_the_same_day() -> None:
    first, second = (fleet.cycles_of(OPTIONS, fleet.sizes_of(OPTIONS)) for _ in range(2))

    assert first == second != fleet.cycles_of(replace(OPTIONS, seed=2), fleet.sizes_of(OPTIONS))
