"""Webhooks and what became of each delivery. What is done about one stands in `webhook_forms.py`."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.access import may, visit_of
from accounts.admin.pages import Cells, RowsPage, list_url, page_url, row_url, whose_facts
from accounts.admin.questions import OrganizationQuestion, Question
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Button, Fact, Section, Tone, ago, badge, counted, hover, link, links, moment
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning import calls, deliveries, webhooks
from provisioning.models import WebhookDelivery, WebhookEndpoint

FEW = 10
LONGEST_MESSAGE = 20_000
STATES = {
    "taken": Q(delivered_at__isnull=False),
    "waiting": deliveries.WAITING,
    "given_up": Q(gave_up_at__isnull=False),
}


def of(request: HttpRequest, organization: Organization) -> list[Any]:
    """Return what an address says of an organization: in its own console nothing."""
    return [] if visit_of(request).organization else [organization.pk]


def webhook_badge(webhook: WebhookEndpoint) -> SafeString:
    """Return whether a webhook is called, and takes what it is sent."""
    if not webhook.is_on:
        return badge("Off", Tone.QUIET)
    return badge("Failing", Tone.BAD) if webhook.failing_since else badge("On", Tone.GOOD)


def delivery_badge(delivery: WebhookDelivery) -> SafeString:
    """Return what became of a delivery."""
    if delivery.delivered_at is not None:
        return badge("Taken", Tone.GOOD)
    if delivery.gave_up_at is not None:
        return badge("Given up", Tone.BAD)
    return badge("Retrying" if delivery.attempts else "Waiting", Tone.CAREFUL)


def answer_of(delivery: WebhookDelivery) -> str:
    """Return what came back at the last attempt."""
    if delivery.http_status is not None:
        return f"HTTP status {delivery.http_status}"
    return delivery.error or "–"


@admin.register(WebhookEndpoint, site=staff_site)
@admin.register(WebhookEndpoint, site=organization_site)
class WebhookPage(RowsPage):
    """The addresses that are told what happens."""

    question_class = OrganizationQuestion
    related = ("organization__log_head",)
    tab = "webhooks"
    empty = (
        "No webhook yet. Add one, and the organization's own systems, such as a SIEM, are told of each change, "
        "failure and token event within seconds."
    )
    note = "Each message is signed, sent in order, and tried for a day until the address has taken it."

    def list_title(self) -> str:
        """Return what they are called."""
        return "Webhooks"

    def ordering_for(self, _question: Question) -> tuple[str, ...]:
        """Return the order for which there is an index."""
        return ("-created_at", "id")

    def list_buttons(self, request: HttpRequest, question: Question) -> list[Button]:
        """Return the way to a new one, and to what became of the messages."""
        whose = question.whose
        asked = {"organization": whose.slug} if whose and not visit_of(request).organization else {}
        buttons = [Button("Deliveries", list_url(request, WebhookDelivery, **asked))]
        if whose is not None and may(request, Ability.MANAGE_WEBHOOKS):
            url = page_url(request, "add_webhook", *of(request, whose))
            buttons.insert(0, Button("Add webhook", url, "primary"))
        return buttons

    def cells(self, request: HttpRequest, row: WebhookEndpoint) -> Cells:
        """Return where it is, what it hears of, whether it works, and what can be done about it."""
        ways = self.buttons(request, row)
        last = hover(ago(row.last_success_at, now=clock.now()), moment(row.last_success_at))
        return {
            "Address": str(row),
            **self.whose(request, row.organization),
            "Hears of": webhooks.in_words(row.kinds),
            "State": webhook_badge(row),
            "Last taken": last,
            **({"What you can do": links(ways)} if may(request, Ability.MANAGE_WEBHOOKS) else {}),
        }

    def sections(self, request: HttpRequest, row: WebhookEndpoint) -> list[Section]:
        """Return what is known of it, and its newest deliveries."""
        return [
            Section(title="Webhook", note=self.note, facts=facts_of(request, row)),
            newest_section(request, row),
        ]

    def buttons(self, request: HttpRequest, row: WebhookEndpoint) -> list[Button]:
        """Return what can be done about it as it is."""
        if not may(request, Ability.MANAGE_WEBHOOKS):
            return []
        names = {
            **({"test_webhook": "Send a test"} if row.is_on else {}),
            "change_webhook": "Change",
            "rotate_webhook": "Rotate secret",
            "switch_webhook": "Turn off" if row.is_on else "Turn on",
            "remove_webhook": "Remove",
        }
        return [
            Button(label, page_url(request, name, row.id), "danger" if name == "remove_webhook" else "plain")
            for name, label in names.items()
        ]


def facts_of(request: HttpRequest, webhook: WebhookEndpoint) -> list[Fact]:
    """Return everything that may be said of a webhook. The query of its address is for whoever can change it."""
    now = clock.now()
    address = webhook.url if may(request, Ability.MANAGE_WEBHOOKS) else str(webhook)
    behind = webhook.organization.log_head.position - webhook.position if webhook.hears_log else 0
    overlap = webhook.old_secret_until
    state = [
        *([Fact("Failing since", moment(webhook.failing_since))] if webhook.failing_since else []),
        *(
            [Fact("Off since", moment(webhook.off_at)), Fact("Why", webhook.off_reason)]
            if webhook.off_at
            else []
        ),
        *(
            [Fact("Called again", moment(webhook.next_try_at))]
            if webhook.is_on and webhook.failing_since
            else []
        ),
    ]
    return [
        Fact("Address", address, is_code=True),
        *whose_facts(request, webhook.organization),
        Fact("State", webhook_badge(webhook)),
        *state,
        Fact("Hears of", webhooks.in_words(webhook.kinds)),
        Fact("Last taken", moment(webhook.last_success_at)),
        Fact("Log entries ahead of it", f"{max(behind, 0):,}"),
        Fact("Secret made", moment(webhook.secret_made_at)),
        *([Fact("Old secret signs too until", moment(overlap))] if overlap and overlap > now else []),
        Fact("Added", moment(webhook.created_at)),
        Fact("Id", str(webhook.id), is_code=True),
    ]


def newest_section(request: HttpRequest, webhook: WebhookEndpoint) -> Section:
    """Return a webhook's newest deliveries."""
    newest = webhook.deliveries.order_by("-id")[:FEW]
    rows = [
        [
            link(moment(each.created_at), row_url(request, each)),
            each.type,
            delivery_badge(each),
            answer_of(each),
        ]
        for each in newest
    ]
    return Section(
        title="Newest deliveries",
        headers=["Written", "Type", "State", "Last answer"],
        rows=rows,
        empty="Nothing was sent yet. Send a test to see whether the address takes it.",
        buttons=[Button("All deliveries", list_url(request, WebhookDelivery, webhook=str(webhook.id)))]
        if rows
        else [],
    )


