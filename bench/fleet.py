"""A day of a fleet of organizations, simulated: `python -m bench.fleet --read WEB DATABASE --write WEB DATABASE`.

Each organization has a cycle about every 40 minutes, begun at a moment of its own, and sends its requests one after
another, no more than 25 a second, as Entra is promised. They queue, first come first served, for a number of web workers of
which each serves one at a time. What a request costs, in ms of CPU, is what `make beside` measured. The same for the same
seed; no clock, no server. What it does not know: the network, other work, and how busy a database may be before it slows down.
"""

import argparse
import heapq
import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, log, pi, sin

from bench.report import percentile

DAY, MINUTE = 86_400.0, 60.0
FASTEST = (
    1 / 25
)  # seconds between two requests of one organization. Source: Entra page "Develop a SCIM endpoint"
LEAST_SHARE = 0.5  # of a request's mean cost; the rest is exponential, so that p99 is 3.3 times p50
ENOUGH = 0.05  # seconds that the p99 of waiting may take
MOST_WORKERS = 64
BUSY = 0.7  # the share of its cores that a database or a web worker is asked to give
READ, WRITE = 0, 1


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the fleet is like."""

    organizations: int
    minutes: float
    jitter: float
    within: float
    median: float
    sigma: float
    largest: int
    churn: float
    idle: int
    initial: int
    read: tuple[float, float]
    write: tuple[float, float]
    workers: tuple[int, ...]
    cores: int
    seed: int


@dataclass(frozen=True)
class Cycle:
    """The requests of one organization in one cycle: so many reads, then each change a match and a write."""

    at: float
    idle: int
    changes: int


@dataclass
class Day:
    """What was found."""

    waits: "array[float]" = field(default_factory=lambda: array("d"))
    requests: list[int] = field(
        default_factory=lambda: [0] * int(DAY // MINUTE + 1)
    )  # by minute, as are the others
    web_seconds: list[float] = field(default_factory=lambda: [0.0] * int(DAY // MINUTE + 1))
    database_seconds: list[float] = field(default_factory=lambda: [0.0] * int(DAY // MINUTE + 1))
    writes: int = 0


def main() -> None:
    """Simulate and print."""
    options = options_of()
    sizes = sizes_of(options)
    cycles = cycles_of(options, sizes)
    print(
        f"{len(sizes):,} organizations, {sum(sizes):,} members (median {sorted(sizes)[len(sizes) // 2]:,}, "
        f"largest {max(sizes):,}), {len(cycles):,} cycles, of which {options.initial} initial"
    )
    enough = None
    for workers in options.workers or range(1, MOST_WORKERS + 1):
        day = simulate(cycles, options, workers)
        if workers == (options.workers or (1,))[0]:
            tell_load(day, options)
        print(waiting(day, workers))
        if enough is None and percentile(day.waits, 99) <= ENOUGH:
            enough = workers
            if not options.workers:
                break
    print(f"Enough for a p99 of {ENOUGH * 1000:.0f} ms of waiting: {enough or 'none of these'}")


def options_of() -> Options:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.fleet", description=__doc__)
    parser.add_argument("--organizations", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=40, help="from one cycle's begin to the next's")
    parser.add_argument("--jitter", type=float, default=30, help="how many seconds a cycle may begin late")
    parser.add_argument(
        "--within", type=float, default=40, help="minutes over which the first begins are spread"
    )
    parser.add_argument(
        "--median", type=float, default=200, help="members of the median organization (log-normal)"
    )
    parser.add_argument("--sigma", type=float, default=1.5, help="of the logarithm of the sizes")
    parser.add_argument("--largest", type=int, default=100_000, help="members of the largest organizations")
    parser.add_argument(
        "--churn", type=float, default=0.01, help="the share of all members that change in a day"
    )
    parser.add_argument("--idle", type=int, default=2, help="reads of a cycle in which nothing changed")
    parser.add_argument("--initial", type=int, default=100, help="organizations that begin anew in the day")
    for kind, what in (("--read", "match"), ("--write", "change")):
        text = f"ms of CPU that a {what} takes in the web server, and in the database"
        parser.add_argument(kind, type=float, nargs=2, required=True, metavar=("WEB", "DATABASE"), help=text)
    parser.add_argument(
        "--workers", type=int, nargs="*", default=[], help="numbers of web workers to try; else until enough"
    )
    parser.add_argument("--cores", type=int, default=2, help="of the database")
    parser.add_argument("--seed", type=int, default=2026)
    given = vars(parser.parse_args())
    return Options(**given | {name: tuple(given[name]) for name in ("read", "write", "workers")})


def sizes_of(options: Options) -> list[int]:
    """Return how many members each organization has."""
    dice = random.Random(f"{options.seed} sizes")
    drawn = (dice.lognormvariate(log(options.median), options.sigma) for _ in range(options.organizations))
    return [min(max(int(each), 1), options.largest) for each in drawn]


def cycles_of(options: Options, sizes: Sequence[int]) -> list[Cycle]:
    """Return every cycle of the day; changes follow the day's hours, three times as many at noon as at midnight."""
    dice = random.Random(f"{options.seed} cycles")
    every, found = options.minutes * MINUTE, []
    starting = set(dice.sample(range(len(sizes)), min(options.initial, len(sizes))))
    for number, size in enumerate(sizes):
        first = dice.uniform(0, options.within * MINUTE)
        begins = [first + turn * every for turn in range(int((DAY - first) // every) + 1)]
        anew = dice.randrange(len(begins)) if number in starting else None
        for turn, at in enumerate(begins):
            busy = 1 - 0.5 * sin(2 * pi * at / DAY + pi / 2)
            mean = size * options.churn * every / DAY * busy
            changes = size if turn == anew else drawn(dice, mean)
            found.append(Cycle(at + dice.uniform(0, options.jitter), options.idle, changes))
    return found


def drawn(dice: random.Random, mean: float) -> int:
    """Return how many of many rare things happen. Source: Knuth, TAOCP 2, §3.4.1; by the normal law where there are many."""
    if mean > 50:
        return max(round(dice.gauss(mean, mean**0.5)), 0)
    count, at = 0, dice.expovariate(1)
    while at < mean:
        count, at = count + 1, at + dice.expovariate(1)
    return count


def simulate(cycles: Sequence[Cycle], options: Options, workers: int) -> Day:
    """Return the day with so many web workers."""
    dice, day = random.Random(f"{options.seed} costs"), Day()
    free = [0.0] * workers
    arrivals = [(each.at, number, each.idle + 2 * each.changes) for number, each in enumerate(cycles)]
    heapq.heapify(arrivals)
    costs = [[each / 1000 for each in kind] for kind in (options.read, options.write)]
    while arrivals:
        at, number, left = heapq.heappop(arrivals)
        if at >= DAY:
            break
        kind = WRITE if left % 2 and left < 2 * cycles[number].changes else READ
        scale = LEAST_SHARE + (1 - LEAST_SHARE) * dice.expovariate(1)
        web, database = costs[kind][0] * scale, costs[kind][1] * scale
        begun = max(at, heapq.heappop(free))
        done = begun + web + database
        heapq.heappush(free, done)
        minute = int(at // MINUTE)
        day.waits.append(begun - at)
        day.requests[minute] += 1
        day.web_seconds[minute] += web
        day.database_seconds[minute] += database
        day.writes += kind
        if left > 1:
            heapq.heappush(arrivals, (max(done, at + FASTEST), number, left - 1))
    return day


def tell_load(day: Day, options: Options) -> None:
    """Print what arrives, and what it takes of the database."""
    total, busiest = sum(day.requests), max(day.requests)
    print(f"{total:,} requests in the day, {day.writes:,} of them writes: {total / DAY:.1f} a second,")
    print(f"{busiest / MINUTE:.1f} a second in the busiest minute")
    whole, most = sum(day.database_seconds) / DAY, max(day.database_seconds) / MINUTE
    print(
        f"Database: {whole / options.cores:.1%} of {options.cores} cores over the day, {most / options.cores:.1%} in "
        f"the busiest minute; web: {sum(day.web_seconds) / DAY:.2f} cores, {max(day.web_seconds) / MINUTE:.2f} then"
    )
    hours = [sum(day.requests[hour * 60 : hour * 60 + 60]) / 3600 for hour in range(24)]
    print("Requests a second, by hour: " + " ".join(f"{each:.0f}" for each in hours))
    web, database = ((read + write) / 2 for read, write in zip(options.read, options.write, strict=True))
    carried = options.cores * 1000 * BUSY / database
    print(
        f"A primary of {options.cores} cores, {BUSY:.0%} busy, carries {carried:,.0f} requests a second, half of them "
        f"writes: {carried * FASTEST:.0f} organizations at full speed at once, with {ceil(carried * web / 1000 / BUSY)} "
        "web workers as busy"
    )


def waiting(day: Day, workers: int) -> str:
    """Return how long requests waited for a worker."""
    tail = " / ".join(f"{percentile(day.waits, percent) * 1000:.1f}" for percent in (50, 95, 99))
    return f"{workers} web workers: waiting p50 / p95 / p99 {tail} ms, at most {max(day.waits) * 1000:.0f} ms"


if __name__ == "__main__":
    main()
