"""The peers as programs to measure, each installed into one folder where it is missing or old."""

import os
import shutil
import sys
from pathlib import Path

from bench.scenarios import BARE_GROUP, DISABLED, ONE_IN, ONE_OUT
from bench.servers import Program, run
from tests.processes import ROOT

REQUIREMENTS = ROOT / "bench/requirements-peers.txt"
PACKAGES = ("scimmy@1.3.5", "scimmy-routers@1.3.2", "express@4.22.3")
FIXED_TOKEN = (("-c", "import os; print(os.environ['TOKEN_KEY'])"),)


def django_scim2(folder: Path) -> Program:
    """Return django-scim2 in its smallest project. It leaves no attribute out of an answer."""
    return django_peer("django-scim2", "bench.peers.django_scim2", folder)


def django_scim2_server(folder: Path) -> Program:
    """Return django-scim2-server in its smallest project. It leaves no attribute out of an answer."""
    return django_peer("django-scim2-server", "bench.peers.django_scim2_server", folder)


def django_peer(name: str, package: str, folder: Path) -> Program:
    """Return a peer that is a Django project."""
    return Program(
        name=name,
        python=peers_python(folder),
        install=(("-m", "bench.peers.install"),),
        settings=f"{package}.settings",
        application=("--factory", "django.core.wsgi:get_wsgi_application"),
        cannot=frozenset({BARE_GROUP}),
    )


def scim2_server(folder: Path) -> Program:
    """Return scim2-server: one process, since it keeps everything in memory. It lets no member out as Entra asks."""
    return Program(
        name="scim2-server",
        python=peers_python(folder),
        install=FIXED_TOKEN,
        application=("bench.peers.scim2_server.application:application",),
        cannot=frozenset({ONE_OUT, ONE_IN}),
        workers=1,
        has_database=False,
    )


def scimmy(folder: Path) -> Program:
    """Return SCIMMY: one process of Node with everything in memory. It refuses the word "False" for active."""
    node, modules = found("node"), folder / "node_modules"
    if is_old(folder / "packages.txt", "\n".join(PACKAGES)):
        run([found("npm"), "install", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES])
        (folder / "packages.txt").write_text("\n".join(PACKAGES))
    return Program(
        name="SCIMMY",
        python=sys.executable,
        install=FIXED_TOKEN,
        command=(node, str(ROOT / "bench/peers/scimmy/server.mjs"), str(modules)),
        cannot=frozenset({DISABLED}),
        workers=1,
        has_database=False,
    )


PEERS = {
    "django-scim2": django_scim2,
    "django-scim2-server": django_scim2_server,
    "scim2-server": scim2_server,
    "SCIMMY": scimmy,
}


def peers_python(folder: Path) -> str:
    """Return the Python of the peers' virtual environment. Raises: CalledProcessError, OSError."""
    python, installed = folder / "bin/python", folder / "installed.txt"
    if is_old(installed, REQUIREMENTS.read_text()):
        print(f"Installing the peers into {folder} ...", flush=True)
        run([sys.executable, "-m", "venv", str(folder)])
        quiet = ["--disable-pip-version-check", "install", "-qq"]
        run(
            [str(python), "-m", "pip", *quiet, "-r", str(REQUIREMENTS)],
            {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"},
        )
        shutil.copy(REQUIREMENTS, installed)
    return str(python)


def is_old(installed: Path, wanted: str) -> bool:
    """Whether something else is installed than wanted, or nothing."""
    return not installed.exists() or installed.read_text() != wanted


def found(program: str) -> str:
    """Return where a program of this machine is. Raises: FileNotFoundError."""
    path = shutil.which(program)
    if path is None:
        raise FileNotFoundError(f"There is no {program} here.")
    return path
