"""Real processes of the product for a test: web servers on a free port, workers, and the commands."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioning.management.supervisor import web_command, worker_command
from tests.services import free_port

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Product:
    """An installation of its own: a database, a folder for its files, the same fixed keys as the suite."""

    database_url: str
    folder: Path
    port: int = field(default_factory=free_port)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "hootprov.settings.test",
            "DATABASE_URL": self.database_url,
            "VAR": str(self.folder),
            "PORT": str(self.port),
            **self.variables,
        }

    def manage(self, *arguments: str) -> str:
        """Run a management command; return what it wrote to stdout."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    @contextmanager
    def web(self, *, workers: int = 2) -> Iterator[subprocess.Popen[bytes]]:
        """Run the web server until the block ends; it may be killed inside."""
        command = web_command(host="127.0.0.1", port=self.port, workers=workers)
        with self.running("web", command) as process:
            self.wait_until_healthy(process)
            yield process

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run worker and beat until the block ends; they may be killed inside."""
        with self.running("worker", worker_command(folder=self.folder)) as process:
            yield process

    @contextmanager
    def running(self, name: str, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program that writes to NAME.log, and end it and all it started with the block."""
        with (self.folder / f"{name}.log").open("ab") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, start_new_session=True, stdout=output, stderr=output
            )
        try:
            yield process
        finally:
            kill_group(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)
            kill_group(process, signal.SIGKILL)
            process.wait()

    def wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the server answers. Raises: RuntimeError when it ended instead."""
        while process.poll() is None:
            with suppress(OSError):
                if self.call("GET", "/healthz")[0] == http.client.OK:
                    return
        message = (self.folder / "web.log").read_text()
        raise RuntimeError(message)

    def call(self, method: str, path: str, body: Any = None, *, secret: str = "") -> tuple[int, Any]:
        """Send one request over a connection of its own; return status and decoded body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/scim+json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else None
        except http.client.HTTPException as error:
            raise ConnectionError from error
        finally:
            connection.close()


def kill_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a process and all it started; one that is gone is left alone."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
