"""What a webhook is told: which entries and events, as what, and nothing of anybody else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from accounts import clock
from accounts.models import Organization
from provisioning import connections, notifications, tokens
from provisioning.deliveries import HEALTH_CHANGED, LOG, TEST, TYPES
from provisioning.history import COMMAND_LINE
from provisioning.models import (
    Action,
    EventKind,
    HealthPeriod,
    LogStatus,
    ProvisioningConnection,
    ProvisioningEvent,
    WebhookDelivery,
)
from provisioning.tokens import IssuedToken
from provisioning.webhooks import MadeSecret
from tests.cast import ScimClient
from tests.factories import make_entry, user_body
from tests.watch.world import World
from tests.webhooks.conftest import Relay, make_webhook
from tests.webhooks.receiving import DOCUMENTED, Receiver

OUTCOMES: dict[str, dict[str, Any]] = {
    "member": {"action": Action.CREATE, "resource_type": "User"},
    "team": {"action": Action.UPDATE, "resource_type": "Group"},
    "failure": {"status": LogStatus.FAILURE, "http_status": 409, "error_code": "user_name_taken"},
    "nothing changed": {"action": Action.UPDATE, "status": LogStatus.SKIPPED},
    "test connection": {"action": Action.TEST_CONNECTION, "resource_type": "User"},
}
HEARD = {
    "members": ["member"],
    "teams": ["team"],
    "failures": ["failure"],
    "health": [],
    "tokens": [],
}


@pytest.mark.parametrize("kind", HEARD)
def test_a_webhook_hears_of_what_was_chosen(
    acme: Organization, acme_token: IssuedToken, receiver: Receiver, relay: Relay, kind: str
) -> None:
    make_webhook(acme, receiver, [kind])
    ids = {str(make_entry(acme_token, **outcome).id): name for name, outcome in OUTCOMES.items()}

    relay.call()

    told = [entry["id"] for each in receiver.messages for entry in each.told["data"]["entries"]]
    assert [ids[each] for each in told] == HEARD[kind]


def test_an_entry_is_told_as_an_export_tells_it(
    entra: ScimClient, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    made = entra.post("/Users", user_body()).json()

    relay.call()

    (message,) = receiver.messages
    (entry,) = message.told["data"]["entries"]
    assert message.told == {
        "id": message.id,
        "type": "log.entries",
        "created": message.told["created"],
        "organization": "acme",
        "data": {"firstPosition": 1, "lastPosition": 1, "entries": [entry]},
    }
    assert entry["targetIdentity"] == {
        "id": made["id"],
        "displayName": "amelie@acme.example",
        "identityType": "User",
    }
    assert (entry["position"], entry["provisioningAction"], entry["httpStatus"]) == (1, "create", 201)


def test_a_request_of_entra_writes_nothing_for_a_webhook(entra: ScimClient, webhook: MadeSecret) -> None:
    entra.post("/Users", user_body())

    assert not WebhookDelivery.objects.exists()


def test_another_organization_is_told_nothing(
    entra: ScimClient, globex: Organization, acme: Organization, receiver: Receiver, relay: Relay
) -> None:
    make_webhook(globex, receiver)
    entra.post("/Users", user_body())
    connections.turn_off(organization=acme, reason="Why.", by=COMMAND_LINE, now=clock.now())

    assert (relay.call(), receiver.messages) == (0, [])


def in_utc(at: datetime) -> str:
    """Return a time as programs are told it."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def test_tokens_are_told_without_their_secret(
    acme: Organization, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    now = clock.now()
    first = tokens.issue_token(organization=acme, label="Entra", by=COMMAND_LINE, now=now)
    second = tokens.rotate_token(
        token_id=first.token.id, organization=acme, by=COMMAND_LINE, now=now, overlap_days=7
    )

    relay.call()

    issued, rotated = receiver.messages
    facts = {
        "id": str(second.token.id),
        "label": "Entra",
        "lastFour": second.token.last_four,
        "issuedAt": in_utc(now),
        "expiresAt": in_utc(second.token.expires_at),
        "revokedAt": None,
    }
    replaced = facts | {
        "id": str(first.token.id),
        "lastFour": first.token.last_four,
        "expiresAt": in_utc(now + timedelta(days=7)),
    }
    assert (issued.told["type"], rotated.told["type"]) == ("token.issued", "token.rotated")
    assert rotated.told["data"] == {"token": facts, "replaces": replaced, "by": COMMAND_LINE.name}
    assert not any(each.secret.encode() in issued.body + rotated.body for each in (first, second))


