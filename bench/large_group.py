"""One member into a group of 100,000 and out again, HootProv beside django-scim2: `python -m bench.large_group`.

Both are served at once, and asked one after the other by one connection each, the first two changes of each being a warm-up. django-scim2 answers the
whole group each time. Ends in 1 when an answer is wrong, or HootProv is less than a thousand times as fast. Linux only.
"""

import asyncio
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench import servers
from bench.client import Connection, request
from bench.peers.programs import django_scim2
from bench.scenarios import GROUPS, Ask, has_members, is_right, membership
from bench.servers import POSTGRESQL, SQLITE, Contender
from bench.sizes import Filled
from bench.sizes_data import group_id, user_id
from tests.processes import ROOT
from tests.services import free_port, postgresql

MEMBERS, TIMES, AT_LEAST = 100_000, 5, 1000
ASKED = MEMBERS + TIMES + 1  # of whom the first newcomer warms up
VERBS = ("Add", "Remove")


def main() -> int:
    """Measure on both databases, and print."""
    servers.end_on_signals()
    return max([measure(kind) for kind in (POSTGRESQL, SQLITE)])


def measure(kind: str) -> int:
    """Measure on one database; return 1 when an answer was wrong, or the target missed."""
    with tempfile.TemporaryDirectory() as folder, postgresql() as url, ExitStack() as stack:
        empty = Contender(servers.hootprov(), kind, Path(folder), url)
        empty.install(beside=[])
        ours = Filled(empty.program, kind, Path(folder), url)
        ours.fill(empty, organizations=1, users=2 * MEMBERS)
        theirs = Contender(django_scim2(ROOT / "var/peers"), kind, Path(folder), url)
        theirs.install(beside=[])
        environment = theirs.program.environment(theirs.url(theirs.template), Path(folder), free_port())
        servers.run([theirs.program.python, "-m", "bench.peers.django_scim2.fill", str(MEMBERS)], environment)
        running = [stack.enter_context(each.running()) for each in (ours, theirs)]
        for server in running:
            server.gather_statistics()
        ids = [user_id(number) for number in range(ASKED)]
        group = asks(group_id(MEMBERS, called="of"), ids[:MEMBERS], ids[MEMBERS:])
        mine = asyncio.run(drive(running[0].port, ours.directory.secret, group))
        numbers = [str(number) for number in range(1, ASKED + 1)]
        group = asks("1", numbers[:MEMBERS], numbers[MEMBERS:])
        peers = asyncio.run(drive(running[1].port, theirs.secret, group))
    wrong, is_missed = mine[1] + peers[1], False
    for place, verb in enumerate(VERBS):
        fast, slow = (median(took[place :: len(VERBS)]) * 1000 for took, _ in (mine, peers))
        is_missed |= slow / fast < AT_LEAST
        print(
            f"{kind}, {verb} 1 member, p50 of {TIMES}: {fast:.1f} ms, django-scim2 {slow:,.0f} ms, {slow / fast:,.0f} times"
        )
    print(f"{kind}: {wrong} wrong answers", flush=True)
    return int(is_missed or wrong > 0)


def asks(group: str, members: list[str], newcomers: list[str]) -> list[Ask]:
    """Return what is asked: each newcomer in and out again, and at last who is in the group."""
    changes = [membership(group, verb, [each]) for each in newcomers for verb in VERBS]
    return [*changes, ("GET", f"{GROUPS}/{group}", None, has_members(set(members)))]


async def drive(port: int, secret: str, asked: list[Ask]) -> tuple[list[float], int]:
    """Ask one after another; return the seconds of each change after the first two, and how many answers were wrong."""
    connection, answers = Connection(port), []
    for verb, path, body, _ in asked:
        answers.append(await connection.ask(request(verb, path, body, secret=secret)))
    await connection.close()
    wrong = sum(not is_right(judge, each) for (*_, judge), each in zip(asked, answers, strict=True))
    return [each.seconds for each in answers[len(VERBS) : -1]], wrong


if __name__ == "__main__":
    sys.exit(main())
