"""`manage.py seed_demo`: what `make run` shows, on the embedded default alone.

The demo's passwords and token lie in `var/` (mode 0600), so that a second start prints the same.
"""

import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts import clock
from accounts.errors import UnknownOrganization
from accounts.models import Operator, Organization
from accounts.organizations import organization_by_slug
from accounts.permissions import Role
from provisioning import connections, people, token_states, tokens
from provisioning.history import COMMAND_LINE, Actor

SLUG = "acme"
CSM = "csm@hootprov.example"
ADMIN = "admin@acme.example"
WARNING = "Demo data: never on a server that others can reach."


class Command(BaseCommand):
    """Creates the demo organization, its people and a live token, and prints how to use them."""

    help = "Create a demo organization with operators and a token (SQLite only), and print them."
    requires_system_checks = ()  # they load every page

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Seed what is missing, and print. Raises: CommandError on a production database."""
        if connection.vendor != "sqlite":
            message = "Demo data is only for the embedded default. Use issue_scim_token and create_operator."
            raise CommandError(message)
        csm_password = demo_password(CSM, name="Demo CSM", role=Role.CSM, organization=None)
        organization = demo_organization(success_manager=Operator.objects.get(email=CSM))
        admin_password = demo_password(
            ADMIN, name="Demo admin", role=Role.ORGANIZATION_ADMIN, organization=organization
        )
        lines = [
            ("Tenant URL", settings.TENANT_URL),
            ("Secret token", demo_token(organization)),
            ("Staff console", f"{settings.BASE_URL}/admin/"),
            ("  CSM signs in as", f"{CSM}  password  {csm_password}"),
            ("Organization console", f"{settings.BASE_URL}/console/"),
            ("  org admin signs in as", f"{ADMIN}  password  {admin_password}"),
        ]
        for label, value in lines:
            self.stdout.write(f"{label + ':':<30}{value}")
        self.stdout.write(WARNING)


def demo_organization(*, success_manager: Operator) -> Organization:
    """Return the demo organization, created with its CSM if it is missing."""
    try:
        return organization_by_slug(slug=SLUG)
    except UnknownOrganization:
        return connections.open_connection(
            slug=SLUG, name="Acme", by=Actor.of(success_manager), now=clock.now()
        ).organization


def demo_password(email: str, *, name: str, role: Role, organization: Organization | None) -> str:
    """Return an operator's demo password, creating the operator, or giving a new one that is lost."""
    path = settings.VAR / f"demo_password_{role}"
    operator = Operator.objects.filter(email=email).first()
    if operator and path.exists():
        return path.read_text(encoding="ascii")
    password = secrets.token_urlsafe(12)
    if operator is None:
        people.create(
            email=email,
            name=name,
            role=role,
            password=password,
            organization=organization,
            by=COMMAND_LINE,
            now=clock.now(),
        )
    else:
        operator.set_password(password)
        operator.save(update_fields=["password"])
    write_secret(path, password)
    return password


def demo_token(organization: Organization) -> str:
    """Return the demo token, issuing one when there is none that lives."""
    path = settings.VAR / "demo_token"
    if path.exists():
        secret = path.read_text(encoding="ascii")
        state = token_states.state_of_secret(secret)
        if state is not None and state.is_live(clock.now()):
            return secret
    issued = tokens.issue_token(organization=organization, label="Demo", by=COMMAND_LINE, now=clock.now())
    write_secret(path, issued.secret)
    return issued.secret


def write_secret(path: Path, secret: str) -> None:
    """Keep a secret in a file that nobody else may read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
