"""`manage.py simulate_entra`: play Microsoft Entra ID against a SCIM endpoint and judge its answers.

Knows the command line alone; the client is `provisioning.management.entra`.
"""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from provisioning.management.entra.cycles import run
from provisioning.management.entra.options import DialectChoice, Options
from provisioning.management.entra.report import summary


class Command(BaseCommand):
    """Play Entra's provisioning cycles and exit with 1 when an answer was wrong."""

    help = "Play Microsoft Entra ID's provisioning service against a SCIM endpoint and judge it."
    requires_system_checks = ()  # they load every page

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        number, positive = whole_number(at_least=0), whole_number(at_least=1)
        parser.add_argument("--base", help="Tenant URL (default: that of this product).")
        parser.add_argument("--token", help="Bearer token (default: that of the demo).")
        parser.add_argument("--users", type=number, default=100)
        parser.add_argument("--groups", type=number, default=10)
        parser.add_argument("--members", type=number, default=10, help="Members of each group.")
        parser.add_argument("--cycles", type=positive, default=2, help="1 is the initial cycle alone.")
        parser.add_argument("--dialect", choices=[choice.value for choice in DialectChoice], default="both")
        parser.add_argument("--seed", type=int, default=1, help="The same seed gives the same people.")
        parser.add_argument(
            "--failing", type=number, default=0, help="So many users lack a userName and are refused."
        )
        parser.add_argument("--concurrency", type=positive, default=4)

    def handle(self, **arguments: object) -> None:
        """Run, print the summary. Raises: SystemExit with 1 when an answer was wrong."""
        options = options_of(arguments)
        # Bars redraw a line: the stream must not end one by itself.
        self.stdout.ending = ""
        self.stdout.write(f"Entra, seed {options.seed}, against {options.base}\n")
        try:
            report = run(options, stream=self.stdout)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n" + summary(report))
        if report.wrong_answers:
            raise SystemExit(1)


def options_of(arguments: dict[str, object]) -> Options:
    """Return what was asked for. Raises: CommandError when address or token are nowhere to be had."""
    return Options(
        base=str(arguments["base"] or product_address()),
        token=str(arguments["token"] or demo_token()),
        users=count_of(arguments, "users"),
        groups=count_of(arguments, "groups"),
        members=count_of(arguments, "members"),
        cycles=count_of(arguments, "cycles"),
        dialect=DialectChoice(str(arguments["dialect"])),
        seed=count_of(arguments, "seed"),
        failing=count_of(arguments, "failing"),
        concurrency=count_of(arguments, "concurrency"),
    )


def count_of(arguments: dict[str, object], name: str) -> int:
    """Return a whole number among the arguments."""
    return int(str(arguments[name]))


def product_address() -> str:
    """Return this product's own Tenant URL. Raises: CommandError when it has none."""
    address = getattr(settings, "TENANT_URL", "")
    if not address:
        raise CommandError("Say where to with --base URL: the settings have no TENANT_URL.")
    return str(address)


def demo_token() -> str:
    """Return the token of the demo. Raises: CommandError when there is no demo."""
    path = Path(getattr(settings, "VAR", "var")) / "demo_token"
    try:
        token = path.read_text(encoding="ascii").strip()
    except OSError:
        token = ""
    if not token:
        raise CommandError(f"Give a token with --token, or start the demo: {path} holds none.")
    return token


def whole_number(*, at_least: int) -> Callable[[str], int]:
    """Return a reader of one argument. Raises: ArgumentTypeError below the smallest number."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) < at_least:
            raise ArgumentTypeError(f"must be a whole number from {at_least} on")
        return int(text)

    return read
