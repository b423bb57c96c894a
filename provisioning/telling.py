"""What people change about who is told what: each change in one transaction with its line of the history."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Organization
from provisioning import history, recipients
from provisioning.history import Actor
from provisioning.models import AuditKind, Delivery, EventKind, Recipient


def add(
    *,
    organization: Organization,
    address: str,
    kinds: list[str],
    delivery: Delivery,
    by: Actor,
    now: datetime,
) -> Recipient:
    """Add an address, and ask it to confirm. Raises: InvalidRecipient."""
    with transaction.atomic():
        recipient = recipients.add_recipient(
            organization=organization, address=address, kinds=kinds, delivery=delivery, now=now
        )
        record(AuditKind.RECIPIENT_ADDED, recipient, by=by, now=now, changes=changes(None, recipient))
    return recipient


def change(
    recipient: Recipient, *, kinds: list[str], delivery: Delivery, is_muted: bool, by: Actor, now: datetime
) -> None:
    """Set what an address hears, and when. Raises: InvalidRecipient."""
    with transaction.atomic():
        before = stored(recipient)
        recipients.change(recipient, kinds=kinds, delivery=delivery, is_muted=is_muted, now=now)
        changed = changes(before, stored(recipient))
        if changed:
            record(AuditKind.RECIPIENT_CHANGED, recipient, by=by, now=now, changes=changed)


def remove(recipient: Recipient, *, by: Actor, now: datetime) -> None:
    """Forget an address, or what an operator chose."""
    with transaction.atomic():
        record(AuditKind.RECIPIENT_REMOVED, recipient, by=by, now=now)
        recipients.remove(recipient)


def confirm(*, organization_id: UUID, address: str, client: str | None, now: datetime) -> Recipient | None:
    """Note that an address wants the mails, by the link it got; None where it was removed meanwhile."""
    with transaction.atomic():
        before = recipients.rows_of(organization_id, address).select_for_update().first()
        recipient = recipients.confirm(organization_id=organization_id, address=address, now=now)
        if recipient is not None and before is not None and before.confirmed_at is None:
            told_by_link(recipient, ("confirmed", "no", "yes"), client=client, now=now)
    return recipient


def mute(*, organization_id: UUID, address: str, client: str | None, now: datetime) -> None:
    """Note that an address wants no more mails, by the link of one of them."""
    with transaction.atomic():
        before = recipients.rows_of(organization_id, address).select_for_update().first()
        recipients.mute(organization_id=organization_id, address=address, now=now)
        if before is None or before.muted_at is None:
            recipient = recipients.rows_of(organization_id, address).get()
            told_by_link(recipient, ("muted", "no", "yes"), client=client, now=now)


def told_by_link(
    recipient: Recipient, changed: tuple[str, str, str], *, client: str | None, now: datetime
) -> None:
    """Write what whoever reads an address's mails did there."""
    by = Actor(recipient.address, address=client)
    record(
        AuditKind.RECIPIENT_CHANGED,
        recipient,
        by=by,
        now=now,
        reason="By a link in a mail.",
        changes=[changed],
    )


def stored(recipient: Recipient) -> Recipient | None:
    """Return what an address chose, as it is stored now; None for an operator who chose nothing."""
    return recipients.rows_of(recipient.organization_id, recipient.address).first()


def changes(before: Recipient | None, after: Recipient | None) -> history.Changes:
    """Return what differs between two choices, in words; what was never chosen is everything at once."""
    old, new = (chosen(each) for each in (before, after))
    return [(what, old[what], new[what]) for what in new if old[what] != new[what]]


def chosen(recipient: Recipient | None) -> dict[str, str]:
    """Return a choice in words."""
    if recipient is None:
        return {"hears of": "Everything", "delivery": str(Delivery.AT_ONCE.label), "muted": "no"}
    heard = [str(kind.label) for kind in EventKind if kind in recipient.kinds]
    return {
        "hears of": "Everything" if len(heard) == len(EventKind) else ", ".join(heard),
        "delivery": recipient.get_delivery_display(),
        "muted": "yes" if recipient.muted_at else "no",
    }


def record(
    kind: AuditKind,
    recipient: Recipient,
    *,
    by: Actor,
    now: datetime,
    reason: str = "",
    changes: history.Changes | None = None,
) -> None:
    """Write what was done about an address, in the history of its organization."""
    history.record(
        kind,
        by=by,
        now=now,
        organization=recipient.organization,
        subject=recipient.address,
        reason=reason,
        changes=changes,
    )
