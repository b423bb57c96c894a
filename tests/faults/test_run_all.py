"""`manage.py run_all`: up from nothing, back after a kill, gone without a trace."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.processes import ROOT, Product
from tests.smtp import Inbox

COMMAND = [sys.executable, "manage.py", "run_all"]


class Running:
    """A started `run_all`, read line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def read_until(self, text: str) -> str:
        """Read on to the line that holds a text, and return it. Raises: AssertionError at the end."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError("".join(self.lines))


@pytest.fixture
def running(product: Product, inbox: Inbox) -> Iterator[Running]:
    """The whole product, up."""
    environment = product.environment | {"EMAIL_URL": inbox.url}
    process = subprocess.Popen(
        COMMAND, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    watchdog = threading.Timer(90, process.kill)
    watchdog.start()
    running = Running(process)
    running.read_until("HootProv is up")
    yield running
    process.terminate()
    process.communicate(timeout=30)
    watchdog.cancel()


def children_of(process: int) -> dict[int, str]:
    """Return every process below one, with its command line."""
    found: dict[int, str] = {}
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            with suppress(OSError):
                found[child] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
            found |= children_of(child)
    return found


def children_text(process: int) -> str:
    """Return the numbers of the processes that one has started itself."""
    return " ".join(task.read_text() for task in Path(f"/proc/{process}/task").glob("*/children"))


def is_alive(process: int) -> bool:
    """Whether a process runs; one that has ended may wait for init to take note of it."""
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def test_what_is_killed_comes_back_and_nothing_is_left_at_the_end(running: Running, product: Product) -> None:
    processes = children_of(running.process.pid)
    for number, command in processes.items():
        if "hootprov.server" in command or "celery" in command:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    running.read_until("starting it again")
    running.read_until("starting it again")
    status = 0
    while status != 200:
        with suppress(OSError):
            status, _ = product.call("GET", "/readyz")
    processes |= children_of(running.process.pid)
    running.process.terminate()
    running.read_until("HootProv has stopped.")

    assert running.process.wait(timeout=30) == 0
    assert len(processes) >= 8
    assert [number for number in processes if is_alive(number)] == []


def test_a_web_server_whose_head_was_killed_leaves_no_worker_behind(
    running: Running, product: Product
) -> None:
    children = children_of(running.process.pid)
    heads = [int(child) for child in children_text(running.process.pid).split()]
    web = next(number for number in heads if "hootprov.server" in children[number])
    workers = children_of(web)
    while len(workers) < 2 and is_alive(web):  # it is up as soon as one of them answers
        workers = children_of(web)

    os.kill(web, signal.SIGKILL)
    running.read_until("The web server ended")
    running.process.terminate()
    running.read_until("HootProv has stopped.")

    assert len(workers) >= 2
    assert [number for number in workers if is_alive(number)] == []


def test_the_worker_sends_what_a_command_wrote(running: Running, product: Product, inbox: Inbox) -> None:
    product.manage("issue_scim_token", "globex", "--create-organization")
    operator = ["create_operator", "admin@globex.example", "--name", "Admin", "--role", "organization_admin"]
    subprocess.run(
        [sys.executable, "manage.py", *operator, "--organization", "globex", "--password-stdin"],
        cwd=ROOT,
        env=product.environment,
        input="correct horse battery\n",
        text=True,
        check=True,
        capture_output=True,
    )

    product.manage("issue_scim_token", "globex")

    subjects = {inbox.next()["Subject"]}
    while "A provisioning token was issued for globex" not in subjects:
        subjects.add(inbox.next()["Subject"])


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("HOST", "http://localhost"),
        ("BASE_URL", "hootprov.example.com"),
        ("BASE_URL", "https://hootprov.example.com/path"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "postgresql://"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing"),
        ("CELERY_BROKER_URL", "amqp://localhost"),
        ("CELERY_BROKER_URL", "redis://127.0.0.1:1/0"),
        ("EMAIL_URL", "pigeon://roof"),
        ("EMAIL_URL", "smtp://"),
        ("BASE_URL", "http://exa mple.com"),
        ("HOST", "nosuchhost.invalid"),
        ("CELERY_BROKER_URL", "redis://127.0.0.1:6379/abc"),
        ("TRUSTED_PROXIES", "-1"),
    ],
)
def test_a_wrong_value_stops_the_start_with_one_line_that_names_it(
    product: Product, name: str, value: str
) -> None:
    environment = product.environment | {name: value}

    ended = subprocess.run(
        COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert name in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
