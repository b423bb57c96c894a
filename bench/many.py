"""Many organizations at once on one web server of two workers: `python -m bench.many`. Linux only.

HootProv alone, as `make run` starts its web server, on PostgreSQL and on SQLite, each part on a fresh copy of the database:
the mixed load of ten organizations while somebody reads their console; the same with and without a neighbour
who sends more than all others, in turns; Entra's cycles by 4 and by 16 connections; and memory over many requests.
Connections are a pool that all organizations share, as that of a proxy in front, spread evenly over the workers.
No Celery worker runs beside it: the log that the pages show was written and sealed before.
"""

import argparse
import asyncio
import gzip
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from operator import truediv
from pathlib import Path
from statistics import median
from typing import Any

from bench import client, mixed, report, servers, side_by_side, usage
from bench.mixed import Customer, Sent
from bench.report import ENOUGH_FOR_A_TAIL, MOST_TAIL
from bench.servers import POSTGRESQL, SQLITE, Contender, Server
from tests.processes import ROOT
from tests.services import postgresql

ORGANIZATIONS, RATE, NEIGHBOUR_RATE = 10, 25, 50
PEOPLE = 200  # of each organization when a measurement begins
PAST = 20_000  # log entries when it begins
CONNECTIONS, MEMORY_CONNECTIONS = 32, 8
WARM_SECONDS, READER_SECONDS = 5, 3
MOST_P95_MS, MOST_P99_MS = 60, 150
MOST_WORSE = 1.2
MOST_MB, MOST_GROWTH_MB = 200, 2  # growth of a worker over the last half: of what is flat, noise
SAMPLES = 10
IDLE, WAITING = 3, 4  # of the columns of /proc/stat
PAGES = {"Status": "/console/", "Log": "/console/provisioning/provisioninglogentry/"}
READS = b"Organization 0"  # whose console it is; every page of it says so


@dataclass(frozen=True)
class Options:
    """What is asked for."""

    parts: tuple[str, ...]
    databases: tuple[str, ...]
    seconds: int
    window: int
    turns: int
    users: int
    rounds: int
    requests: int
    output: Path


@dataclass
class Figure:
    """One figure, the most it may be where it has a target, and what it was made of."""

    what: str
    value: float
    unit: str = "ms"
    most: float | None = None
    details: list[Any] = field(default_factory=list)

    @property
    def is_missed(self) -> bool:
        """Whether it is worse than it may be."""
        return self.most is not None and self.value > self.most


@dataclass(frozen=True)
class Site:
    """A server that runs, its customers with their people, and the pool of connections to it."""

    server: Server
    customers: list[Customer]
    pool: client.Client
    cookie: str


Page = tuple[str, float, str]  # its name, the seconds it took, and what was wrong with it
Part = Callable[[Contender, Options], Coroutine[Any, Any, list[Figure]]]


def main() -> int:
    """Measure, print the table, write the JSON; return 1 when something is worse than it may be."""
    if sys.argv[1:] == ["prepare"]:
        prepare()
        return 0
    options = options_of(sys.argv[1:])
    servers.end_on_signals()
    found: dict[str, Any] = {
        "options": asdict(options),
        "machine": f"{platform.platform()}, {os.cpu_count()} CPUs",
    }
    figures: dict[str, list[Figure]] = {}
    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        for kind in options.databases:
            contender = Contender(program(), kind, Path(folder), url)
            contender.install(beside=())
            for part in options.parts:
                print(f"{part}, {kind}", file=sys.stderr, flush=True)
                before = Figure("load of the machine when it began", os.getloadavg()[0], "")
                figures[f"{part}, {kind}"] = [before, *asyncio.run(PARTS[part](contender, options))]
    found["parts"] = {name: [asdict(each) for each in part] for name, part in figures.items()}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(found, indent=1, default=str))
    print(found["machine"], *table(figures), sep="\n")
    return int(any(each.is_missed for part in figures.values() for each in part))


