"""Mails on their way: a worker of the product, its broker and its mail server, each to be taken away."""

import queue
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from redis import Redis

from accounts.models import Organization
from accounts.permissions import Role
from tests.databases import SERVER, rows
from tests.factories import make_operator, make_organization, make_token
from tests.processes import Product
from tests.services import Missing, free_port, redis_command, running, wait_for
from tests.smtp import Inbox

UNSENT = "SELECT count(*) FROM provisioning_notification WHERE sent_at IS NULL"
IDS = "SELECT id FROM provisioning_notification"

SECONDS_EACH = 0.05  # over a mail: else all are sent before anything can be taken away


class Broker:
    """A Redis server of the test's own, which keeps nothing over its end."""

    def __init__(self) -> None:
        self.port = free_port()
        self.stack = ExitStack()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its CELERY_BROKER_URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Serve, with nothing in it."""
        self.process = self.stack.enter_context(running(redis_command(self.port)))
        wait_for(self.port, self.process)

    def kill(self) -> None:
        """Be gone at once."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def flush(self) -> None:
        """Forget everything."""
        with Redis(port=self.port) as client:
            client.flushall()


@contextmanager
def running_broker() -> Iterator[Broker]:
    """Run a Redis server until the block ends; without one, the test is skipped."""
    broker = Broker()
    with broker.stack:
        try:
            broker.start()
        except Missing as missing:
            pytest.skip(str(missing))
        yield broker


def prepare() -> None:
    """Open an organization with one admin, who hears everything, and a CSM. Runs in a process of the product."""
    make_operator(Role.ORGANIZATION_ADMIN, organization=make_organization("acme"))
    make_operator(Role.CSM)


def issue(count: int) -> None:
    """Issue tokens, each of which is an event and a mail. Runs in a process of the product."""
    organization = Organization.objects.get(slug="acme")
    for _ in range(count):
        make_token(organization)


def in_product(product: Product, call: str) -> None:
    """Call a function of this module in a process of the product."""
    product.manage("shell", "-v0", "-c", f"from tests.faults import delivering; delivering.{call}")


@dataclass
class Delivery:
    """What was taken away, what arrived, and how long it took."""

    product: Product
    inbox: Inbox
    broker: Broker | None
    stack: ExitStack
    arrived: Counter[str] = field(default_factory=Counter)

    def start_worker(self) -> None:
        """Start the worker and its beat."""
        self.worker = self.stack.enter_context(self.product.worker())

    def write(self, events: int) -> None:
        """Write events into the outbox."""
        in_product(self.product, f"issue({events})")

    def take(self, mails: int, *, seconds: float) -> None:
        """Take mails from the inbox as they come. Raises: queue.Empty when too few come in time."""
        deadline = time.monotonic() + seconds
        while len(self.arrived) < mails:
            left = max(deadline - time.monotonic(), 0)
            self.arrived[self.inbox.arrived.get(timeout=left)["Message-ID"]] += 1

    def take_rest(self) -> None:
        """Take the mails that are there."""
        with suppress(queue.Empty):
            while True:
                self.arrived[self.inbox.arrived.get_nowait()["Message-ID"]] += 1

    def unsent(self) -> int:
        """Return how many mails are not known to have been sent."""
        found: int = rows(self.product.database_url, UNSENT)[0][0]
        return found

    def said(self, text: str) -> int:
        """Return how often the worker has said something."""
        return (self.product.folder / "worker.log").read_text().count(text)

    def hear(self, text: str, *, times: int, seconds: float) -> None:
        """Wait until the worker has said something a few times more."""
        before = self.said(text)
        self.wait_until(lambda: self.said(text) >= before + times, seconds=seconds, what=text)

    def wait_until(self, condition: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Ask until a condition holds. Raises: AssertionError after too long, or when the worker ends."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
            with suppress(subprocess.TimeoutExpired):
                code = self.worker.wait(timeout=0.1)
                raise AssertionError(f"The worker ended with {code}.")


@contextmanager
def delivering(product: Product, inbox: Inbox) -> Iterator[Delivery]:
    """Run a worker over the broker of this half: files beside SQLite, Redis beside PostgreSQL."""
    product.variables["EMAIL_URL"] = inbox.url
    inbox.seconds_each = SECONDS_EACH
    with ExitStack() as stack:
        broker = stack.enter_context(running_broker()) if SERVER else None
        if broker is not None:
            product.variables["CELERY_BROKER_URL"] = broker.url
        in_product(product, "prepare()")
        delivery = Delivery(product, inbox, broker, stack)
        delivery.start_worker()
        yield delivery