class DeliveryQuestion(OrganizationQuestion):
    """Asks for the deliveries of an organization or one webhook, and by what became of them."""

    state = forms.ChoiceField(
        required=False,
        label="State",
        choices=[("", "Any state"), ("taken", "Taken"), ("waiting", "Waiting"), ("given_up", "Given up")],
    )
    webhook = forms.UUIDField(required=False, widget=forms.HiddenInput, label="One webhook")

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the deliveries that answer what was asked."""
        state, webhook = self.answer("state"), self.answer("webhook")
        rows = rows.filter(STATES[state]) if state else rows
        return super().narrow(rows.filter(endpoint_id=webhook) if webhook else rows)


@admin.register(WebhookDelivery, site=staff_site)
@admin.register(WebhookDelivery, site=organization_site)
class DeliveryPage(RowsPage):
    """Each message to a webhook, and what came back."""

    question_class = DeliveryQuestion
    related = ("organization", "endpoint")
    tab = "webhooks"
    empty = "No delivery answers this. One is written when something happens that a webhook hears of."

    def list_title(self) -> str:
        """Return what they are called."""
        return "Webhook deliveries"

    def cells(self, request: HttpRequest, row: WebhookDelivery) -> Cells:
        """Return what it tells, to which address, and what became of it."""
        return {
            "Written": moment(row.created_at),
            **self.whose(request, row.organization),
            "Type": row.type,
            "Webhook": str(row.endpoint),
            "State": delivery_badge(row),
            "Attempts": str(row.attempts),
            "Last answer": answer_of(row),
        }

    def heading(self, row: WebhookDelivery) -> str:
        """Return what it is, and to where."""
        return f"{row.type}, to {row.endpoint}"

    def sections(self, request: HttpRequest, row: WebhookDelivery) -> list[Section]:
        """Return what became of it, what it tells, and what came back."""
        what = f"{counted(row.entries, 'entry').replace('entrys', 'entries')} of the log, "
        what += f"positions {row.first_position} to {row.last_position}"
        facts = [
            Fact("Webhook", link(str(row.endpoint), row_url(request, row.endpoint))),
            *whose_facts(request, row.organization),
            Fact("State", delivery_badge(row)),
            Fact("Attempts", str(row.attempts)),
            *([Fact("Tells of", what)] if row.type == deliveries.LOG else []),
            Fact("Written", moment(row.created_at)),
            Fact("First attempt", moment(row.first_tried_at)),
            Fact("Last attempt", moment(row.last_tried_at)),
            Fact("Last answer", answer_of(row)),
            Fact("It took", f"{row.duration_ms:,.0f} ms" if row.duration_ms is not None else "–"),
            Fact("webhook-id", str(row.message_id), is_code=True),
        ]
        return [
            Section(title="Delivery", facts=facts),
            Section(title="Answer", text=row.answer, empty="" if row.answer else "No body came back."),
            Section(title="Message", note="As it is sent, but for the white space.", text=message_of(row)),
        ]

    def buttons(self, request: HttpRequest, row: WebhookDelivery) -> list[Button]:
        """Return the way to try it again."""
        if row.gave_up_at is None or not may(request, Ability.MANAGE_WEBHOOKS):
            return []
        return [Button("Try again", page_url(request, "try_delivery_again", row.id), "primary")]


def message_of(delivery: WebhookDelivery) -> str:
    """Return a delivery's body as a person reads it, the beginning of a long one."""
    text = json.dumps(json.loads(calls.body_of(delivery)), ensure_ascii=False, indent=2)
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}\n…"
