"""10,000 issued secrets: none in a dump of the database, in a mail or in what the processes print."""

import io
import re
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from accounts import clock
from accounts.models import Operator, Organization
from hootprov.logging import without_tokens
from provisioning import tasks, tokens
from provisioning.models import Notification, ScimToken
from tests.cast import ScimClient

ISSUED = 10_000
WORD = re.compile(r"[0-9A-Za-z_]{20,}")


def words_of(text: str) -> set[str]:
    """Return every run of characters that is long enough to hold a secret's random part."""
    return set(WORD.findall(text))


def dump() -> str:
    """Return every row of every table as text, straight from the database."""
    text = io.StringIO()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names from the database itself
            text.writelines(f"{row}\n" for row in cursor.fetchall())
    return text.getvalue()


def test_ten_thousand_secrets_are_found_nowhere(
    acme: Organization,
    org_admin: Operator,
    settings: Settings,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = (
        "django.core.mail.backends.filebased.EmailBackend",
        str(tmp_path),
    )
    now = clock.now()
    secrets = {
        tokens.issue_token(organization=acme, label="Entra", issued_by=None, now=now).secret
        for _ in range(ISSUED)
    }
    for secret in list(secrets)[:20]:
        ScimClient(secret).get("/Users", filter=f'userName eq "{secret}"')
        ScimClient(secret).get(f"/Users/{secret}")
        ScimClient(secret[:-1]).get("/Users", access_token=secret)
    tasks.relay_notifications()

    mails = "".join(path.read_text() for path in tmp_path.iterdir())
    printed = "".join(capfd.readouterr())
    found = words_of(dump()) | words_of(mails) | words_of(printed)
    assert len(secrets) == ScimToken.objects.count() == ISSUED
    assert Notification.objects.filter(sent_at__isnull=False).count() == 50
    assert "A SCIM token was issued for Acme" in mails
    bodies = {secret[4:47] for secret in secrets}
    assert not [
        word
        for word in found
        if word in secrets or any(word[start : start + 43] in bodies for start in range(len(word) - 42))
    ]


def test_a_printed_line_has_its_secrets_masked() -> None:
    secret = tokens.new_secret()

    line = without_tokens(None, "info", {"event": f"Bearer {secret}", "count": 1})

    assert line == {"event": "Bearer hpt_…", "count": 1}
