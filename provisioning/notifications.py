"""What happened, told: each event once, and a row of the outbox for everybody who hears it at once.

Called inside the transaction of what it tells of, so that the mail goes out if and only if the
thing happened. No secret ever enters a context.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Operator, Organization
from provisioning import outbox, recipients
from provisioning.models import (
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


def token_revoked(*, token: ScimToken, at: datetime) -> None:
    """Tell that a token was ended."""
    tell(token.organization, EventKind.TOKEN_REVOKED, f"token:revoked:{token.id}", at, facts(token))


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
        "by": name_of(connection.status_changed_by),
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
    """Tell that a connection went silent, or that Entra is about to put it into quarantine."""
    kind = TOLD_STATES[HealthState(period.state)]
    tell(
        connection.organization,
        kind,
        f"health:{period.id}",
        period.started_at,
        health_facts(connection, period),
    )


def recovery(*, connection: ProvisioningConnection, period: HealthPeriod) -> None:
    """Tell that the trouble that was told is over."""
    context = health_facts(connection, period)
    tell(connection.organization, EventKind.RECOVERY, f"health:{period.id}", period.started_at, context)


def is_trouble_told(connection: ProvisioningConnection) -> bool:
    """Whether the last that was told of how the connection is was trouble, and not its end."""
    events = ProvisioningEvent.objects.of_organization(connection.organization_id)
    last = events.filter(kind__in=[*TROUBLES, EventKind.RECOVERY]).values_list("kind", flat=True).first()
    return last in TROUBLES


def tell(organization: Organization, kind: EventKind, key: str, at: datetime, context: Context) -> None:
    """Write an event down, and a mail for each who hears of it at once; one that is told is not told again."""
    with transaction.atomic():
        told = {"organization": organization.name, "slug": organization.slug} | context
        _, is_new = ProvisioningEvent.objects.get_or_create(
            organization=organization, key=key, defaults={"kind": kind, "at": at, "context": told}
        )
        if is_new:
            outbox.enqueue(
                organization_id=organization.id,
                kind=kind,
                event=key,
                recipients=recipients.at_once(organization, kind),
                context=told,
            )


def facts(token: ScimToken) -> Context:
    """Return what may be said of a token: everything but its secret."""
    return {
        "label": token.label,
        "last_four": token.last_four,
        "expires_at": moment(token.expires_at, token.organization),
        "by": name_of(token.revoked_by if token.revoked_at else token.issued_by),
    }


def health_facts(connection: ProvisioningConnection, period: HealthPeriod) -> Context:
    """Return what is said of a state."""
    return {
        "state": period.get_state_display(),
        "reason": period.reason,
        "at": moment(period.started_at, connection.organization),
    }


def name_of(operator: Operator | None) -> str:
    """Return who did it, in words."""
    return operator.name if operator else "HootProv's command line"


def moment(at: datetime, organization: Organization) -> str:
    """Return a time as the organization's mails show it: in its zone, which is named."""
    return f"{at.astimezone(ZoneInfo(organization.time_zone)):%Y-%m-%d %H:%M %Z}"
