"""Open an organization's connection and turn its provisioning on and off."""

from datetime import datetime

from django.db import transaction

from accounts.models import Operator, Organization
from accounts.organizations import change_organization, create_organization
from accounts.texts import check_line
from provisioning import history, notifications, watch
from provisioning.errors import InvalidRetention, ReasonMissing
from provisioning.history import Actor
from provisioning.models import (
    AuditKind,
    LogHead,
    ProvisioningConnection,
    ProvisioningStatus,
    ProvisioningWatch,
)

LONGEST_REASON = 500
FEWEST_LOG_DAYS, MOST_LOG_DAYS = 30, 730


def open_connection(*, slug: str, name: str, by: Actor, now: datetime) -> ProvisioningConnection:
    """Create an organization that Entra can be connected to; whoever creates it becomes its CSM.

    Raises: InvalidValue, SlugTaken (`accounts.errors`).
    """
    with transaction.atomic():
        organization = create_organization(slug=slug, name=name, success_manager=by.operator)
        history.record(
            AuditKind.ORGANIZATION_CREATED,
            by=by,
            now=now,
            organization=organization,
            subject=organization,
        )
        LogHead.objects.create(organization=organization)
        ProvisioningWatch.objects.create(organization=organization)
        return ProvisioningConnection.objects.create(organization=organization)


def turn_on(*, organization: Organization, reason: str, by: Actor, now: datetime) -> ProvisioningConnection:
    """Take changes from Entra again."""
    return switch(organization, ProvisioningStatus.ON, reason, by, now)


def turn_off(*, organization: Organization, reason: str, by: Actor, now: datetime) -> ProvisioningConnection:
    """Refuse changes from Entra with 403 and the reason; nothing stored is touched.

    Raises: ReasonMissing.
    """
    if not reason.strip():
        message = "Say why provisioning is turned off: the customer's admin reads it in Entra's log."
        raise ReasonMissing(message)
    return switch(organization, ProvisioningStatus.OFF, reason, by, now)


def switch(
    organization: Organization,
    status: ProvisioningStatus,
    reason: str,
    by: Actor,
    now: datetime,
) -> ProvisioningConnection:
    """Set the status and tell the organization's people; the same status again changes nothing."""
    if reason.strip():
        check_line("reason", reason.strip(), longest=LONGEST_REASON)
    with transaction.atomic():
        connections = ProvisioningConnection.objects.select_for_update(of=("self",))
        connection = connections.select_related("organization").get(organization=organization)
        if connection.status == status:
            return connection
        connection.status = status
        connection.status_reason = reason.strip()
        connection.status_changed_at = now
        connection.status_changed_by, connection.status_changed_by_name = by.operator, by.name_of_no_operator
        connection.save()
        notifications.status_switched(connection=connection)
        kind = AuditKind.TURNED_ON if connection.is_on else AuditKind.TURNED_OFF
        history.record(
            kind, by=by, now=now, organization=organization, subject=organization, reason=reason.strip()
        )
        watch.wake(connection.organization_id)
    return connection


def change_settings(
    *,
    organization: Organization,
    time_zone: str,
    success_manager: Operator | None,
    log_days: int,
    by: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """Set an organization's time zone, its CSM, and for how long its log is kept; why goes into the history.

    Raises: InvalidValue (`accounts.errors`), InvalidRetention.
    """
    before = settings_of(organization)
    with transaction.atomic():
        change_organization(organization, time_zone=time_zone, success_manager=success_manager)
        keep_log(organization=organization, days=log_days)
        after = {
            "time zone": time_zone,
            "CSM": str(success_manager or "nobody"),
            "days of log": str(log_days),
        }
        changes = [(name, before[name], value) for name, value in after.items() if value != before[name]]
        if changes:
            history.record(
                AuditKind.SETTINGS_CHANGED,
                by=by,
                now=now,
                organization=organization,
                subject=organization,
                reason=reason.strip(),
                changes=changes,
            )


def settings_of(organization: Organization) -> dict[str, str]:
    """Return an organization's settings in words, as they are stored now."""
    stored = ProvisioningConnection.objects.select_related("organization__success_manager").get(
        organization=organization
    )
    return {
        "time zone": stored.organization.time_zone,
        "CSM": str(stored.organization.success_manager or "nobody"),
        "days of log": str(stored.log_days),
    }


def keep_log(*, organization: Organization, days: int) -> None:
    """Set for how long an organization's log is kept. Raises: InvalidRetention."""
    if not FEWEST_LOG_DAYS <= days <= MOST_LOG_DAYS:
        message = f"The log is kept {FEWEST_LOG_DAYS} to {MOST_LOG_DAYS} days."
        raise InvalidRetention(message)
    ProvisioningConnection.objects.filter(organization=organization).update(log_days=days)
