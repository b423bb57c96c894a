"""Call the webhooks that are due: claim, sign, send, mark, and tell an organization of what is lost on it.

Endpoints that fail have threads of their own, so that those which answer never wait for one that does not; and
each is held for one request, so that it delays nobody but itself.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import Any

import structlog
from django.db import DatabaseError, connections, transaction

from accounts.clock import timestamp
from accounts.models import Organization
from provisioning import deliveries, exports, history, notifications, outgoing, signatures
from provisioning.deliveries import Claim, Failure
from provisioning.history import Actor
from provisioning.models import AuditKind, EventKind, ProvisioningLogEntry, WebhookDelivery
from provisioning.outgoing import Answer

THREADS = {False: 6, True: 4}  # is failing → how many are called at once
# For how long a run begins calls. The others' is longer than a call of those that fail takes to end.
CLAIM_SECONDS = {False: 40.0, True: 20.0}
LOOK_SECONDS = 0.2
BY_ITSELF = Actor("HootProv")
Clock = Callable[[], datetime]
logger = structlog.get_logger(__name__)


def call_due(*, clock: Clock) -> int:
    """Call every endpoint that is due, for a while; return how many deliveries were taken.

    While some are waited for, what falls due meanwhile is called beside them.
    """
    began, taken = time.monotonic(), 0
    running: dict[bool, set[Future[bool]]] = {is_failing: set() for is_failing in THREADS}
    with ThreadPoolExecutor(sum(THREADS.values()), thread_name_prefix="webhooks") as pool:
        while True:
            for is_failing, most in THREADS.items():
                is_time = time.monotonic() - began < CLAIM_SECONDS[is_failing]
                while is_time and len(running[is_failing]) < most:
                    claimed = deliveries.claim(now=clock(), is_failing=is_failing)
                    if claimed is None:
                        break
                    running[is_failing].add(pool.submit(call_in_thread, claimed, clock=clock))
            if not any(running.values()):
                return taken
            done, _ = wait(set().union(*running.values()), LOOK_SECONDS, FIRST_COMPLETED)
            taken += sum(each.result() for each in done)
            running = {is_failing: waited - done for is_failing, waited in running.items()}


def call_in_thread(claimed: Claim, *, clock: Clock) -> bool:
    """Try one delivery in a thread of the pool; its database connection is closed there. Return whether it was taken.

    What goes wrong on our side is logged: the lease ends by itself, and the delivery is tried again.
    """
    try:
        return call(claimed, clock=clock)
    except Exception:
        logger.exception("background:failed", work="webhook", item=str(claimed.delivery.message_id))
        return False
    finally:
        connections.close_all()


def call(claimed: Claim, *, clock: Clock) -> bool:
    """Try one delivery; return whether it was taken.

    A message that can't be made is a failure too: else it would hold up those behind it for ever.
    """
    try:
        answer = attempt(claimed, now=clock())
    except DatabaseError:
        raise
    except Exception:
        logger.exception("webhook:broken", delivery=str(claimed.delivery.message_id))
        answer = Answer(error="A fault of ours: the message could not be made.")
    settle(claimed, answer, now=clock())
    return answer.is_taken


def attempt(claimed: Claim, *, now: datetime) -> Answer:
    """Make the message of a delivery, sign it, and send it."""
    endpoint, delivery = claimed.endpoint, claimed.delivery
    body = body_of(delivery)
    signed = signatures.headers(
        message_id=str(delivery.message_id), at=now, body=body, salts=endpoint.salts(now)
    )
    sent = {"Content-Type": "application/json", "User-Agent": "HootProv-Webhooks/1", **signed}
    return outgoing.post(endpoint.url, body=body, headers=sent)


def settle(claimed: Claim, answer: Answer, *, now: datetime) -> None:
    """Note what came of an attempt, and tell the organization if something is lost or over."""
    with transaction.atomic():
        if answer.is_taken:
            deliveries.mark_delivered(claimed, answer, now=now)
            return
        failure = deliveries.mark_failed(claimed, answer, now=now)
        if failure.is_given_up or failure.off_reason:
            tell(claimed, failure, answer, now=now)
    logger.info("webhook:failed", delivery=str(claimed.delivery.message_id), status=answer.status)


def tell(claimed: Claim, failure: Failure, answer: Answer, *, now: datetime) -> None:
    """Tell who hears of the organization, once a day and endpoint, and always when it was turned off."""
    endpoint = claimed.endpoint
    organization = Organization.objects.select_related("success_manager").get(pk=endpoint.organization_id)
    since = endpoint.failing_since or now
    context = {
        "endpoint": str(endpoint).partition("://")[2],  # no link: mails lead to us alone
        "is_off": bool(failure.off_reason),
        "reason": failure.off_reason or said(answer),
        "since": notifications.moment(since, organization),
        "slug": organization.slug,
    }
    event = f"off:{now.isoformat()}" if failure.off_reason else f"given-up:{now:%Y-%m-%d}"
    notifications.tell(
        organization, EventKind.WEBHOOK_FAILING, f"webhook:{endpoint.id}:{event}", now, context
    )
    if failure.off_reason:
        history.record(
            AuditKind.WEBHOOK_CHANGED,
            by=BY_ITSELF,
            now=now,
            organization=organization,
            subject=endpoint,
            reason=failure.off_reason,
            changes=[("state", "On", "Off")],
        )


def said(answer: Answer) -> str:
    """Return what came of an attempt, in a sentence."""
    return answer.error or f"It answered with HTTP status {answer.status}."


def body_of(delivery: WebhookDelivery) -> bytes:
    """Return what is sent: the same each time it is tried, unless the log holds less by then."""
    data = log_of(delivery) if delivery.type == deliveries.LOG else delivery.data
    told: dict[str, Any] = {
        "id": str(delivery.message_id),
        "type": delivery.type,
        "created": timestamp(delivery.created_at),
        "organization": Organization.objects.values_list("slug", flat=True).get(pk=delivery.organization_id),
        "data": data,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def log_of(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return the entries of a delivery, in the order of their positions, named as an export names them."""
    rows = (
        ProvisioningLogEntry.objects.of_organization(delivery.organization_id)
        .filter(
            deliveries.heard(delivery.kinds),
            position__gte=delivery.first_position,
            position__lte=delivery.last_position,
        )
        .order_by("position")
        .values(*exports.COLUMNS)
    )
    return {
        "firstPosition": delivery.first_position,
        "lastPosition": delivery.last_position,
        "entries": [exports.summary_of(row) for row in exports.Names().given(list(rows))],
    }
