"""What grows with size, and what must not: `python -m bench.sizes`.

HootProv alone, by one connection, on databases that hold from 1,000 to 1,000,000 users, and 1,000 organizations. All are served at
once, and each step is asked of one after another: what disturbs one disturbs all. Group and list targets are
measured on the largest. Linux only.
"""

import argparse
import asyncio
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench import servers, sizes_report
from bench.client import Answer, Connection
from bench.report import percentile
from bench.scenarios import Step
from bench.servers import POSTGRESQL, SQLITE, Contender, Server
from bench.side_by_side import figures_of
from bench.sizes_data import FIRST, SIZES
from bench.sizes_report import COUNT, EACH, Round
from bench.sizes_steps import FILL, WHOLE_OF, Bunches, Directory, flat, groups
from tests.processes import ROOT
from tests.services import free_port, postgresql

WARM_UP, WARM_REQUESTS, COUNTS = 10_000, 5, 5
COUNTING = (
    f"SELECT COUNT(*) FROM accounts_member WHERE organization_id = "  # noqa: S608 - our own names
    f"(SELECT id FROM accounts_organization WHERE slug = '{FIRST}')"
)
WHOLE = {WHOLE_OF.format(size) for size in SIZES}
RESET_PEAK = "5"  # proc_pid_clear_refs(5)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for."""

    sizes: tuple[int, ...]
    organizations: int
    rounds: int
    requests: int
    databases: tuple[str, ...]
    output: Path


class Filled(Contender):
    """HootProv on a database that holds users. The database itself is served, and not a copy."""

    organizations = 1
    database = ""
    directory: Directory

    @property
    def label(self) -> str:
        """What its column is called."""
        users = f"{self.directory.users:,}"
        return users if self.organizations == 1 else f"{self.organizations:,} × {users}"

    def fill(self, base: Contender, *, organizations: int, users: int) -> None:
        """Make the database of an empty one, and fill it."""
        self.database, self.organizations = self.template, organizations
        base.make(self.database, template=base.template)
        environment = self.program.environment(self.url(self.database), self.folder, free_port())
        command = [self.program.python, "-m", "bench.sizes_data", str(organizations), str(users)]
        self.directory = Directory(
            base.secret, users, last_page=servers.run(command, environment).splitlines()[-1]
        )

    def make(self, name: str, *, template: str = "template0") -> None:
        """Rename the database, where a copy is asked for."""
        if self.kind == POSTGRESQL:
            self.ask(f"ALTER DATABASE {template} RENAME TO {name}")
        else:
            (self.folder / f"{template}.sqlite3").rename(self.folder / f"{name}.sqlite3")
        self.database = name

    def counted(self) -> dict[str, float]:
        """Return how long counting the users takes in the database itself, which may be served meanwhile."""
        if self.kind == SQLITE:
            with closing(sqlite3.connect(self.folder / f"{self.database}.sqlite3")) as connection:
                return self.counts(lambda: connection.execute(COUNTING).fetchone())
        with psycopg.connect(self.url(self.database)) as connected:
            return self.counts(lambda: connected.execute(COUNTING.encode()).fetchone())

    def counts(self, ask: Callable[[], Any]) -> dict[str, float]:
        """Return the figures of some counts, after one that warms up."""
        ask()
        took, errors = [], 0
        for _ in range(COUNTS):
            began = time.perf_counter()
            (number,) = ask()
            took.append((time.perf_counter() - began) * 1000)
            errors += number != self.directory.users + self.directory.created
        return {"p50": median(took), "p95": max(took), "errors": errors}


@dataclass(frozen=True)
class Run:
    """A filled database that is being served, and the one connection to its server."""

    filled: Filled
    server: Server
    connection: Connection


