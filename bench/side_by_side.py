"""HootProv beside its floor and other SCIM service providers: `python -m bench.side_by_side`.

Each round starts every server, one after another and the first one round by round another, on a fresh copy of its database, warms it
up, and drives it through the same steps by the same connections, spread evenly over its workers. CPU is
that of the server's and of PostgreSQL's processes. A peer that can't be installed here is named, and the rest measured.
Linux only.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import client, report, servers, usage
from bench.peers.programs import PEERS
from bench.scenarios import CHECK, READ_TIMES, Documents, Entra, Step, Steps, is_right
from bench.servers import MEMORY, POSTGRESQL, SQLITE, Contender, Program, Server
from tests.processes import ROOT
from tests.services import postgresql

WARM_PEOPLE = WARM_GROUPS = 24  # so that every connection has its statements prepared
WARM_LEFT = WARM_PEOPLE * 2 // 3  # who is not deleted at the end of the warm-up
MOST_DRAWS = 50


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for."""

    users: int
    groups: int
    rounds: int
    concurrency: int
    databases: tuple[str, ...]
    only: tuple[str, ...]
    flag: bool
    output: Path
    peers: Path


def main() -> int:
    """Measure, print the tables, write the JSON; return 1 when an answer of HootProv's or the floor's was wrong, or the gate missed."""
    options = options_of(sys.argv[1:])
    servers.end_on_signals()
    rate, milliseconds = asyncio.run(client.alone(options.concurrency))
    found: dict[str, Any] = {"client alone": {"requests/s": rate, "cpu_ms": milliseconds}}
    found |= {"options": asdict(options), "machine": f"{platform.platform()}, {os.cpu_count()} CPUs"}
    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        contenders, found["not measured"] = installed(options, Path(folder), url)
        computing = Contender(servers.computing(), MEMORY, Path(folder), url)
        found["computing"], found["rounds"] = [], {str(each): [] for each in contenders}
        for number in range(options.rounds):
            found["computing"].append(asyncio.run(measure_computing(computing, options)))
            place = number % len(contenders)
            for contender in contenders[place:] + contenders[:place]:
                print(f"round {number + 1} of {options.rounds}: {contender}", file=sys.stderr, flush=True)
                found["rounds"][str(contender)].append(asyncio.run(measure(contender, options)))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(found, indent=1, default=str))
    print(report.text(found))
    for name, reason in found["not measured"].items():
        print(f"\n{name}: NOT MEASURED. {reason}")
    return int(report.has_wrong_answers(found) or report.misses_gate(found))


def options_of(arguments: Sequence[str]) -> Options:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.side_by_side", description=__doc__)
    parser.add_argument("--users", type=int, default=300, help="how many an initial cycle creates")
    parser.add_argument("--groups", type=int, default=10, help="how many groups of up to 200 members")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--concurrency", type=int, default=4, help="how many connections at once")
    parser.add_argument("--databases", nargs="+", choices=[POSTGRESQL, SQLITE], default=[POSTGRESQL, SQLITE])
    names = ["HootProv", "floor", *PEERS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="which servers")
    parser.add_argument("--flag", action="store_true", help="speak as Entra does with aadOptscim062020")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "var/side_by_side.json", help="where the JSON goes"
    )
    parser.add_argument(
        "--peers", type=Path, default=ROOT / "var/peers", help="the peers' virtual environment"
    )
    given = vars(parser.parse_args(arguments))
    return Options(**given | {name: tuple(given[name]) for name in ("databases", "only")})


def installed(options: Options, folder: Path, cluster: str) -> tuple[list[Contender], dict[str, str]]:
    """Return the servers asked for on each database, installed; and which peers can't be, with the reason."""
    programs, missing = programs_of(options)
    found: list[Contender] = []
    for kind, program in pairs(programs, options.databases):
        contender = Contender(program, kind, folder, cluster)
        try:
            contender.install(beside=found)
            found.append(contender)
        except subprocess.CalledProcessError as error:
            if program.name not in PEERS:
                raise
            missing[str(contender)] = reason_of(error)
    return found, missing


def programs_of(options: Options) -> tuple[list[Program], dict[str, str]]:
    """Return the programs asked for; and which peers can't be had, with the reason."""
    programs = [each for each in (servers.hootprov(), servers.floor()) if each.name in options.only]
    missing: dict[str, str] = {}
    for name, make in PEERS.items():
        if name in options.only:
            try:
                programs.append(make(options.peers))
            except (OSError, subprocess.CalledProcessError) as error:
                missing[name] = reason_of(error)
    return programs, missing


def pairs(programs: Sequence[Program], databases: Sequence[str]) -> list[tuple[str, Program]]:
    """Return each program with each kind of database it is to be measured on."""
    on = [(kind, each) for kind in databases for each in programs if each.has_database]
    return [*on, *((MEMORY, each) for each in programs if not each.has_database)]


