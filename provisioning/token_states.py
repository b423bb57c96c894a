"""How a token stands and what it opens: what every SCIM request asks, and that it was used.

Compiled once and asked by a key. What a token goes through is told by `tokens.py`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from accounts.compiled import Compiled, Statement
from provisioning import bearer
from provisioning.models import ProvisioningStatus, ScimToken

PREFIX = "hpt_"
LAST_USED_RESOLUTION = timedelta(minutes=1)


class TokenState(NamedTuple):
    """What a known secret says of itself at one moment, in one row."""

    token_id: UUID
    organization_id: UUID
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    status: str
    status_reason: str

    def is_live(self, now: datetime) -> bool:
        """Whether it opens the door."""
        return self.revoked_at is None and self.expires_at > now

    @property
    def is_on(self) -> bool:
        """Whether the organization's provisioning is on."""
        return self.status == ProvisioningStatus.ON


def state_of_secret(secret: str) -> TokenState | None:
    """Return whose secret this is and how it stands; nothing when it is nobody's. One query, or none."""
    if not is_well_formed(secret):
        return None
    return next((TokenState(*row) for row in BY_DIGEST.rows(bearer.digest_of(secret))), None)


def state_of_token(token_id: UUID) -> TokenState | None:
    """Return how a token stands now: what a write asks again inside its transaction."""
    return next((TokenState(*row) for row in BY_ID.rows(token_id)), None)


def opening(token_id: UUID, *, now: datetime) -> Statement:
    """Return what finds a token if it opens the door, as `TokenState` says it, and its organization is on."""
    return OPEN.statement(token_id, now, ProvisioningStatus.ON.value)


def states(**condition: object) -> QuerySet[ScimToken, Any]:
    """Return how the tokens that fit stand."""
    return (
        ScimToken.objects.filter(**condition)
        .order_by()
        .values_list(
            "id",
            "organization_id",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "organization__connection__status",
            "organization__connection__status_reason",
        )
    )


BY_DIGEST = Compiled(lambda digest: states(digest=digest), "")
BY_ID = Compiled(lambda token_id: states(id=token_id), UUID(int=0))
OPEN = Compiled(
    lambda token_id, now, on: (
        ScimToken.objects.filter(id=token_id)
        .filter(expires_at__gt=now)
        .filter(organization__connection__status=on)
        .filter(revoked_at=None)
        .order_by()
        .values_list("id")
    ),
    *(UUID(int=0), datetime.max.replace(tzinfo=UTC), ProvisioningStatus.ON.value),
)


def note_use(*, state: TokenState, address: str | None, now: datetime) -> None:
    """Write when and from where a token was used, at most once a minute and outside any lock."""
    if state.last_used_at is not None and now - state.last_used_at < LAST_USED_RESOLUTION:
        return
    first = {} if state.last_used_at else {"first_used_at": Coalesce("first_used_at", now)}
    ScimToken.objects.filter(id=state.token_id).update(last_used_at=now, last_used_from=address, **first)


def is_well_formed(secret: str) -> bool:
    """Whether a text can be the secret of a token at all."""
    return bearer.is_well_formed(secret, PREFIX)
