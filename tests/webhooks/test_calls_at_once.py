"""Many at once: a receiver that never answers delays nobody but itself, and two workers tell nothing twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.db import connection

from accounts import clock
from provisioning import calls, logs, outgoing
from provisioning.models import WebhookDelivery, WebhookEndpoint
from provisioning.tokens import IssuedToken
from tests.factories import make_entry, make_organization, make_token
from tests.webhooks.conftest import make_webhook
from tests.webhooks.receiving import HANG, Receiver, receiving

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 8.0


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What ends with the test."""
    with ExitStack() as stack:
        yield stack


def organization_with(receiver: Receiver, slug: str, *, entries: int) -> IssuedToken:
    """Open an organization with a webhook and something to tell it; return its token."""
    organization = make_organization(slug)
    make_webhook(organization, receiver, ["members"])
    token = make_token(organization)
    for _ in range(entries):
        make_entry(token)
    return token


def at_work() -> int:
    """Do the task's work over a database connection of this thread's own."""
    try:
        return calls.call_due(clock=clock.now)
    finally:
        connection.close()


def test_receivers_that_never_answer_delay_no_other_organization(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", SECONDS)
    monkeypatch.setattr(calls, "CLAIM_SECONDS", {False: SECONDS, True: SECONDS / 2})
    dead = [stack.enter_context(receiving(Receiver(conduct=lambda _number: HANG))) for _ in range(5)]
    alive = stack.enter_context(receiving(Receiver()))
    for number, receiver in enumerate(dead):
        organization_with(receiver, f"dead-{number}", entries=1)
    WebhookEndpoint.objects.update(failures=1, failing_since=clock.now())
    organization_with(dead[0], "dying", entries=1)
    token = organization_with(alive, "alive", entries=3)
    logs.seal()

    with ThreadPoolExecutor(1) as pool:
        task = pool.submit(at_work)
        assert alive.wait_until(lambda: len(alive.positions()) == 3, seconds=SECONDS)
        make_entry(token)
        logs.seal()
        is_told = alive.wait_until(lambda: len(alive.positions()) == 4, seconds=SECONDS)
        is_before_the_dead = not WebhookDelivery.objects.exclude(error="").exists()
        task.result()

    assert is_told
    assert is_before_the_dead
    untaken = WebhookDelivery.objects.filter(delivered_at__isnull=True)
    assert untaken.count() == calls.THREADS[True] + 1


def test_two_workers_at_once_tell_everything_once_and_in_order(
    stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provisioning.deliveries.MOST_ENTRIES", 5)
    receivers = [stack.enter_context(receiving(Receiver())) for _ in range(3)]
    for number, receiver in enumerate(receivers):
        organization_with(receiver, f"o-{number}", entries=40)
    logs.seal()

    with ThreadPoolExecutor(2) as pool:
        taken = sum(pool.map(lambda _: at_work(), range(2)))

    assert taken == 3 * 8
    assert [len(each.messages) for each in receivers] == [8, 8, 8]
    assert [each.positions() for each in receivers] == [list(range(1, 41))] * 3
