"""What people do about webhooks: each change stands in the history, without what may be secret in an address."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Organization
from provisioning import deliveries, logs, outgoing, webhooks
from provisioning.errors import InvalidWebhook, NothingToDo, ProvisioningError, WebhookRefused
from provisioning.history import COMMAND_LINE
from provisioning.models import AuditEvent, WebhookDelivery, WebhookEndpoint
from provisioning.tokens import IssuedToken
from provisioning.webhooks import MadeSecret
from tests.factories import make_entry
from tests.webhooks.conftest import Relay, make_webhook, queued, stored
from tests.webhooks.receiving import Receiver, in_turn


def whom() -> dict[str, Any]:
    """Return who does it, and when."""
    return {"by": COMMAND_LINE, "now": clock.now()}


def written() -> list[tuple[str, str, list[Any]]]:
    """Return what the history says of webhooks, oldest first: what, about which, and what changed."""
    events = AuditEvent.objects.filter(kind__startswith="webhook").order_by("id")
    return [(each.kind, each.subject, each.details.get("changes", [])) for each in events]


def test_every_change_stands_in_the_history(acme: Organization, receiver: Receiver) -> None:
    address = receiver.url.partition("?")[0]
    made = make_webhook(acme, receiver, ["members", "failures"])
    webhooks.change(made.endpoint, url=receiver.url, kinds=["teams"], **whom())
    webhooks.change(made.endpoint, url=f"{address}?key=other", kinds=["teams"], **whom())
    webhooks.turn_off(made.endpoint, **whom())
    webhooks.turn_on(made.endpoint, **whom())
    webhooks.remove(made.endpoint, **whom())

    assert written() == [
        ("webhook_added", address, [["hears of", "", "Member changes, Failures"]]),
        ("webhook_changed", address, [["hears of", "Member changes, Failures", "Team changes"]]),
        ("webhook_changed", address, [["query of the address", "not shown", "changed"]]),
        ("webhook_changed", address, [["state", "On", "Off"]]),
        ("webhook_changed", address, [["state", "Off", "On"]]),
        ("webhook_removed", address, []),
    ]


def test_a_change_that_changes_nothing_is_not_written(webhook: MadeSecret, receiver: Receiver) -> None:
    webhooks.change(webhook.endpoint, url=receiver.url, kinds=webhooks.EVERYTHING, **whom())

    assert [kind for kind, *_ in written()] == ["webhook_added"]


def test_what_begins_to_hear_of_the_log_hears_what_comes_from_then_on(
    acme: Organization, acme_token: IssuedToken, receiver: Receiver, relay: Relay
) -> None:
    made = make_webhook(acme, receiver, ["tokens"])
    for _ in range(3):
        make_entry(acme_token)
    relay.call()
    webhooks.change(made.endpoint, url=receiver.url, kinds=["tokens", "members"], **whom())
    make_entry(acme_token)

    relay.call()

    assert receiver.positions() == [4]


def test_what_hears_of_the_log_misses_nothing_by_a_change(
    acme: Organization, acme_token: IssuedToken, receiver: Receiver, relay: Relay
) -> None:
    made = make_webhook(acme, receiver, ["members"])
    make_entry(acme_token)
    logs.seal()

    webhooks.change(made.endpoint, url=receiver.url, kinds=["members", "teams"], **whom())
    relay.call()

    assert receiver.positions() == [1]


def test_what_waits_goes_to_the_new_address(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = in_turn(500, "take")
    make_entry(acme_token)
    relay.call()

    webhooks.change(
        webhook.endpoint, url=f"{receiver.url}&new=1", kinds=["teams"], by=COMMAND_LINE, now=relay.now
    )
    relay.call()

    assert [each.path for each in receiver.messages] == ["/hook?key=k3y", "/hook?key=k3y&new=1"]
    assert receiver.positions() == [1]


def test_removing_takes_what_waits_with_it(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = lambda _number: 500
    make_entry(acme_token)
    relay.call()

    webhooks.remove(webhook.endpoint, **whom())

    assert (WebhookEndpoint.objects.count(), WebhookDelivery.objects.count()) == (0, 0)
    assert relay.passes(hours=1) == 0


@pytest.mark.parametrize(
    ("url", "kinds"),
    [("https://10.0.0.1/", ["members"]), ("", ["members"]), (None, []), (None, ["everything"])],
)
def test_what_can_not_be_called_or_hears_nothing_is_not_added(
    acme: Organization, receiver: Receiver, url: str | None, kinds: list[str]
) -> None:
    with pytest.raises((InvalidWebhook, WebhookRefused)):
        webhooks.add(organization=acme, url=receiver.url if url is None else url, kinds=kinds, **whom())

    assert not WebhookEndpoint.objects.exists()


def test_an_organization_has_ten_at_most(
    acme: Organization, globex: Organization, receiver: Receiver
) -> None:
    for _ in range(webhooks.MOST_ENDPOINTS):
        make_webhook(acme, receiver)

    with (
        mock.patch.object(outgoing, "check_url") as looked_up,
        pytest.raises(WebhookRefused, match="10 webhooks at most"),
    ):
        make_webhook(acme, receiver)

    assert not looked_up.called
    assert make_webhook(globex, receiver).endpoint.organization == globex


def turned_on(made: MadeSecret) -> None:
    """Turn on what is on."""
    webhooks.turn_on(made.endpoint, **whom())


def turned_off(made: MadeSecret) -> None:
    """Turn off what is off."""
    webhooks.turn_off(made.endpoint, **whom())
    webhooks.turn_off(made.endpoint, **whom())


def removed(made: MadeSecret) -> None:
    """Remove what is gone."""
    gone = WebhookEndpoint.objects.get(id=made.endpoint.id)
    webhooks.remove(made.endpoint, **whom())
    webhooks.remove(gone, **whom())


def sent_while_off(made: MadeSecret) -> None:
    """Test what is off."""
    webhooks.turn_off(made.endpoint, **whom())
    webhooks.send_test(made.endpoint, now=clock.now())


@pytest.mark.parametrize("again", [turned_on, turned_off, removed, sent_while_off])
def test_what_is_so_already_is_refused(webhook: MadeSecret, again: Callable[[MadeSecret], None]) -> None:
    with pytest.raises(NothingToDo):
        again(webhook)


def test_what_was_taken_is_not_tried_again(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    make_entry(acme_token)
    relay.call()
    (taken,) = queued(webhook)

    with pytest.raises(ProvisioningError, match="not given up"):
        webhooks.try_again(taken, now=relay.now)

    assert (relay.call(), len(receiver.messages), stored(webhook).failures) == (0, 1, 0)


def test_nothing_due_is_found_by_one_question(acme: Organization, webhook: MadeSecret, relay: Relay) -> None:
    with CaptureQueriesContext(connection) as queries:
        claimed = deliveries.claim(now=relay.now, is_failing=False)

    asked = [query for query in queries if "SAVEPOINT" not in query["sql"]]
    assert (claimed, len(asked)) == (None, 1)
