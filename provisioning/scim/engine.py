"""How every SCIM request is served: limits, switch, one transaction, log entry, error body, retry.

`Engine` stands between django-scim2's `SCIMView` and Django's `View`, so that `SCIMView.dispatch`
authenticates first and calls this; what happens here never reaches its catch-all. A change and its
log entry share one transaction; a refusal's entry is written after the rollback.
Source: RFC 7644 §3.12; the design of the provisioning log in docs/architecture.md.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import DatabaseError, connection, transaction
from django.db import Error as DatabaseProblem
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views import View
from django_scim import constants

from accounts.compiled import ask_if_idle
from accounts.errors import ChangedMeanwhile
from provisioning import logs, token_states
from provisioning.counters import counters
from provisioning.models import Action, LogStatus, RequestKind
from provisioning.scim import errors, wire
from provisioning.scim.at_once import NotWritten
from provisioning.scim.exchange import Exchange, exchange_of
from provisioning.scim.messages import InvalidOperation
from provisioning.scim.resources import InvalidAttribute
from provisioning.scim.turns import turn

logger = structlog.get_logger(__name__)

Handler = Callable[..., HttpResponse]
READS = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_ATTEMPTS = 4
LONGEST_QUERY = 8192
MEDIA_TYPES = frozenset({"", "application/scim+json", "application/json"})
# Deadlock, serialization failure, lock time-out, a foreign key broken at commit by a rival, and a prepared
# statement that is no longer good: forgotten by the server, or made before a migration.
RETRYABLE_STATES = frozenset({"40P01", "40001", "55P03", "23503", "26000", "0A000"})
RETRYABLE_WORDS = ("database is locked", "database table is locked", "FOREIGN KEY constraint failed")


class LogUnwritable(Exception):
    """The entry of a change could not be written, so the change must not happen."""


FAULTS: dict[type[Exception], errors.Refusal] = {
    LogUnwritable: errors.log_unavailable,
    DatabaseProblem: errors.unavailable,
    ChangedMeanwhile: errors.unavailable,
    Exception: errors.internal_error,
}


class Engine(View):
    """Serves one request from the door that `SCIMView.dispatch` opened."""

    resource_type = ""
    is_switched = False  # whether the organization's Off closes this endpoint
    read_kind = RequestKind.DISCOVERY
    reads = READS

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer, or refuse; nothing is raised from here."""
        exchange = exchange_of(request)
        exchange.outcome.resource_type = self.resource_type
        try:
            return self.serve(request, exchange, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the outermost door: whatever it is, it is told as SCIM
            return self.refuse(request, exchange, refusal_of(error, exchange))

    def serve(self, request: HttpRequest, exchange: Exchange, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the request and run its handler.

        Raises: ScimError, InvalidOperation, InvalidAttribute, DatabaseError, ChangedMeanwhile, LogUnwritable.
        """
        handler = self.handler_of(request)
        if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
            raise errors.address_too_long(limit=str(LONGEST_QUERY))
        self.check_switch(exchange.known_token)
        if request.method in self.reads:
            if request.method not in READS:
                read_body(request)
            response = handler(request, *args, **kwargs)
            self.note_read(exchange, response)
            return response
        read_body(request)
        return self.write(request, exchange, lambda: handler(request, *args, **kwargs))

    def read_wanted(self, request: HttpRequest) -> None:
        """Read from the body of a write what is wanted. Raises: ScimError, InvalidOperation."""

    def prepare(self, request: HttpRequest, *, is_locked: bool) -> None:
        """Make ready what a write will do: before its transaction, or in it where what is read shall stay as it is.

        Raises: ScimError, InvalidOperation, InvalidAttribute.
        """

    def write_at_once(self, exchange: Exchange) -> HttpResponse | None:  # noqa: ARG002 - for those that can
        """Write at once, by what was read before, all that the transaction would; return the answer, or None where that can't be.

        Raises: ScimError; NotWritten when it did nothing: the next attempt tells why. DatabaseError.
        """
        return None

    def locks_first(self, request: HttpRequest) -> bool:  # noqa: ARG002 - for those that do
        """Whether a write reads nothing before its transaction, since it has to lock what it reads."""
        return False

    def handler_of(self, request: HttpRequest) -> Handler:
        """Return the method that serves this verb. Raises: ScimError method_not_allowed."""
        verb = (request.method or "").lower()
        handler: Handler | None = getattr(self, verb, None) if verb in self.http_method_names else None
        if handler is None:
            error = errors.method_not_allowed(method=(request.method or "")[:20], allowed=self.allowed())
            raise error.with_header("Allow", self.allowed())
        return handler

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ARG002 - as View's
        """Answer which verbs the address offers."""
        return HttpResponse(status=204, headers={"Allow": self.allowed()})

    def allowed(self) -> str:
        """Return the verbs of this address, for the Allow header."""
        return ", ".join(verb.upper() for verb in self.http_method_names if hasattr(self, verb))

    def check_switch(self, token: token_states.TokenState) -> None:
        """Check the switch. Raises: ScimError provisioning_off where the organization's Off closes this endpoint."""
        if self.is_switched and not token.is_on:
            raise errors.provisioning_off(reason=token.status_reason)

    def write(
        self, request: HttpRequest, exchange: Exchange, handle: Callable[[], HttpResponse]
    ) -> HttpResponse:
        """Do all of a change at once, or run its handler and write its entry in one transaction.

        That is tried again when a rival was faster. The first attempt makes ready before it what it can, so that others wait
        for it as shortly as may be. What is refused then is refused before the token is asked about again.
        """
        self.read_wanted(request)
        begun = exchange.outcome
        for attempt in range(1, MOST_ATTEMPTS + 1):
            is_locked = attempt > 1 or self.locks_first(request)
            named = exchange.outcome  # by the attempt before
            exchange.outcome = replace(begun, modified=[], source=named.source, target=named.target)
            try:
                ask_if_idle(connection)
                if not is_locked:
                    self.prepare(request, is_locked=False)
                    if (response := self.write_at_once(exchange)) is not None:
                        return response
                with turn(), transaction.atomic():
                    self.recheck(exchange)
                    if is_locked:
                        self.prepare(request, is_locked=True)
                    response = handle()
                    self.note_change(exchange, response)
            except (DatabaseError, ChangedMeanwhile, NotWritten, LogUnwritable) as error:
                if attempt == MOST_ATTEMPTS or not is_retryable(error):
                    exchange.outcome.action = begun.action  # what it would have been did not happen
                    raise
                if isinstance(error, DatabaseError):
                    connection.close_if_unusable_or_obsolete()
            else:
                return response
        raise errors.unavailable()

    def recheck(self, exchange: Exchange) -> None:
        """Ask again, inside the transaction, whether this token may write. Raises: ScimError."""
        state = token_states.state_of_token(exchange.known_token.token_id)
        if state is None or not state.is_live(exchange.now):
            raise errors.unauthorized()
        self.check_switch(state)

    def note_change(self, exchange: Exchange, response: HttpResponse) -> None:
        """Write the entry of a change, as the last statement of its transaction.

        Raises: LogUnwritable; DatabaseError when the whole transaction may be tried again.
        """
        self.conclude(exchange, response)
        try:
            logs.write(exchange.logged(), exchange.outcome)
        except DatabaseError as error:
            if is_retryable(error):
                raise
            raise LogUnwritable from error

    def conclude(self, exchange: Exchange, response: HttpResponse) -> None:
        """Say in the log what was answered, and how long it took."""
        exchange.outcome.http_status = response.status_code
        exchange.outcome.duration_ms = exchange.elapsed_ms()

    def note_read(self, exchange: Exchange, response: HttpResponse) -> None:
        """Count a read; write an entry when it was Entra's Test Connection."""
        if exchange.outcome.action != Action.TEST_CONNECTION:
            counters.add(self.read_kind, now=exchange.now, organization_id=exchange.organization_id)
            return
        self.conclude(exchange, response)
        write_or_count(exchange)

    def refuse(self, request: HttpRequest, exchange: Exchange, error: errors.ScimError) -> HttpResponse:
        """Answer a refusal, and write its entry after whatever was rolled back."""
        outcome = exchange.outcome
        outcome.status = LogStatus.FAILURE
        outcome.modified = []
        outcome.resource_id = exchange.resource_id
        outcome.http_status = error.problem.status
        outcome.scim_type = error.problem.scim_type
        outcome.error_code = error.problem.code
        outcome.detail = error.detail
        outcome.duration_ms = exchange.elapsed_ms()
        write_or_count(exchange)
        return errors.response_of(error, request)


def write_or_count(exchange: Exchange) -> None:
    """Write an entry that no change depends on; where the log can't be written, count it instead."""
    try:
        is_new = logs.write(exchange.logged(), exchange.outcome)
        kind = None if is_new else RequestKind.REPEATED
    except DatabaseProblem:
        logger.exception("scim:unlogged", request_id=str(exchange.id), code=exchange.outcome.error_code)
        kind = RequestKind.UNLOGGED
    if kind is not None:
        counters.add(kind, now=exchange.now, organization_id=exchange.organization_id)


def refusal_of(error: Exception, exchange: Exchange) -> errors.ScimError:
    """Return what a client is told of an error; of a fault of ours, that it is one, and nothing of it."""
    if isinstance(error, errors.ScimError):
        return error
    if isinstance(error, SuspiciousOperation):
        return errors.invalid_parameter(parameter="The query", form="of fewer parameters")
    if isinstance(error, InvalidAttribute):
        return errors.invalid_value(attribute=error.attribute, reason=error.reason)
    if isinstance(error, InvalidOperation):
        refusal = errors.PATCH_REFUSALS.get(error.scim_type, errors.invalid_value)
        return refusal(attribute=error.attribute, reason=error.reason)
    for kind, refusal in FAULTS.items():
        if isinstance(error, kind):
            fault = refusal()
            logger.error("scim:fault", request_id=str(exchange.id), code=fault.problem.code, exc_info=error)
            return fault
    return errors.internal_error()


def is_retryable(error: Exception) -> bool:
    """Whether the same transaction may well succeed if it is run again."""
    if isinstance(error, ChangedMeanwhile | NotWritten):
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    if state is not None:
        return state in RETRYABLE_STATES
    return any(words in str(error) for words in RETRYABLE_WORDS)


def read_body(request: HttpRequest) -> None:
    """Read a body within its limit, before any transaction is open. Raises: ScimError."""
    limit = settings.SCIM_MAX_BODY_BYTES
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > limit:
        raise errors.body_too_large(limit=str(limit))
    if request.META.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        # Django reads no further than Content-Length says, which such a request does not have.
        request._body = request.META["wsgi.input"].read(limit + 1)  # noqa: SLF001 - where Django keeps it
    try:
        if len(request.body) > limit:
            raise errors.body_too_large(limit=str(limit))
    except UnreadablePostError:
        raise errors.invalid_json(reason="it ended too early") from None


def body_object(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a body. Raises: ScimError."""
    charset = (request.content_params or {}).get("charset", "utf-8").strip('"').lower()
    if request.content_type not in MEDIA_TYPES or charset not in ("utf-8", "utf8"):
        raise errors.unsupported_media_type()
    try:
        return wire.json_object(request.body)
    except ValueError as error:
        raise errors.invalid_json(reason=str(error)) from None


def answer(document: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Return a SCIM document as an answer."""
    return HttpResponse(wire.written(document), content_type=constants.SCIM_CONTENT_TYPE, status=status)
