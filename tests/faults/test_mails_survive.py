"""Whatever dies in the middle of 500 events: every mail arrives, soon after, and hardly one twice."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

import pytest

from provisioning.tasks import RELAY_SECONDS
from tests.databases import SERVER, rows
from tests.faults.delivering import IDS, Delivery, delivering
from tests.processes import Product, kill_group
from tests.smtp import Inbox

pytestmark = pytest.mark.timeout(300)

EVENTS = 500
HALF = EVENTS // 2
FAULT_AFTER = 50
MOST_DOUBLED = EVENTS // 100
MOST_SECONDS = 60
OUTAGE_SECONDS = 60
Fault = Callable[[Delivery], AbstractContextManager[None]]


@contextmanager
def killed_worker(delivery: Delivery) -> Iterator[None]:
    """Kill worker and beat, and start them again."""
    kill_group(delivery.worker, signal.SIGKILL)
    delivery.worker.wait()
    yield
    delivery.start_worker()


@contextmanager
def killed_redis(delivery: Delivery) -> Iterator[None]:
    """Kill Redis for as long as the worker tries in vain a few times, and start it again, empty.

    What the worker has begun it ends, as far as its time goes; then nothing can tell it to begin again.
    """
    assert delivery.broker is not None
    delivery.broker.kill()
    until = time.monotonic() + RELAY_SECONDS
    delivery.wait_until(
        lambda: delivery.unsent() == 0 or time.monotonic() >= until,
        seconds=2 * RELAY_SECONDS,
        what="the worker has ended what it began",
    )
    yield
    delivery.hear("Cannot connect to redis", times=3, seconds=90)
    delivery.broker.start()


@contextmanager
def flushed_redis(delivery: Delivery) -> Iterator[None]:
    """Let Redis forget everything, before the other events and after them."""
    assert delivery.broker is not None
    delivery.broker.flush()
    yield
    delivery.broker.flush()


@contextmanager
def stopped_mail_server(delivery: Delivery) -> Iterator[None]:
    """Stop the mail server for a minute, in which the worker looks for it again and again, and start it again."""
    delivery.inbox.stop()
    until = time.monotonic() + OUTAGE_SECONDS
    yield
    delivery.hear("mail:no-server", times=1, seconds=60)
    delivery.wait_until(
        lambda: time.monotonic() >= until, seconds=2 * OUTAGE_SECONDS, what="a minute is over"
    )
    delivery.inbox.start()


FAULTS = [killed_worker, stopped_mail_server, *([killed_redis, flushed_redis] if SERVER else [])]


def message_ids(product: Product) -> set[str]:
    """Return the Message-ID of every mail there is to send."""
    return {f"<{UUID(str(id_))}@127.0.0.1>" for (id_,) in rows(product.database_url, IDS)}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_mail_arrives_within_a_minute_after(fault: Fault, product: Product, inbox: Inbox) -> None:
    with delivering(product, inbox) as delivery:
        delivery.write(HALF)
        delivery.take(FAULT_AFTER, seconds=60)
        began, waiting = time.monotonic(), delivery.unsent()
        with fault(delivery):
            delivery.write(HALF)
            late = delivery.unsent()

        inbox.seconds_each = 0
        recovered = time.monotonic()
        delivery.take(EVENTS, seconds=120)
        delivery.wait_until(lambda: delivery.unsent() == 0, seconds=60, what="every mail is marked as sent")
        took = time.monotonic() - recovered
        delivery.take_rest()
        doubled = delivery.arrived.total() - EVENTS
        print(f"{fault.__name__}, {recovered - began:.1f} s: {waiting} and then {late} were waiting,")
        print(f"{doubled} doubled, all there {took:.1f} s after it")

        assert waiting > 0
        assert set(delivery.arrived) == message_ids(product)
        assert doubled <= MOST_DOUBLED
        assert took <= MOST_SECONDS
