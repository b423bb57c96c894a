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
from django.urls import reverse

from provisioning.models import ScimToken
from provisioning.tokens import IssuedToken, digest_of

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


def keep(response: HttpResponse, *, issued: IssuedToken, operator_id: UUID, now: datetime) -> None:
    """Split a new token's secret between the database and a cookie of this response."""
    secret = issued.secret.encode()
    ticket = Ticket(secrets.token_urlsafe(KEY_BYTES), secrets.token_bytes(len(secret)))
    half = {
        "half": urlsafe_b64encode(combined(secret, ticket.pad)).decode(),
        "token": str(issued.token.id),
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
        path=page_of(issued.token.id),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def take(request: HttpRequest, *, token: ScimToken, operator_id: UUID, now: datetime) -> str | None:
    """Return the secret of a token to the operator who issued it, the first time within a minute."""
    try:
        ticket = Ticket.parse(request.COOKIES.get(cookie_name(), ""))
    except ValueError:
        return None
    kept = Session.objects.filter(session_key=ticket.key, expire_date__gt=now)
    half = kept_half(kept.first(), token_id=token.id, operator_id=operator_id)
    if half is None or len(half) != len(ticket.pad):
        return None
    taken, _ = kept.delete()
    secret = combined(half, ticket.pad).decode(errors="replace")
    is_whole = hmac.compare_digest(digest_of(secret), token.digest)
    return secret if taken == 1 and is_whole else None


def forget(response: HttpResponse, *, token_id: UUID) -> None:
    """Take the cookie back."""
    response.delete_cookie(cookie_name(), path=page_of(token_id), samesite="Strict")


def kept_half(row: Session | None, *, token_id: UUID, operator_id: UUID) -> bytes | None:
    """Return the database's half, if it is of this token and was kept for this operator."""
    kept: dict[str, Any] = row.get_decoded() if row else {}
    if kept.get("token") != str(token_id) or kept.get("operator") != str(operator_id):
        return None
    return urlsafe_b64decode(kept["half"])


def combined(one: bytes, other: bytes) -> bytes:
    """Return one text XOR another of the same length."""
    return bytes(left ^ right for left, right in zip(one, other, strict=True))


def cookie_name() -> str:
    """Return the cookie's name; over TLS with the prefix that lets no other page set it in clear."""
    return "__Secure-hp-once" if settings.SESSION_COOKIE_SECURE else "hp-once"


def page_of(token_id: UUID) -> str:
    """Return the address of the page that shows a token's secret: the cookie goes nowhere else."""
    return reverse("admin:token_secret", args=[token_id])
