"""The tables of `bench.sizes`, in Markdown, and what of it misses a target.

A figure is the median of the rounds, and so is a ratio: of the rounds' own ratios, with the lowest and highest. What a worker
takes of memory is told by the warm-up: once it has grown, it grows no more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import sub
from statistics import median
from typing import Any

from bench.scenarios import CHECK, NAMED, READ
from bench.servers import POSTGRESQL
from bench.sizes_data import SIZES
from bench.sizes_steps import (
    BARE,
    BARE_OF,
    FILL,
    FIRST_LEAF,
    FIRST_PAGE,
    FLAT,
    LAST_LEAF,
    LAST_PAGE,
    MANY_IN,
    NAMED_BESIDE,
    NO_PAGE,
    ONE_IN,
    ONE_OUT,
    READ_BESIDE,
    WHOLE_OF,
)

COUNT = "COUNT in the database alone"
EACH = "took"  # ms, of each request
MS, S, MB, RATIO = " ms", " s", " MB", "×"
GROWTH = 1.2

Round = dict[str, dict[str, dict[str, Any]]]
Reading = tuple[str, str, str]


@dataclass(frozen=True)
class Target:
    """A figure that is to be at most so much: by itself, as a ratio to another, or, where it has a unit, less another.

    For that both are those of EACH request, each less the one that was asked in turns with it: what disturbs one disturbs both.
    """

    what: str
    reading: Reading
    bound: float
    unit: str = RATIO
    other: Reading | None = None

    def values(self, rounds: list[Round]) -> list[float]:
        """Return the value in each round, in order of size; none where it was not measured."""
        found = (self.value(each) for each in rounds)
        return sorted(value for value in found if value is not None)

    def value(self, figures: Round) -> float | None:
        """Return the value in a round; None where it was not measured."""
        value, other = read(figures, self.reading), read(figures, self.other or self.reading)
        if value is None or other is None:
            return None
        if self.other is None:
            return float(value)
        return float(value / other) if self.unit == RATIO else median(map(sub, value, other))


def read(figures: Round, reading: Reading) -> Any:
    """Return a figure of a round: of a database, a step, and by its name; None where it was not measured."""
    label, step, figure = reading
    found = figures.get(label, {}).get(step)
    return None if found is None else found[figure]


def targets(kind: str, labels: list[str]) -> Iterator[Target]:
    """Yield the targets on one kind of database, whose columns are in order of size, the many organizations last."""
    single = [label for label in labels if RATIO not in label]
    small, large = single[0], single[-1]
    for label in labels:
        if label == large or label not in single:
            for step in FLAT:
                base = (small, step, "p50")
                yield Target(f"{step}: {label} to {small}", (label, step, "p50"), GROWTH, other=base)
    yield from of_groups(kind, large)
    yield from of_lists(large)
    for label in single:
        what = f"{BARE} to {READ}, {label} users"
        yield Target(what, (label, BARE, "p50"), 1.1, other=(label, READ, "p50"))


def of_groups(kind: str, large: str) -> Iterator[Target]:
    """Yield the targets for groups, on the largest database."""
    patch, person = (large, NAMED_BESIDE, "p50"), (large, READ_BESIDE, "p50")
    for step in (ONE_IN, ONE_OUT):
        for size in SIZES:
            reading = large, step.format(size), "p50"
            yield Target(f"{reading[1]} to {NAMED}", reading, 1.3, other=patch)
        base = large, step.format(SIZES[0]), "p50"
        what = f"{step.format(SIZES[-1])} to {step.format(SIZES[0])}"
        yield Target(what, (large, step.format(SIZES[-1]), "p50"), GROWTH, other=base)
    for size in SIZES:
        step = MANY_IN.format(size)
        yield Target(step, (large, step, "p50"), 20 if kind == POSTGRESQL else 10, MS)
    yield Target(f"{FILL}, 10,000 in all", (large, FILL, "seconds"), 3, S)
    yield Target(f"{FILL}, last tenth to first", (large, FILL, "growth"), GROWTH)
    for size in SIZES:
        step = BARE_OF.format(size)
        yield Target(f"{step} to {READ}", (large, step, "p50"), 1.1, other=person)
    yield Target(WHOLE_OF.format(SIZES[1]), (large, WHOLE_OF.format(SIZES[1]), "p50"), 80, MS)
    huge = WHOLE_OF.format(SIZES[2])
    yield Target(huge, (large, huge, "p50"), 800, MS)
    yield Target(f"{huge}, the worker's memory at its peak", (large, huge, "peak_mb"), 60, MB)
    yield Target(f"{huge}, the worker's memory afterwards", (large, huge, "kept_mb"), 60, MB)


def of_lists(large: str) -> Iterator[Target]:
    """Yield the targets for lists, on the largest database."""
    count, first = (large, NO_PAGE, EACH), (large, FIRST_PAGE, EACH)
    yield Target(f"{FIRST_PAGE}, less that of none", first, 15, MS, other=count)
    yield Target(LAST_PAGE, (large, LAST_PAGE, "p50"), 300, MS)
    base = large, FIRST_LEAF, "p50"
    yield Target(f"{LAST_LEAF} to {FIRST_LEAF}", (large, LAST_LEAF, "p50"), GROWTH, other=base)


def text(found: dict[str, Any]) -> str:
    """Return the whole report."""
    options = found["options"]
    lines = [
        f"{options['rounds']} interleaved rounds of {options['requests']} requests of a kind, one connection, "
        f"{found['machine']}. Columns: users stored, or organizations × users."
    ]
    for kind, measured in found["databases"].items():
        lines += [f"\n## {kind}\n", *figures(measured["rounds"], measured["labels"])]
        lines += ["", *verdicts(kind, measured)]
    return "\n".join(lines)


def figures(rounds: list[Round], labels: list[str]) -> list[str]:
    """Return the table of what each step took at each size."""
    steps = dict.fromkeys(step for figures in rounds[0].values() for step in figures)
    lines = ["| p50 / p95 ms | " + " | ".join(labels) + " |", "| --- |" + " --- |" * len(labels)]
    for step in steps:
        cells = [cell([each[label][step] for each in rounds if step in each[label]]) for label in labels]
        if not step.startswith(CHECK) or any("wrong" in each for each in cells):
            lines.append(f"| {step} | " + " | ".join(cells) + " |")
    return lines


def cell(found: list[dict[str, Any]]) -> str:
    """Return the figures of one step at one size."""
    if not found:
        return "–"
    errors = sum(each["errors"] for each in found)
    middle = " / ".join(f"{median(each[figure] for each in found):.1f}" for figure in ("p50", "p95"))
    return middle + (f" · **{errors} wrong**" if errors else "")


def verdicts(kind: str, measured: dict[str, Any]) -> list[str]:
    """Return the table of what has a target."""
    lines = ["| median (lowest to highest) of the rounds | value | target | |", "| --- | --- | --- | --- |"]
    for target in targets(kind, measured["labels"]):
        values = target.values([measured["warm-up"]] if target.unit == MB else measured["rounds"])
        if values:
            value = f"{median(values):.2f}{target.unit} ({values[0]:.2f} to {values[-1]:.2f})"
            verdict = "" if median(values) <= target.bound else "**MISSED**"
            lines.append(f"| {target.what} | {value} | ≤ {target.bound:g}{target.unit} | {verdict} |")
    return lines


def has_wrong_answers(found: dict[str, Any]) -> bool:
    """Whether anything was answered wrongly."""
    return any(
        step["errors"]
        for measured in found["databases"].values()
        for each in (measured["warm-up"], *measured["rounds"])
        for steps in each.values()
        for step in steps.values()
    )
