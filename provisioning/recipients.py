"""Who hears what happens: an organization's own admins, its CSM, and the addresses it added.

Everybody hears everything at once, unless they chose otherwise; their choice is a `Recipient`. An
address that was added hears nothing but the question until somebody there has confirmed it.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.keys import fold
from accounts.models import Operator, Organization
from accounts.querysets import TenantQuerySet
from provisioning import outbox
from provisioning.errors import InvalidRecipient, RecipientRefused
from provisioning.models import Delivery, EventKind, Notification, Recipient

MOST_RECIPIENTS = 50
EVERYTHING = [str(kind) for kind in EventKind]
CONFIRM, TEST = "confirm_recipient", "test"
ABOUT_THE_ADDRESS = frozenset({CONFIRM, TEST})
ASK_EVERY = timedelta(days=1)


def add_recipient(
    *,
    organization: Organization,
    address: str,
    kinds: list[str],
    delivery: Delivery,
    now: datetime,
) -> Recipient:
    """Add an address of a person or a group, and ask it to confirm.

    Raises: InvalidRecipient for what is no address; RecipientRefused for one that is there, and past MOST_RECIPIENTS.
    """
    address = address.strip()
    check(address, kinds)
    if Recipient.objects.of_organization(organization.id).count() >= MOST_RECIPIENTS:
        message = f"An organization has {MOST_RECIPIENTS} recipients at most: use the address of a group."
        raise RecipientRefused(message)
    try:
        with transaction.atomic():
            recipient = Recipient.objects.create(
                organization=organization,
                address=address,
                address_key=fold(address),
                chosen_kinds=chosen(kinds),
                delivery=delivery,
                added_at=now,
            )
            if not is_asked_lately(recipient, now=now):
                ask(recipient, now=now)
    except IntegrityError:
        message = f"{address} is a recipient already."
        raise RecipientRefused(message) from None
    return recipient


def ask(recipient: Recipient, *, now: datetime) -> None:
    """Send the question to an address that has to confirm; one that has, or that muted us, is left in peace.

    Raises: InvalidRecipient for one that was asked within ASK_EVERY.
    """
    is_known = recipient.confirmed_at or is_operators(recipient.organization, recipient.address)
    if not is_known and recipient.muted_at is None:
        if is_asked_lately(recipient, now=now):
            message = f"{recipient} was asked within the last day: the link in that mail works for 14 days."
            raise InvalidRecipient(message)
        enqueue_to(recipient.organization, recipient.address, kind=CONFIRM, now=now)


def is_asked_lately(recipient: Recipient, *, now: datetime) -> bool:
    """Whether an address got the question within ASK_EVERY, or is about to; also one that was removed meanwhile."""
    asked = Notification.objects.of_organization(recipient.organization_id).filter(
        kind=CONFIRM, created_at__gt=now - ASK_EVERY, gave_up_at__isnull=True
    )
    return recipient.address_key in {fold(address) for address in asked.values_list("recipient", flat=True)}


def send_test(*, organization: Organization, address: str, now: datetime) -> None:
    """Send a mail that says nothing but that mails arrive.

    Raises: InvalidRecipient for an address that has not confirmed, or wants no mails.
    """
    if fold(address) not in {fold(each.address) for each in hearers(organization)}:
        message = f"{address} gets no mails: it has not confirmed, or it is muted."
        raise InvalidRecipient(message)
    enqueue_to(organization, address, kind=TEST, now=now)


def confirm(*, organization_id: UUID, address: str, now: datetime) -> Recipient | None:
    """Note that an address wants the mails; None where it was removed meanwhile."""
    rows_of(organization_id, address).filter(confirmed_at__isnull=True).update(confirmed_at=now)
    return rows_of(organization_id, address).first()


def mute(*, organization_id: UUID, address: str, now: datetime) -> None:
    """Note that an address wants no more mails, even one that has no row any more. Twice is once."""
    Recipient.objects.get_or_create(
        organization_id=organization_id,
        address_key=fold(address),
        defaults={"address": address, "added_at": now},
    )
    rows_of(organization_id, address).filter(muted_at__isnull=True).update(muted_at=now)


def change(
    recipient: Recipient, *, kinds: list[str], delivery: Delivery, is_muted: bool, now: datetime
) -> None:
    """Set what an address hears, and when; an operator who had chosen nothing gets a row.

    Raises: InvalidRecipient for a choice that is none; RecipientRefused for an address that was removed meanwhile.
    """
    check(recipient.address, kinds)
    organization, address = recipient.organization, recipient.address
    muted_at = (recipient.muted_at or now) if is_muted else None
    with transaction.atomic():
        if not has_chosen(recipient):
            add_recipient(organization=organization, address=address, kinds=kinds, delivery=delivery, now=now)
        rows = rows_of(organization.id, address)
        if not rows.update(chosen_kinds=chosen(kinds), delivery=delivery, muted_at=muted_at):
            message = f"{address} was removed meanwhile."
            raise RecipientRefused(message)


def remove(recipient: Recipient) -> None:
    """Forget an address. An operator hears everything again.

    Raises: RecipientRefused for one that has muted its mails: that is not forgotten, or it could be asked again.
    """
    if recipient.muted_at is not None:
        message = (
            f"{recipient} has muted its mails. It stays here so that nobody sends it any again; unmute it first if "
            "it is to be removed all the same."
        )
        raise RecipientRefused(message)
    recipient.delete()


def hearers_of(organization: Organization, kind: EventKind) -> list[Recipient]:
    """Return everybody who is to hear of a kind of event, at once or once a day."""
    return [each for each in hearers(organization) if kind in each.kinds]


def why_unwanted(organization: Organization, address: str, *, kind: str) -> str:
    """Return in words why an address no longer wants a mail that was written to it; nothing where it does.

    The question to a new address and a test are about the address, and always wanted.
    """
    if kind in ABOUT_THE_ADDRESS:
        return ""
    known = {each.address_key: each for each in everybody(organization)}
    each = known.get(fold(address))
    if each is None:
        return "Not sent: the address is no recipient any more."
    if each.muted_at is not None:
        return "Not sent: the address has muted its mails."
    if each.confirmed_at is None:
        return "Not sent: the address has not confirmed, and is no operator's any more."
    is_event = kind in EventKind.values
    return (
        "Not sent: the address no longer wants to hear of this."
        if is_event and kind not in each.kinds
        else ""
    )


def hearers(organization: Organization) -> list[Recipient]:
    """Return everybody who is to hear something, with what they chose."""
    return [
        each for each in everybody(organization) if each.confirmed_at is not None and each.muted_at is None
    ]


def everybody(organization: Organization) -> list[Recipient]:
    """Return every address with what it chose, muted and unconfirmed too; operators without a choice hear all.

    An operator need not confirm, and hears for as long as they are one here: what they chose outlives it.
    """
    known = {row.address_key: row for row in Recipient.objects.of_organization(organization.id)}
    for operator in operators_of(organization):
        each = known.setdefault(fold(operator.email), unchosen(organization, operator))
        each.confirmed_at = each.confirmed_at or organization.created_at
    return [each for _, each in sorted(known.items())]


def operators_of(organization: Organization) -> list[Operator]:
    """Return the organization's own admins and its CSM."""
    admins = list(Operator.objects.filter(organization=organization, is_active=True))
    manager = organization.success_manager
    return [*admins, manager] if manager is not None and manager.is_active else admins


