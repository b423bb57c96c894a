"""`manage.py create_operator EMAIL --name NAME --role ROLE`: somebody who signs in to a console."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import AccountsError
from accounts.operators import create_operator
from accounts.organizations import organization_by_slug
from accounts.permissions import Role


class Command(BaseCommand):
    """Creates an operator and asks for a password."""

    help = "Create a person who signs in: staff (owner, csm, support) or an organization's admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--organization", metavar="SLUG", help="for an organization admin")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from stdin instead of asking"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create the operator. Raises: CommandError with what is wrong."""
        password = input() if options["password_stdin"] else getpass("Password: ")
        slug = options["organization"]
        try:
            operator = create_operator(
                email=options["email"],
                name=options["name"],
                role=Role(options["role"]),
                password=password,
                organization=organization_by_slug(slug=slug) if slug else None,
            )
        except AccountsError as error:
            raise CommandError(str(error)) from None
        self.stderr.write(f"{operator} signs in as {Role(operator.role).label}.")
