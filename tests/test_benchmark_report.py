"""What a side-by-side run reports: percentiles by nearest rank, ratios within a round, and what is wrong or missed."""

from typing import Any

import pytest

from bench.report import FLOOR, PRODUCT, has_wrong_answers, misses_gate, percentile, text, with_initial
from bench.scenarios import BARE_GROUP, CHECK, CREATED, DISABLED, MAILED, MISSED, NAMED, ONE_IN, ONE_OUT, READ

PATCHES = (NAMED, DISABLED, MAILED, ONE_OUT, ONE_IN)


def step(*took: float, rate: float = 1000.0) -> dict[str, Any]:
    """Return the figures of a step whose requests took so long, in ms."""
    figures = {"requests/s": rate, "web_ms": 1.0, "database_ms": 0.5}
    return {"requests": len(took), "took": list(took), "errors": 0, "first error": "", **figures}


def one_round(*, slow: float) -> dict[str, Any]:
    """Return a round in which all takes so many times longer, and matches have a tail."""
    reads = {name: step(*[slow] * 99, 2 * slow) for name in (READ, BARE_GROUP)}
    writes = {name: step(*[4 * slow] * 100) for name in (CREATED, *PATCHES)}
    return {
        "memory_mb": 100.0,
        "steps": {MISSED: step(*[slow] * 95, *[slow * 5] * 5, rate=2000.0), **reads, **writes},
    }


@pytest.fixture
def run() -> dict[str, Any]:
    """A run of three rounds, in one of which the machine is slow."""
    return {
        "client alone": {"requests/s": 15000.0, "cpu_ms": 0.06},
        "computing": [step(*[1.0] * 98, 3.0, 9.0)] * 3,
        "options": {"rounds": 3, "users": 100, "groups": 1, "concurrency": 4, "flag": False},
        "machine": "a machine",
        "rounds": {f"{PRODUCT}, SQLite": [one_round(slow=slow) for slow in (1.0, 10.0, 1.0)]},
    }


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        (range(1, 101), 99, 99),
        (range(1, 101), 100, 100),
        (range(1, 201), 50, 100),
        (range(1, 301), 99, 297),
        ([7], 50, 7),
        ([3, 1, 2], 50, 2),
    ],
)
def test_a_percentile_is_the_least_value_that_so_many_are_within(
    values: range | list[float], share: int, found: float
) -> None:
    assert percentile(values, share) == found


def test_ratios_are_of_one_round_whatever_the_machine_gave_in_it(run: dict[str, Any]) -> None:
    lines = text(run).splitlines()

    assert [line for line in lines if "p99 to p50" in line or "p50 to" in line] == [
        "The same web server drives an application that computes for half a millisecond, and has no database, at 1,000 "
        "requests/s, p50 1.0 ms, p99 3.0 ms: p99 to p50 3.00 (3.00 to 3.00).",
        "| remove 1 member, p50 to a user's PATCH | 1.00 (1.00 to 1.00) | ≤ 1.3 |  |",
        "| add 1 member, p50 to a user's PATCH | 1.00 (1.00 to 1.00) | ≤ 1.3 |  |",
        "| group without members, p50 to GET a user | 1.00 (1.00 to 1.00) | ≤ 1.1 |  |",
        "| initial cycle of users, p99 to p50 | 1.25 (1.25 to 1.25) | ≤ 3 |  |",
        "| match a user, miss, p99 to p50 | 5.00 (5.00 to 5.00) | ≤ 3 | **MISSED** |",
        *(
            f"| {name}, p99 to p50 | 1.00 (1.00 to 1.00) | ≤ 3 |  |"
            for name in (READ, BARE_GROUP, CREATED, *PATCHES)
        ),
    ]


def test_an_initial_cycle_is_its_matches_and_creations_together() -> None:
    whole = with_initial(one_round(slow=1.0))["steps"]["initial cycle of users"]

    assert whole == {
        "requests": 200,
        "errors": 0,
        "requests/s": 200 / (100 / 2000 + 100 / 1000),
        "p50": 4.0,
        "p95": 4.0,
        "p99": 5.0,
        "web_ms": 1.0,
        "database_ms": 0.5,
        "CPU": 1.5,
    }


@pytest.mark.parametrize("where", ["the product", "what only computes"])
def test_one_wrong_answer_is_told(run: dict[str, Any], where: str) -> None:
    found = {
        "the product": run["rounds"][f"{PRODUCT}, SQLite"][2]["steps"][READ],
        "what only computes": run["computing"][1],
    }

    before = has_wrong_answers(run)
    found[where]["errors"] = 1

    assert (before, has_wrong_answers(run)) == (False, True)


@pytest.mark.parametrize(("floors_ms", "is_missed"), [(1.5, False), (1.3, True)])
def test_the_gate_is_the_cpu_of_an_initial_cycle_to_the_floors(
    run: dict[str, Any], floors_ms: float, is_missed: bool
) -> None:
    floor = [one_round(slow=1.0) for _ in range(3)]
    for each in floor:
        for name in (MISSED, CREATED):
            each["steps"][name] |= {"web_ms": floors_ms, "database_ms": 0.0}

    alone = misses_gate(run)
    run["rounds"][f"{FLOOR}, SQLite"] = floor

    assert (alone, misses_gate(run)) == (False, is_missed)


@pytest.mark.parametrize("errors", [0, 1])
def test_a_look_at_what_was_done_is_told_where_it_was_wrong(run: dict[str, Any], errors: int) -> None:
    look = f"{CHECK}{ONE_OUT}"
    for each in run["rounds"][f"{PRODUCT}, SQLite"]:
        each["steps"][look] = step(1.0) | {"errors": errors}

    told = [line for line in text(run).splitlines() if look in line]

    assert [f"**{3 * errors} of 3 wrong**" in line for line in told] == [True] * errors
