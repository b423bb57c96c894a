"""What happened, told: each event once, with a mail for who hears it at once and a line for who hears it daily.

Called inside the transaction of what it tells of, so that the mail goes out if and only if the
thing happened. No secret ever enters a context.
"""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Operator, Organization
from provisioning import deliveries, outbox, recipients
from provisioning.models import (
    Delivery,
    DigestLine,
    EventKind,
    HealthPeriod,
    HealthState,
    ProvisioningConnection,
    ProvisioningEvent,
    ScimToken,
)

TOLD_STATES = {
    HealthState.SILENT: EventKind.SILENCE,
    HealthState.QUARANTINE_RISK: EventKind.QUARANTINE_RISK,
}
AGAIN_AFTER = timedelta(hours=24)
FIGURES = re.compile(r"[\d,.]*\d")
TROUBLES = [EventKind.FAILURES, *TOLD_STATES.values()]
Context = dict[str, Any]


def token_issued(*, token: ScimToken) -> None:
    """Tell that a token exists."""
    tell(
        token.organization, EventKind.TOKEN_ISSUED, f"token:issued:{token.id}", token.issued_at, facts(token)
    )


def token_rotated(*, token: ScimToken, old: ScimToken) -> None:
    """Tell that a token has a successor, and until when the old one works."""
    ends_at = moment(old.revoked_at or old.expires_at, token.organization)
    context = facts(token) | {"old_last_four": old.last_four, "old_ends_at": ends_at}
    tell(token.organization, EventKind.TOKEN_ROTATED, f"token:rotated:{token.id}", token.issued_at, context)


def token_revoked(*, token: ScimToken, at: datetime, is_leaked: bool = False) -> None:
    """Tell that a token was ended, and whether because somebody saw its secret."""
    context = facts(token) | {"is_leaked": is_leaked}
    tell(token.organization, EventKind.TOKEN_REVOKED, f"token:revoked:{token.id}", at, context)


def token_expiring(*, token: ScimToken, days: int, now: datetime) -> None:
    """Tell that a token works for so many days at most."""
    key = f"token:expiring:{token.id}:{days}"
    tell(token.organization, EventKind.TOKEN_EXPIRING, key, now, facts(token) | {"days": days})


def status_switched(*, connection: ProvisioningConnection) -> None:
    """Tell that provisioning was turned on or off, and why."""
    at = connection.status_changed_at
    context = {
        "status": connection.get_status_display(),
        "is_on": connection.is_on,
        "reason": connection.status_reason,
        "at": moment(at, connection.organization),
        "by": name_of(connection.status_changed_by, connection.status_changed_by_name),
    }
    key = f"status:{connection.status}:{at.isoformat()}"
    tell(connection.organization, EventKind.STATUS_SWITCHED, key, at, context)


def first_success(*, connection: ProvisioningConnection, at: datetime) -> None:
    """Tell that Entra has created its first member; every later one is no news."""
    context = {"at": moment(at, connection.organization)}
    tell(connection.organization, EventKind.FIRST_SUCCESS, "first-success", at, context)


def failures(
    *,
    connection: ProvisioningConnection,
    causes: list[dict[str, Any]],
    count: int,
    since: datetime,
    position: int,
    now: datetime,
) -> None:
    """Tell of so many failures by their commonest causes."""
    context = {
        "causes": causes,
        "count": count,
        "since": moment(since, connection.organization),
        "since_date": f"{since:%Y-%m-%d}",
    }
    tell(connection.organization, EventKind.FAILURES, f"failures:{position}", now, context)


def trouble(*, connection: ProvisioningConnection, period: HealthPeriod) -> None:
    """Tell that a connection went silent, or that Entra is about to put it into quarantine.

    The same, unless its end was told meanwhile, is told once a day at most.
    """
    kind, context = TOLD_STATES[HealthState(period.state)], health_facts(connection, period)
    if not is_told_lately(connection, kind, period):
        tell(connection.organization, kind, f"health:{period.id}", period.started_at, context)


def is_told_lately(connection: ProvisioningConnection, kind: EventKind, period: HealthPeriod) -> bool:
    """Whether a trouble was told within a day, for the same reason but for its figures, and its end was not."""
    events = ProvisioningEvent.objects.of_organization(connection.organization_id)
    lately = events.filter(kind__in=[kind, EventKind.RECOVERY], at__gt=period.started_at - AGAIN_AFTER)
    last = lately.first()
    if last is None or last.kind != kind:
        return False
    return FIGURES.sub("", last.context["reason"]) == FIGURES.sub("", period.reason)


def recovery(*, connection: ProvisioningConnection, period: HealthPeriod) -> None:
    """Tell that the trouble that was told is over."""
    context = health_facts(connection, period)
    tell(connection.organization, EventKind.RECOVERY, f"health:{period.id}", period.started_at, context)


def is_trouble_told(connection: ProvisioningConnection) -> bool:
    """Whether the last that was told of how the connection is was trouble, and not its end."""
    last = last_of_trouble(connection.organization_id)
    return last is not None and last.kind in TROUBLES


def last_of_trouble(organization_id: UUID) -> ProvisioningEvent | None:
    """Return what was last told of trouble or of its end."""
    events = ProvisioningEvent.objects.of_organization(organization_id)
    return events.filter(kind__in=[*TROUBLES, EventKind.RECOVERY]).first()


def tell(organization: Organization, kind: EventKind, key: str, at: datetime, context: Context) -> None:
    """Write an event down, once, and for each who hears of it a mail or a line of their next digest; for webhooks too.

    Who hears it when is read once, so that nobody who changes their mind meanwhile hears it twice or never.
    """
    with transaction.atomic():
        told = {"organization": organization.name, "slug": organization.slug} | context
        event, is_new = ProvisioningEvent.objects.get_or_create(
            organization=organization, key=key, defaults={"kind": kind, "at": at, "context": told}
        )
        if not is_new:
            return
        deliveries.enqueue_event(event)
        hearers = recipients.hearers_of(organization, kind)
        outbox.enqueue(
            organization_id=organization.id,
            kind=kind,
            event=key,
            recipients=[each.address for each in hearers if each.delivery == Delivery.AT_ONCE],
            context=told,
        )
        DigestLine.objects.bulk_create(
            DigestLine(organization=organization, address_key=each.address_key, event=event)
            for each in hearers
            if each.delivery == Delivery.DAILY
        )


def facts(token: ScimToken) -> Context:
    """Return what may be said of a token: everything but its secret."""
    issuer = token.issued_by, token.issued_by_name
    ender = token.revoked_by, token.revoked_by_name
    return {
        "label": token.label,
        "last_four": token.last_four,
        "expires_at": moment(token.expires_at, token.organization),
        "by": name_of(*(ender if token.revoked_at else issuer)),
    }


def health_facts(connection: ProvisioningConnection, period: HealthPeriod) -> Context:
    """Return what is said of a state."""
    return {
        "state": period.get_state_display(),
        "reason": period.reason,
        "at": moment(period.started_at, connection.organization),
    }


def name_of(operator: Operator | None, name: str) -> str:
    """Return who did it, in words; `name` is what stands beside an empty column of an operator."""
    return operator.name if operator else name or "HootProv's command line"


def moment(at: datetime, organization: Organization) -> str:
    """Return a time as the organization's mails show it: in its zone, which is named."""
    return f"{at.astimezone(ZoneInfo(organization.time_zone)):%Y-%m-%d %H:%M %Z}"
