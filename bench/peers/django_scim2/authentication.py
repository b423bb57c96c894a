"""Who asks: a bearer token, let in as django-scim2 does a user."""

from types import SimpleNamespace

from django.http import HttpRequest, HttpResponse
from django_scim.middleware import SCIMAuthCheckMiddleware

from bench.peers.tokens.models import is_known


class TokenCheck(SCIMAuthCheckMiddleware):  # type: ignore[misc]  # django-scim2 carries no types
    """Looks the token up, and lets the stock check decide."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Return the refusal of a request, if it is refused."""
        request.user = SimpleNamespace(is_authenticated=is_known(request))  # type: ignore[assignment]  # all that is asked of it
        refusal: HttpResponse | None = super().process_request(request)
        return refusal
