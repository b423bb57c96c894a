"""A secret signs, is shown once, and is nowhere; a new one takes over while the old one still signs."""

from datetime import timedelta

import pytest
from django.core import serializers

from accounts.models import Organization
from provisioning import signatures, webhooks
from provisioning.errors import InvalidWebhook
from provisioning.history import COMMAND_LINE
from provisioning.models import AuditEvent, WebhookEndpoint
from provisioning.tokens import IssuedToken
from provisioning.webhooks import MadeSecret
from tests.factories import make_entry
from tests.webhooks.conftest import Relay, make_webhook, stored
from tests.webhooks.receiving import Receiver


def test_a_secret_is_what_the_specification_asks_for(webhook: MadeSecret) -> None:
    assert webhook.secret.startswith("whsec_")
    assert len(webhook.secret) == len("whsec_") + 40
    assert webhook.secret not in repr(webhook)


def test_the_published_example_is_signed_so() -> None:
    signed = signatures.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp="1614265330",
        body=b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_webhook_has_its_own(acme: Organization, receiver: Receiver, webhook: MadeSecret) -> None:
    assert make_webhook(acme, receiver).secret != webhook.secret


def test_no_table_holds_it(webhook: MadeSecret) -> None:
    rows = [*WebhookEndpoint.objects.all(), *AuditEvent.objects.all()]

    assert webhook.secret.removeprefix("whsec_") not in serializers.serialize("json", rows)


def test_another_key_makes_another_secret(webhook: MadeSecret, settings: object) -> None:
    settings.TOKEN_KEY = "another"  # type: ignore[attr-defined]  # pytest-django's

    assert signatures.secret_of(webhook.endpoint.salt) != webhook.secret


def test_for_the_overlap_both_secrets_sign(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    new = webhooks.rotate(webhook.endpoint, overlap_hours=24, by=COMMAND_LINE, now=relay.now)
    make_entry(acme_token)
    relay.call()
    make_entry(acme_token)
    relay.now += timedelta(hours=24)
    (during,) = receiver.messages
    is_verified = (during.is_signed_with(webhook.secret), during.is_signed_with(new.secret))

    relay.call()

    signatures_of = [len(each.headers["webhook-signature"].split()) for each in receiver.messages]
    assert (is_verified, signatures_of) == ((True, True), [2, 1])


@pytest.mark.parametrize(("hours", "ends_earlier"), [(23, True), (24, False)])
def test_of_three_secrets_the_first_ends_and_it_is_said(
    webhook: MadeSecret, relay: Relay, hours: int, ends_earlier: bool
) -> None:
    webhooks.rotate(webhook.endpoint, overlap_hours=24, by=COMMAND_LINE, now=relay.now)
    until = relay.now + timedelta(hours=24)
    relay.now += timedelta(hours=hours)

    third = webhooks.rotate(webhook.endpoint, overlap_hours=24, by=COMMAND_LINE, now=relay.now)

    written = AuditEvent.objects.filter(kind="webhook_rotated").order_by("-id")[0].details["changes"]
    ended = [["earlier secret", f"signs until {until.isoformat()}", "ended"]]
    assert third.ends_earlier == ends_earlier
    assert written[1:] == (ended if ends_earlier else [])
    assert webhook.endpoint.salt not in stored(webhook).salts(relay.now)


def test_without_an_overlap_the_old_secret_signs_no_more(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    new = webhooks.rotate(webhook.endpoint, overlap_hours=0, by=COMMAND_LINE, now=relay.now)
    make_entry(acme_token)

    relay.call()

    (message,) = receiver.messages
    assert (message.is_signed_with(webhook.secret), message.is_signed_with(new.secret)) == (False, True)


@pytest.mark.parametrize("hours", [-1, 169])
def test_an_overlap_lasts_a_week_at_most(webhook: MadeSecret, relay: Relay, hours: int) -> None:
    with pytest.raises(InvalidWebhook, match="0 to 168 hours"):
        webhooks.rotate(webhook.endpoint, overlap_hours=hours, by=COMMAND_LINE, now=relay.now)

    assert stored(webhook).salt == webhook.endpoint.salt


def test_a_message_that_was_changed_is_not_verified(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    make_entry(acme_token)
    relay.call()
    (message,) = receiver.messages

    forged = type(message)(message.path, message.headers, message.body + b" ")
    old = type(message)(message.path, message.headers | {"webhook-timestamp": "1614265330"}, message.body)

    assert message.is_signed_with(webhook.secret)
    assert not forged.is_signed_with(webhook.secret)
    assert not old.is_signed_with(webhook.secret)