@dataclass
class Track:
    """A step that a server is driven through, and its answers so far."""

    run: Run
    step: Step
    answers: list[Answer] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    held: dict[int, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Look at the workers' memory, where groups are read whole."""
        if self.step.name in WHOLE:
            self.held = megabytes(self.run.server.processes, "VmRSS", is_peak_reset=True)

    async def ask(self, number: int) -> None:
        """Send a request, if there is one of that number."""
        if number < len(self.step.contents):
            self.answers.append(await self.run.connection.ask(self.step.contents[number]))

    def end(self) -> None:
        """Look at the workers' memory again."""
        for name, figure in (("peak_mb", "VmHWM"), ("kept_mb", "VmRSS")) if self.held else ():
            after = megabytes(self.held, figure)
            self.memory[name] = max(after[pid] - held for pid, held in self.held.items())

    def figures(self) -> dict[str, Any]:
        """Return what the step took."""
        found = figures_of(self.step, self.answers) | self.memory
        found |= {f"p{share}": percentile(found[EACH], share) for share in (50, 95)}
        return found | (filling(self.answers) if self.step.name == FILL else {})


def megabytes(pids: Iterable[int], name: str, *, is_peak_reset: bool = False) -> dict[int, float]:
    """Return a figure of the memory of each process; its peak (VmHWM) may begin anew."""
    found = {}
    for pid in pids:
        status = Path(f"/proc/{pid}/status").read_text()
        found[pid] = int(status.partition(f"{name}:")[2].split()[0]) / 1024
        if is_peak_reset:
            Path(f"/proc/{pid}/clear_refs").write_text(RESET_PEAK)
    return found


def main() -> int:
    """Measure, print the tables, write the JSON; return 1 when an answer was wrong."""
    options = options_of(sys.argv[1:])
    found: dict[str, Any] = {"options": asdict(options), "databases": {}}
    found["machine"] = f"{platform.platform()}, {os.cpu_count()} CPUs"
    for kind in options.databases:
        with tempfile.TemporaryDirectory() as folder, postgresql() as url:
            filled = filled_databases(kind, options, Path(folder), url)
            first, *rounds = asyncio.run(measure(filled, options))
            labels = [each.label for each in filled]
            found["databases"][kind] = {"labels": labels, "warm-up": first, "rounds": rounds}
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(json.dumps(found, indent=1, default=str))
    print(sizes_report.text(found))
    return int(sizes_report.has_wrong_answers(found))


def options_of(arguments: Sequence[str]) -> Options:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.sizes", description=__doc__)
    every = [1000, 10_000, 100_000, 1_000_000]
    parser.add_argument("--sizes", type=int, nargs="+", default=every, help="how many users, 1000 or more")
    parser.add_argument(
        "--organizations", type=int, default=1000, help="beside one of the smallest size; 0: not measured"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=20, help="how many of a kind in a round")
    parser.add_argument("--databases", nargs="+", choices=[POSTGRESQL, SQLITE], default=[POSTGRESQL, SQLITE])
    parser.add_argument("--output", type=Path, default=ROOT / "var/sizes.json", help="where the JSON goes")
    given = vars(parser.parse_args(arguments))
    return Options(**given | {"sizes": tuple(sorted(given["sizes"])), "databases": tuple(given["databases"])})


def filled_databases(kind: str, options: Options, folder: Path, cluster: str) -> list[Filled]:
    """Return the databases, smallest first, and last the one of many organizations."""
    base = Contender(servers.hootprov(), kind, folder, cluster)
    base.install(beside=[])
    wanted = [(1, users) for users in options.sizes]
    wanted += [(options.organizations, options.sizes[0])] if options.organizations else []
    found = []
    for organizations, users in wanted:
        began = time.perf_counter()
        filled = Filled(base.program, kind, folder, cluster)
        filled.fill(base, organizations=organizations, users=users)
        say(f"{kind}: {filled.label} users stored in {time.perf_counter() - began:.0f} s")
        found.append(filled)
    return found


async def measure(filled: Sequence[Filled], options: Options) -> list[Round]:
    """Return the figures of the warm-up and of each round: by database, then by step."""
    async with AsyncExitStack() as stack:
        runs = []
        for each in filled:
            server = stack.enter_context(each.running())
            connection = Connection(server.port)
            stack.push_async_callback(connection.close)
            runs.append(Run(each, server, connection))
        rounds = [await one_round(runs, WARM_UP, WARM_REQUESTS)]
        for number in range(options.rounds):
            say(f"round {number + 1} of {options.rounds}")
            rounds.append(await one_round(runs, number, options.requests))
        return rounds


async def one_round(runs: Sequence[Run], number: int, many: int) -> Round:
    """Drive all through what is flat, then the largest through what is done with groups."""
    figures: Round = {run.filled.label: {} for run in runs}
    place = number % len(runs)
    await drive([*runs[place:], *runs[:place]], lambda directory: flat(directory, number, many), figures)
    largest = max((run for run in runs if run.filled.organizations == 1), key=size_of)
    await drive([largest], lambda directory: groups(directory, number, many), figures)
    for each in runs:
        figures[each.filled.label][COUNT] = each.filled.counted()
    return figures


def size_of(run: Run) -> int:
    """Return how many users were stored."""
    return run.filled.directory.users


async def drive(runs: Sequence[Run], make: Callable[[Directory], Bunches], figures: Round) -> None:
    """Drive servers through bunches of steps: of each step of each server one request after another."""
    plays = [(run, make(run.filled.directory)) for run in runs]
    bunches = [next(play) for _, play in plays]
    while True:
        tracks = [Track(run, step) for (run, _), bunch in zip(plays, bunches, strict=True) for step in bunch]
        await in_turns(tracks)
        for track in tracks:
            figures[track.run.filled.label][track.step.name] = track.figures()
        firsts = [next(track for track in tracks if track.run is run) for run, _ in plays]
        bodies = [[each.document() for each in first.answers] for first in firsts]
        try:
            bunches = [play.send(body) for (_, play), body in zip(plays, bodies, strict=True)]
        except StopIteration:
            return  # and so do all, who have the same steps


async def in_turns(tracks: Sequence["Track"]) -> None:
    """Ask one request of each track after another; whoever begins is the next one each time."""
    for track in tracks:
        track.begin()
    for number in range(max(len(track.step.contents) for track in tracks)):
        place = number % len(tracks)
        for track in [*tracks[place:], *tracks[:place]]:
            await track.ask(number)
    for track in tracks:
        track.end()


def filling(answers: Sequence[Answer]) -> dict[str, float]:
    """Return how long a filling took in all, in seconds, and its last tenth to its first."""
    took, tenth = [each.seconds for each in answers], len(answers) // 10
    return {"seconds": sum(took), "growth": median(took[-tenth:]) / median(took[:tenth])}


def say(text: str) -> None:
    """Say how far it is."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
