"""Programs that call the management API."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from pytest_django import Settings

from accounts.models import Operator, Organization
from provisioning.models import Scope
from tests import factories

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

API = "/api/v1"


class Program:
    """A program with an API key."""

    def __init__(self, secret: str | None = None, *, browser: Client | None = None) -> None:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.http = browser or Client(headers=headers, raise_request_exception=False)

    def request(self, method: str, path: str, body: Any = None, **options: Any) -> "Answer":
        """Send a request below /api/v1."""
        content = b"" if body is None else json.dumps(body).encode()
        options.setdefault("content_type", "application/json")
        answer: Answer = self.http.generic(method, f"{API}{path}", content, **options)
        return answer

    def get(self, path: str, **query: Any) -> "Answer":
        """Send a GET."""
        answer: Answer = self.http.get(f"{API}{path}", query)
        return answer

    def post(self, path: str, body: Any = None, **options: Any) -> "Answer":
        """Send a POST."""
        return self.request("POST", path, {} if body is None else body, **options)

    def patch(self, path: str, body: Any) -> "Answer":
        """Send a PATCH."""
        return self.request("PATCH", path, body)


def program_of(organization: Organization | None, *scopes: Scope) -> Program:
    """Return a program with a new key."""
    return Program(factories.make_api_key(organization, *scopes).secret)


@pytest.fixture(autouse=True)
def unhurried(settings: Settings) -> None:
    """No test is limited, unless it is about limits."""
    settings.API_THROTTLES = ()


@pytest.fixture
def program(acme: Organization) -> Program:
    """Acme's program, which may do everything there."""
    return program_of(acme)


@pytest.fixture
def foreigner(globex: Organization) -> Program:
    """Globex's program."""
    return program_of(globex)


@pytest.fixture
def staff_program(db: None) -> Program:
    """Hootsuite's own program."""
    return program_of(None)


@pytest.fixture
def browser(csm: Operator) -> Client:
    """A CSM's browser, which is asked for its CSRF token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(csm, backend="accounts.backends.OperatorBackend")
    return client


@pytest.fixture
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no answer that is closed close the connection in whose transaction the test runs."""
    monkeypatch.setattr(BaseDatabaseWrapper, "close_if_unusable_or_obsolete", lambda _connection: None)
