"""The tables of a side-by-side run, in Markdown, and what of it misses a target.

A figure is the median of the rounds; a ratio is the median of the rounds' own ratios, with the lowest and highest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from operator import truediv
from statistics import mean, median
from typing import Any

from bench.scenarios import (
    BARE_GROUP,
    CHECK,
    CREATED,
    DELETED,
    DISABLED,
    MAILED,
    MATCHED,
    MISSED,
    NAMED,
    ONE_IN,
    ONE_OUT,
    READ,
)

PRODUCT, FLOOR, PEER = "HootProv", "floor", "django-scim2"
INITIAL = "initial cycle of users"
PARTS = (MISSED, CREATED)
MUST_BE_RIGHT = (PRODUCT, FLOOR)
MOST_TAIL = 3.0
ENOUGH_FOR_A_TAIL = 100  # requests in a round

Round = dict[str, Any]
Rounds = dict[str, list[Round]]


@dataclass(frozen=True)
class Target:
    """A ratio of HootProv's figure to another server's that is to be at least, or at most, so much."""

    step: str
    other: str
    bound: float
    figure: str = "requests/s"

    @property
    def is_met(self) -> Callable[[float], bool]:
        """Whether a ratio is good enough."""
        return self.bound.__le__ if self.figure == "requests/s" else self.bound.__ge__


def targets(kind: str) -> list[Target]:
    """Return the targets on one kind of database."""
    as_fast = [Target(step, FLOOR, 1.0) for step in (MISSED, MATCHED, READ)]
    nearly = [Target(step, FLOOR, 0.9) for step in (CREATED, NAMED, DISABLED, MAILED, DELETED)]
    cycle = [Target(INITIAL, FLOOR, 0.95), Target(INITIAL, FLOOR, 1.1, "CPU")]
    return [*as_fast, *nearly, *cycle, Target(INITIAL, PEER, 1.4 if kind == "PostgreSQL" else 1.3)]


def text(found: dict[str, Any]) -> str:
    """Return the whole report."""
    alone, options = found["client alone"], found["options"]
    lines = [
        f"{options['rounds']} interleaved rounds, {options['users']} users, {options['groups']} groups, "
        f"{options['concurrency']} connections, {'with' if options['flag'] else 'without'} aadOptscim062020, "
        f"{found['machine']}. The client alone drives "
        f"{alone['requests/s']:,.0f} requests/s and takes {alone['cpu_ms']:.2f} ms of CPU for one.",
        f"\n{computed(found['computing'])}",
    ]
    for kind, of_kind in by_kind(found).items():
        lines += [f"\n## {kind}\n", *figures(of_kind)]
        if PRODUCT in of_kind:
            lines += ["", *ratios(of_kind, kind), "", *within(of_kind)]
    return "\n".join(lines)


def by_kind(found: dict[str, Any]) -> dict[str, Rounds]:
    """Return the rounds of each server, by the kind of database."""
    kinds: dict[str, Rounds] = {}
    for each, runs in found["rounds"].items():
        name, _, kind = each.partition(", ")
        kinds.setdefault(kind, {})[name] = [with_initial(run) for run in runs]
    return kinds


def misses_gate(found: dict[str, Any]) -> bool:
    """Whether the steadiest figure, the CPU of an initial cycle, is worse than it may be."""
    return any(
        not target.is_met(median(values))
        for kind, rounds in by_kind(found).items()
        for target in targets(kind)
        if target.figure == "CPU" and (values := ratios_to(rounds, target))
    )


def computed(runs: list[dict[str, Any]]) -> str:
    """Return what the web server does with an application that only computes."""
    middles, lates = ([percentile(run["took"], share) for run in runs] for share in (50, 99))
    rate, tail = median(run["requests/s"] for run in runs), said([*map(truediv, lates, middles)])
    return (
        f"The same web server drives an application that computes for half a millisecond, and has no database, at {rate:,.0f} "
        f"requests/s, p50 {median(middles):.1f} ms, p99 {median(lates):.1f} ms: p99 to p50 {tail}."
    )


def has_wrong_answers(found: dict[str, Any]) -> bool:
    """Whether the product, the floor or what only computes has answered anything wrongly."""
    steps = [
        step
        for name, runs in found["rounds"].items()
        if name.partition(", ")[0] in MUST_BE_RIGHT
        for run in runs
        for step in run["steps"].values()
    ]
    return any(step["errors"] for step in [*steps, *found["computing"]])


def with_initial(run: Round) -> Round:
    """Return a round with percentiles and CPU as one figure in each step, and the initial cycle's steps as one."""
    steps = {name: summed([step]) for name, step in run["steps"].items()}
    return run | {"steps": {INITIAL: summed([run["steps"][name] for name in PARTS]), **steps}}


def summed(parts: list[Round]) -> Round:
    """Return steps as one: the percentiles of all their answers in ms, CPU and rate by request."""
    requests = sum(each["requests"] for each in parts)
    took = [each for part in parts for each in part["took"]]
    web, database = (
        sum(each["requests"] * each[figure] for each in parts) / requests
        for figure in ("web_ms", "database_ms")
    )
    return {
        "requests": requests,
        "errors": sum(each["errors"] for each in parts),
        "requests/s": requests / sum(each["requests"] / each["requests/s"] for each in parts),
        **{f"p{share}": percentile(took, share) for share in (50, 95, 99)},
        "web_ms": web,
        "database_ms": database,
        "CPU": web + database,
    }


