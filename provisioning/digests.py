"""The daily digest: everything that happened in a day, in one mail, at eight in the organization's zone."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string

from accounts.models import Organization
from provisioning import outbox, recipients
from provisioning.models import Delivery, Notification, ProvisioningEvent, Recipient
from provisioning.notifications import moment
from provisioning.one_by_one import one_by_one

SENT_AT = time(8, 0)
LONGEST_WINDOW = timedelta(days=7)
MOST_LINES = 50
KEY = "digest:"


def write_digests(*, now: datetime) -> int:
    """Write the digests that are due; return for how many recipients. Twice writes nothing twice."""
    waiting = Organization.objects.filter(
        recipients__delivery=Delivery.DAILY, recipients__muted_at__isnull=True
    ).distinct()
    daily = [
        (organization, recipient)
        for organization in waiting.select_related("success_manager").order_by("id")
        for recipient in recipients.daily(organization)
    ]
    return one_by_one(daily, lambda each: write(*each, now=now), what="digest")


def write(organization: Organization, recipient: Recipient, *, now: datetime) -> None:
    """Write one recipient's digest up to the last SENT_AT, if anything happened that it wants to hear of."""
    zone = ZoneInfo(organization.time_zone)
    local = now.astimezone(zone)
    day = local.date() if local.time() >= SENT_AT else local.date() - timedelta(days=1)
    since = last_digest_day(organization, recipient) or day - timedelta(days=1)
    events = ProvisioningEvent.objects.of_organization(organization.id).filter(
        at__gte=max(start_of(since, zone), start_of(day, zone) - LONGEST_WINDOW),
        at__lt=start_of(day, zone),
        kind__in=recipient.kinds,
    )
    happened = list(events.order_by("at", "id"))
    if not happened:
        return
    lines = [
        {"at": moment(event.at, organization), "text": headline(event)} for event in happened[:MOST_LINES]
    ]
    outbox.enqueue(
        organization_id=organization.id,
        kind="digest",
        event=f"{KEY}{day.isoformat()}",
        recipients=[recipient.address],
        context={
            "organization": organization.name,
            "slug": organization.slug,
            "day": day.isoformat(),
            "lines": lines,
            "more": len(happened) - len(lines),
        },
    )


def last_digest_day(organization: Organization, recipient: Recipient) -> date | None:
    """Return up to which day a recipient was told, so that a day on which nothing could be sent is made up for."""
    digests = Notification.objects.of_organization(organization.id).filter(
        event__startswith=KEY, recipient=recipient.address
    )
    last = digests.order_by("-event").values_list("event", flat=True).first()
    return date.fromisoformat(last.removeprefix(KEY)) if last else None


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment on a day at which digests are sent."""
    return datetime.combine(day, SENT_AT, zone)


def headline(event: ProvisioningEvent) -> str:
    """Return an event in one line: what its mail has as its subject."""
    return render_to_string(f"emails/{event.kind}/subject.txt", event.context).strip()