@pytest.mark.parametrize(("end", "is_leaked"), [(tokens.report_leaked, True), (tokens.revoke_token, False)])
def test_a_token_that_leaked_is_told_as_such(
    acme: Organization,
    acme_token: IssuedToken,
    webhook: MadeSecret,
    receiver: Receiver,
    relay: Relay,
    end: Callable[..., Any],
    is_leaked: bool,
) -> None:
    now = clock.now()
    end(token_id=acme_token.token.id, organization=acme, by=COMMAND_LINE, now=now)

    relay.call()

    (message,) = receiver.messages
    token = message.told["data"]["token"]
    assert message.told["type"] == "token.revoked"
    assert message.told["data"] == {"token": token, "leaked": is_leaked, "by": COMMAND_LINE.name}
    assert (token["id"], token["revokedAt"]) == (str(acme_token.token.id), in_utc(now))


def test_the_switch_is_told_with_its_reason(
    acme: Organization, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    now = clock.now()
    connections.turn_off(organization=acme, reason="Migration.", by=COMMAND_LINE, now=now)

    relay.call()

    (message,) = receiver.messages
    assert message.told["type"] == "connection.status_switched"
    assert message.told["data"] == {
        "status": "off",
        "reason": "Migration.",
        "by": COMMAND_LINE.name,
        "at": in_utc(now),
    }


def test_every_change_of_health_is_told_whatever_mails_say(
    world: World, receiver: Receiver, relay: Relay
) -> None:
    make_webhook(world.organization, receiver, ["health"])
    world.look()
    world.cycle(changes=3)
    for _ in range(2):
        world.passes(hours=3)
        world.cycle(failures=1)
        world.passes(minutes=29)
        world.cycle(failures=1)
    relay.now = world.now

    relay.call()

    told = [each.told["data"] for each in receiver.messages if each.told["type"] == HEALTH_CHANGED]
    states = ["waiting", "healthy", *["silent", "degraded"] * 2]
    assert [each.pop("reason").split(":")[0].split(".")[0] for each in told] == [
        "No request with the organization's token has arrived yet",
        "Entra calls as usual, and its changes are taken",
        *[
            "Entra has not called for more than 3 times its usual 40 minutes",
            "1 of 1 changes of the last cycle failed",
        ]
        * 2,
    ]
    assert told == [
        {"state": state, "previousState": before, "at": in_utc(period.started_at)}
        for before, state, period in zip(
            [None, *states], states, HealthPeriod.objects.order_by("id"), strict=False
        )
    ]
    assert world.told.count("silence") == 1


@pytest.mark.parametrize("type_", [*(type_ for _, type_ in TYPES.values()), HEALTH_CHANGED, LOG, TEST])
def test_every_type_is_documented(type_: str) -> None:
    assert f"`{type_}`" in DOCUMENTED


def test_what_is_told_twice_is_one_message(
    acme: Organization, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    for _ in range(2):
        notifications.tell(acme, EventKind.FIRST_SUCCESS, "first-success", clock.now(), {})

    relay.call()

    assert receiver.types() == ["connection.first_success"]
    assert ProvisioningEvent.objects.count() == 1
    assert ProvisioningConnection.objects.get().is_on


def test_a_message_says_who_sends_it_and_what(
    acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    make_entry(acme_token)

    relay.call()

    (message,) = receiver.messages
    assert message.path == "/hook?key=k3y"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["user-agent"] == "HootProv-Webhooks/1"
    assert message.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert settings.TOKEN_KEY not in str(message)