def options_of(arguments: Sequence[str]) -> Options:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.many", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--databases", nargs="+", choices=[POSTGRESQL, SQLITE], default=[POSTGRESQL, SQLITE])
    parser.add_argument("--seconds", type=int, default=60, help="of the load; the target is 600")
    parser.add_argument("--window", type=int, default=5, help="seconds with or without the neighbour")
    parser.add_argument("--turns", type=int, default=20, help="how many windows of each")
    parser.add_argument("--users", type=int, default=600, help="how many an initial cycle creates")
    parser.add_argument("--rounds", type=int, default=3, help="how many cycles by 4 and by 16 connections")
    parser.add_argument("--requests", type=int, default=100_000, help="after which memory is looked at")
    parser.add_argument("--output", type=Path, default=ROOT / "var/many.json", help="where the JSON goes")
    given = vars(parser.parse_args(arguments))
    return Options(**given | {name: tuple(given[name]) for name in ("parts", "databases")})


def program() -> servers.Program:
    """Return the product on the settings of `make run`, whose pages need no static files collected, filled by `prepare`."""
    product = servers.hootprov()
    install = (product.install[0], ("-m", "bench.many", "prepare"))
    return replace(product, settings="hootprov.settings.development", install=install)


def prepare() -> None:
    """Fill the database: organizations with a past, their tokens, and an admin of the first one, signed in.

    What is printed last is JSON: the tokens' secrets by organization, and the cookie of the admin's browser.
    """
    import django

    django.setup()
    from django.test import Client

    from accounts.models import Organization
    from accounts.permissions import Role
    from bench import data
    from tests.factories import make_operator, make_token

    data.ORGANIZATIONS = ORGANIZATIONS + 1
    data.fill(PAST)
    secrets = {each.slug: make_token(each).secret for each in Organization.objects.order_by("slug")}
    browser = Client()
    admin = make_operator(Role.ORGANIZATION_ADMIN, organization=data.first_organization())
    browser.force_login(admin, backend="accounts.backends.OperatorBackend")
    cookie = "; ".join(f"{name}={each.value}" for name, each in browser.cookies.items())
    print(json.dumps({"secrets": secrets, "cookie": cookie}))


@asynccontextmanager
async def serving(contender: Contender, connections: int) -> AsyncIterator[Site]:
    """Serve a fresh copy of the database; yield it with its people created. Raises: RuntimeError where that goes wrong."""
    prepared = json.loads(contender.secret)
    customers = [Customer(*each) for each in prepared["secrets"].items()]
    with contender.running() as server:
        async with await side_by_side.even_client(server, connections, contender.program.workers) as pool:
            made = await mixed.drive(pool, mixed.creations(customers, PEOPLE))
            if wrong := wrong_of(made):
                raise RuntimeError(wrong[0])
            server.gather_statistics()
            yield Site(server, customers, pool, prepared["cookie"])


async def load(contender: Contender, options: Options) -> list[Figure]:
    """Measure ten organizations at once while somebody reads their console."""
    async with serving(contender, CONNECTIONS) as site:
        rates = dict.fromkeys(site.customers[:ORGANIZATIONS], RATE)
        warm = await mixed.drive(site.pool, mixed.by_the_clock(rates, WARM_SECONDS))
        reader = asyncio.create_task(read_console(site.server.port, site.cookie))
        before = spent(site.server)
        sent = await mixed.drive(site.pool, mixed.by_the_clock(rates, options.seconds))
        after = spent(site.server)
        reader.cancel()
        pages = await reader
    took = {name: after[name] - early for name, early in before.items()}
    wrong = wrong_of([*warm, *sent]) + [f"{page}: {text}" for page, _, text in pages if text]
    return [
        Figure(
            f"wrong answers to {len(sent):,} requests in {options.seconds} s", len(wrong), "", 0, wrong[:10]
        ),
        *tails(sent),
        *pages_of(pages),
        *(Figure(f"CPU of {name}, for a request", each * 1000 / len(sent)) for name, each in took.items()),
    ]


