"""Who asks: a bearer token whose keyed hash is looked up at each request."""

import hmac
from hashlib import sha256
from types import SimpleNamespace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_scim.middleware import SCIMAuthCheckMiddleware

from bench.peers.django_scim2.models import Token


def digest_of(secret: str) -> str:
    """Return what is kept of a token."""
    return hmac.new(settings.TOKEN_KEY.encode(), secret.encode(), sha256).hexdigest()


class TokenCheck(SCIMAuthCheckMiddleware):  # type: ignore[misc]  # django-scim2 carries no types
    """Lets a token in as django-scim2 does a user."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Look the token up, and let the stock check decide."""
        secret = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        is_known = Token.objects.filter(digest=digest_of(secret)).first() is not None
        request.user = SimpleNamespace(is_authenticated=is_known)  # type: ignore[assignment]  # all that is asked of it
        refusal: HttpResponse | None = super().process_request(request)
        return refusal
