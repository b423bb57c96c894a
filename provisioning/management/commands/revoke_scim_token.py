"""`manage.py revoke_scim_token SECRET_OR_ID`: ends a token, by whichever of the two is at hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from provisioning import tokens
from provisioning.errors import ProvisioningError
from provisioning.history import COMMAND_LINE


class Command(BaseCommand):
    """Ends a token for good."""

    help = "Revoke a SCIM token, named by its secret or by its id; `-` reads it from stdin."
    requires_system_checks = ()  # they load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("secret_or_id", help="the secret, the id, or - to read it from stdin")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Revoke the token. Raises: CommandError with what is wrong."""
        text = options["secret_or_id"]
        try:
            token = tokens.token_by_secret_or_id(input() if text == "-" else text)
            token = tokens.revoke_token(
                token_id=token.id, organization=token.organization, by=COMMAND_LINE, now=clock.now()
            )
        except ProvisioningError as error:
            raise CommandError(str(error)) from None
        self.stderr.write(
            f"Revoked {token} of {token.organization} at {token.revoked_at:%Y-%m-%d %H:%M:%S} UTC."
        )