def unchosen(organization: Organization, operator: Operator) -> Recipient:
    """Return what holds for an operator who chose nothing. It is not stored, and has the operator's id."""
    return Recipient(
        id=operator.id,
        organization=organization,
        address=operator.email,
        address_key=fold(operator.email),
    )


def chosen(kinds: list[str]) -> list[str]:
    """Return a choice as it is stored: every kind as none, so that it holds for the kinds to come."""
    return [] if set(kinds) == set(EVERYTHING) else kinds


def has_chosen(recipient: Recipient) -> bool:
    """Whether an address has a row; an operator who chose nothing has none."""
    return not recipient._state.adding  # noqa: SLF001 - public in all but name


def is_operators(organization: Organization, address: str) -> bool:
    """Whether an address is that of somebody who signs in: nobody else need confirm it."""
    return fold(address) in {fold(each.email) for each in operators_of(organization)}


def rows_of(organization_id: UUID, address: str) -> TenantQuerySet[Recipient]:
    """Return the row of an address, if it has one."""
    return Recipient.objects.of_organization(organization_id).filter(address_key=fold(address))


def check(address: str, kinds: list[str]) -> None:
    """Check what a person typed. Raises: InvalidRecipient."""
    try:
        validate_email(address)
    except ValidationError:
        message = "This is no e-mail address."
        raise InvalidRecipient(message) from None
    if not kinds or not set(kinds) <= set(EVERYTHING):
        message = "Choose at least one kind of event."
        raise InvalidRecipient(message)


def enqueue_to(organization: Organization, address: str, *, kind: str, now: datetime) -> None:
    """Write one mail that is about the recipient and no event."""
    context: dict[str, Any] = {"organization": organization.name}
    event = f"{kind}:{fold(address)[:60]}:{now.isoformat()}"
    outbox.enqueue(
        organization_id=organization.id, kind=kind, event=event, recipients=[address], context=context
    )
