"""A message is sent until it is taken, in order, for a day; nothing is missed and nothing becomes two."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Operator, Organization
from provisioning import calls, deliveries, logs, notifications, retention, webhooks
from provisioning.history import COMMAND_LINE
from provisioning.models import AuditEvent, EventKind, LogStatus, Notification, WebhookEndpoint
from provisioning.outgoing import Answer
from provisioning.tokens import IssuedToken
from provisioning.webhooks import MadeSecret
from tests.factories import make_entry
from tests.webhooks.conftest import Relay, make_webhook, queued, stored
from tests.webhooks.receiving import CUT, TAKE, TAKE_AND_CUT, Receiver, in_turn

DAY = 24


def make_entries(token: IssuedToken, count: int, **outcome: Any) -> None:
    """Let Entra change something so many times."""
    for _ in range(count):
        make_entry(token, **outcome)


def test_entries_come_in_batches_without_a_gap(
    acme_token: IssuedToken,
    webhook: MadeSecret,
    receiver: Receiver,
    relay: Relay,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deliveries, "MOST_ENTRIES", 10)
    make_entries(acme_token, 25)

    relay.call()

    assert [len(each.told["data"]["entries"]) for each in receiver.messages] == [10, 10, 5]
    assert receiver.positions() == list(range(1, 26))


def test_a_batch_of_large_entries_is_small(
    acme_token: IssuedToken,
    webhook: MadeSecret,
    receiver: Receiver,
    relay: Relay,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deliveries, "MOST_BYTES", 2500)
    for size in (900, 900, 900, 9000, 900):
        make_entry(acme_token, target="x" * size)

    relay.call()

    assert [len(each.told["data"]["entries"]) for each in receiver.messages] == [2, 1, 1, 1]
    assert receiver.positions() == [1, 2, 3, 4, 5]


def test_what_is_not_heard_of_is_passed_over(
    acme: Organization,
    acme_token: IssuedToken,
    receiver: Receiver,
    relay: Relay,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deliveries, "WINDOW", 10)
    made = make_webhook(acme, receiver, ["failures"])
    make_entries(acme_token, 25)
    make_entry(acme_token, status=LogStatus.FAILURE)
    make_entries(acme_token, 12)

    relay.call()

    assert receiver.positions() == [26]
    assert stored(made).position == 38


def test_a_webhook_hears_nothing_of_before_it_was_added(
    acme: Organization, acme_token: IssuedToken, receiver: Receiver, relay: Relay
) -> None:
    make_entries(acme_token, 3)
    relay.call()
    make_webhook(acme, receiver)
    make_entry(acme_token)

    relay.call()

    assert receiver.positions() == [4]


def test_what_is_refused_is_tried_again_as_it_was_and_the_next_waits(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = in_turn(500, CUT, TAKE_AND_CUT, TAKE, TAKE)
    make_entry(acme_token)
    relay.call()
    make_entry(acme_token)

    for seconds in (3, 6, 12):
        relay.passes(seconds=seconds)

    first, *again, second = receiver.messages
    assert [(each.id, each.body) for each in again] == [(first.id, first.body)] * 3
    assert [each.told["data"]["firstPosition"] for each in (first, second)] == [1, 2]
    assert all(each.is_signed_with(webhook.secret) for each in receiver.messages)
    assert (stored(webhook).failures, stored(webhook).failing_since) == (0, None)


def test_a_delivery_keeps_what_came_back(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct, receiver.answer = in_turn(503, CUT), b"out of\0 disk " + b"x" * 9000
    make_entry(acme_token)

    relay.call()
    (refused,) = queued(webhook)
    relay.passes(seconds=3)
    (cut,) = queued(webhook)

    assert (refused.http_status, refused.error, refused.attempts) == (503, "", 1)
    assert refused.answer == "out of disk " + "x" * (4096 - 13)
    assert (cut.http_status, cut.answer, cut.attempts) == (None, "", 2)
    assert cut.error == "It cut the connection without an answer."


def test_it_is_left_in_peace_for_longer_and_longer(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = lambda _number: 500
    make_entry(acme_token)
    relay.call()

    waits = []
    for _ in range(15):
        due_at = stored(webhook).next_try_at
        waits.append((due_at - relay.now).total_seconds())
        relay.now = due_at
        relay.call()

    expected = [min(2**number, 3600) for number in range(1, 16)]
    assert all(0.75 * each <= wait <= 1.25 * each for wait, each in zip(waits, expected, strict=True))


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("600", 600),
        ("Thu, 26 Nov 2026 12:10:00 GMT", 600),
        ("Thu, 26 Nov 2026 11:00:00 GMT", 1.5),
        ("86400", 3600),
        ("soon", 1.5),
    ],
)
def test_a_receiver_says_for_how_long_it_wants_peace(
    acme_token: IssuedToken,
    webhook: MadeSecret,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    seconds: float,
) -> None:
    relay = Relay(datetime(2026, 11, 26, 12, tzinfo=UTC))
    WebhookEndpoint.objects.update(next_try_at=relay.now)
    monkeypatch.setattr("random.uniform", lambda least, _most: least)
    receiver.conduct, receiver.headers = (lambda _number: 429), {"Retry-After": asked}
    make_entry(acme_token)

    relay.call()

    assert stored(webhook).next_try_at - relay.now == timedelta(seconds=seconds)


def test_after_a_day_it_is_given_up_and_told_and_the_next_is_sent(
    acme_token: IssuedToken, org_admin: Operator, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = in_turn(500, 500, TAKE)
    make_entry(acme_token)
    relay.call()
    make_entry(acme_token)

    relay.passes(hours=DAY)

    first, second = queued(webhook)
    assert (first.gave_up_at, first.attempts, second.delivered_at) == (relay.now, 2, relay.now)
    (mail,) = Notification.objects.filter(kind="webhook_failing")
    assert (mail.recipient, mail.context["is_off"]) == ("admin@acme.example", False)
    assert mail.context["reason"] == "It answered with HTTP status 500."
    assert "k3y" not in str(mail.context)


def test_what_was_given_up_can_be_tried_again_before_the_others(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = lambda number: 500 if number < 3 else TAKE
    make_entry(acme_token)
    relay.call()
    make_entry(acme_token)
    relay.passes(hours=DAY)
    first, _ = queued(webhook)

    webhooks.try_again(first, now=relay.now)
    relay.call()

    assert receiver.positions() == [1, 2]


def test_whoever_takes_nothing_for_five_days_is_turned_off(
    acme_token: IssuedToken, org_admin: Operator, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = lambda _number: 500
    for _ in range(5):
        make_entry(acme_token)
        relay.call()
        relay.passes(hours=DAY)
    called = len(receiver.messages)

    relay.passes(hours=DAY)

    assert len(receiver.messages) == called
    assert stored(webhook).off_reason == "It has taken nothing for 5 days."
    event = AuditEvent.objects.get(kind="webhook_changed")
    assert (event.actor, event.details) == ("HootProv", {"changes": [["state", "On", "Off"]]})
    mails = Notification.objects.filter(kind="webhook_failing").order_by("created_at")
    assert [mail.context["is_off"] for mail in mails] == [False] * 4 + [True]


def test_whoever_says_it_is_gone_is_turned_off_at_once(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = lambda _number: 410
    make_entry(acme_token)

    relay.call()

    assert stored(webhook).off_reason == "It answered 410 Gone: it wants no more."


def test_whoever_is_turned_on_again_hears_first_what_it_missed(
    acme: Organization, acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    webhooks.turn_off(webhook.endpoint, by=COMMAND_LINE, now=relay.now)
    make_entries(acme_token, 3)
    notifications.tell(acme, EventKind.FIRST_SUCCESS, "first-success", relay.now, {})
    assert relay.call() == 0

    webhooks.turn_on(webhook.endpoint, by=COMMAND_LINE, now=relay.now)
    relay.call()

    assert receiver.positions() == [1, 2, 3]
    assert receiver.types() == ["connection.first_success", "log.entries"]


def test_a_test_goes_first_once_and_counts_for_nothing(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = lambda _number: 500
    make_entry(acme_token)
    relay.call()

    webhooks.send_test(webhook.endpoint, now=relay.now)
    relay.call()

    entry, test = queued(webhook)
    assert receiver.types() == ["log.entries", "webhook.test", "log.entries"]
    assert (test.attempts, test.gave_up_at, test.http_status) == (1, relay.now, 500)
    assert (stored(webhook).failures, entry.attempts) == (2, 2)


def test_a_claim_is_nobody_elses_until_its_lease_is_over(
    acme_token: IssuedToken, webhook: MadeSecret, relay: Relay
) -> None:
    make_entry(acme_token)
    logs.seal()
    first = deliveries.claim(now=relay.now, is_failing=False)
    second = deliveries.claim(now=relay.now, is_failing=False)

    after = relay.now + deliveries.LEASE
    third = deliveries.claim(now=after, is_failing=False)

    assert first is not None
    assert second is None
    assert third is not None
    assert (third.delivery.id, third.delivery.attempts) == (first.delivery.id, 2)
    with_late_answer(first, now=after)
    assert stored(webhook).leased_until == after + deliveries.LEASE


def with_late_answer(claimed: deliveries.Claim, *, now: Any) -> None:
    """Let whoever has lost its lease come back with a failure."""
    calls.settle(claimed, Answer(status=500), now=now)


def test_an_address_that_became_private_is_not_called(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay, settings: Any
) -> None:
    settings.WEBHOOKS_TO_LOOPBACK = False
    make_entry(acme_token)

    relay.call()

    (delivery,) = queued(webhook)
    assert delivery.error.startswith("An address begins with https://")
    assert receiver.messages == []


def test_deliveries_go_when_the_log_of_their_days_goes(
    acme_token: IssuedToken, webhook: MadeSecret, relay: Relay
) -> None:
    make_entry(acme_token)
    relay.call()
    made_at = relay.now
    relay.now = made_at + timedelta(days=1)
    webhooks.send_test(webhook.endpoint, now=relay.now)
    relay.call()

    deleted = retention.delete_expired(now=made_at + timedelta(days=90, seconds=1))

    assert deleted["webhook deliveries"] == 1
    assert [each.type for each in queued(webhook)] == ["webhook.test"]


def test_a_message_that_can_not_be_made_holds_up_nobody_for_ever(
    acme_token: IssuedToken,
    webhook: MadeSecret,
    receiver: Receiver,
    relay: Relay,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_entry(acme_token)
    with monkeypatch.context() as broken:
        broken.setattr("provisioning.exports.summary_of", {}.__getitem__)
        relay.call()
        relay.passes(hours=DAY)
    make_entry(acme_token)

    relay.call()

    (lost, _) = queued(webhook)
    assert (lost.gave_up_at is not None, receiver.positions()) == (True, [2])
    assert lost.error == "A fault of ours: the message could not be made."
