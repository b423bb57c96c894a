"""What processes have used, from Linux's /proc: CPU to the microsecond, memory, and who holds which connection."""

import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
PARENT, ENDED = 1, slice(13, 15)  # ppid; cutime and cstime, in ticks
ESTABLISHED = "01"
PAGES_IN_A_MEGABYTE = (1 << 20) / os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> set[int]:
    """Return a process and all that descend from it."""
    parents = {int(each.name): parent_of(each.name) for each in PROC.glob("[0-9]*")}
    found = {pid}
    while more := {each for each, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def parent_of(pid: str) -> int:
    """Return the parent of a process; 0 when it is gone."""
    with suppress(OSError):
        return int(stat_of(pid)[PARENT])
    return 0


def stat_of(pid: str) -> list[str]:
    """Return what /proc/[pid]/stat says after the name. Raises: OSError when the process is gone."""
    return (PROC / pid / "stat").read_text().rpartition(")")[2].split()


def cpu_seconds(pids: set[int]) -> float:
    """Return how long the threads of processes have run, and whatever else these have started that has ended.

    A thread that ended in a process that did not is not counted.
    """
    nanoseconds = 0
    for pid in pids:
        with suppress(OSError):
            nanoseconds += sum(map(int, stat_of(str(pid))[ENDED])) * 10**9 // os.sysconf("SC_CLK_TCK")
        for thread in (PROC / str(pid) / "task").glob("*/schedstat"):
            with suppress(OSError):
                nanoseconds += int(thread.read_text().split()[0])
    return nanoseconds / 1e9


def most_megabytes(pids: set[int]) -> float:
    """Return how much memory the largest of processes has resident."""
    return max(int((PROC / str(pid) / "statm").read_text().split()[1]) for pid in pids) / PAGES_IN_A_MEGABYTE


def connections(port: int, pids: set[int]) -> list[int]:
    """Return how many connections to a port each process holds, of those that hold any."""
    rows = [line.split() for line in (PROC / "net/tcp").read_text().splitlines()[1:]]
    inodes = {
        f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == ESTABLISHED
    }
    held = [len(inodes & set(map(target, (PROC / str(pid) / "fd").iterdir()))) for pid in pids]
    return [each for each in held if each]


def target(link: Path) -> str:
    """Return where a file descriptor leads; empty when it is closed meanwhile."""
    with suppress(OSError):
        return str(link.readlink())
    return ""


def name_of(pid: int) -> str:
    """Return the name of a process's program; empty when it is gone."""
    with suppress(OSError):
        return (PROC / str(pid) / "comm").read_text().strip()
    return ""
