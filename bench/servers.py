"""The servers that are measured: how each is installed into a database of its own, and started on loopback.

All run under granian with the flags of HootProv's own web server, and are set up once; each round then starts from a copy of
that database. Peers live in a virtual environment of their own. What is started here ends with whoever started it.
"""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psycopg

from bench import usage
from provisioning.management.supervisor import end_with_parent, web_command
from tests.processes import ROOT, kill_group
from tests.services import free_port

SQLITE, POSTGRESQL, MEMORY = "SQLite", "PostgreSQL", "memory"
WORKERS = 2
PATIENCE_SECONDS = 30
PAUSE_SECONDS = 0.05
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
NUMBERS = count(1)
SECRETS = {name: f"bench-{name.lower()}-".ljust(64, "x") for name in ("SECRET_KEY", "TOKEN_KEY", "LOG_KEY")}


@dataclass(frozen=True)
class Program:
    """One contender: what installs it (the last line printed is a token's secret), and what serves it.

    That is granian with an application, or a command of its own. Steps that it cannot do are left out for it. It
    answers from the databases that it is asked to, or only from memory.
    """

    name: str
    python: str
    install: tuple[tuple[str, ...], ...]
    module: str = "granian"
    settings: str = ""
    application: tuple[str, ...] = ()
    has_groups: bool = True
    cannot: frozenset[str] = frozenset()
    workers: int = WORKERS
    command: tuple[str, ...] = ()
    has_database: bool = True

    def serve(self, port: int) -> list[str]:
        """Return the command of its web server: HootProv's own, with another module and perhaps an application."""
        if self.command:
            return list(self.command)
        command = web_command(host="127.0.0.1", port=port, workers=self.workers)
        flags = command[command.index("--interface") :]
        return [self.python, "-m", self.module, *flags, *self.application]

    def environment(self, url: str, folder: Path, port: int) -> dict[str, str]:
        """Return the environment of its processes."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": self.settings,
            "DATABASE_URL": url,
            "BASE_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
            "VAR": str(folder),
            "CELERY_BROKER_URL": "filesystem://localhost",
            "EMAIL_URL": f"filemail://{folder}/mail",
            **SECRETS,
        }


def hootprov() -> Program:
    """Return the product, on its settings of production."""
    install = (
        ("manage.py", "migrate", "--verbosity", "0"),
        ("manage.py", "issue_scim_token", "acme", "--create-organization"),
    )
    return Program(
        name="HootProv",
        python=sys.executable,
        install=install,
        module="hootprov.server",
        settings="hootprov.settings.production",
    )


def floor() -> Program:
    """Return the floor: HootProv's settings, tables and server with the barest views."""
    product = hootprov()
    return Program(
        name="floor",
        python=product.python,
        install=product.install,
        module="bench.floor",
        settings=product.settings,
        has_groups=False,
    )


def computing() -> Program:
    """Return an application that computes as long as a read takes, and has nothing to wait for."""
    return Program(
        name="computing",
        python=sys.executable,
        install=(),
        application=("bench.computing:application",),
        has_database=False,
    )


def run(command: list[str], environment: dict[str, str] | None = None) -> str:
    """Run a program at the project's root; return what it prints. Raises: CalledProcessError."""
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@dataclass
class Contender:
    """A program on a kind of database, installed once."""

    program: Program
    kind: str
    folder: Path  # of all of them
    cluster: str  # the URL of a PostgreSQL server's first database
    secret: str = ""
    template: str = field(default_factory=lambda: f"bench_{next(NUMBERS)}")

    def __str__(self) -> str:
        return f"{self.program.name}, {self.kind}"

    def install(self, *, beside: Sequence["Contender"]) -> None:
        """Make the database that each round is a copy of, and a token in it; or take that of one installed alike."""
        for other in beside:
            mine, theirs = self.program, other.program
            if (mine.install, mine.settings, self.kind) == (theirs.install, theirs.settings, other.kind):
                self.template, self.secret = other.template, other.secret
                return
        self.make(self.template)
        environment = self.program.environment(self.url(self.template), self.folder, free_port())
        for arguments in self.program.install:
            printed = run([self.program.python, *arguments], environment)
        self.secret = printed.splitlines()[-1]

    def url(self, name: str) -> str:
        """Return the URL of one of its databases; empty where it has none."""
        if self.kind == MEMORY:
            return ""
        if self.kind == SQLITE:
            return f"sqlite:///{self.folder / name}.sqlite3"
        return f"{self.cluster.rpartition('/')[0]}/{name}"

    def make(self, name: str, *, template: str = "template0") -> None:
        """Make a database, as a copy where a template is named."""
        if self.kind == POSTGRESQL:
            self.ask(f"CREATE DATABASE {name} TEMPLATE {template}")
        elif self.kind == SQLITE and template == self.template:
            shutil.copy(self.folder / f"{template}.sqlite3", self.folder / f"{name}.sqlite3")

    def drop(self, name: str) -> None:
        """Remove a database."""
        if self.kind == POSTGRESQL:
            self.ask(f"DROP DATABASE {name} WITH (FORCE)")
            return
        for path in self.folder.glob(f"{name}.sqlite3*"):
            path.unlink()

    def ask(self, statement: str) -> None:
        """Run a statement in the PostgreSQL server's first database."""
        with psycopg.connect(self.cluster, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def running(self) -> Iterator["Server"]:
        """Serve a fresh copy of the database until the block ends."""
        name, port = f"bench_{next(NUMBERS)}", free_port()
        self.make(name, template=self.template)
        environment = self.program.environment(self.url(name), self.folder, port)
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                self.program.serve(port),
                cwd=ROOT,
                env=environment,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - no threads here
                stdout=output,
                stderr=output,
            )
        try:
            wait(port, process, log)
            yield Server(port, process.pid, self.url(name))
        finally:
            kill_group(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=PATIENCE_SECONDS)
            kill_group(process, signal.SIGKILL)
            process.wait()
            self.drop(name)


@dataclass(frozen=True)
class Server:
    """A web server that runs."""

    port: int
    pid: int
    url: str = ""  # of its database

    @property
    def processes(self) -> set[int]:
        """Its processes: granian and the workers."""
        return usage.family(self.pid)

    def gather_statistics(self) -> None:
        """Let PostgreSQL know what is in its tables by now, as it would learn by itself within a minute.

        Until then it takes any index that begins with the organization for as good as the one by id.
        """
        if self.url.startswith("postgresql"):
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute("ANALYZE")


def end_on_signals() -> None:
    """Let SIGTERM, SIGINT and SIGHUP end this program by way of its `finally`s, even where a shell had them ignored."""
    for number in ENDINGS:
        signal.signal(number, end)


def end(number: int, _frame: FrameType | None) -> NoReturn:
    """End, and hear no further signal meanwhile. Raises: SystemExit, always."""
    for each in ENDINGS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a server answers anything. Raises: RuntimeError with its log when it ended instead."""
    while process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/scim/v2/Users")
            connection.getresponse().read()
            return
        time.sleep(PAUSE_SECONDS)
    raise RuntimeError(log.read_text())
