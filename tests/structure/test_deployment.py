"""What a deployment needs of the code: no missing migration, no warning of `check --deploy`."""

import os
import subprocess
import sys

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.once

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "hootprov.settings.production",
    "BASE_URL": "https://hootprov.example.com",
    "DATABASE_URL": "postgresql://hootprov@127.0.0.1:1/hootprov",
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp+tls://user:password@127.0.0.1:1",
    "SECRET_KEY": "k9" + "fJ2mQ8vT1xZ4" * 5,
    "TOKEN_KEY": "t7" + "aL3nW9bY6cD5" * 5,
    "LOG_KEY": "l5" + "eR8pS2gH7jK1" * 5,
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def test_no_migration_is_missing() -> None:
    done = manage("makemigrations", "--check", "--dry-run")

    assert (done.returncode, done.stdout) == (0, "No changes detected\n")


def test_production_settings_pass_the_deployment_check() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert (done.returncode, done.stderr) == (0, "")


def test_production_does_not_start_without_a_secret_or_a_service() -> None:
    for name in PRODUCTION.keys() - {"DJANGO_SETTINGS_MODULE"}:
        done = manage("check", **(PRODUCTION | {name: ""}))

        assert done.returncode == 1, name
        assert done.stderr.startswith(f"hootprov: {name} is not set."), name
        assert len(done.stderr.splitlines()) == 1, name
