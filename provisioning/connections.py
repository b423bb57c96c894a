"""Open an organization's connection and turn its provisioning on and off."""

from datetime import datetime

from django.db import transaction

from accounts.models import Operator, Organization
from accounts.organizations import change_organization, create_organization
from accounts.texts import check_line
from provisioning import notifications, watch
from provisioning.errors import InvalidRetention, ReasonMissing
from provisioning.models import LogHead, ProvisioningConnection, ProvisioningStatus, ProvisioningWatch

LONGEST_REASON = 500
FEWEST_LOG_DAYS, MOST_LOG_DAYS = 30, 730


def open_connection(
    *, slug: str, name: str, success_manager: Operator | None = None
) -> ProvisioningConnection:
    """Create an organization that Entra can be connected to; it waits for its first token.

    Raises: InvalidValue, SlugTaken (`accounts.errors`).
    """
    with transaction.atomic():
        organization = create_organization(slug=slug, name=name, success_manager=success_manager)
        LogHead.objects.create(organization=organization)
        ProvisioningWatch.objects.create(organization=organization)
        return ProvisioningConnection.objects.create(organization=organization)


def turn_on(
    *, organization: Organization, reason: str, changed_by: Operator | None, now: datetime
) -> ProvisioningConnection:
    """Take changes from Entra again."""
    return switch(organization, ProvisioningStatus.ON, reason, changed_by, now)


def turn_off(
    *, organization: Organization, reason: str, changed_by: Operator | None, now: datetime
) -> ProvisioningConnection:
    """Refuse changes from Entra with 403 and the reason; nothing stored is touched.

    Raises: ReasonMissing.
    """
    if not reason.strip():
        message = "Say why provisioning is turned off: the customer's admin reads it in Entra's log."
        raise ReasonMissing(message)
    return switch(organization, ProvisioningStatus.OFF, reason, changed_by, now)


def switch(
    organization: Organization,
    status: ProvisioningStatus,
    reason: str,
    changed_by: Operator | None,
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
        connection.status_changed_by = changed_by
        connection.save()
        notifications.status_switched(connection=connection)
        watch.wake(connection.organization_id)
    return connection


def change_settings(
    *, organization: Organization, time_zone: str, success_manager: Operator | None, log_days: int
) -> None:
    """Set an organization's time zone, its CSM, and for how long its log is kept.

    Raises: InvalidValue (`accounts.errors`), InvalidRetention.
    """
    with transaction.atomic():
        change_organization(organization, time_zone=time_zone, success_manager=success_manager)
        keep_log(organization=organization, days=log_days)


def keep_log(*, organization: Organization, days: int) -> None:
    """Set for how long an organization's log is kept. Raises: InvalidRetention."""
    if not FEWEST_LOG_DAYS <= days <= MOST_LOG_DAYS:
        message = f"The log is kept {FEWEST_LOG_DAYS} to {MOST_LOG_DAYS} days."
        raise InvalidRetention(message)
    ProvisioningConnection.objects.filter(organization=organization).update(log_days=days)
