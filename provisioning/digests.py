"""The daily digest: everything that happened in a day, in one mail, at eight in the organization's zone.

What it holds are the lines that were written with each event; they go with the digest, in one
transaction. So an event is in one digest, also if it was committed late: then in the next one.
"""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.template.loader import render_to_string

from accounts.models import Organization
from provisioning import outbox, recipients
from provisioning.models import DigestLine, Notification, ProvisioningEvent
from provisioning.notifications import moment
from provisioning.one_by_one import one_by_one

SENT_AT = time(8, 0)
MOST_LINES = 50


class Waiting(NamedTuple):
    """An address for which lines wait."""

    organization_id: UUID
    address_key: str

    def __str__(self) -> str:
        return str(self.organization_id)  # what goes wrong is logged, and without an address


def write_digests(*, now: datetime) -> int:
    """Write the digests that are due; return for how many addresses lines wait. Twice writes nothing twice."""
    lines = DigestLine.objects.order_by(*Waiting._fields)
    waiting = [Waiting(*row) for row in lines.values_list(*Waiting._fields).distinct()]
    return one_by_one(waiting, lambda each: write(*each, now=now), what="digest")


def write(organization_id: UUID, address_key: str, *, now: datetime) -> None:
    """Write one address's digest up to the last SENT_AT, unless it has that one; else its lines wait a day more."""
    organization = Organization.objects.select_related("success_manager").get(pk=organization_id)
    day, until = last_digest(ZoneInfo(organization.time_zone), now=now)
    lines = DigestLine.objects.of_organization(organization_id).filter(address_key=address_key)
    due = lines.filter(event__at__lt=until).select_related("event")
    with transaction.atomic():
        # Whoever comes second waits here, and finds the lines gone, or the digest written.
        taken = list(due.select_for_update(of=("self",)))
        if not taken:
            return
        hearer = {each.address_key: each for each in recipients.hearers(organization)}.get(address_key)
        if hearer is not None:
            key = f"digest:{day.isoformat()}"
            told = Notification.objects.of_organization(organization_id).filter(event=key)
            if told.filter(recipient=hearer.address).exists():
                return
            events = sorted((line.event for line in taken), key=lambda event: (event.at, event.id))
            wanted = [event for event in events if event.kind in hearer.kinds]
            enqueue(organization, hearer.address, wanted, key=key, day=day)
        lines.filter(pk__in=[line.pk for line in taken]).delete()


def enqueue(
    organization: Organization, address: str, events: list[ProvisioningEvent], *, key: str, day: date
) -> None:
    """Write the mail, if anything happened."""
    if not events:
        return
    lines = [{"at": moment(event.at, organization), "text": headline(event)} for event in events[:MOST_LINES]]
    outbox.enqueue(
        organization_id=organization.id,
        kind="digest",
        event=key,
        recipients=[address],
        context={
            "organization": organization.name,
            "slug": organization.slug,
            "day": day.isoformat(),
            "lines": lines,
            "more": len(events) - len(lines),
        },
    )


def last_digest(zone: ZoneInfo, *, now: datetime) -> tuple[date, datetime]:
    """Return the day of the last digest that is due, and the moment it was due."""
    local = now.astimezone(zone)
    day = local.date() if local.time() >= SENT_AT else local.date() - timedelta(days=1)
    return day, datetime.combine(day, SENT_AT, zone)


def headline(event: ProvisioningEvent) -> str:
    """Return an event in one line: what its mail has as its subject."""
    return render_to_string(f"emails/{event.kind}/subject.txt", event.context).strip()
