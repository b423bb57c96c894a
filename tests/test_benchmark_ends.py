"""A driver of benchmarks takes the servers it started with it, however it is told to end."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import usage
from tests.processes import ROOT
from tests.services import READY_SECONDS

DRIVER = """
import sys
from pathlib import Path
from bench import servers

class Files(servers.Program):
    def serve(self, port):
        return [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]

servers.end_on_signals()
program = Files(name="files", python="", install=())
cluster = "postgresql://127.0.0.1:1/nowhere"  # not for a program without a database
with servers.Contender(program, servers.MEMORY, Path(sys.argv[1]), cluster).running() as server:
    server.gather_statistics()
    print(server.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.once
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_driver_that_is_told_to_end_ends_its_servers(number: signal.Signals, tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(tmp_path)], cwd=ROOT, stdin=pipe, stdout=pipe
    )
    server = int(driver.stdout.readline()) if driver.stdout else 0

    driver.send_signal(number)
    driver.communicate(timeout=READY_SECONDS)

    wait_until_gone(server)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while usage.name_of(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not usage.name_of(pid)
