"""What people do about webhooks: add, change, rotate the secret, turn on and off, test, remove.

Each is one transaction with its line of the history. A secret is returned once, by what makes it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import Organization
from provisioning import deliveries, history, outgoing, signatures
from provisioning.errors import InvalidWebhook, NothingToDo, WebhookRefused
from provisioning.history import Actor
from provisioning.models import (
    AuditKind,
    LogHead,
    ProvisioningConnection,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookKind,
)
from provisioning.outgoing import AddressRefused, NotPublic

MOST_ENDPOINTS = 10
LONGEST_OVERLAP_HOURS = 7 * 24
USUAL_OVERLAP_HOURS = 24
EVERYTHING = [str(kind) for kind in WebhookKind]


@dataclass(frozen=True)
class MadeSecret:
    """An endpoint with its new secret, and whether a secret that was to sign for longer has ended with it."""

    endpoint: WebhookEndpoint
    secret: str
    ends_earlier: bool = False

    def __repr__(self) -> str:
        return f"MadeSecret({self.endpoint})"


def add(*, organization: Organization, url: str, kinds: list[str], by: Actor, now: datetime) -> MadeSecret:
    """Add an endpoint, which hears what happens from now on.

    Raises: InvalidWebhook for what is no address of the kind that we call, and for no kind; WebhookRefused for
    one that leads to no public address, and past MOST_ENDPOINTS.
    """
    check_room(organization)  # before a name is looked up
    url = checked(url, kinds)
    with transaction.atomic():
        # Of two at once the second one waits here, and counts the first.
        ProvisioningConnection.objects.select_for_update(no_key=True).get(organization=organization)
        check_room(organization)
        endpoint = WebhookEndpoint.objects.create(
            organization=organization,
            url=url,
            kinds=in_order(kinds),
            hears_log=hears_log(kinds),
            created_at=now,
            next_try_at=now,
            salt=signatures.new_salt(),
            secret_made_at=now,
            position=head_of(organization.id),
        )
        heard = ("hears of", "", in_words(endpoint.kinds))
        record(AuditKind.WEBHOOK_ADDED, endpoint, by=by, now=now, changes=[heard])
    return MadeSecret(endpoint, signatures.secret_of(endpoint.salt))


def change(
    endpoint: WebhookEndpoint,
    *,
    url: str,
    kinds: list[str],
    by: Actor,
    now: datetime,
    is_on: bool | None = None,
) -> None:
    """Set where an endpoint is, what it hears of, and perhaps whether it is on; what is so already stays.

    One that heard nothing of the log until now hears what happens from now on. Raises: InvalidWebhook, WebhookRefused, NothingToDo.
    """
    url = checked(url, kinds, known=endpoint.url)
    with transaction.atomic():
        stored = locked(endpoint)
        changes = changes_of(stored, url, kinds)
        if changes:
            if hears_log(kinds) and not stored.hears_log:
                stored.position = head_of(stored.organization_id)
            stored.url, stored.kinds, stored.hears_log = url, in_order(kinds), hears_log(kinds)
            stored.save(update_fields=["url", "kinds", "hears_log", "position"])
            deliveries.hurry(stored, now=now)
            record(AuditKind.WEBHOOK_CHANGED, stored, by=by, now=now, changes=changes)
        if is_on is not None and is_on != stored.is_on:
            (turn_on if is_on else turn_off)(stored, by=by, now=now)


def changes_of(stored: WebhookEndpoint, url: str, kinds: list[str]) -> history.Changes:
    """Return what differs, in words. The query of an address may hold a secret, and is not shown."""
    (old, old_query), (new, new_query) = (each.partition("?")[::2] for each in (stored.url, url))
    changes = [
        ("address", old, new),
        ("hears of", in_words(stored.kinds), in_words(kinds)),
        ("query of the address", "not shown", "changed" if old_query != new_query else "not shown"),
    ]
    return [change for change in changes if change[1] != change[2]]


def rotate(endpoint: WebhookEndpoint, *, overlap_hours: int, by: Actor, now: datetime) -> MadeSecret:
    """Make an endpoint a new secret; for the overlap each message is signed with the old one too.

    Two secrets sign at most: one that still signed beside the old one ends at once. Raises: InvalidWebhook unless the overlap is 0 to LONGEST_OVERLAP_HOURS hours; NothingToDo.
    """
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        message = f"An overlap lasts 0 to {LONGEST_OVERLAP_HOURS} hours."
        raise InvalidWebhook(message)
    with transaction.atomic():
        stored = locked(endpoint)
        earlier_until = stored.old_secret_until if len(stored.salts(now)) > 1 else None
        stored.old_salt, stored.salt = stored.salt, signatures.new_salt()
        stored.old_secret_until = now + timedelta(hours=overlap_hours)
        stored.secret_made_at = now
        stored.save(update_fields=["salt", "old_salt", "old_secret_until", "secret_made_at"])
        changes = [("old secret", "signs", f"signs until {stored.old_secret_until.isoformat()}")]
        if earlier_until is not None:
            changes.append(("earlier secret", f"signs until {earlier_until.isoformat()}", "ended"))
        record(AuditKind.WEBHOOK_ROTATED, stored, by=by, now=now, changes=changes)
    return MadeSecret(stored, signatures.secret_of(stored.salt), ends_earlier=earlier_until is not None)


def turn_off(endpoint: WebhookEndpoint, *, by: Actor, now: datetime) -> None:
    """Call an endpoint no more. Raises: NothingToDo when it is off."""
    switch(endpoint, is_on=False, reason=f"Turned off by {by.shown}.", by=by, now=now)


def turn_on(endpoint: WebhookEndpoint, *, by: Actor, now: datetime) -> None:
    """Call an endpoint again: it is told first what happened meanwhile. Raises: NothingToDo when it is on."""
    switch(endpoint, is_on=True, reason="", by=by, now=now)


def switch(endpoint: WebhookEndpoint, *, is_on: bool, reason: str, by: Actor, now: datetime) -> None:
    """Turn an endpoint on or off."""
    with transaction.atomic():
        stored = locked(endpoint)
        if stored.is_on == is_on:
            message = f"This webhook is {on_or_off(is_on).lower()} already."
            raise NothingToDo(message)
        stored.off_at, stored.off_reason = (None, "") if is_on else (now, reason)
        stored.failures, stored.failing_since, stored.next_try_at = 0, None, now
        stored.save(update_fields=["off_at", "off_reason", "failures", "failing_since", "next_try_at"])
        changes = [("state", on_or_off(not is_on), on_or_off(is_on))]
        record(AuditKind.WEBHOOK_CHANGED, stored, by=by, now=now, changes=changes)


def remove(endpoint: WebhookEndpoint, *, by: Actor, now: datetime) -> None:
    """Forget an endpoint and what it was told. Raises: NothingToDo when it is gone already."""
    with transaction.atomic():
        stored = locked(endpoint)
        record(AuditKind.WEBHOOK_REMOVED, stored, by=by, now=now)
        WebhookDelivery.objects.filter(endpoint=stored).delete()
        stored.delete()


def send_test(endpoint: WebhookEndpoint, *, now: datetime) -> WebhookDelivery:
    """Have an endpoint called within seconds, with a message that says nothing else. Raises: NothingToDo."""
    with transaction.atomic():
        stored = locked(endpoint)
        if not stored.is_on:
            message = "This webhook is off: turn it on first."
            raise NothingToDo(message)
        return deliveries.enqueue_test(stored, now=now)


def try_again(delivery: WebhookDelivery, *, now: datetime) -> None:
    """Let a delivery that was given up be tried for another day. Raises: NothingToDo for any other."""
    with transaction.atomic():
        stored = locked(delivery.endpoint)
        if not stored.is_on:
            message = "Its webhook is off: turn that on first."
            raise NothingToDo(message)
        if not deliveries.try_again(delivery, now=now):
            message = "This delivery was not given up, so there is nothing to try again."
            raise NothingToDo(message)


def locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Return an endpoint as it is stored, locked until the transaction ends. Raises: NothingToDo when it is gone."""
    rows = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("organization")
    stored = rows.filter(id=endpoint.id).first()
    if stored is None:
        message = "This webhook was removed meanwhile."
        raise NothingToDo(message)
    return stored


