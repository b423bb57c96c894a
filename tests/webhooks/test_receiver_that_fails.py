"""The product's own worker and a receiver that fails half of the time: everything arrives, signed and in order."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from accounts import clock
from provisioning import webhooks
from provisioning.history import COMMAND_LINE
from tests.databases import SERVER, rows
from tests.factories import make_entry, make_organization, make_token
from tests.faults.delivering import running_broker
from tests.processes import Product
from tests.webhooks.receiving import CUT, TAKE, TAKE_AND_CUT, Receiver, in_turn, receiving

pytestmark = pytest.mark.timeout(180)

ENTRIES = 210
TOKENS = 2
SECONDS = 90
CONDUCT: list[str | int] = [500, TAKE, CUT, TAKE, TAKE_AND_CUT, TAKE]


def prepare(url: str) -> None:
    """Open an organization with a webhook and say its secret; let much happen. Runs in a process of the product."""
    acme = make_organization("acme")
    made = webhooks.add(
        organization=acme, url=url, kinds=webhooks.EVERYTHING, by=COMMAND_LINE, now=clock.now()
    )
    tokens = [make_token(acme) for _ in range(TOKENS)]
    for _ in range(ENTRIES):
        make_entry(tokens[0])
    print(made.secret)


def in_product(product: Product, call: str) -> str:
    """Call a function of this module in a process of the product; return what it said."""
    module = __name__.rpartition(".")
    code = f"from {module[0]} import {module[2]} as here; here.{call}"
    return product.manage("shell", "-v0", "-c", code)


@contextmanager
def running_worker(product: Product) -> Iterator[None]:
    """Run the worker of this half over its broker: files beside SQLite, Redis beside PostgreSQL."""
    if not SERVER:
        with product.worker():
            yield
        return
    with running_broker() as broker:
        product.variables["CELERY_BROKER_URL"] = broker.url
        with product.worker():
            yield


def test_everything_arrives_signed_and_in_order(product: Product) -> None:
    receiver = Receiver(conduct=in_turn(*CONDUCT))
    expected = list(range(1, ENTRIES + 1))
    with receiving(receiver):
        secret = in_product(product, f"prepare({receiver.url!r})")
        with running_worker(product):
            is_all = receiver.wait_until(
                lambda: receiver.positions() == expected and issued(receiver) == TOKENS, seconds=SECONDS
            )

    assert is_all
    assert all(each.is_signed_with(secret) for each in receiver.messages)
    assert len(receiver.messages) > len({each.id for each in receiver.messages})
    assert rows(product.database_url, "SELECT count(*) FROM provisioning_webhookdelivery")[0][0] >= 5


def issued(receiver: Receiver) -> int:
    """Return how many tokens the receiver has heard of."""
    return len({each.id for each in receiver.taken if each.told["type"] == "token.issued"})