def spent(server: Server) -> dict[str, float]:
    """Return the seconds of CPU that each has used so far; what others use is missing to all of these."""
    ours = {
        "the web server, pages included": usage.cpu_seconds(server.processes),
        "PostgreSQL": usage.cpu_seconds(side_by_side.database_processes()),
        "the client": time.process_time(),
    }
    ticks = [int(each) for each in (usage.PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    busy = (sum(ticks) - ticks[IDLE] - ticks[WAITING]) / os.sysconf("SC_CLK_TCK")
    return ours | {"other programs on this machine": busy - sum(ours.values())}


def tails(sent: Sequence[Sent]) -> list[Figure]:
    """Return the percentiles of a load, and what may explain them."""
    names = {each.customer for each in sent}
    worst = max(percentile([each for each in sent if each.customer == name], 95) for name in names)
    kinds = {kind: [each for each in sent if each.kind == kind] for kind in mixed.MIX}
    return [
        Figure("p50", percentile(sent, 50)),
        Figure("p95", percentile(sent, 95), most=MOST_P95_MS),
        Figure("p99", percentile(sent, 99), most=MOST_P99_MS),
        Figure("slowest", percentile(sent, 100)),
        Figure("p95 of the organization it was worst for", worst),
        *(Figure(f"p95, {kind}", percentile(some, 95)) for kind, some in kinds.items() if some),
        Figure("sent after it was due, p99", rank([each.late_seconds for each in sent], 99)),
    ]


def pages_of(pages: Sequence[Page]) -> list[Figure]:
    """Return how long the console's pages took."""
    took = {name: [seconds for page, seconds, _ in pages if page == name] for name in PAGES}
    return [
        Figure(f"console, {name}, p95 of {len(each)}", rank(each, 95)) for name, each in took.items() if each
    ]


async def read_console(port: int, cookie: str) -> list[Page]:
    """Load an organization's pages every few seconds until cancelled; return how that went."""
    pages: list[Page] = []
    head = f"Host: 127.0.0.1\r\nCookie: {cookie}\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n"
    browser = client.Connection(port)
    try:
        while True:
            for name, path in PAGES.items():
                answer = await browser.ask(f"GET {path} HTTP/1.1\r\n{head}".encode())
                is_right = answer.status == 200 and READS in gzip.decompress(answer.content)
                pages.append(
                    (name, answer.seconds, "" if is_right else f"{answer.status} {answer.content[:300]!r}")
                )
            await browser.close()  # so that both workers come to serve it
            await asyncio.sleep(READER_SECONDS)
    except asyncio.CancelledError:
        return pages
    finally:
        await browser.close()


async def neighbour(contender: Contender, options: Options) -> list[Figure]:
    """Measure how much worse it is for ten organizations beside an eleventh, in windows by turns.

    A window is compared with the one beside it: what disturbs the machine for longer disturbs both.
    """
    quiet, noisy, wrong = list[float](), list[float](), list[str]()
    async with serving(contender, CONNECTIONS) as site:
        others = dict.fromkeys(site.customers[:ORGANIZATIONS], RATE)
        loud = site.customers[ORGANIZATIONS]
        windows = [(others, quiet), (others | {loud: NEIGHBOUR_RATE}, noisy)]
        await mixed.drive(site.pool, mixed.by_the_clock(others, WARM_SECONDS))
        for _ in range(options.turns):
            for rates, p95s in windows:
                sent = await mixed.drive(site.pool, mixed.by_the_clock(rates, options.window))
                p95s.append(percentile([each for each in sent if each.customer != loud.name], 95))
                wrong += wrong_of(sent)
            windows.reverse()
    ratios = [beside / alone for alone, beside in zip(quiet, noisy, strict=True)]
    return [
        Figure("wrong answers", len(wrong), "", 0, wrong[:10]),
        Figure(f"p95 in quiet, {spread(quiet)}", median(quiet), details=quiet),
        Figure(
            f"p95 of the same organizations beside the neighbour, {spread(noisy)}",
            median(noisy),
            details=noisy,
        ),
        Figure("to that in the quiet window beside it, median", median(ratios), "×", MOST_WORSE, ratios),
    ]


def spread(windows: Sequence[float]) -> str:
    """Return in words how many windows a median is of, and how far they are apart."""
    return f"median of {len(windows)} windows from {min(windows):.1f} to {max(windows):.1f} ms"


async def cycles(contender: Contender, options: Options) -> list[Figure]:
    """Play Entra's cycles by 4 connections, for their tails, and by 16, for what goes wrong."""
    alone = replace(contender, secret=next(iter(json.loads(contender.secret)["secrets"].values())))
    figures = []
    for connections in (4, 16):
        asked = f"--users {options.users} --groups {ENOUGH_FOR_A_TAIL // 2} --concurrency {connections}"
        wanted = side_by_side.options_of(asked.split())
        rounds = [(await side_by_side.measure(alone, wanted))["steps"] for _ in range(options.rounds)]
        steps = [step for each in rounds for step in each.values()]
        requests, errors = (sum(each[figure] for each in steps) for figure in ("requests", "errors"))
        wrong = [each["first error"] for each in steps if each["errors"]]
        figures.append(
            Figure(f"by {connections}: wrong answers to {requests:,} requests", errors, "", 0, wrong[:10])
        )
        for name in rounds[0]:
            took = [each[name]["took"] for each in rounds]
            if len(took[0]) < ENOUGH_FOR_A_TAIL:
                continue
            middles, lates = ([report.percentile(each, share) for each in took] for share in (50, 99))
            ratios = [*map(truediv, lates, middles)]
            tail = f"by {connections}: {name}, p99 {median(lates):.1f} ms to p50 {median(middles):.1f} ms"
            most = MOST_TAIL if connections == 4 else None
            figures.append(Figure(tail, median(ratios), "×", most, ratios))
    return figures


async def memory(contender: Contender, options: Options) -> list[Figure]:
    """Measure how much memory each web worker has resident, over many requests as fast as they go."""
    wrong, samples = list[str](), list[list[float]]()
    async with serving(contender, MEMORY_CONNECTIONS) as site:
        workers = sorted(site.server.processes - {site.server.pid})
        began = asyncio.get_running_loop().time()
        for _ in range(SAMPLES):
            requests = mixed.as_fast_as_it_goes(site.customers[:ORGANIZATIONS], options.requests // SAMPLES)
            wrong += wrong_of(await mixed.drive(site.pool, requests))
            samples.append([usage.most_megabytes({each}) for each in workers])
        seconds = asyncio.get_running_loop().time() - began
    half = samples[len(samples) // 2 - 1]
    growth = [late - early for early, late in zip(half, samples[-1], strict=True)]
    return [
        Figure(f"wrong answers to {options.requests:,} requests", len(wrong), "", 0, wrong[:10]),
        Figure("requests a second", options.requests / seconds, ""),
        Figure("largest worker", max(map(max, samples)), "MB", MOST_MB, samples),
        Figure("growth of a worker over the last half", max(growth), "MB", MOST_GROWTH_MB),
    ]


PARTS: dict[str, Part] = {"load": load, "neighbour": neighbour, "cycles": cycles, "memory": memory}


def wrong_of(sent: Sequence[Sent]) -> list[str]:
    """Return what was wrong with answers."""
    return [each.wrong for each in sent if each.wrong]


def rank(seconds: Sequence[float], share: int) -> float:
    """Return the time in ms that so many of 100 are within."""
    return report.percentile(seconds, share) * 1000


def percentile(sent: Sequence[Sent], share: int) -> float:
    """Return the time in ms within which so many of 100 were answered, from when they were due."""
    return rank([each.seconds for each in sent], share)


def table(figures: dict[str, list[Figure]]) -> list[str]:
    """Return the figures in Markdown, a part after another."""
    lines = []
    for part, found in figures.items():
        lines += [f"\n## {part}\n", "| | figure | target | |", "| --- | --- | --- | --- |"]
        for each in found:
            target = "" if each.most is None else f"≤ {each.most:g}"
            verdict = "**MISSED**" if each.is_missed else ""
            lines.append(f"| {each.what} | {each.value:,.2f} {each.unit} | {target} | {verdict} |")
            if each.is_missed and each.most == 0:
                lines += [f"| – {detail} | | | |" for detail in each.details]
    return lines


if __name__ == "__main__":
    sys.exit(main())