def percentile(values: Sequence[float], share: int) -> float:
    """Return the least value that so many of 100 are within (nearest rank)."""
    return sorted(values)[max(ceil(len(values) * share / 100) - 1, 0)]


def figures(rounds: Rounds) -> list[str]:
    """Return the table of what each server did, a line a step."""
    steps = dict.fromkeys(step for runs in rounds.values() for step in runs[0]["steps"])
    wrong = {
        name
        for runs in rounds.values()
        for run in runs
        for name, step in run["steps"].items()
        if step["errors"]
    }
    names = [step for step in steps if not step.startswith(CHECK) or step in wrong]
    head = "requests/s · p50 / p95 / p99 ms · CPU ms web + database"
    lines = [f"| {head} | " + " | ".join(rounds) + " |", "| --- |" + " --- |" * len(rounds)]
    lines += [
        f"| {name} | " + " | ".join(cell(runs, name) for runs in rounds.values()) + " |" for name in names
    ]
    memory = [f"{median(run['memory_mb'] for run in runs):.0f} MB" for runs in rounds.values()]
    return [*lines, "| largest process | " + " | ".join(memory) + " |"]


def cell(runs: list[Round], name: str) -> str:
    """Return one server's figures of one step."""
    steps = [run["steps"][name] for run in runs if name in run["steps"]]
    if not steps:
        return "–"
    middle = {key: median(step[key] for step in steps) for key, value in steps[0].items() if is_figure(value)}
    errors, requests = sum(step["errors"] for step in steps), sum(step["requests"] for step in steps)
    wrong = f" · **{errors} of {requests} wrong**" if errors else ""
    tail = " / ".join(f"{middle[key]:.1f}" for key in ("p50", "p95", "p99"))
    cpu = f"{middle['web_ms']:.2f} + {middle['database_ms']:.2f}"
    return f"**{middle['requests/s']:,.0f}** · {tail} · {cpu}{wrong}"


def is_figure(value: object) -> bool:
    """Whether a value is a number."""
    return isinstance(value, int | float)


def ratios(rounds: Rounds, kind: str) -> list[str]:
    """Return the table of the ratios that have a target."""
    lines = [
        "| HootProv to another, median (lowest to highest) | ratio | target | |",
        "| --- | --- | --- | --- |",
    ]
    for target in targets(kind):
        if not (found := ratios_to(rounds, target)):
            continue
        sign = "≥" if target.figure == "requests/s" else "≤"
        verdict = "" if target.is_met(median(found)) else "**MISSED**"
        what = f"{target.step}, {target.figure}, to {target.other}"
        lines.append(f"| {what} | {said(found)} | {sign} {target.bound:g} | {verdict} |")
    return lines


def ratios_to(rounds: Rounds, target: Target) -> list[float]:
    """Return HootProv's figure to the other's in each round; none where one of them was not measured."""
    return [
        mine["steps"][target.step][target.figure] / theirs["steps"][target.step][target.figure]
        for mine, theirs in zip(rounds.get(PRODUCT, []), rounds.get(target.other, []), strict=False)
    ]


def within(rounds: Rounds) -> list[str]:
    """Return the table of what HootProv's own figures are to be to each other."""
    steps = [run["steps"] for run in rounds[PRODUCT]]
    patches = [mean(each[name]["p50"] for name in (NAMED, DISABLED, MAILED)) for each in steps]
    found = [
        (f"{name}, p50 to a user's PATCH", ratios_of(steps, name, "p50", patches), 1.3)
        for name in (ONE_OUT, ONE_IN)
    ]
    reads = [each[READ]["p50"] for each in steps]
    found.append((f"{BARE_GROUP}, p50 to GET a user", ratios_of(steps, BARE_GROUP, "p50", reads), 1.1))
    for name in (name for name, step in steps[0].items() if step["requests"] >= ENOUGH_FOR_A_TAIL):
        middles = [each[name]["p50"] for each in steps]
        found.append((f"{name}, p99 to p50", ratios_of(steps, name, "p99", middles), MOST_TAIL))
    lines = [
        "| HootProv to itself, median (lowest to highest) | ratio | target | |",
        "| --- | --- | --- | --- |",
    ]
    for what, each, bound in found:
        verdict = "" if median(each) <= bound else "**MISSED**"
        lines.append(f"| {what} | {said(each)} | ≤ {bound:g} | {verdict} |")
    return lines


def ratios_of(steps: list[dict[str, Any]], name: str, figure: str, others: list[float]) -> list[float]:
    """Return a step's figure in each round to another of the same round."""
    return [each[name][figure] / other for each, other in zip(steps, others, strict=True)]


def said(found: list[float]) -> str:
    """Return the median of ratios, with the lowest and highest."""
    return f"{median(found):.2f} ({min(found):.2f} to {max(found):.2f})"
