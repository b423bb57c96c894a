"""Who asks: the bearer token of a request, checked before anything else is looked at.

Registered as django-scim2's AUTH_CHECK_MIDDLEWARE, which wraps every SCIM view. It fails closed,
never looks at the path, and answers every kind of wrong token alike; only the log of the
organization, where the token tells which, says whether it was expired or revoked.
Source: RFC 6750 §2.1 (header only; scheme without case) and §3.1.
"""

from contextlib import suppress

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import Error as DatabaseProblem
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django_scim import constants
from django_scim.middleware import SCIMAuthCheckMiddleware

from provisioning import problems, token_states
from provisioning.counters import counters
from provisioning.models import LogStatus, RequestKind
from provisioning.scim import errors, known_tokens
from provisioning.scim.engine import write_or_count
from provisioning.scim.exchange import Exchange, exchange_of, new_exchange

logger = structlog.get_logger(__name__)

NO_ADDRESS = "0.0.0.0"  # noqa: S104 - what came over a Unix socket, counted under an address that is none


class TokenAuthentication(SCIMAuthCheckMiddleware):  # type: ignore[misc]  # django-scim2 carries no types
    """Opens the exchange of a request, lets it in or answers 401, and dresses every answer."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Return the refusal, or nothing when the view may answer."""
        exchange = new_exchange(request)
        request.exchange = exchange  # type: ignore[attr-defined]  # read by exchange_of
        try:
            request.get_host()
            exchange.token = known_tokens.state_of(secret_of(request), now=exchange.now)
        except DisallowedHost:
            return errors.response_of(errors.forged_host(), request)
        except DatabaseProblem:
            # Never 401 for a fault of ours: Entra would quarantine the job.
            return errors.response_of(errors.unavailable(), request)
        if exchange.token is None or not exchange.token.is_live(exchange.now):
            note_refusal(exchange)
            return errors.response_of(errors.unauthorized(), request)
        note_use(exchange)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add what every SCIM answer carries, and read what the client still sends."""
        drain(request)
        if request.method == "HEAD":
            response["Content-Length"] = str(len(response.getvalue()))
            response.content = b""  # type: ignore[attr-defined]  # every answer here is a whole one
        response["Content-Type"] = constants.SCIM_CONTENT_TYPE
        response["Cache-Control"] = "no-store"
        response["Content-Security-Policy"] = settings.SCIM_CONTENT_SECURITY_POLICY
        response["X-Content-Type-Options"] = "nosniff"
        response["X-Request-ID"] = str(exchange_of(request).id)
        return response


def drain(request: HttpRequest) -> None:
    """Read a body that a refusal had no need of: cut off while it sends, a client never sees the answer."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) <= settings.SCIM_MAX_BODY_BYTES:
        with suppress(UnreadablePostError):
            _ = request.body


def secret_of(request: HttpRequest) -> str:
    """Return the bearer token of the Authorization header; empty when there is none."""
    scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def note_refusal(exchange: Exchange) -> None:
    """Write an entry, once a minute, for a token that was good once; count any other by its address."""
    token = exchange.token
    if token is None:
        counters.add(RequestKind.STRANGER, now=exchange.now, address=exchange.address or NO_ADDRESS)
        return
    problem = problems.token_revoked if token.revoked_at else problems.token_expired
    outcome = exchange.outcome
    outcome.status = LogStatus.FAILURE
    outcome.http_status = problem.status
    outcome.error_code = problem.code
    outcome.detail = problem.detail
    outcome.duration_ms = exchange.elapsed_ms()
    outcome.fold_key = f"{token.token_id}:{problem.code}:{exchange.now:%Y-%m-%dT%H:%M}"
    write_or_count(exchange)


def note_use(exchange: Exchange) -> None:
    """Note when and from where a token was used; where that can't be written, nothing depends on it."""
    try:
        token_states.note_use(state=exchange.known_token, address=exchange.address, now=exchange.now)
    except DatabaseProblem:
        logger.exception("scim:use-unnoted", request_id=str(exchange.id))
