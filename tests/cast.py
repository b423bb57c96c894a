"""The cast of the suite: two organizations, their tokens, and the people around them.

Acme is the customer at work, Globex the other tenant who must never see or touch anything of Acme.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning.counters import counters
from provisioning.tokens import IssuedToken
from tests import factories

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

SCIM = "/scim/v2"


class ScimClient:
    """Entra, as far as one test needs it: a bearer token and JSON bodies."""

    def __init__(self, secret: str | None) -> None:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.http = Client(headers=headers, raise_request_exception=False)

    def request(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **options: Any
    ) -> "Answer":
        """Send a request below /scim/v2."""
        content = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        options.setdefault("content_type", "application/scim+json")
        response: Answer = self.http.generic(method, f"{SCIM}{path}", content, **options)
        return response

    def get(self, path: str, **query: str) -> "Answer":
        """Send a GET."""
        response: Answer = self.http.get(f"{SCIM}{path}", query)
        return response

    def post(self, path: str, body: Any = None, **options: Any) -> "Answer":
        """Send a POST."""
        return self.request("POST", path, body, **options)

    def delete(self, path: str) -> "Answer":
        """Send a DELETE."""
        return self.request("DELETE", path)


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no thread write what a test counted, least of all into the next one's database."""
    monkeypatch.setattr("provisioning.counters.FLUSH_SECONDS", 3600.0)
    yield
    with counters.lock:
        counters.sums.clear()
        if counters.timer is not None:
            counters.timer.cancel()
            counters.timer = None


@pytest.fixture
def acme(db: None) -> Organization:
    """The customer at work."""
    return factories.make_organization("acme")


@pytest.fixture
def globex(db: None) -> Organization:
    """The other tenant."""
    return factories.make_organization("globex")


@pytest.fixture
def acme_token(acme: Organization) -> IssuedToken:
    """Acme's token."""
    return factories.make_token(acme)


@pytest.fixture
def globex_token(globex: Organization) -> IssuedToken:
    """Globex's token."""
    return factories.make_token(globex)


@pytest.fixture
def entra(acme_token: IssuedToken) -> ScimClient:
    """Acme's Entra."""
    return ScimClient(acme_token.secret)


@pytest.fixture
def stranger(globex_token: IssuedToken) -> ScimClient:
    """Globex's Entra, which must not see that Acme exists."""
    return ScimClient(globex_token.secret)


@pytest.fixture
def csm(db: None) -> Operator:
    """Hootsuite's customer success manager."""
    return factories.make_operator(Role.CSM)


@pytest.fixture
def org_admin(acme: Organization) -> Operator:
    """The admin of Acme, who gets the mails."""
    return factories.make_operator(Role.ORGANIZATION_ADMIN, organization=acme, email="admin@acme.example")
