"""The table of tokens, and the look-up."""

import hmac
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.http import HttpRequest


class Token(models.Model):
    """A bearer token, of which a keyed hash is kept."""

    objects: "models.Manager[Token]" = models.Manager()
    digest = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return self.digest


def digest_of(secret: str) -> str:
    """Return what is kept of a token."""
    return hmac.new(settings.TOKEN_KEY.encode(), secret.encode(), sha256).hexdigest()


def is_known(request: HttpRequest) -> bool:
    """Whether a request carries a token that is kept."""
    secret = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    return Token.objects.filter(digest=digest_of(secret)).first() is not None
