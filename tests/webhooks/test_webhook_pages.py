"""Webhooks in the consoles: added with a secret shown once, seen with what came back, tried again."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import webhooks
from provisioning.history import COMMAND_LINE
from provisioning.models import WebhookDelivery, WebhookEndpoint
from provisioning.tokens import IssuedToken
from provisioning.webhooks import MadeSecret
from tests.console.conftest import signed_in_as
from tests.console.reading import facts_of, rows_of
from tests.factories import make_entry, make_operator
from tests.webhooks.conftest import Relay, queued, stored
from tests.webhooks.receiving import Receiver

SECRET = re.compile(r"whsec_[0-9A-Za-z+/]{40}")
LISTED = {"staff": "/admin/provisioning/webhookendpoint/", "own": "/console/provisioning/webhookendpoint/"}


@pytest.fixture
def browser(org_admin: Operator) -> Client:
    """The browser of Acme's admin."""
    return signed_in_as(org_admin)


@pytest.fixture(params=["staff", "own"])
def place(
    request: pytest.FixtureRequest, acme: Organization, org_admin: Operator, csm: Operator
) -> tuple[Client, str]:
    """Either console: whoever manages webhooks there, and where they are added."""
    if request.param == "own":
        return signed_in_as(org_admin), "/console/webhooks/add/"
    return signed_in_as(csm), f"/admin/organizations/{acme.id}/webhooks/add/"


def test_a_webhook_is_added_and_its_secret_shown_once(place: tuple[Client, str], receiver: Receiver) -> None:
    browser, url = place

    added = browser.post(url, {"url": receiver.url, "kinds": ["members", "failures"]})
    first, second = (browser.get(added["Location"]) for _ in range(2))

    webhook = WebhookEndpoint.objects.get()
    assert (added.status_code, webhook.kinds, webhook.url) == (303, ["members", "failures"], receiver.url)
    assert (first.status_code, len(SECRET.findall(first.text)), "no-store" in first["Cache-Control"]) == (
        200,
        1,
        True,
    )
    assert (second.status_code, SECRET.findall(second.text)) == (410, [])


def test_the_secret_that_is_shown_signs(
    browser: Client, acme_token: IssuedToken, receiver: Receiver, relay: Relay
) -> None:
    added = browser.post("/console/webhooks/add/", {"url": receiver.url, "kinds": webhooks.EVERYTHING})
    (secret,) = SECRET.findall(browser.get(added["Location"]).text)
    make_entry(acme_token)

    relay.call()

    assert all(each.is_signed_with(secret) for each in receiver.messages)


def test_whoever_rotates_within_an_overlap_is_told_what_ends(browser: Client, webhook: MadeSecret) -> None:
    page = f"/console/webhooks/{webhook.endpoint.id}/rotate/"
    before = browser.get(page).text
    browser.post(page, {"overlap_hours": 24})

    during = browser.get(page).text

    assert ["would end at once" in each for each in (before, during)] == [False, True]


def test_nobody_else_sees_the_secret(browser: Client, acme: Organization, receiver: Receiver) -> None:
    other = signed_in_as(
        make_operator(Role.ORGANIZATION_ADMIN, organization=acme, email="other@acme.example")
    )
    added = browser.post("/console/webhooks/add/", {"url": receiver.url, "kinds": ["members"]})
    other.cookies["hp-once"] = browser.cookies["hp-once"].value

    assert other.get(added["Location"]).status_code == 410


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"url": "https://10.0.0.1/", "kinds": ["members"]}, "no public address"),
        ({"url": "siem.acme.example", "kinds": ["members"]}, "An address begins with https://"),
        ({"url": "https://a.example/"}, "Choose at least one kind of event."),
    ],
)
def test_what_can_not_be_added_is_said(
    browser: Client, acme: Organization, form: dict[str, object], said: str
) -> None:
    answer = browser.post("/console/webhooks/add/", form)

    assert (answer.status_code, said in answer.text) == (200, True)
    assert not WebhookEndpoint.objects.exists()


def test_a_list_without_a_webhook_says_what_to_do_next(browser: Client) -> None:
    page = browser.get(LISTED["own"]).text

    assert "No webhook yet. Add one" in page
    assert 'href="/console/webhooks/add/"' in page


