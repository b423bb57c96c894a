"""`manage.py issue_scim_token acme`: the secret alone on stdout, so that a script can catch it."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import clock
from accounts.errors import AccountsError, UnknownOrganization
from accounts.models import Organization
from accounts.organizations import organization_by_slug
from provisioning import connections, tokens
from provisioning.errors import ProvisioningError
from provisioning.history import COMMAND_LINE


class Command(BaseCommand):
    """Issues a token for one organization."""

    help = "Issue a SCIM token for an organization; prints the secret, once, on stdout."
    requires_system_checks = ()  # they load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", help="the organization, such as acme")
        parser.add_argument("--create-organization", action="store_true", help="create it if it is not there")
        parser.add_argument("--label", default="Entra", help="what the token is for (default: Entra)")
        parser.add_argument(
            "--expires-in-days",
            type=int,
            default=tokens.DEFAULT_LIFETIME_DAYS,
            metavar="N",
            help=f"1 to {tokens.LONGEST_LIFETIME_DAYS} (default: {tokens.DEFAULT_LIFETIME_DAYS})",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Issue the token. Raises: CommandError with what is wrong."""
        try:
            with transaction.atomic():
                organization = organization_of(options["slug"], may_create=options["create_organization"])
                issued = tokens.issue_token(
                    organization=organization,
                    label=options["label"],
                    by=COMMAND_LINE,
                    now=clock.now(),
                    lifetime_days=options["expires_in_days"],
                )
        except (AccountsError, ProvisioningError) as error:
            raise CommandError(str(error)) from None
        self.stderr.write(
            f"Token {issued.token.id} for {organization}, valid until {issued.token.expires_at:%Y-%m-%d}."
        )
        self.stderr.write(f"Tenant URL: {settings.TENANT_URL}")
        self.stderr.write("The secret follows. It is not shown again.")
        self.stdout.write(issued.secret)


def organization_of(slug: str, *, may_create: bool) -> Organization:
    """Return the organization, created if it may be. Raises: AccountsError."""
    try:
        return organization_by_slug(slug=slug)
    except UnknownOrganization as error:
        if not may_create:
            message = f"{error} Add --create-organization to create it."
            raise UnknownOrganization(message) from None
    return connections.open_connection(slug=slug, name=slug, by=COMMAND_LINE, now=clock.now()).organization
