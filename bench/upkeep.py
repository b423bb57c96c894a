"""What a fleet takes beside its requests, on PostgreSQL: `python -m bench.upkeep`.

The worker looks twice a second for entries to seal, and every five seconds at every organization: how long that takes with many organizations of
which few have something new; and how much an entry of the log takes of the disk, its indexes included.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provisioning.models import ScimToken

ORGANIZATIONS, BUSY, NEW, SEALED = 10_000, 250, 10, 200_000
ROUNDS = 5


def main() -> None:
    """Measure in a process of its own over a database of its own."""
    parser = argparse.ArgumentParser(prog="python -m bench.upkeep", description=__doc__)
    parser.add_argument("--organizations", type=int, default=ORGANIZATIONS)
    parser.add_argument("--busy", type=int, default=BUSY, help="how many of them have new entries")
    parser.add_argument("--entries", type=int, default=SEALED, help="how many the log holds before")
    given = parser.parse_args()
    if "DATABASE_URL" in os.environ:
        measure(given.organizations, given.busy, given.entries)
        return
    from bench.servers import end_on_signals
    from tests.services import postgresql

    end_on_signals()
    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        settings = {"DJANGO_SETTINGS_MODULE": "hootprov.settings.test", "DATABASE_URL": url, "VAR": folder}
        command = [sys.executable, "-m", "bench.upkeep", *sys.argv[1:]]
        subprocess.run(command, env=os.environ | settings, check=True)  # noqa: S603 - ourselves


def measure(organizations: int, busy: int, entries: int) -> None:
    """Fill the database and print the figures."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    from accounts import clock
    from bench import data
    from provisioning import logs, watch

    call_command("migrate", verbosity=0)
    now = clock.now()
    with transaction.atomic():
        owners = [data.open_organization(number, now=now) for number in range(organizations)]
        fill(owners, entries, busy=0, now=now)
        read_on(until=now + timedelta(hours=1))
    data.analyze()
    tell("the worker looks, and nothing is new: entries to seal", timed(logs.seal))
    tell(
        f"the same: which of {organizations:,} organizations to look at",
        timed(lambda: watch.waiting(now=now)),
    )
    seals, steps = [], []
    for turn in range(ROUNDS):
        with transaction.atomic():
            fill(owners[:busy], 0, busy=busy, now=now + timedelta(seconds=turn))
        seals.append(once(logs.seal) / busy)
        steps.append(once(lambda: watch.watch_all(now=clock.now())) / busy)
    tell(f"sealing {NEW} new entries, an organization", statistics.median(seals))
    tell("reading them on, an organization", statistics.median(steps))
    tell_storage()


def fill(owners: "list[ScimToken]", sealed: int, *, busy: int, now: datetime) -> None:
    """Write sealed entries of some organizations, and a few new ones of each that is busy."""
    import random

    from bench import data
    from provisioning.models import LogHead, ProvisioningLogEntry

    dice, positions = random.Random(f"{data.SEED} {now}"), Counter[Any]()
    if sealed:
        rows = data.log(owners, sealed, dice=dice, now=now, hours=Counter(), positions=positions)
        data.write(ProvisioningLogEntry, rows)
        for organization_id, position in positions.items():
            LogHead.objects.filter(organization_id=organization_id).update(position=position)

    def new() -> Iterator[dict[str, Any]]:
        for owner in owners[:busy]:
            for row in data.log([owner], NEW, dice=dice, now=now, hours=Counter(), positions=Counter()):
                yield row | {"position": None, "at": now}

    data.write(ProvisioningLogEntry, new())


def read_on(*, until: datetime) -> None:
    """Let the watch have read all there is, so that it need not look before a time."""
    from django.db.models import OuterRef, Subquery

    from provisioning.models import LogHead, ProvisioningWatch

    heads = LogHead.objects.filter(organization=OuterRef("organization"))
    ProvisioningWatch.objects.update(position=Subquery(heads.values("position")), due_at=until)


def tell_storage() -> None:
    """Print how many bytes an entry of the log takes."""
    from django.db import connection

    from provisioning.models import ProvisioningLogEntry

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_table_size(name), pg_indexes_size(name) "
            "FROM (SELECT 'provisioning_provisioninglogentry'::regclass AS name) AS log"
        )
        table, indexes = (each / ProvisioningLogEntry.objects.count() for each in cursor.fetchone())
    print(f"an entry of the log: {table:.0f} bytes, and {indexes:.0f} in its indexes")


def timed(work: Callable[[], object]) -> float:
    """Return the median seconds of some rounds."""
    return statistics.median(once(work) for _ in range(ROUNDS))


def once(work: Callable[[], object]) -> float:
    """Return how many seconds a piece of work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def tell(what: str, seconds: float) -> None:
    """Print a figure in ms."""
    print(f"{what}: {seconds * 1000:.1f} ms", flush=True)


if __name__ == "__main__":
    main()
