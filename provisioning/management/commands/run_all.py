"""`manage.py run_all`: the whole product under one supervisor, which is what `make run` starts."""

import http.client
import socket
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError as BrokerError

from provisioning.management.supervisor import Child, Supervisor, web_command, worker_command


class Command(BaseCommand):
    """Migrates, seeds the demo on the embedded default, starts web and worker, and keeps them alive."""

    help = "Run web server, worker and beat under one supervisor; Ctrl-C stops them."
    requires_system_checks = ()  # they load every page

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run until stopped. Raises: CommandError with the one thing that keeps it from starting."""
        check_port()
        check_broker()
        try:
            call_command("migrate", verbosity=0)
        except DatabaseError:
            message = "The database does not answer: check DATABASE_URL and the server behind it."
            raise CommandError(message) from None
        if connection.vendor == "sqlite":
            call_command("seed_demo", stdout=self.stdout)
        else:
            self.stdout.write("No demo data here: use create_operator and issue_scim_token.")
        connection.close()
        children = [
            Child("The web server", web_command(host=settings.HOST, port=settings.PORT)),
            Child("The worker", worker_command(folder=settings.VAR)),
        ]
        supervisor = Supervisor(children, say=self.say)
        supervisor.run(is_ready=is_healthy, announce=self.announce)
        self.say("HootProv has stopped.")

    def say(self, line: str) -> None:
        """Print a line now."""
        self.stdout.write(line)
        self.stdout.flush()

    def announce(self) -> None:
        """Say that the product is up."""
        self.say(f"HootProv is up: {settings.BASE_URL} (Ctrl-C stops it)")


def check_port() -> None:
    """Check the address. Raises: CommandError when somebody listens there, or the address is not ours."""
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.HOST, settings.PORT))
    except socket.gaierror:
        message = "HOST is no address of this machine: set it to one, or to 127.0.0.1."
        raise CommandError(message) from None
    except OSError as error:
        message = f"HOST and PORT can't be listened on ({error.strerror}): set PORT to a free one."
        raise CommandError(message) from None


def check_broker() -> None:
    """Check the broker. Raises: CommandError when it does not answer."""
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (BrokerError, OSError, ValueError):
        message = "The broker does not answer: check CELERY_BROKER_URL and the server behind it."
        raise CommandError(message) from None


def is_healthy() -> bool:
    """Whether the web server answers."""
    host = settings.HOST if settings.HOST not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 - recognized
    probe = http.client.HTTPConnection(host, settings.PORT, timeout=1)
    try:
        probe.request("GET", "/healthz", headers={"Host": settings.BASE_URL_PARTS.netloc})
        return probe.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        probe.close()
