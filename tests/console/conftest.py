"""Who opens the console's pages."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from unittest import mock

import pytest
from django.test import Client

import hootprov.urls  # noqa: F401 - whose loading registers the pages
from accounts.models import Operator, Organization
from accounts.permissions import Role
from tests import factories

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
SignedIn = Callable[[Role], Client]


def signed_in_as(operator: Operator) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(operator, backend="accounts.backends.OperatorBackend")
    return client


@pytest.fixture
def console(csm: Operator) -> Client:
    """The CSM's browser."""
    return signed_in_as(csm)


@pytest.fixture
def signed_in(acme: Organization) -> SignedIn:
    """A browser of somebody of any role."""

    def sign_in(role: Role) -> Client:
        organization = acme if role == Role.ORGANIZATION_ADMIN else None
        return signed_in_as(factories.make_operator(role, organization=organization))

    return sign_in


@pytest.fixture
def clock_stands() -> Iterator[datetime]:
    """A clock that stands still at half past noon."""
    with mock.patch("accounts.clock.now", return_value=NOW):
        yield NOW


@pytest.fixture
def staff(clock_stands: datetime, csm: Operator) -> Client:
    """The CSM's browser, at that time."""
    return signed_in_as(csm)
