"""Entra at work under a clock that the test moves, and the background that looks at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from accounts import clock
from accounts.models import Organization
from accounts.permissions import Role
from provisioning import logs, token_states, watch
from provisioning.counters import counters
from provisioning.models import (
    HealthPeriod,
    LogStatus,
    Notification,
    ProvisioningCycle,
    RequestKind,
)
from provisioning.tokens import IssuedToken
from tests import factories

FAILED: dict[str, Any] = {"status": LogStatus.FAILURE, "http_status": 409, "error_code": "user_name_taken"}


@dataclass
class World:
    """One organization with a token. Every minute that passes is looked at by the background."""

    organization: Organization
    token: IssuedToken
    now: datetime

    def passes(self, **length: float) -> None:
        """Let time pass, and let the background look at what it brought."""
        self.now += timedelta(**length)
        self.look()

    def look(self) -> None:
        """Seal the log and watch, as the worker does every few seconds."""
        counters.flush()
        while logs.seal():
            pass
        while self.is_behind():
            watch.step(self.organization.id, now=self.now)
        watch.watch_all(now=self.now)

    def is_behind(self) -> bool:
        """Whether sealed entries wait to be read."""
        self.organization.refresh_from_db()
        return self.organization.watch.position < self.organization.log_head.position

    def changes(self, times: int = 1, **outcome: Any) -> None:
        """Let Entra change something, as the log has it; the token is used."""
        for _ in range(times):
            factories.make_entry(self.token, at=self.now, **outcome)
        self.calls()

    def reads(self, times: int = 1) -> None:
        """Let Entra read users."""
        for _ in range(times):
            counters.add(RequestKind.READ_USERS, now=self.now, organization_id=self.organization.id)
        self.calls()

    def calls(self) -> None:
        """Let Entra call with the token."""
        state = token_states.state_of_token(self.token.token.id)
        assert state is not None
        token_states.note_use(state=state, address=None, now=self.now)

    def cycle(self, *, changes: int = 0, failures: int = 0) -> None:
        """Let Entra run a cycle of a minute, and ten quiet ones after it."""
        self.reads()
        self.changes(changes)
        self.changes(failures, **FAILED)
        self.passes(minutes=1)
        self.passes(minutes=10)

    @property
    def cycles(self) -> list[ProvisioningCycle]:
        """The cycles, oldest first."""
        return list(ProvisioningCycle.objects.order_by("started_at"))

    @property
    def states(self) -> list[str]:
        """The states of health, oldest first."""
        return list(HealthPeriod.objects.order_by("id").values_list("state", flat=True))

    @property
    def told(self) -> list[str]:
        """The kinds of the mails that were written, oldest first, but for the token's own."""
        mails = Notification.objects.exclude(kind="token_issued").order_by("created_at", "kind")
        return list(mails.values_list("kind", flat=True))


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Acme with an org admin and a token, before Entra's first call."""
    organization = factories.make_organization("acme")
    factories.make_operator(Role.ORGANIZATION_ADMIN, organization=organization, email="admin@acme.example")
    world = World(organization, factories.make_token(organization), clock.now())
    with mock.patch("accounts.clock.now", side_effect=lambda: world.now):
        yield world
