"""How long the server needs for the consoles' pages over a long log: PostgreSQL with a million entries, SQLite with a quarter.

Server time: from the request to the whole answer, in one process, without a network; medians of rounds.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROUNDS = 15
SIZES = {"PostgreSQL": 1_000_000, "SQLite": 250_000}
LIMITS_MS = {"PostgreSQL": (150, 200), "SQLite": (300, 300)}
OVERVIEW = "/admin/"


def main() -> int:
    """Measure on both databases; return 1 when a page took longer than it may."""
    if sys.argv[1:]:
        measure(int(sys.argv[1]))
        return 0
    results = {name: measured(name) for name in SIZES}
    late = 0
    for name, pages in results.items():
        page_limit, overview_limit = LIMITS_MS[name]
        print(f"\n{name}, {SIZES[name]:,} log entries: median and slowest of {ROUNDS} rounds, in ms; queries")
        for page, (median, slowest, queries) in pages.items():
            is_late = median > (overview_limit if page == OVERVIEW else page_limit)
            late += is_late
            print(f"{median:8.1f} {slowest:8.1f} {queries:4} {'LATE' if is_late else '    '} {page}")
    return 1 if late else 0


def measured(name: str) -> dict[str, tuple[float, float, int]]:
    """Run the measurement in a process of its own over one database."""
    with tempfile.TemporaryDirectory() as folder, database(name, Path(folder)) as url:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "hootprov.settings.test",
            "DATABASE_URL": url,
            "VAR": folder,
        }
        command = [sys.executable, "-m", "bench.consoles", str(SIZES[name])]
        done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603 - ourselves
        pages: dict[str, tuple[float, float, int]] = json.loads(done.stdout)
        return pages


@contextmanager
def database(name: str, folder: Path) -> Iterator[str]:
    """Have an empty database; yield its URL."""
    if name == "SQLite":
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
        return
    from tests.services import postgresql

    with postgresql() as url:
        yield url


def measure(entries: int) -> None:
    """Fill the database and print how long each page takes, as JSON."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from accounts.permissions import Role
    from bench import data
    from tests.factories import make_operator

    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    data.fill(entries)
    print(f"{entries:,} entries written in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    client = Client()
    client.force_login(make_operator(Role.OWNER), backend="accounts.backends.OperatorBackend")
    print(json.dumps({page: timed(client, page) for page in pages()}))


def pages() -> list[str]:
    """Return the pages to measure: the overview, the log by every single filter, an entry, and the lists."""
    from bench import data
    from provisioning.models import LogStatus

    entry, organization = data.any_entry(status=LogStatus.FAILURE), data.first_organization()
    refused = data.refused_organization()
    log = "/admin/provisioning/provisioninglogentry/"
    day = f"{entry.at:%Y-%m-%d}"
    filters = [
        "",
        "status=success",
        "status=failure",
        "status=skipped",
        "action=update",
        "action=create",
        "action=delete",
        "action=restore",
        "q=user_name_taken",
        "q=no_such_code",
        f"q={entry.id}",
        f"q={entry.personal['target']}",
        f"since={day}",
        f"until={day}",
        f"resource={entry.resource_id}",
    ]
    return [
        OVERVIEW,
        *(f"{log}?{each}" for each in filters),
        *(f"{log}?organization={organization.slug}&{each}" for each in filters),
        *(f"{log}?organization={refused.slug}&{each}" for each in filters),
        f"{log}{entry.id}/change/",
        "/admin/accounts/organization/",
        f"/admin/accounts/organization/{organization.id}/change/",
        f"/admin/accounts/member/?organization={organization.slug}",
    ]


def timed(client: "object", page: str) -> tuple[float, float, int]:
    """Return the median and the longest time of a page in ms, and how many queries it takes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(page)  # type: ignore[attr-defined]  # Django's test client
    if answer.status_code != 200:
        message = f"{page} answered {answer.status_code}"
        raise RuntimeError(message)
    asked = len(queries)  # before the next request empties the list
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        client.get(page)  # type: ignore[attr-defined]  # as above
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), max(times), asked


if __name__ == "__main__":
    sys.exit(main())
