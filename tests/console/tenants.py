"""A row of every table of an organization, whose texts all name it: what another must never see."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from accounts import clock
from accounts.keys import fold
from accounts.members import delete_member
from accounts.models import Member, Operator, Organization, Team, TeamMembership, Tombstone
from accounts.permissions import Role
from provisioning import history, recipients
from provisioning.history import COMMAND_LINE
from provisioning.models import (
    ApiKey,
    AuditEvent,
    AuditKind,
    Delivery,
    HealthPeriod,
    HealthState,
    LogStatus,
    Notification,
    ProvisioningConnection,
    ProvisioningCycle,
    ProvisioningLogEntry,
    Recipient,
    ScimToken,
    WebhookDelivery,
    WebhookEndpoint,
)
from provisioning.tokens import IssuedToken
from tests import factories

OWNED: tuple[Any, ...] = (
    ApiKey,
    Member,
    Operator,
    ProvisioningConnection,
    Recipient,
    ScimToken,
    Team,
    TeamMembership,
    Tombstone,
    WebhookEndpoint,
)


@dataclass(frozen=True)
class Tenant:
    """An organization, its admin, and the id of a row of each table."""

    organization: Organization
    admin: Operator
    ids: dict[str, Any]

    @property
    def slug(self) -> str:
        """By what every text of its rows can be told."""
        return self.organization.slug

    def is_in(self, page: str, *, asked: list[str] | None = None) -> bool:
        """Whether anything of it stands on a page, beside what was asked for."""
        for each in sorted(asked or [], key=len, reverse=True):
            page = page.replace(each, "")
        known = [str(each) for each in self.ids.values()]
        return re.search("|".join([self.slug, *known]), page, re.IGNORECASE) is not None


def make_tenant(organization: Organization) -> Tenant:
    """Return an organization with a row of everything."""
    now, slug = clock.now(), organization.slug
    admin, other = make_admins(organization)
    token = factories.make_token(organization, label=f"Token of {slug}")
    member = factories.make_member(
        organization, f"kim@{slug}.example", display_name=f"Kim of {slug}", external_id=f"kim-{slug}"
    )
    cycle = ProvisioningCycle.objects.create(
        id=int.from_bytes(slug.encode()[:4]),  # a number that nothing else on a page is
        organization=organization,
        started_at=now - timedelta(days=1),
        last_seen_at=now,
        ended_at=now,
    )
    HealthPeriod.objects.create(
        organization=organization, state=HealthState.SILENT, reason=f"{slug} is silent.", started_at=now
    )
    ids = {
        "accounts_member": member.id,
        "accounts_operator": other.id,
        "accounts_team": make_team(organization, member).id,
        "accounts_tombstone": make_tombstone(organization).id,
        "provisioning_apikey": factories.make_api_key(organization, label=f"Key of {slug}").key.id,
        "provisioning_auditevent": make_event(organization).id,
        "provisioning_notification": make_mail(organization).id,
        "provisioning_provisioningcycle": cycle.pk,
        "provisioning_provisioninglogentry": make_failure(token, member).id,
        "provisioning_scimtoken": token.token.id,
        **make_webhook(organization),
        "recipient": make_recipient(organization).id,
    }
    return Tenant(organization, admin, ids)


def make_webhook(organization: Organization) -> dict[str, Any]:
    """Return a webhook, and a delivery that was given up."""
    webhook = factories.make_webhook(organization)
    number = int.from_bytes(organization.slug.encode()[:4]) + 1
    delivery = factories.make_delivery(webhook, id=number, data={"slug": organization.slug})
    return {"provisioning_webhookendpoint": webhook.id, "provisioning_webhookdelivery": delivery.id}


def make_admins(organization: Organization) -> list[Operator]:
    """Return two admins."""
    addresses = [f"{name}@{organization.slug}.example" for name in ("admin", "other")]
    for email in addresses:
        factories.make_operator(Role.ORGANIZATION_ADMIN, organization=organization, email=email)
    Operator.objects.filter(organization=organization).update(name=f"Admin of {organization.slug}")
    return list(Operator.objects.filter(email__in=addresses).order_by("email"))


def make_failure(token: IssuedToken, member: Member) -> ProvisioningLogEntry:
    """Return an entry of what was refused about a member."""
    slug = member.organization.slug
    return factories.make_entry(
        token,
        status=LogStatus.FAILURE,
        http_status=409,
        error_code=f"code_of_{slug}",
        detail=f"Refused by {slug}.",
        resource_id=member.id,
        target=member.user_name,
        source=f"kim-{slug}",
    )


def make_event(organization: Organization) -> AuditEvent:
    """Return something that was done."""
    return history.record(
        AuditKind.SETTINGS_CHANGED,
        by=COMMAND_LINE,
        now=clock.now(),
        organization=organization,
        subject=f"Settings of {organization.slug}",
    )


def make_team(organization: Organization, member: Member) -> Team:
    """Return a team with a member."""
    name = f"Team of {organization.slug}"
    team = Team.objects.create(organization=organization, display_name=name, display_name_key=fold(name))
    TeamMembership.objects.create(organization=organization, team=team, member=member)
    return team


def make_tombstone(organization: Organization) -> Tombstone:
    """Return what is left of a deleted member."""
    gone = factories.make_member(organization, f"gone@{organization.slug}.example")
    with transaction.atomic():
        delete_member(organization_id=organization.id, member_id=gone.id, now=clock.now())
    return Tombstone.objects.get(organization=organization)


def make_mail(organization: Organization) -> Notification:
    """Return a mail that was given up."""
    return Notification.objects.create(
        organization=organization,
        kind="failures",
        event=f"failures:{organization.slug}",
        recipient=f"it@{organization.slug}.example",
        gave_up_at=clock.now(),
    )


def make_recipient(organization: Organization) -> Recipient:
    """Return a recipient who has confirmed."""
    address = f"it@{organization.slug}.example"
    recipient = recipients.add_recipient(
        organization=organization,
        address=address,
        kinds=["failures"],
        delivery=Delivery.DAILY,
        now=clock.now(),
    )
    recipients.confirm(organization_id=organization.id, address=address, now=clock.now())
    return recipient


def rows_of(organization: Organization) -> list[list[Any]]:
    """Return everything an organization owns that a console can change, and how much else there is of it."""
    owned = [list(each.objects.filter(organization=organization).order_by("pk").values()) for each in OWNED]
    counted: tuple[Any, ...] = (Notification, ProvisioningLogEntry, WebhookDelivery)
    return [*owned, [each.objects.filter(organization=organization).count() for each in counted]]


def nobodys(id_: Any) -> Any:
    """Return an id of the same kind that is nobody's."""
    return uuid4() if isinstance(id_, UUID) else 987_654_321
