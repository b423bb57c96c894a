"""`manage.py create_operator EMAIL --name NAME --role ROLE`: somebody who signs in to a console.

The first Owner comes this way; everybody else can be invited in a console.
"""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from accounts.errors import AccountsError
from accounts.organizations import organization_by_slug
from accounts.permissions import Role
from provisioning import people
from provisioning.errors import ProvisioningError
from provisioning.history import COMMAND_LINE


class Command(BaseCommand):
    """Creates an operator and asks for a password, or sends them a link to choose one."""

    help = "Create a person who signs in: staff (owner, csm, support) or an organization's admin."
    requires_system_checks = ()  # they load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--organization", metavar="SLUG", help="for an organization admin")
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--password-stdin", action="store_true", help="read the password from stdin instead of asking"
        )
        how.add_argument("--invite", action="store_true", help="send a link by which they choose a password")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create the operator. Raises: CommandError with what is wrong."""
        slug, is_invited = options["organization"], options["invite"]
        try:
            person = {
                "email": options["email"],
                "name": options["name"],
                "role": Role(options["role"]),
                "organization": organization_by_slug(slug=slug) if slug else None,
                "by": COMMAND_LINE,
                "now": clock.now(),
            }
            operator = (
                people.invite(**person)
                if is_invited
                else people.create(**person, password=password_of(is_on_stdin=options["password_stdin"]))
            )
        except (AccountsError, ProvisioningError) as error:
            raise CommandError(str(error)) from None
        how = "gets a link by e-mail, and then signs in" if is_invited else "signs in"
        self.stderr.write(f"{operator} {how} as {Role(operator.role).label}.")


def password_of(*, is_on_stdin: bool) -> str:
    """Return the password that was given, or ask for it."""
    return input() if is_on_stdin else getpass("Password: ")
