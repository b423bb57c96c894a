"""Show a new secret once: on the page after the form, however many processes serve the console.

The secret is split in two by a one-time pad: the pad goes to the browser as a cookie for that one
page, the secret XOR the pad to the database for a minute. Each half is uniformly random on its own, so
neither a dump of the database nor whatever records cookies holds anything of the secret; no key and
no cipher is involved. A pad serves for one secret, and is as long as it.

The database's half lies in the session table as a session of nobody, under a random key that only the
browser knows: it expires there and is swept as sessions are. Whoever deletes that row has the half, and
a DELETE tells how many rows it took: of two requests at once exactly one is told "1".
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse

from provisioning.bearer import digest_of

LIFETIME = timedelta(seconds=60)
KEY_BYTES = 24
KEY = re.compile(r"[0-9A-Za-z_-]{32}")


@dataclass(frozen=True)
class Ticket:
    """What the browser holds: where the other half lies, and the pad."""

    key: str
    pad: bytes

    def __str__(self) -> str:
        return f"{self.key}.{urlsafe_b64encode(self.pad).decode()}"

    @classmethod
    def parse(cls, text: str) -> "Ticket":
        """Read a cookie. Raises: ValueError when it is none of ours."""
        key, _, pad = text.partition(".")
        if not KEY.fullmatch(key):
            message = "a key is 32 characters of base 64"
            raise ValueError(message)
        return cls(key, urlsafe_b64decode(pad.encode()))


def keep(
    response: HttpResponse, *, secret: str, row_id: UUID, page: str, operator_id: UUID, now: datetime
) -> None:
    """Split a new secret of a row between the database and a cookie of this response.

    `page` is the path of the page that shows it: the cookie goes nowhere else.
    """
    whole = secret.encode()
    ticket = Ticket(secrets.token_urlsafe(KEY_BYTES), secrets.token_bytes(len(whole)))
    half = {
        "half": urlsafe_b64encode(combined(whole, ticket.pad)).decode(),
        "row": str(row_id),
        "operator": str(operator_id),
    }
    SessionStore.clear_expired()
    Session.objects.create(
        session_key=ticket.key, session_data=SessionStore().encode(half), expire_date=now + LIFETIME
    )
    response.set_cookie(
        cookie_name(),
        str(ticket),
        max_age=int(LIFETIME.total_seconds()),
        path=page,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def take(request: HttpRequest, *, row_id: UUID, digest: str, operator_id: UUID, now: datetime) -> str | None:
    """Return the secret of a row to the operator who made it, the first time within a minute.

    `digest` is what is stored in place of the secret (`provisioning.bearer`).
    """
    try:
        ticket = Ticket.parse(request.COOKIES.get(cookie_name(), ""))
    except ValueError:
        return None
    kept = Session.objects.filter(session_key=ticket.key, expire_date__gt=now)
    half = kept_half(kept.first(), row_id=row_id, operator_id=operator_id)
    if half is None or len(half) != len(ticket.pad):
        return None
    taken, _ = kept.delete()
    secret = combined(half, ticket.pad).decode(errors="replace")
    is_whole = hmac.compare_digest(digest_of(secret), digest)
    return secret if taken == 1 and is_whole else None


def forget(response: HttpResponse, *, page: str) -> None:
    """Take the cookie of a page back."""
    response.delete_cookie(cookie_name(), path=page, samesite="Strict")


def kept_half(session: Session | None, *, row_id: UUID, operator_id: UUID) -> bytes | None:
    """Return the database's half, if it is of this row and was kept for this operator."""
    kept: dict[str, Any] = session.get_decoded() if session else {}
    if kept.get("row") != str(row_id) or kept.get("operator") != str(operator_id):
        return None
    return urlsafe_b64decode(kept["half"])


def combined(one: bytes, other: bytes) -> bytes:
    """Return one text XOR another of the same length."""
    return bytes(left ^ right for left, right in zip(one, other, strict=True))


def cookie_name() -> str:
    """Return the cookie's name; over TLS with the prefix that lets no other page set it in clear."""
    return "__Secure-hp-once" if settings.SESSION_COOKIE_SECURE else "hp-once"
