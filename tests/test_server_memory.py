"""What a large answer took of memory is given back when it was sent."""

import os
import platform
import subprocess
import sys

import pytest

from hootprov import server
from tests.processes import ROOT

MOST_KEPT_MB = 8
# Forty texts of 400 KB, small ones between them that stay, after one of 20 MB: as rows, and what they are joined to.
PROGRAM = """
import re, sys
from pathlib import Path
from hootprov import server

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

if sys.argv[1] == "given back":
    server.give_back_what_is_large()
joined = b"x" * 20_000_000
del joined
before = resident()
rows = [(b"x" * 400_000, bytearray(50_000)) for _ in range(40)]
kept = [small for _, small in rows]
del rows
print(resident() - before - len(kept) * 0.05)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps it")
def test_what_was_large_is_given_back_and_would_not_be_by_itself() -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    kept = {
        how: float(
            subprocess.run(
                [sys.executable, "-c", PROGRAM, how], cwd=ROOT, env=plain, capture_output=True, check=True
            ).stdout
        )
        for how in ("given back", "by itself")
    }

    assert kept["given back"] < MOST_KEPT_MB < kept["by itself"]


def test_the_server_sees_to_it_before_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for step in ("load", "give_back_what_is_large", "entrypoint"):
        monkeypatch.setattr(server, step, lambda step=step: done.append(step))
    monkeypatch.setattr(sys, "argv", ["hootprov.server"])
    monkeypatch.setattr("hootprov.server.gc.freeze", lambda: None)

    server.main()

    assert done == ["load", "give_back_what_is_large", "entrypoint"]
