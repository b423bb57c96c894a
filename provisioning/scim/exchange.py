"""One SCIM request while it is served: who asks, since when, and what will be logged of it."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from accounts import clock
from accounts.addresses import client_address
from provisioning.logs import LoggedRequest, Outcome, new_entry_id
from provisioning.models import Action
from provisioning.token_states import TokenState

ACTIONS = {"POST": Action.CREATE, "PUT": Action.UPDATE, "PATCH": Action.UPDATE, "DELETE": Action.DELETE}


@dataclass(kw_only=True)
class Exchange:
    """Made by `authentication` for every request and kept on it as `request.exchange`."""

    id: UUID
    now: datetime
    started: float
    method: str
    path: str
    address: str | None
    token: TokenState | None = None
    resource_id: UUID | None = None
    outcome: Outcome = field(default_factory=lambda: Outcome(action=Action.OTHER))

    @property
    def known_token(self) -> TokenState:
        """The token that authentication accepted."""
        if self.token is None:
            message = "no view may be reached without authentication"
            raise RuntimeError(message)
        return self.token

    @property
    def organization_id(self) -> UUID:
        """Whose request this is: every row it reads or writes is theirs."""
        return self.known_token.organization_id

    def logged(self) -> LoggedRequest:
        """Return what the log says of the request itself."""
        return LoggedRequest(
            id=self.id,
            organization_id=self.known_token.organization_id,
            token_id=self.known_token.token_id,
            at=self.now,
            method=self.method,
            path=self.path,
            client_address=self.address,
        )

    def elapsed_ms(self) -> float:
        """Return how long the request has been served, in milliseconds."""
        return round((time.perf_counter() - self.started) * 1000, 3)


def new_exchange(request: HttpRequest) -> Exchange:
    """Begin to serve a request."""
    moment = clock.now()
    now = moment.replace(microsecond=moment.microsecond // 1000 * 1000)  # as precise as meta shows it
    method = request.method or ""
    return Exchange(
        id=new_entry_id(now),
        now=now,
        started=time.perf_counter(),
        method=method,
        path=request.path,
        address=client_address(request),
        outcome=Outcome(action=ACTIONS.get(method, Action.READ)),
    )


def exchange_of(request: HttpRequest) -> Exchange:
    """Return the exchange that authentication began. Raises: AttributeError where none did."""
    exchange: Exchange = request.exchange  # type: ignore[attr-defined]  # set by authentication
    return exchange
