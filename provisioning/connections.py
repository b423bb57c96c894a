"""Open an organization's connection and turn its provisioning on and off."""

from datetime import datetime

from django.db import transaction

from accounts.models import Operator, Organization
from accounts.organizations import create_organization
from accounts.texts import check_line
from provisioning import notifications
from provisioning.errors import ReasonMissing
from provisioning.models import LogHead, ProvisioningConnection, ProvisioningStatus

LONGEST_REASON = 500


def open_connection(*, slug: str, name: str) -> ProvisioningConnection:
    """Create an organization that Entra can be connected to; it waits for its first token.

    Raises: InvalidValue, SlugTaken (`accounts.errors`).
    """
    with transaction.atomic():
        organization = create_organization(slug=slug, name=name)
        LogHead.objects.create(organization=organization)
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
    return connection
