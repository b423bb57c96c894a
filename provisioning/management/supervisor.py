"""Keep the product's processes running: start, restart what dies, stop all cleanly.

It knows processes and signals and nothing of what they do. Each child leads a session of its own,
so that Ctrl-C reaches the supervisor alone, which then ends them in order.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1  # linux/prctl.h
TICK_SECONDS = 0.1
SHORTEST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 5.0
STEADY_SECONDS = 30.0
PATIENCE_SECONDS = 10.0


@dataclass
class Child:
    """One process of the product."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = SHORTEST_DELAY_SECONDS
    due: float = 0.0

    def start(self) -> None:
        """Start the process, which ends with this one even if this one is killed."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - the commands below, nothing from outside
            self.command,
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - no threads yet
        )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all that the process has started, even if it is itself dead by now."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None


def end_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent dies; elsewhere a killed supervisor leaves its children."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Runs a set of children until it is told to stop."""

    def __init__(self, children: Sequence[Child], *, say: Callable[[str], object]) -> None:
        self.children = children
        self.say = say
        self.stopping = threading.Event()

    def run(self, *, is_ready: Callable[[], bool], announce: Callable[[], object]) -> None:
        """Start the children, announce once they are ready, and keep them alive until SIGTERM or Ctrl-C."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self.stop)
        for child in self.children:
            child.start()
        announced = False
        try:
            while not self.stopping.wait(TICK_SECONDS):
                self.revive()
                if not announced and is_ready():
                    announced = True
                    announce()
        finally:
            self.end()

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """Remember that it is time to stop."""
        self.stopping.set()

    def revive(self) -> None:
        """Start again what died, after a delay that grows while it keeps dying."""
        now = time.monotonic()
        for child in self.children:
            if child.is_running:
                continue
            if not child.due:
                child.signal(signal.SIGKILL)  # whatever it had started must not serve on beside its successor
                code = child.process.returncode if child.process else None
                is_steady = now - child.started > STEADY_SECONDS
                child.delay = SHORTEST_DELAY_SECONDS if is_steady else child.delay
                child.due = now + child.delay
                self.say(f"{child.name} ended with {code}; starting it again in {child.delay:.1f} s")
                child.delay = min(child.delay * 2, LONGEST_DELAY_SECONDS)
            elif now >= child.due:
                child.due = 0.0
                child.start()

    def end(self) -> None:
        """Ask every child to end, wait, and kill what does not."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(timeout=max(deadline - time.monotonic(), 0.0))
            except subprocess.TimeoutExpired:
                self.say(f"{child.name} does not end; killing it")
            child.signal(signal.SIGKILL)
            child.process.wait()


def web_command(*, host: str, port: int, workers: int = 2) -> list[str]:
    """Return the command of the web server: granian, WSGI, four blocking threads a worker."""
    return [
        sys.executable,
        *("-m", "hootprov.server", "--interface", "wsgi", "--host", host, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", "4", "--respawn-failed-workers"),
        *("--no-ws", "--log-level", "warning"),
    ]


def worker_command(*, folder: Path) -> list[str]:
    """Return the command of the Celery worker with its beat, which keeps its schedule in `folder`."""
    return [
        sys.executable,
        *("-W", "ignore:You're running the worker with superuser privileges"),
        *("-m", "celery", "--app", "hootprov", "--quiet", "worker", "--beat", "--pool", "threads"),
        *("--concurrency", "4", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
        *("--schedule", str(folder / "celerybeat-schedule")),
    ]
