"""Every refusal of the API: one table, from which answers and the page that explains them are made.

An answer is a problem document; its `type` is the address of its line on that page, and its `remedy` says what to
do. Nothing in it holds an exception's text or anything of another organization. Source: RFC 9457.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import Error as DatabaseProblem
from django.http import Http404, HttpResponse
from rest_framework import exceptions

from accounts.errors import AccountsError, ChangedMeanwhile
from provisioning.errors import (
    ExportRunning,
    InvalidLabel,
    NothingToDo,
    ProvisioningError,
    ReasonMissing,
    RecipientRefused,
    TokenNotLive,
    UnknownToken,
    WebhookRefused,
)

logger = structlog.get_logger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
RETRY_AFTER_SECONDS: Final = 30
QUERY: Final = "query"
REALM: Final = 'Bearer realm="HootProv API"'


@dataclass(frozen=True)
class Problem:
    """One row of the table. `slug` never changes; `detail` is said where nothing more precise is known."""

    slug: str
    status: int
    title: str
    detail: str
    remedy: str

    @property
    def type(self) -> str:
        """The address of what explains it."""
        return f"{settings.BASE_URL}/api/docs/problems/#{self.slug}"

    def body(self, detail: str = "") -> dict[str, Any]:
        """Return the problem document. `remedy` is an extension member (RFC 9457 §3.2)."""
        return {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": detail or self.detail,
            "remedy": self.remedy,
        }


malformed = Problem(
    "malformed",
    400,
    "The body can't be read",
    "The body is no JSON object.",
    "Send a JSON object in UTF-8: no NaN, no name twice, no more than 20 levels and 64 KiB.",
)
invalid = Problem(
    "invalid",
    400,
    "A value is not valid",
    "A value is not valid; `errors` says which.",
    "Correct what `errors` names: a `pointer` is into the body (RFC 6901), a `parameter` is of the query.",
)
unknown_host = Problem(
    "unknown-host",
    400,
    "The request names another host",
    "The Host header names another host than this service.",
    "Call the service by its own address.",
)
unauthorized = Problem(
    "unauthorized",
    401,
    "Nobody is known by these credentials",
    "The API key is missing, unknown, expired or revoked.",
    "Send `Authorization: Bearer hpk_…` with a live API key. A SCIM token (hpt_…) opens nothing here.",
)
forbidden = Problem(
    "forbidden",
    403,
    "Not allowed",
    "You may not do this.",
    "Use an API key with the scope that `detail` names, or ask for one. A browser's session needs its CSRF "
    "token in the X-CSRFToken header for anything but a GET.",
)
not_found = Problem(
    "not-found",
    404,
    "There is no such thing",
    "There is nothing at this address.",
    "Check the address. What another organization owns is not there for you.",
)
method_not_allowed = Problem(
    "method-not-allowed",
    405,
    "The address does not take this method",
    "This address does not take this method; the Allow header says which it takes.",
    "Use one of the methods of the Allow header.",
)
not_acceptable = Problem(
    "not-acceptable",
    406,
    "No such representation",
    "There is no representation of this that the Accept header allows.",
    "Accept application/json; an export has the media type of its format.",
)
conflict = Problem(
    "conflict",
    409,
    "It can't be done as things are",
    "What was asked for does not fit how things are now.",
    "Read how things are, and decide again.",
)
position_ahead = Problem(
    "position-ahead",
    409,
    "The log does not reach that far",
    "The log ends before that position.",
    "Look whether it is the organization that the position is of. If it is, the service was restored from a backup: "
    "read the log again from an entry that you know, by `since`, and go on after its position.",
)
too_large = Problem(
    "too-large",
    413,
    "The body is too large",
    "The body is larger than 64 KiB.",
    "Send less at once.",
)
unsupported_media_type = Problem(
    "unsupported-media-type",
    415,
    "The body is of a type that is not taken",
    "The body must be application/json.",
    "Send `Content-Type: application/json`.",
)
too_many_requests = Problem(
    "too-many-requests",
    429,
    "Too many requests",
    "Too many requests in a short time.",
    "Wait for as many seconds as the Retry-After header says.",
)
export_running = Problem(
    "export-running",
    429,
    "Another export is running",
    "Another export is running; one at a time is served.",
    "Wait for as many seconds as the Retry-After header says, and go on after the last position you have.",
)
internal_error = Problem(
    "internal-error",
    500,
    "A fault of ours",
    "Something went wrong here.",
    "Try again; if it lasts, report the time of the request.",
)
unavailable = Problem(
    "unavailable",
    503,
    "Unavailable for the moment",
    "The database can't be reached at the moment. Nothing was changed.",
    "Wait for as many seconds as the Retry-After header says.",
)

EVERY: Final = tuple(each for each in list(vars().values()) if isinstance(each, Problem))
BY_STATUS: Final = {each.status: each for each in reversed(EVERY)}
# Refusals of operations: their message is a sentence for whoever asked. Every other one is an invalid value.
REFUSALS: Final[dict[type[Exception], Problem]] = {
    UnknownToken: not_found,
    TokenNotLive: conflict,
    RecipientRefused: conflict,
    NothingToDo: conflict,
    WebhookRefused: conflict,
    ChangedMeanwhile: conflict,
    ExportRunning: export_running,
}
# Where in the body the value stands that an operation finds invalid; it is the body as a whole where none is named.
POINTERS: Final[dict[type[Exception], str]] = {InvalidLabel: "#/label", ReasonMissing: "#/reason"}


class Refused(exceptions.APIException):
    """A refusal on its way to the client. `errors` are {"detail", and "pointer" or "parameter"}."""

    def __init__(
        self, problem: Problem, detail: str = "", *, errors: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(detail or problem.detail)
        self.problem = problem
        self.status_code = problem.status
        self.errors = errors or []


def answer(problem: Problem, detail: str = "", *, errors: list[dict[str, str]] | None = None) -> HttpResponse:
    """Return a problem document as an answer."""
    body = problem.body(detail) | ({"errors": errors} if errors else {})
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY}
    if problem is unauthorized:
        headers["WWW-Authenticate"] = REALM
    if problem in {export_running, unavailable}:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        content_type=CONTENT_TYPE,
        status=problem.status,
        headers=headers,
    )


def answer_to(error: Exception, _context: dict[str, Any]) -> HttpResponse | None:
    """Return what to answer to an error in a view; None for a fault of ours. Registered with REST framework."""
    if isinstance(error, Refused):
        return answer(error.problem, str(error.detail), errors=error.errors)
    if isinstance(error, ProvisioningError | AccountsError):
        return answer_to_operation(error)
    if isinstance(error, exceptions.ValidationError):
        where = getattr(error, "where", "body")
        return answer(invalid, errors=list(flat(error.detail, where=where)))
    if isinstance(error, DatabaseProblem):
        logger.error("api:unavailable", exc_info=error)
        return answer(unavailable)
    return answer_to_framework(error)


def answer_to_operation(error: Exception) -> HttpResponse:
    """Return what to answer where an operation has refused: its own sentence, and for a value where that stands."""
    problem = REFUSALS.get(type(error), invalid)
    where = [{"detail": str(error), "pointer": POINTERS.get(type(error), "#")}]
    return answer(problem, str(error), errors=where if problem is invalid else None)


def answer_to_framework(error: Exception) -> HttpResponse | None:
    """Return what to answer to an error of Django's or of REST framework's; None for any other."""
    if isinstance(error, Http404):
        return answer(not_found)
    if isinstance(error, PermissionDenied):
        return answer(forbidden)
    if isinstance(error, RequestDataTooBig):
        return answer(too_large)
    if isinstance(error, exceptions.ParseError):
        return answer(malformed)
    if not isinstance(error, exceptions.APIException):
        return None
    says_more = isinstance(error, exceptions.PermissionDenied)
    response = answer(
        BY_STATUS.get(error.status_code, internal_error), str(error.detail) if says_more else ""
    )
    seconds: float | None = getattr(error, "wait", None)  # of a throttled request
    if seconds is not None:
        response["Retry-After"] = str(max(math.ceil(seconds), 1))
    return response


def flat(detail: Any, *, where: str, path: str = "") -> Iterator[dict[str, str]]:
    """Yield each error of a serializer or filter with where it is."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            deeper = path if name == "non_field_errors" else f"{path}/{name}"
            yield from flat(inner, where=where, path=deeper)
    elif isinstance(detail, list):
        for inner in detail:
            yield from flat(inner, where=where, path=path)
    elif where == QUERY:
        yield {"detail": str(detail), "parameter": path.strip("/")}
    else:
        yield {"detail": str(detail), "pointer": f"#{path}"}
