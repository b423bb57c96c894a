"""Valid minimum objects. A test states every value that it asserts."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from accounts import clock, keys
from accounts.members import MemberValues, create_member
from accounts.models import Member, Operator, Organization, Team, TeamMembership
from accounts.permissions import Role
from provisioning import api_keys, connections, deliveries, logs, signatures, tokens
from provisioning.api_keys import IssuedKey
from provisioning.history import COMMAND_LINE
from provisioning.models import (
    Action,
    LogStatus,
    ProvisioningLogEntry,
    Scope,
    WebhookDelivery,
    WebhookEndpoint,
)
from provisioning.tokens import IssuedToken

USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE_SCHEMA = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PASSWORD = "correct horse battery"


def make_organization(slug: str = "acme", *, name: str | None = None) -> Organization:
    """Open an organization's connection."""
    return connections.open_connection(
        slug=slug, name=name or slug.capitalize(), by=COMMAND_LINE, now=clock.now()
    ).organization


def make_operator(
    role: Role = Role.CSM, *, organization: Organization | None = None, email: str | None = None
) -> Operator:
    """Create somebody who signs in with PASSWORD."""
    operator = Operator(
        email=email or f"{role}@hootprov.example", name=role.label, role=role, organization=organization
    )
    operator.set_password(PASSWORD)
    operator.save()
    return operator


def make_token(organization: Organization, *, label: str = "Entra", **options: Any) -> IssuedToken:
    """Issue a token."""
    return tokens.issue_token(
        organization=organization, label=label, by=COMMAND_LINE, now=clock.now(), **options
    )


def make_api_key(
    organization: Organization | None, *scopes: Scope, label: str = "Poller", **options: Any
) -> IssuedKey:
    """Issue a key to the management API, for everything unless scopes are named."""
    return api_keys.issue_key(
        organization=organization,
        label=label,
        scopes=list(scopes or Scope),
        by=COMMAND_LINE,
        now=clock.now(),
        **options,
    )


def make_member(organization: Organization, user_name: str, **values: Any) -> Member:
    """Create a member as a request of Entra would."""
    return create_member(
        organization_id=organization.id,
        values=MemberValues(user_name=user_name, **values),
        now=clock.now(),
    )


def make_members(organization: Organization, count: int) -> list[Member]:
    """Create that many members in one statement."""
    values = (MemberValues(user_name=f"user{number}@acme.example") for number in range(count))
    return Member.objects.bulk_create(Member(organization=organization, **each.columns()) for each in values)


def make_team(organization: Organization, members: list[Member], *, name: str = "News") -> Team:
    """Create a team of members."""
    team = Team.objects.create(organization=organization, display_name=name, display_name_key=keys.fold(name))
    TeamMembership.objects.bulk_create(
        TeamMembership(organization=organization, team=team, member=member) for member in members
    )
    return team


def make_entry(token: IssuedToken, *, at: datetime | None = None, **outcome: Any) -> ProvisioningLogEntry:
    """Write an entry of the provisioning log."""
    now = at or clock.now()
    request = logs.LoggedRequest(
        id=logs.new_entry_id(now),
        organization_id=token.token.organization_id,
        token_id=token.token.id,
        at=now,
        method="POST",
        path="/scim/v2/Users",
        client_address="127.0.0.1",
    )
    defaults: dict[str, Any] = {
        "action": Action.CREATE,
        "status": LogStatus.SUCCESS,
        "resource_type": "User",
        "http_status": 201,
    }
    logs.write(request, logs.Outcome(**(defaults | outcome)))
    return ProvisioningLogEntry.objects.get(id=request.id)


def make_webhook(organization: Organization) -> WebhookEndpoint:
    """Add a webhook at an address that nobody looks up."""
    return WebhookEndpoint.objects.create(
        organization=organization,
        url=f"https://siem.{organization.slug}.example/hook",
        kinds=["members"],
        hears_log=True,
        salt=signatures.new_salt(),
        secret_made_at=clock.now(),
    )


def make_delivery(webhook: WebhookEndpoint, **columns: Any) -> WebhookDelivery:
    """Write a message to a webhook that was given up."""
    now = clock.now()
    defaults = {
        "data": {"message": "Here."},
        "attempts": 9,
        "gave_up_at": now,
        "error": "It refuses connections.",
    }
    delivery = deliveries.new_delivery(webhook, deliveries.TEST, at=now, **(defaults | columns))
    delivery.save()
    return delivery


def user_body(user_name: Any = "amelie@acme.example", **attributes: Any) -> dict[str, Any]:
    """Return the POST that Entra sends with the tutorial's mappings."""
    return {
        "schemas": [USER_SCHEMA, ENTERPRISE_SCHEMA],
        "externalId": str(uuid4()),
        "userName": user_name,
        "active": True,
        "displayName": "Amélie Moreau",
        "emails": [{"primary": True, "type": "work", "value": user_name}],
        "meta": {"resourceType": "User"},
        "name": {"givenName": "Amélie", "familyName": "Moreau"},
        "preferredLanguage": "fr-CA",
        "timezone": "America/Vancouver",
    } | attributes
