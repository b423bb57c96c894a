"""`manage.py provisioning_status SLUG on|off --reason R`: the switch, without a browser."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from accounts.errors import AccountsError
from accounts.organizations import organization_by_slug
from provisioning import connections
from provisioning.errors import ProvisioningError
from provisioning.history import COMMAND_LINE


class Command(BaseCommand):
    """Turns an organization's provisioning on or off."""

    help = "Turn an organization's provisioning on or off. Off refuses Entra with 403 and the reason."
    requires_system_checks = ()  # they load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", help="the organization, such as acme")
        parser.add_argument("status", choices=["on", "off"])
        parser.add_argument("--reason", default="", help="what Entra's admin reads; needed to turn it off")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Turn the switch. Raises: CommandError with what is wrong."""
        turn = connections.turn_on if options["status"] == "on" else connections.turn_off
        try:
            organization = organization_by_slug(slug=options["slug"])
            connection = turn(
                organization=organization, reason=options["reason"], by=COMMAND_LINE, now=clock.now()
            )
        except (AccountsError, ProvisioningError) as error:
            raise CommandError(str(error)) from None
        self.stderr.write(f"Provisioning of {organization} is {connection.get_status_display()}.")
