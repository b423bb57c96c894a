"""An export of a million log entries over the API, from a real server, and SCIM's answers beside it.

Measured: rows a second, how much the web worker grows, and the p95 of a SCIM look-up without and with an
export beside it, on PostgreSQL. There is one web worker, so that every look-up meets the export in its process.
"""

import http.client
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

ENTRIES = int(os.environ.get("ENTRIES", "1000000"))
LEAST_ROWS_A_SECOND = 15_000
MOST_GROWTH_MB = 30.0
MOST_SLOWDOWN = 2.0
PAUSE_SECONDS = 0.02
KILOBYTES_IN_A_MEGABYTE = 1024


def main() -> int:
    """Measure; return 1 when a figure is worse than it may be."""
    if sys.argv[1:]:
        fill(int(sys.argv[1]))
        return 0
    from tests.processes import Product
    from tests.services import postgresql

    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        product = Product(url, Path(folder))
        command = [sys.executable, "-m", "bench.export", str(ENTRIES)]
        done = subprocess.run(command, env=product.environment, check=True, stdout=subprocess.PIPE)  # noqa: S603 - ourselves
        key, token = done.stdout.decode().split()[-2:]
        with product.web(workers=1) as server:
            return judged(*measured(product.port, server.pid, key=key, token=token))


def fill(entries: int) -> None:
    """Fill the database for one organization, and print the secrets of a key and of a token."""
    import django

    django.setup()
    from django.core.management import call_command

    from bench import data
    from tests.factories import make_api_key, make_token

    call_command("migrate", verbosity=0)
    data.ORGANIZATIONS = 1
    data.fill(entries)
    organization = data.first_organization()
    print(make_api_key(organization).secret, make_token(organization).secret)


def measured(port: int, pid: int, *, key: str, token: str) -> tuple[float, float, float, float]:
    """Return rows a second, the growth in MB, and both p95 in ms."""
    export(port, key, most=20_000)  # what is loaded once is loaded
    looked_up = iter(range(300))
    quiet = scim(port, token, goes_on=lambda: next(looked_up, None) is not None)
    over = threading.Event()
    peak = Peak(worker_of(pid), over)
    peak.start()
    began = time.perf_counter()
    rows = export(port, key)
    seconds = time.perf_counter() - began
    over.set()
    peak.join()
    if rows < ENTRIES:
        raise RuntimeError(f"{rows} rows came")
    return rows / seconds, peak.growth, p95(quiet), p95(beside_an_export(port, key, token))


def beside_an_export(port: int, key: str, token: str) -> list[float]:
    """Return how long each look-up took while another program read an export, in ms."""
    context = multiprocessing.get_context("spawn")
    has_begun = context.Event()
    reading = context.Process(
        target=export, args=(port, key), kwargs={"most": ENTRIES // 4, "begun": has_begun}
    )
    reading.start()
    has_begun.wait()
    took = scim(port, token, goes_on=reading.is_alive)
    reading.join()
    return took


def export(port: int, key: str, *, most: int = ENTRIES, begun: Event | None = None) -> int:
    """Read an export of the newest entries; return how many lines came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    path = f"/api/v1/organizations/org-0/log-entries/export?after={ENTRIES - most}"
    connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
    answer, rows = connection.getresponse(), 0
    if answer.status != http.client.OK:
        raise RuntimeError(answer.read())
    while chunk := answer.read1(1 << 16):
        if begun is not None:
            begun.set()
        rows += chunk.count(b"\n")
    connection.close()
    return rows


def scim(port: int, token: str, *, goes_on: Callable[[], bool]) -> list[float]:
    """Look a user up again and again; return how long each look-up took, in ms."""
    connection, took = http.client.HTTPConnection("127.0.0.1", port, timeout=60), list[float]()
    while goes_on():
        began = time.perf_counter()
        path = "/scim/v2/Users?filter=userName+eq+%22nobody%22"
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        connection.getresponse().read()
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE_SECONDS)
    return took


def p95(took: list[float]) -> float:
    """Return the time that 95 of 100 are within."""
    return statistics.quantiles(took, n=20)[-1]


def worker_of(server: int) -> int:
    """Return the number of the one worker that a server has forked."""
    [child] = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return int(child)


def memory(pid: int) -> float:
    """Return how much a process holds, in MB."""
    [line] = [each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in each]
    return int(line.split()[1]) / KILOBYTES_IN_A_MEGABYTE


class Peak(threading.Thread):
    """Watches how much a process grows from now on."""

    def __init__(self, pid: int, over: threading.Event) -> None:
        super().__init__()
        self.pid, self.over, self.before, self.growth = pid, over, memory(pid), 0.0

    def run(self) -> None:
        """Look again and again until it is over."""
        while not self.over.wait(0.5):
            self.growth = max(self.growth, memory(self.pid) - self.before)


def judged(rows: float, growth: float, quiet: float, beside: float) -> int:
    """Print the figures; return 1 when one is worse than it may be."""
    lines = [
        (f"{rows:12,.0f} rows a second", rows >= LEAST_ROWS_A_SECOND, f"at least {LEAST_ROWS_A_SECOND:,}"),
        (f"{growth:12.1f} MB growth", growth <= MOST_GROWTH_MB, f"at most {MOST_GROWTH_MB:.0f}"),
        (
            f"{quiet:5.1f} → {beside:.1f} ms p95 of SCIM",
            beside <= MOST_SLOWDOWN * quiet,
            f"at most {MOST_SLOWDOWN:.0f} times as long",
        ),
    ]
    for line, is_good, limit in lines:
        print(f"{line:40} {limit:24} {'' if is_good else 'MISSED'}")
    return 0 if all(is_good for _, is_good, _ in lines) else 1


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    sys.exit(main())
