"""The refusals of `provisioning.problems` on their way to a SCIM client: raised here, answered here.

Nothing that is answered holds another tenant's data, an exception's text, or what the client sent but a
short name. Source: RFC 7644 §3.12 (Error responses), RFC 6750 §3 (WWW-Authenticate).
"""

import json
from dataclasses import dataclass
from typing import Final, Self

from django.http import HttpRequest, HttpResponse
from django_scim import constants
from django_scim.exceptions import SCIMException
from django_scim.settings import scim_settings

from provisioning import problems
from provisioning.problem import Problem, error_body

RETRY_AFTER_SECONDS: Final = 5


class ScimError(SCIMException):  # type: ignore[misc]  # django-scim2 carries no types
    """A refusal on its way to the client. Raised by whoever refuses, rendered by the engine."""

    def __init__(self, problem: Problem, **headers: str) -> None:
        self.problem = problem
        self.headers = headers
        super().__init__(problem.detail, status=problem.status, scim_type=problem.scim_type)

    def with_header(self, name: str, value: str) -> Self:
        """Add a header to the answer."""
        self.headers[name] = value
        return self

    def to_dict(self) -> dict[str, object]:
        """Return the body of RFC 7644 §3.12."""
        problem = self.problem
        return error_body(status=problem.status, scim_type=problem.scim_type, detail=self.detail)


@dataclass(frozen=True)
class Refusal:
    """A row of the table, to be raised with its facts."""

    problem: Problem

    def __call__(self, **facts: str) -> ScimError:
        """Return the error to raise, with the facts filled in."""
        return ScimError(self.problem.about(**facts))


unauthorized = Refusal(problems.unauthorized)
provisioning_off = Refusal(problems.provisioning_off)
not_found = Refusal(problems.not_found)
no_such_endpoint = Refusal(problems.no_such_endpoint)
method_not_allowed = Refusal(problems.method_not_allowed)
user_name_taken = Refusal(problems.user_name_taken)
body_too_large = Refusal(problems.body_too_large)
address_too_long = Refusal(problems.address_too_long)
unsupported_media_type = Refusal(problems.unsupported_media_type)
invalid_json = Refusal(problems.invalid_json)
invalid_value = Refusal(problems.invalid_value)
invalid_filter = Refusal(problems.invalid_filter)
invalid_parameter = Refusal(problems.invalid_parameter)
invalid_cursor = Refusal(problems.invalid_cursor)
expired_cursor = Refusal(problems.expired_cursor)
invalid_count = Refusal(problems.invalid_count)
display_name_taken = Refusal(problems.display_name_taken)
unknown_member = Refusal(problems.unknown_member)
precondition_failed = Refusal(problems.precondition_failed)
already_there = Refusal(problems.already_there)
invalid_syntax = Refusal(problems.invalid_syntax)
invalid_path = Refusal(problems.invalid_path)
invalid_path_filter = Refusal(problems.invalid_path_filter)
no_target = Refusal(problems.no_target)
mutability = Refusal(problems.mutability)
too_many = Refusal(problems.too_many)
filter_forbidden = Refusal(problems.filter_forbidden)
forged_host = Refusal(problems.forged_host)
internal_error = Refusal(problems.internal_error)
not_implemented = Refusal(problems.not_implemented)
unavailable = Refusal(problems.unavailable)
log_unavailable = Refusal(problems.log_unavailable)
PATCH_REFUSALS = {
    refusal.problem.scim_type: refusal
    for refusal in (
        invalid_syntax,
        invalid_path,
        invalid_path_filter,
        no_target,
        mutability,
        too_many,
        invalid_value,
    )
}


def response_of(error: ScimError, request: HttpRequest) -> HttpResponse:
    """Return the answer that tells a refusal."""
    response = HttpResponse(
        "" if request.method == "HEAD" else json.dumps(error.to_dict(), ensure_ascii=False),
        content_type=constants.SCIM_CONTENT_TYPE,
        status=error.problem.status,
        headers=error.headers,
    )
    if error.problem.status == problems.unauthorized.status:
        response["WWW-Authenticate"] = scim_settings.WWW_AUTHENTICATE_HEADER
    if error.problem.status == problems.unavailable.status:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