def test_a_list_says_what_each_hears_and_how_it_is(
    browser: Client, acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = lambda _number: 500
    make_entry(acme_token)
    relay.call()

    (row,) = rows_of(browser.get(LISTED["own"]).text, "Webhooks")

    assert row[:4] == [
        receiver.url.partition("?")[0],
        "Member changes, Team changes, Failures, Health changes, Token events",
        "Failing",
        "never",
    ]


def test_whoever_only_looks_sees_no_query_of_an_address(acme: Organization, webhook: MadeSecret) -> None:
    url = f"{LISTED['staff']}{webhook.endpoint.id}/change/"
    seen = {
        role: "k3y" in signed_in_as(make_operator(role)).get(url).text for role in (Role.CSM, Role.SUPPORT)
    }

    assert seen == {Role.CSM: True, Role.SUPPORT: False}


def test_a_delivery_shows_what_was_sent_and_what_came_back(
    browser: Client, acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct, receiver.answer = (lambda _number: 500), b"<b>disk full</b>"
    make_entry(acme_token, target="amelie@acme.example")
    relay.call()
    (delivery,) = queued(webhook)

    page = browser.get(f"/console/provisioning/webhookdelivery/{delivery.id}/change/").text

    facts = facts_of(page, "Delivery")
    assert facts["State"] == "Retrying"
    assert facts["Tells of"] == "1 entry of the log, positions 1 to 1"
    assert facts["Last answer"] == "HTTP status 500"
    assert facts["webhook-id"] == str(delivery.message_id)
    assert "&lt;b&gt;disk full&lt;/b&gt;" in page
    assert "amelie@acme.example" in page
    assert SECRET.findall(page) == []


Change = Callable[[Client, str], object]


def test_a_webhook_is_changed_rotated_turned_off_and_removed(
    browser: Client, webhook: MadeSecret, receiver: Receiver
) -> None:
    page = f"/console/webhooks/{webhook.endpoint.id}"

    answers = [
        browser.post(f"{page}/change/", {"url": receiver.url, "kinds": ["teams"]}),
        browser.post(f"{page}/rotate/", {"overlap_hours": 24}),
        browser.post(f"{page}/switch/", {"state": "off"}),
    ]
    (secret,) = SECRET.findall(browser.get(answers[1]["Location"]).text)
    changed = stored(webhook)
    removed = browser.post(f"{page}/remove/")

    assert [each.status_code for each in [*answers, removed]] == [303] * 4
    assert (changed.kinds, changed.is_on, bool(changed.old_salt)) == (["teams"], False, True)
    assert secret != webhook.secret
    assert not WebhookEndpoint.objects.exists()


def test_a_test_is_sent_and_its_page_says_what_came_back(
    browser: Client, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    answer = browser.post(f"/console/webhooks/{webhook.endpoint.id}/test/")
    waiting = facts_of(browser.get(answer["Location"]).text, "Delivery")["State"]

    relay.call()

    assert receiver.types() == ["webhook.test"]
    assert (waiting, facts_of(browser.get(answer["Location"]).text, "Delivery")["State"]) == (
        "Waiting",
        "Taken",
    )


def test_what_was_given_up_is_tried_again(
    browser: Client, acme_token: IssuedToken, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    receiver.conduct = lambda number: 500 if number < 2 else "take"
    make_entry(acme_token)
    relay.call()
    relay.passes(hours=24)
    (delivery,) = queued(webhook)

    page = browser.post(f"/console/deliveries/{delivery.id}/try-again/", follow=True).text
    relay.passes(minutes=1)

    assert "The delivery is tried again." in page
    assert receiver.positions() == [1]


def test_the_list_of_deliveries_is_of_one_webhook_where_that_is_asked(
    browser: Client, acme: Organization, webhook: MadeSecret, receiver: Receiver, relay: Relay
) -> None:
    other = webhooks.add(
        organization=acme, url=f"{receiver.url}&other", kinds=["members"], by=COMMAND_LINE, now=relay.now
    )
    for each in (webhook, other):
        webhooks.send_test(each.endpoint, now=relay.now)

    page = browser.get(f"/console/provisioning/webhookdelivery/?webhook={other.endpoint.id}").text

    assert WebhookDelivery.objects.count() == 2
    assert len(rows_of(page, "Webhook deliveries")) == 1
