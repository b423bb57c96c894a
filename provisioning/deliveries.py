"""What webhooks are told: a queue for each endpoint, in order. Enqueue, claim, mark.

Entries of the log are not enqueued as they come, so that no request of Entra writes a row for it. An endpoint
keeps the position up to which they were looked at for it; when nothing waits for it, the next ones become one
delivery, in the transaction that moves the position: nothing is missed, and nothing becomes two. An event that
is told, and a change of health, become a delivery at once, with it.

An endpoint is claimed, not a delivery: it gets one request at a time, so its order holds, and one that is
away keeps waiting what is its own, and nothing else.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Length

from accounts.clock import timestamp
from provisioning import outgoing
from provisioning.logs import new_entry_id
from provisioning.models import (
    Action,
    EventKind,
    HealthPeriod,
    LogHead,
    LogStatus,
    ProvisioningEvent,
    ProvisioningLogEntry,
    ProvisioningStatus,
    ScimToken,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookKind,
)
from provisioning.outgoing import Answer

LEASE = timedelta(seconds=60)  # longer than a name takes to be found and a request to be answered
GIVE_UP_AFTER = timedelta(hours=24)
OFF_AFTER = timedelta(days=5)
FIRST_DELAY_SECONDS = 2
LONGEST_DELAY_SECONDS = 60 * 60
MOST_ENTRIES = 100
MOST_BYTES = 512 * 1024
WINDOW = 5000
LONGEST_ERROR = 300
LOG, HEALTH_CHANGED, TEST = "log.entries", "connection.health_changed", "webhook.test"
WAITING = Q(delivered_at__isnull=True, gave_up_at__isnull=True)

CHANGES = [Action.CREATE, Action.UPDATE, Action.DISABLE, Action.RESTORE, Action.DELETE]
CHANGED = Q(status__in=[LogStatus.SUCCESS, LogStatus.WARNING], action__in=CHANGES)
OF_LOG = {
    WebhookKind.MEMBERS: Q(resource_type="User") & CHANGED,
    WebhookKind.TEAMS: Q(resource_type="Group") & CHANGED,
    WebhookKind.FAILURES: Q(status=LogStatus.FAILURE),
}
# Grouped failures are not among these, for their entries are told one by one; nor is what mails say of health,
# which tells less often than health changes.
TYPES = {
    EventKind.FIRST_SUCCESS: (WebhookKind.HEALTH, "connection.first_success"),
    EventKind.STATUS_SWITCHED: (WebhookKind.HEALTH, "connection.status_switched"),
    EventKind.TOKEN_ISSUED: (WebhookKind.TOKENS, "token.issued"),
    EventKind.TOKEN_ROTATED: (WebhookKind.TOKENS, "token.rotated"),
    EventKind.TOKEN_REVOKED: (WebhookKind.TOKENS, "token.revoked"),
    EventKind.TOKEN_EXPIRING: (WebhookKind.TOKENS, "token.expiring"),
}
FIRST = Case(When(type=TEST, then=Value(0)), default=Value(1))


@dataclass(frozen=True)
class Claim:
    """A delivery to be tried, and the endpoint that is held for it."""

    endpoint: WebhookEndpoint
    delivery: WebhookDelivery


@dataclass(frozen=True)
class Failure:
    """What an attempt that failed has led to."""

    is_given_up: bool = False
    off_reason: str = ""


def enqueue_event(event: ProvisioningEvent) -> None:
    """Write a delivery of an event for each endpoint that hears of it, in the caller's transaction."""
    kind, type_ = TYPES.get(EventKind(event.kind), (None, ""))
    endpoints = [] if kind is None else hearing(event.organization_id, kind)
    if endpoints:
        enqueue(endpoints, type_, at=event.at, data=data_of(event))


def enqueue_health(period: HealthPeriod, *, before: HealthPeriod | None) -> None:
    """Write a delivery of a change of health for each endpoint that hears of it, in the caller's transaction."""
    data = {
        "state": period.state,
        "previousState": before.state if before else None,
        "reason": period.reason,
        "at": timestamp(period.started_at),
    }
    endpoints = hearing(period.organization_id, WebhookKind.HEALTH)
    enqueue(endpoints, HEALTH_CHANGED, at=period.started_at, data=data)


def hearing(organization_id: UUID, kind: WebhookKind) -> list[WebhookEndpoint]:
    """Return an organization's endpoints that hear of a kind."""
    endpoints = WebhookEndpoint.objects.of_organization(organization_id)
    return [each for each in endpoints if kind in each.kinds]


def enqueue(endpoints: list[WebhookEndpoint], type_: str, *, at: datetime, data: dict[str, Any]) -> None:
    """Write a delivery for each endpoint."""
    WebhookDelivery.objects.bulk_create(new_delivery(each, type_, at=at, data=data) for each in endpoints)