def reason_of(error: OSError | subprocess.CalledProcessError) -> str:
    """Return why a peer can't be installed, in its installer's own last words."""
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
    return said.strip().splitlines()[-1] if said.strip() else str(error)


async def measure(contender: Contender, options: Options) -> dict[str, Any]:
    """Return the figures of one server in one round, step by step, and the memory of its largest process in MB."""
    with contender.running() as server:
        database = database_processes()
        async with await even_client(server, options.concurrency, contender.program.workers) as connections:
            warm = Entra(contender.secret, WARM_PEOPLE, WARM_GROUPS, name="warm")
            await play(warm, contender, connections, server, database)
            server.gather_statistics()
            # After which every connection plans anew what it has prepared: that is warming up, too.
            warmer = Entra(contender.secret, WARM_PEOPLE, WARM_GROUPS, others=WARM_LEFT, name="warmer")
            await play(warmer, contender, connections, server, database)
            sizes = options.users, options.groups
            entra = Entra(contender.secret, *sizes, others=2 * WARM_LEFT, is_flagged=options.flag)
            steps = await play(entra, contender, connections, server, database)
        return {"steps": steps, "memory_mb": usage.most_megabytes(server.processes)}


async def measure_computing(contender: Contender, options: Options) -> dict[str, Any]:
    """Return the figures of an application that only computes, asked READ_TIMES for each user."""
    with contender.running() as server:
        async with await even_client(server, options.concurrency, contender.program.workers) as connections:
            once = next(Entra("none", options.users, groups=0).everything(with_groups=False))
            step = Step(once.name, once.contents * READ_TIMES, once.judges * READ_TIMES)
            await connections.send(once.contents)
            answers, seconds = await connections.send(step.contents)
        return figures_of(step, answers) | {"requests/s": len(answers) / seconds}


async def even_client(server: Server, concurrency: int, workers: int) -> client.Client:
    """Return a client whose connections are spread evenly over the workers: which accepts one is else a matter of luck."""
    processes = server.processes
    share = concurrency // workers
    for _ in range(MOST_DRAWS):
        drawn = client.Client(server.port, concurrency)
        await asyncio.gather(
            *(each.ask(client.request("GET", "/", secret="none")) for each in drawn.connections)  # noqa: S106 - opens nothing
        )
        held = usage.connections(server.port, processes)
        if not share or (len(held) == workers and min(held) >= share):
            return drawn
        await drawn.close()
    message = f"The connections can't be spread evenly: {held} in the last draw."
    raise RuntimeError(message)


async def play(
    entra: Entra, contender: Contender, connections: client.Client, server: Server, database: set[int]
) -> dict[str, Any]:
    """Drive a server through everything it can do; return the figures by step."""
    steps = entra.everything(with_groups=contender.program.has_groups)
    figures: dict[str, Any] = {}
    step: Step | None = next(steps)
    while step is not None:
        if step.name.removeprefix(CHECK) in contender.program.cannot:
            step = following(steps, [])
            continue
        before = usage.cpu_seconds(server.processes), usage.cpu_seconds(database | database_processes())
        answers, seconds = await connections.send(step.contents)
        after = usage.cpu_seconds(server.processes), usage.cpu_seconds(database | database_processes())
        spent = [(late - early) * 1000 / len(answers) for early, late in zip(before, after, strict=True)]
        figures[step.name] = figures_of(step, answers) | {
            "requests/s": len(answers) / seconds,
            "web_ms": spent[0],
            "database_ms": spent[1] if contender.kind == POSTGRESQL else 0.0,
        }
        step = following(steps, [each.document() for each in answers])
    return figures


def following(steps: Steps, documents: Documents) -> Step | None:
    """Return the step after the one that was answered so; None after the last."""
    try:
        return steps.send(documents)
    except StopIteration:
        return None


def figures_of(step: Step, answers: Sequence[client.Answer]) -> dict[str, Any]:
    """Return how many requests a step had, how long each took in ms, and how many were wrong."""
    wrong = [
        answer for judge, answer in zip(step.judges, answers, strict=True) if not is_right(judge, answer)
    ]
    return {
        "requests": len(answers),
        "took": [round(answer.seconds * 1000, 3) for answer in answers],
        "errors": len(wrong),
        "first error": f"{wrong[0].status} {wrong[0].content[:300]!r}" if wrong else "",
    }


def database_processes() -> set[int]:
    """Return the processes of the PostgreSQL server that runs here."""
    return {pid for pid in usage.family(os.getpid()) if usage.name_of(pid) == "postgres"}


if __name__ == "__main__":
    sys.exit(main())