def checked(url: str, kinds: list[str], *, known: str | None = None) -> str:
    """Return an address that was typed, looked up unless it is known. Raises: InvalidWebhook, WebhookRefused."""
    if not kinds or not set(kinds) <= set(EVERYTHING):
        message = "Choose at least one kind of event."
        raise InvalidWebhook(message)
    url = url.strip()
    try:
        if url != known:
            outgoing.check_url(url)
    except NotPublic as refusal:
        raise WebhookRefused(str(refusal)) from None
    except AddressRefused as refusal:
        raise InvalidWebhook(str(refusal)) from None
    return url


def check_room(organization: Organization) -> None:
    """Check that an organization may have another webhook. Raises: WebhookRefused."""
    if WebhookEndpoint.objects.of_organization(organization.id).count() >= MOST_ENDPOINTS:
        message = f"An organization has {MOST_ENDPOINTS} webhooks at most: remove one that nobody needs."
        raise WebhookRefused(message)


def head_of(organization_id: UUID) -> int:
    """Return the position of the last sealed entry of an organization's log."""
    return LogHead.objects.get(organization_id=organization_id).position


def in_order(kinds: list[str]) -> list[str]:
    """Return kinds as they are stored."""
    return [kind for kind in EVERYTHING if kind in kinds]


def hears_log(kinds: list[str]) -> bool:
    """Whether one of the kinds comes from the log."""
    return any(kind in kinds for kind in deliveries.OF_LOG)


def in_words(kinds: list[str]) -> str:
    """Return what an endpoint hears of."""
    return ", ".join(str(kind.label) for kind in WebhookKind if kind in kinds)


def on_or_off(is_on: bool) -> str:
    """Return a state in a word."""
    return "On" if is_on else "Off"


def record(
    kind: AuditKind,
    endpoint: WebhookEndpoint,
    *,
    by: Actor,
    now: datetime,
    changes: history.Changes | None = None,
) -> None:
    """Write what was done to an endpoint, without the query of its address, which may hold a secret."""
    history.record(
        kind, by=by, now=now, organization=endpoint.organization, subject=endpoint, changes=changes
    )
