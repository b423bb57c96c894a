"""Whoever loses the right to read while an export runs reads no further, as they could begin no other one."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import clock, operators
from accounts.models import Operator
from provisioning import api_keys, exports, logs
from provisioning.history import COMMAND_LINE
from provisioning.models import ApiKey
from provisioning.tokens import IssuedToken
from tests import factories
from tests.api.conftest import API, Program

EXPORT = "/organizations/acme/log-entries/export"
BROKEN = {
    "title": "This export broke off.",
    "status": 403,
    "detail": "The API key or the sign-in that it was read with is no longer good.",
}

pytestmark = pytest.mark.usefixtures("one_connection", "each_entry_is_asked_for")


@pytest.fixture
def each_entry_is_asked_for(monkeypatch: pytest.MonkeyPatch, acme_token: IssuedToken) -> None:
    """Three entries that are read one by one, each after the question whether the reader still may."""
    monkeypatch.setattr(exports, "ROWS_AT_A_TIME", 1)
    monkeypatch.setattr(exports, "ASKED_AGAIN_SECONDS", -1.0)
    for name in ("kim", "lea", "max"):
        factories.make_entry(acme_token, target=name)
    logs.seal()


def said(line: bytes) -> Any:
    """Return whom a line is about, or what it says when it is no entry."""
    found = json.loads(line)
    return found["targetIdentity"]["displayName"] if "id" in found else found


def test_a_key_that_is_live_reads_to_the_end(program: Program) -> None:
    assert [said(line) for line in program.get(EXPORT)] == ["kim", "lea", "max"]


def test_a_key_that_is_revoked_reads_no_further(program: Program) -> None:
    lines = iter(program.get(EXPORT))
    first = next(lines)
    key = ApiKey.objects.get()
    api_keys.revoke_key(
        key_id=key.id, organization=key.organization, by=COMMAND_LINE, now=clock.now(), reason="Leaked."
    )

    assert [said(first), *map(said, lines)] == ["kim", BROKEN]


def end_sign_in(csm: Operator, _browser: Client) -> None:
    """End the sign-in of somebody, as an owner does."""
    operators.end_sign_in(csm, now=clock.now())


def sign_out(_csm: Operator, browser: Client) -> None:
    """Sign out, as they do themselves."""
    browser.logout()


@pytest.mark.parametrize("end", [end_sign_in, sign_out])
@pytest.mark.parametrize("path", [f"{API}{EXPORT}", "/admin/log/export/"])
def test_somebody_who_is_no_longer_signed_in_reads_no_further(
    csm: Operator, path: str, end: Callable[[Operator, Client], None]
) -> None:
    browser = Client()
    browser.force_login(csm, backend="accounts.backends.OperatorBackend")
    answer: Any = browser.post(path, {"kind": "ndjson"}) if "admin" in path else browser.get(path)
    lines = iter(answer)
    first = next(lines)
    end(csm, browser)

    assert [said(each) for each in (first, *lines)][1:] == [BROKEN]