def enqueue_test(endpoint: WebhookEndpoint, *, now: datetime) -> WebhookDelivery:
    """Write a test, which goes before everything that waits, at once and once."""
    delivery = new_delivery(endpoint, TEST, at=now, data={"message": "Webhooks of HootProv arrive here."})
    delivery.save(force_insert=True)
    hurry(endpoint, now=now)
    return delivery


def try_again(delivery: WebhookDelivery, *, now: datetime) -> bool:
    """Let a delivery that was given up wait again, at its old place; return False for any other."""
    given_up = WebhookDelivery.objects.filter(id=delivery.id, gave_up_at__isnull=False)
    is_tried = given_up.update(gave_up_at=None, attempts=0, first_tried_at=None) == 1
    if is_tried:
        hurry(delivery.endpoint, now=now)
    return is_tried


def hurry(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Have an endpoint called at once, however long it was to be left in peace."""
    WebhookEndpoint.objects.filter(id=endpoint.id).update(next_try_at=now)


def new_delivery(endpoint: WebhookEndpoint, type_: str, *, at: datetime, **columns: Any) -> WebhookDelivery:
    """Return a delivery to an endpoint, not stored yet."""
    return WebhookDelivery(
        message_id=new_entry_id(at),
        organization_id=endpoint.organization_id,
        endpoint=endpoint,
        type=type_,
        created_at=at,
        **columns,
    )


def data_of(event: ProvisioningEvent) -> dict[str, Any]:
    """Return what an event tells a program, in the API's values: no words of a mail."""
    told = event.context
    if TYPES[EventKind(event.kind)][0] == WebhookKind.TOKENS:
        tokens = ScimToken.objects.of_organization(event.organization_id).select_related("rotated_from")
        token = tokens.get(id=event.key.split(":")[2])
        replaced = {"replaces": facts_of(token.rotated_from)} if token.rotated_from else {}
        left = {"daysLeft": told["days"]} if "days" in told else {}
        leaked = {"leaked": told["is_leaked"]} if "is_leaked" in told else {}
        return {"token": facts_of(token), **replaced, **left, **leaked, "by": told.get("by")}
    data = {name: told[name] for name in ("reason", "by") if name in told}
    if "is_on" in told:
        data["status"] = str(ProvisioningStatus.ON if told["is_on"] else ProvisioningStatus.OFF)
    return data | {"at": timestamp(event.at)}


def facts_of(token: ScimToken) -> dict[str, Any]:
    """Return what is told of a token: everything but its secret."""
    return {
        "id": str(token.id),
        "label": token.label,
        "lastFour": token.last_four,
        "issuedAt": timestamp(token.issued_at),
        "expiresAt": timestamp(token.expires_at),
        "revokedAt": timestamp(token.revoked_at) if token.revoked_at else None,
    }


def due(*, now: datetime) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints that may be called now and for which something waits, in the queue or in the log."""
    waits = Exists(WebhookDelivery.objects.filter(WAITING, endpoint=OuterRef("pk")).order_by())
    is_behind = Q(hears_log=True, organization__log_head__position__gt=F("position"))
    is_free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    ready = WebhookEndpoint.objects.filter(is_free, off_at__isnull=True, next_try_at__lte=now)
    return ready.filter(is_behind | waits).order_by("next_try_at")


def claim(*, now: datetime, is_failing: bool) -> Claim | None:
    """Take an endpoint of those that fail or of the others, for the length of a lease; no two callers get one.

    Its next entries are looked at WINDOW by WINDOW: where none is wanted, its position moves on.
    """
    endpoints = due(now=now).filter(Q(failures__gt=0) if is_failing else Q(failures=0))
    while True:
        with transaction.atomic():
            endpoint = endpoints.select_for_update(skip_locked=True, of=("self",)).first()
            if endpoint is None:
                return None
            delivery = next_delivery(endpoint, now=now)
            endpoint.leased_until = None if delivery is None else now + LEASE
            endpoint.save(update_fields=["position", "leased_until"])
            if delivery is not None:
                delivery.attempts += 1
                delivery.first_tried_at = delivery.first_tried_at or now
                delivery.save()
                return Claim(endpoint, delivery)


def next_delivery(endpoint: WebhookEndpoint, *, now: datetime) -> WebhookDelivery | None:
    """Return what an endpoint is to be told next: a test, what waits longest, or what comes next in the log."""
    waiting = WebhookDelivery.objects.filter(WAITING, endpoint=endpoint).order_by(FIRST, "id")
    return waiting.first() or next_of_log(endpoint, now=now)


def next_of_log(endpoint: WebhookEndpoint, *, now: datetime) -> WebhookDelivery | None:
    """Make the next entries of the log one delivery, and move the position past what was looked at."""
    kinds = [kind for kind in OF_LOG if kind in endpoint.kinds]
    if not kinds:
        return None
    head = LogHead.objects.get(organization_id=endpoint.organization_id).position
    until = min(head, endpoint.position + WINDOW)
    entries = ProvisioningLogEntry.objects.of_organization(endpoint.organization_id).filter(
        heard(kinds), position__gt=endpoint.position, position__lte=until
    )
    size = Length(Cast("personal", TextField()))
    found = list(entries.order_by("position").values_list("position", size)[:MOST_ENTRIES])
    sizes = accumulate(size for _, size in found)
    positions = [
        position
        for (position, _), total in zip(found, sizes, strict=True)
        if total <= MOST_BYTES or position == found[0][0]
    ]
    is_all = len(positions) == len(found) < MOST_ENTRIES
    endpoint.position = until if is_all else positions[-1]
    if not positions:
        return None
    return new_delivery(
        endpoint,
        LOG,
        at=now,
        kinds=kinds,
        first_position=positions[0],
        last_position=positions[-1],
        entries=len(positions),
    )


def heard(kinds: Iterable[str]) -> Q:
    """Return the condition of the entries that kinds of the log are about."""
    condition = Q()
    for kind in kinds:
        condition |= OF_LOG[WebhookKind(kind)]
    return condition


def mark_delivered(claimed: Claim, answer: Answer, *, now: datetime) -> None:
    """Note that an endpoint has taken a delivery; it may have the next one at once. The caller has the transaction."""
    held(claimed).update(
        leased_until=None, next_try_at=now, failures=0, failing_since=None, last_success_at=now
    )
    told = {**outcome_of(answer, now=now), "delivered_at": now}
    WebhookDelivery.objects.filter(WAITING, id=claimed.delivery.id).update(**told)


def mark_failed(claimed: Claim, answer: Answer, *, now: datetime) -> Failure:
    """Note why a delivery was not taken: it is tried again later, and given up after a day.

    A test is tried once and counts for nothing. An endpoint is turned off that says it is gone, or has taken
    nothing for OFF_AFTER. The caller has the transaction.
    """
    endpoint, delivery = claimed.endpoint, claimed.delivery
    began, is_test = delivery.first_tried_at or now, delivery.type == TEST
    is_gone = answer.status == HTTPStatus.GONE
    is_over = is_test or is_gone or now - began >= GIVE_UP_AFTER
    reason = why_off(answer, failing_for=now - (endpoint.failing_since or now)) if is_over else ""
    changed: dict[str, Any] = {"leased_until": None}
    if not is_test:
        wait = timedelta() if is_over else retry_delay(endpoint.failures + 1, answer, now=now)
        changed |= {
            "next_try_at": now + wait,
            "failures": F("failures") + 1,
            "failing_since": Coalesce("failing_since", Value(now)),
        }
        changed |= {"off_at": now, "off_reason": reason} if reason else {}
    is_held = held(claimed).update(**changed) == 1
    told = outcome_of(answer, now=now) | ({"gave_up_at": now} if is_over else {})
    is_first = WebhookDelivery.objects.filter(WAITING, id=delivery.id).update(**told) == 1
    if is_test:
        return Failure()
    return Failure(is_given_up=is_over and is_first, off_reason=reason if is_held else "")


def held(claimed: Claim) -> QuerySet[WebhookEndpoint]:
    """Return the endpoint while it is still held for this claim: nobody else has taken it since."""
    endpoint = claimed.endpoint
    return WebhookEndpoint.objects.filter(id=endpoint.id, leased_until=endpoint.leased_until)


def outcome_of(answer: Answer, *, now: datetime) -> dict[str, Any]:
    """Return the columns of what came back."""
    return {
        "last_tried_at": now,
        "http_status": answer.status,
        "answer": answer.body,
        "error": answer.error[:LONGEST_ERROR],
        "duration_ms": answer.duration_ms,
    }


def why_off(answer: Answer, *, failing_for: timedelta) -> str:
    """Return why an endpoint is called no more; nothing where it is."""
    if answer.status == HTTPStatus.GONE:
        return "It answered 410 Gone: it wants no more."
    if failing_for >= OFF_AFTER:
        return f"It has taken nothing for {OFF_AFTER.days} days."
    return ""


def retry_delay(failures: int, answer: Answer, *, now: datetime) -> timedelta:
    """Return how long to leave an endpoint in peace: doubling, up to an hour, give or take a quarter.

    Where it says for how long itself, it is left at least so long, up to an hour.
    """
    doubled = min(FIRST_DELAY_SECONDS * 2 ** min(failures - 1, 20), LONGEST_DELAY_SECONDS)
    spread = doubled * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, hides nothing
    asked = min(outgoing.seconds_of(answer.retry_after, now=now), LONGEST_DELAY_SECONDS)
    return timedelta(seconds=max(spread, asked))
