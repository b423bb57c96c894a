"""Webhooks by the API: what a program does, and what it is refused."""

from typing import Any

import pytest

from accounts.models import Organization
from provisioning.api_keys import with_implied
from provisioning.models import Scope, WebhookEndpoint
from provisioning.tokens import IssuedToken
from tests.api.conftest import Program, program_of
from tests.factories import make_entry
from tests.webhooks.conftest import Relay
from tests.webhooks.receiving import Receiver

WEBHOOKS, DELIVERIES = "/organizations/acme/webhooks", "/organizations/acme/webhook-deliveries"


@pytest.fixture
def program(acme: Organization) -> Program:
    """Acme's program, which may do everything there."""
    return program_of(acme)


def url_of(receiver: Receiver) -> str:
    """Return a receiver's address."""
    return receiver.url.partition("?")[0]


def add(program: Program, receiver: Receiver, **body: Any) -> dict[str, Any]:
    """Add a webhook; return the answer."""
    answer = program.post(WEBHOOKS, {"url": url_of(receiver), **body})
    assert answer.status_code == 201
    added: dict[str, Any] = answer.json()
    return added


def test_a_webhook_is_added_with_its_secret_and_told(
    program: Program, acme_token: IssuedToken, receiver: Receiver, relay: Relay
) -> None:
    added = add(program, receiver, kinds=["members"])
    listed = program.get(WEBHOOKS).json()["items"]
    make_entry(acme_token)
    relay.call()

    (message,) = receiver.messages
    assert message.is_signed_with(added.pop("secret"))
    assert added.pop("earlierSecretEnded") is False
    assert listed == [added]
    assert (added["url"], added["kinds"], added["on"]) == (url_of(receiver), ["members"], True)


def test_what_is_left_out_of_a_change_stays(program: Program, receiver: Receiver) -> None:
    added = add(program, receiver, kinds=["members"])
    page = f"{WEBHOOKS}/{added['id']}"

    off = program.patch(page, {"on": False}).json()
    other = program.patch(page, {"kinds": ["teams"], "on": True}).json()

    assert (off["kinds"], off["on"]) == (["members"], False)
    assert off["offReason"].startswith("Turned off by ")
    assert (other["kinds"], other["on"], other["url"]) == (["teams"], True, url_of(receiver))


def test_a_secret_is_rotated(program: Program, receiver: Receiver) -> None:
    added = add(program, receiver)

    rotated = program.post(f"{WEBHOOKS}/{added['id']}/rotate", {"overlapHours": 1})

    again = program.post(f"{WEBHOOKS}/{added['id']}/rotate", {"overlapHours": 1})

    assert rotated.status_code == 201
    assert rotated.json()["secret"] != added["secret"]
    assert [each["earlierSecretEnded"] for each in (added, rotated.json(), again.json())] == [
        False,
        False,
        True,
    ]
    assert rotated.json()["oldSecretUntil"] is not None
    assert "secret" not in program.get(f"{WEBHOOKS}/{added['id']}").json()


def test_a_test_is_sent_and_what_came_back_is_read(
    program: Program, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = lambda _number: 503
    added = add(program, receiver)
    sent = program.post(f"{WEBHOOKS}/{added['id']}/test")
    relay.call()

    page = f"{DELIVERIES}/{sent.json()['id']}"
    delivery = program.get(page).json()
    again = program.post(f"{page}/try-again")

    assert (sent.status_code, sent.json()["state"]) == (202, "waiting")
    assert (delivery["state"], delivery["httpStatus"], delivery["answer"]) == ("given_up", 503, "thanks")
    assert program.get(DELIVERIES, state="taken").json()["items"] == []
    assert (again.status_code, again.json()["state"]) == (202, "waiting")


def test_a_webhook_is_removed(program: Program, receiver: Receiver) -> None:
    page = f"{WEBHOOKS}/{add(program, receiver)['id']}"

    assert program.request("DELETE", page).status_code == 204
    assert program.get(page).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"url": "https://10.0.0.1/"}, 409),
        ({"url": "ftp://siem.acme.example/"}, 400),
        ({"url": "https://user@siem.acme.example/"}, 400),
        ({"url": "http://127.0.0.1:9/", "kinds": []}, 400),
        ({"url": "http://127.0.0.1:9/", "kinds": ["everything"]}, 400),
        ({"url": "http://127.0.0.1:9/", "secret": "mine"}, 400),
        ({}, 400),
    ],
)
def test_what_can_not_be_called_or_hears_nothing_is_refused(
    program: Program, body: dict[str, Any], status: int
) -> None:
    answer = program.post(WEBHOOKS, body)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert not WebhookEndpoint.objects.exists()


