"""Tokens that were looked up a moment ago: for that moment a process asks the database no more about them.

So a revocation, an expiry and Off reach the reads of every process within SCIM_TOKEN_SECONDS, which is less than a
second; a write asks again in its transaction or statement, once it knows that it would be valid. A token that opens nothing is looked up each time.
"""

from datetime import datetime
from time import monotonic

from django.conf import settings

from provisioning import bearer, token_states
from provisioning.token_states import TokenState

MOST_KNOWN = 10_000
KNOWN: dict[str, tuple[float, TokenState]] = {}


def state_of(secret: str, *, now: datetime) -> TokenState | None:
    """Return whose secret this is and how it stands, or stood a moment ago; nothing when it is nobody's."""
    digest = bearer.digest_of(secret)
    until, known = KNOWN.get(digest, (0.0, None))
    if known is not None and monotonic() < until:
        return known
    state = token_states.state_of_secret(secret)
    if state is not None and state.is_live(now) and settings.SCIM_TOKEN_SECONDS:
        if len(KNOWN) >= MOST_KNOWN:
            KNOWN.clear()
        # Whoever looked it up notes its use: nobody else has to, for that moment.
        KNOWN[digest] = monotonic() + settings.SCIM_TOKEN_SECONDS, state._replace(last_used_at=now)
    return state
