"""Who is told what: each event of the product as rows of the outbox, one a recipient.

Called inside the transaction of what it tells of, so that the mail goes out if and only if the
thing happened. No secret ever enters a context.
"""

from datetime import datetime
from typing import Any

from accounts.models import Operator, Organization
from provisioning import outbox
from provisioning.models import ProvisioningConnection, ScimToken


def token_issued(*, token: ScimToken) -> None:
    """Tell that a token exists."""
    tell(token.organization, kind="token_issued", event=f"token:issued:{token.id}", context=facts(token))


def token_rotated(*, token: ScimToken, old: ScimToken) -> None:
    """Tell that a token has a successor, and until when the old one works."""
    context = facts(token) | {
        "old_last_four": old.last_four,
        "old_ends_at": moment(old.revoked_at or old.expires_at),
    }
    tell(token.organization, kind="token_rotated", event=f"token:rotated:{token.id}", context=context)


def token_revoked(*, token: ScimToken) -> None:
    """Tell that a token was ended."""
    tell(token.organization, kind="token_revoked", event=f"token:revoked:{token.id}", context=facts(token))


def status_switched(*, connection: ProvisioningConnection) -> None:
    """Tell that provisioning was turned on or off, and why."""
    context = {
        "status": connection.get_status_display(),
        "is_on": connection.is_on,
        "reason": connection.status_reason,
        "at": moment(connection.status_changed_at),
        "by": name_of(connection.status_changed_by),
    }
    event = f"status:{connection.status}:{connection.status_changed_at.isoformat()}"
    tell(connection.organization, kind="status_switched", event=event, context=context)


def tell(organization: Organization, *, kind: str, event: str, context: dict[str, Any]) -> None:
    """Write one mail for each person who is to know."""
    outbox.enqueue(
        organization_id=organization.id,
        kind=kind,
        event=event,
        recipients=recipients_of(organization),
        context={"organization": organization.name} | context,
    )


def recipients_of(organization: Organization) -> list[str]:
    """Return the addresses of the organization's own admins."""
    admins = Operator.objects.filter(organization=organization, is_active=True)
    return list(admins.order_by("email").values_list("email", flat=True))


def facts(token: ScimToken) -> dict[str, str]:
    """Return what may be said of a token: everything but its secret."""
    return {
        "label": token.label,
        "last_four": token.last_four,
        "expires_at": moment(token.expires_at),
        "by": name_of(token.revoked_by if token.revoked_at else token.issued_by),
    }


def name_of(operator: Operator | None) -> str:
    """Return who did it, in words."""
    return operator.name if operator else "HootProv's command line"


def moment(at: datetime) -> str:
    """Return a time as a mail shows it, with its zone."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