def test_each_method_needs_its_scope(acme: Organization, program: Program, receiver: Receiver) -> None:
    page = f"{WEBHOOKS}/{add(program, receiver)['id']}"
    reader, logs = program_of(acme, Scope.WEBHOOKS_READ), program_of(acme, Scope.LOGS_READ)

    assert [reader.get(each).status_code for each in (WEBHOOKS, page, DELIVERIES)] == [200] * 3
    assert [reader.post(f"{page}/{each}").status_code for each in ("test", "rotate")] == [403] * 2
    assert [logs.get(each).status_code for each in (WEBHOOKS, page, DELIVERIES)] == [403] * 3


def test_only_who_may_change_a_webhook_sees_the_query_of_its_address(
    acme: Organization, program: Program, receiver: Receiver
) -> None:
    page = f"{WEBHOOKS}/{program.post(WEBHOOKS, {'url': receiver.url}).json()['id']}"
    reader = program_of(acme, Scope.WEBHOOKS_READ)

    seen = [
        [each.get(page).json()["url"], each.get(WEBHOOKS).json()["items"][0]["url"]]
        for each in (program, reader)
    ]

    assert seen == [[receiver.url] * 2, [url_of(receiver)] * 2]


def others_than(scope: Scope) -> list[Scope]:
    """Return the scopes that neither are one nor imply it."""
    return [each for each in Scope if scope not in with_implied({each})]


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        ("members", Scope.LOGS_READ),
        ("teams", Scope.LOGS_READ),
        ("failures", Scope.LOGS_READ),
        ("health", Scope.CONNECTION_READ),
        ("tokens", Scope.TOKENS_READ),
    ],
)
def test_only_who_may_read_it_has_it_told(
    acme: Organization, program: Program, receiver: Receiver, kind: str, scope: Scope
) -> None:
    body = {"url": url_of(receiver), "kinds": [kind]}
    readers = program_of(acme, Scope.WEBHOOKS_WRITE, scope)
    others = program_of(acme, Scope.WEBHOOKS_WRITE, *others_than(scope))

    added, refused = readers.post(WEBHOOKS, body), others.post(WEBHOOKS, body)
    page = f"{WEBHOOKS}/{added.json()['id']}"
    elsewhere = {"url": "https://elsewhere.example/"}

    assert (added.status_code, refused.status_code) == (201, 403)
    assert f"needs the scope to read it: {scope}." in refused.json()["detail"]
    assert others.patch(page, elsewhere).status_code == 403
    assert program.get(page).json()["url"] == url_of(receiver)


def test_who_may_not_read_what_is_told_can_still_turn_it_off(
    acme: Organization, program: Program, receiver: Receiver
) -> None:
    page = f"{WEBHOOKS}/{add(program, receiver)['id']}"
    other = program_of(acme, Scope.WEBHOOKS_WRITE)

    changes: list[dict[str, Any]] = [{"on": False}, {"on": True}, {"kinds": ["members"]}, {"on": False}]
    answers = [other.patch(page, each) for each in changes]

    assert [each.status_code for each in answers] == [200, 403, 403, 200]
    assert (answers[0].json()["on"], program.get(page).json()["on"]) == (False, False)


def test_another_organizations_webhook_is_not_there(
    program: Program, globex: Organization, receiver: Receiver
) -> None:
    id_ = add(program, receiver)["id"]
    foreigner = program_of(globex)

    paths = [f"/organizations/{slug}/webhooks/{id_}" for slug in ("acme", "globex", "nobody")]
    answers = [foreigner.get(path) for path in paths]

    assert {each.status_code for each in answers} == {404}
    assert len({each.content for each in answers}) == 1
