"""10,000 issued secrets: none in a dump of the database, in a mail or in what the processes print."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from accounts import clock
from accounts.models import Operator, Organization
from hootprov.logging import without_tokens
from provisioning import tasks, tokens
from provisioning.history import COMMAND_LINE
from provisioning.models import ScimToken
from tests.cast import ScimClient

ISSUED = 10_000
TOLD = 300  # of whom mails, events and the history tell; of the others the tables alone
PAGES = [
    "",
    "accounts/organization/",
    "accounts/organization/{id}/change/",
    "accounts/member/?organization=acme",
    "provisioning/scimtoken/",
    "provisioning/provisioninglogentry/",
    "provisioning/notification/",
    "organizations/{id}/issue-token/",
    "organizations/{id}/provisioning/",
]
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


def holds_one_of(secrets: set[str], text: str) -> list[str]:
    """Return the words of a text that hold a secret or the random part of one."""
    bodies = {secret[4:47] for secret in secrets}
    return [
        word
        for word in words_of(text)
        if word in secrets or any(word[start : start + 43] in bodies for start in range(len(word) - 42))
    ]


def pages_of(csm: Operator, organization: Organization) -> str:
    """Return every page of the console that says something of tokens, but the one that shows a secret."""
    client = Client()
    client.force_login(csm)
    pages = [client.get(f"/admin/{pattern.format(id=organization.id)}") for pattern in PAGES]
    assert [page.status_code for page in pages] == [200] * len(PAGES)
    return "".join(page.content.decode() for page in pages)


def test_ten_thousand_secrets_are_found_nowhere(
    acme: Organization,
    org_admin: Operator,
    csm: Operator,
    settings: Settings,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    now = clock.now()
    told: dict[str, Any] = {"organization": acme, "label": "Entra", "by": COMMAND_LINE, "now": now}
    issued = [tokens.issue_token(**told) for _ in range(TOLD)]
    issued += [tokens.make_token(**told, lifetime_days=730) for _ in range(ISSUED - TOLD)]
    secrets = {each.secret for each in issued}
    for secret in list(secrets)[:20]:
        ScimClient(secret).get("/Users", filter=f'userName eq "{secret}"')
        ScimClient(secret).get(f"/Users/{secret}")
        ScimClient(secret[:-1]).get("/Users", access_token=secret)

    tasks.relay_notifications()

    mails = "".join(path.read_text() for path in tmp_path.iterdir())
    text = dump() + mails + pages_of(csm, acme) + "".join(capfd.readouterr())
    assert len(secrets) == ScimToken.objects.count() == ISSUED
    assert "A SCIM token was issued for Acme" in mails
    assert holds_one_of(secrets, text) == []
    assert holds_one_of(secrets, f"a line with {issued[0].secret} in it") == [issued[0].secret]


def test_a_printed_line_has_its_secrets_masked() -> None:
    secret = tokens.new_secret()

    line = without_tokens(None, "info", {"event": f"Bearer {secret}", "count": 1})

    assert line == {"event": "Bearer hpt_…", "count": 1}
