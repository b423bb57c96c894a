"""A receiver, a webhook that leads there, and somebody who calls what is due."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from accounts import clock
from accounts.models import Organization
from provisioning import calls, deliveries, logs, webhooks
from provisioning.history import COMMAND_LINE
from provisioning.models import WebhookDelivery, WebhookEndpoint
from provisioning.webhooks import MadeSecret
from tests.webhooks.receiving import Receiver, receiving


def make_webhook(
    organization: Organization, receiver: Receiver, kinds: list[str] = webhooks.EVERYTHING
) -> MadeSecret:
    """Add a webhook."""
    return webhooks.add(
        organization=organization, url=receiver.url, kinds=kinds, by=COMMAND_LINE, now=clock.now()
    )


@dataclass
class Relay:
    """The task's work in the test's own thread and transaction, under a clock that the test moves.

    It begins in half a minute, when all that a test has arranged is past.
    """

    now: datetime = field(default_factory=lambda: clock.now() + timedelta(seconds=30))

    def call(self, *, most: int = 100) -> int:
        """Seal the log and call what is due now; return how many attempts that took."""
        while logs.seal():
            pass
        for attempts in range(most):
            claimed = deliveries.claim(now=self.now, is_failing=False) or deliveries.claim(
                now=self.now, is_failing=True
            )
            if claimed is None:
                return attempts
            calls.call(claimed, clock=lambda: self.now)
        return most

    def passes(self, **length: float) -> int:
        """Let time pass, and call what is due then."""
        self.now += timedelta(**length)
        return self.call()


def stored(made: MadeSecret) -> WebhookEndpoint:
    """Return a webhook as it is stored now."""
    return WebhookEndpoint.objects.get(id=made.endpoint.id)


def queued(made: MadeSecret) -> list[WebhookDelivery]:
    """Return a webhook's deliveries, oldest first."""
    return list(WebhookDelivery.objects.filter(endpoint=made.endpoint).order_by("id"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    with receiving(Receiver()) as receiver:
        yield receiver


@pytest.fixture
def relay(db: None) -> Relay:
    """Whoever calls."""
    return Relay()


@pytest.fixture
def webhook(acme: Organization, receiver: Receiver) -> MadeSecret:
    """Acme's webhook, which hears everything."""
    return make_webhook(acme, receiver)
