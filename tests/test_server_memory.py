"""What a large answer took of memory is given back when it was sent, or kept for the next one, whichever thread answers it."""

import os
import platform
import subprocess
import sys

import pytest

from hootprov import server
from tests.processes import ROOT

MOST_KEPT_MB = {"large": 8, "by four threads": 40}
# Forty texts of 400 KB, small ones between them that stay, after one of 20 MB: as rows, and what they are joined to.
LARGE = """
joined = b"x" * 20_000_000
del joined
before = resident()
rows = [(b"x" * 400_000, bytearray(50_000)) for _ in range(40)]
kept = [small for _, small in rows]
del rows
print(resident() - before - len(kept) * 0.05)
"""
# In each of four threads 20 MB in texts of 100 KB, and something small behind them that stays.
BY_FOUR_THREADS = """
def answer():
    rows = [b"x" * 100_000 for _ in range(200)]
    kept.append(bytearray(2000))

kept, before = [], resident()
threads = [ThreadPoolExecutor(1) for _ in range(4)]
for thread in threads:
    thread.submit(answer).result()
print(resident() - before)
"""
BEGINNING = """
import re, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from hootprov import server

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

if sys.argv[1] == "as the server":
    server.keep_little_memory()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps it")
@pytest.mark.parametrize(("what", "program"), [("large", LARGE), ("by four threads", BY_FOUR_THREADS)])
def test_little_is_kept_of_what_was_large_and_more_would_be_by_itself(what: str, program: str) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    kept = {
        how: float(
            subprocess.run(
                [sys.executable, "-c", BEGINNING + program, how],
                cwd=ROOT,
                env=plain,
                capture_output=True,
                check=True,
            ).stdout
        )
        for how in ("as the server", "by itself")
    }

    assert kept["as the server"] < MOST_KEPT_MB[what] < kept["by itself"], kept


def test_the_server_sees_to_it_before_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for step in ("load", "keep_little_memory", "entrypoint"):
        monkeypatch.setattr(server, step, lambda step=step: done.append(step))
    monkeypatch.setattr(sys, "argv", ["hootprov.server"])
    monkeypatch.setattr("hootprov.server.gc.freeze", lambda: None)

    server.main()

    assert done == ["load", "keep_little_memory", "entrypoint"]
