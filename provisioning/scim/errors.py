"""Every refusal of the SCIM service: one table, from which answers, log entries and documents are made.

Entra shows `detail` to the customer's admin word for word, so it says what is wrong and what to do.
It never holds another tenant's data, an exception's text, or what the client sent but a short name.
Source: RFC 7644 §3.12 (Error responses), RFC 6750 §3 (WWW-Authenticate).
"""

import json
from dataclasses import dataclass, replace
from typing import Final, Self

from django.http import HttpRequest, HttpResponse
from django_scim import constants
from django_scim.exceptions import SCIMException
from django_scim.settings import scim_settings

RETRY_AFTER_SECONDS: Final = 5


@dataclass(frozen=True)
class Problem:
    """One row of the table. `code` never changes; `sentence` and `remedy` may hold {facts}."""

    code: str
    status: int
    scim_type: str
    sentence: str
    remedy: str

    def __call__(self, **facts: str) -> "ScimError":
        """Return the error to raise, with the facts filled in."""
        return ScimError(
            replace(self, sentence=self.sentence.format(**facts), remedy=self.remedy.format(**facts))
        )


class ScimError(SCIMException):  # type: ignore[misc]  # django-scim2 carries no types
    """A refusal on its way to the client. Raised by whoever refuses, rendered by the engine."""

    def __init__(self, problem: Problem, **headers: str) -> None:
        self.problem = problem
        self.headers = headers
        super().__init__(
            f"{problem.sentence} {problem.remedy}".strip(), status=problem.status, scim_type=problem.scim_type
        )

    def with_header(self, name: str, value: str) -> Self:
        """Add a header to the answer."""
        self.headers[name] = value
        return self

    def to_dict(self) -> dict[str, object]:
        """Return the body of RFC 7644 §3.12: `status` is a string there."""
        body: dict[str, object] = {
            "schemas": [constants.SchemaURI.ERROR],
            "status": str(self.problem.status),
            "detail": self.detail,
        }
        if self.problem.scim_type:
            body["scimType"] = self.problem.scim_type
        return body


unauthorized = Problem(
    "unauthorized",
    401,
    "",
    "The bearer token is missing, unknown, expired or revoked.",
    "Ask your customer success manager for a new token and paste it into Secret Token under "
    "Provisioning > Admin Credentials in Entra, then press Test Connection.",
)
provisioning_off = Problem(
    "provisioning_off",
    403,
    "",
    "Provisioning is turned off for your organization: {reason}",
    "Nothing was changed. Ask your customer success manager to turn it on, then choose Restart "
    "provisioning in Entra.",
)
not_found = Problem(
    "not_found",
    404,
    "",
    "There is no such {resource} in your organization.",
    "If Entra goes on asking for it, choose Restart provisioning there, so that it matches anew.",
)
no_such_endpoint = Problem(
    "no_such_endpoint",
    404,
    "",
    "There is nothing at this address.",
    "Check the Tenant URL in Entra: it ends in /scim/v2, with nothing behind it.",
)
method_not_allowed = Problem(
    "method_not_allowed",
    405,
    "",
    "{method} is not possible at this address; {allowed} are.",
    "Check the attribute mappings and the provisioning actions in Entra.",
)
user_name_taken = Problem(
    "user_name_taken",
    409,
    "uniqueness",
    "Another user of your organization has this userName, whatever its spelling; it may be disabled.",
    "Match on userName in Entra's attribute mappings, or give one of the two another user principal name.",
)
body_too_large = Problem(
    "body_too_large",
    413,
    "",
    "The body is larger than {limit} bytes.",
    "Send fewer members or operations in one request.",
)
address_too_long = Problem(
    "address_too_long",
    414,
    "",
    "The address is longer than {limit} bytes.",
    "Use a shorter filter, or send it as POST to /.search.",
)
unsupported_media_type = Problem(
    "unsupported_media_type",
    415,
    "",
    "The body must be application/scim+json or application/json in UTF-8.",
    "Set the Content-Type header of the client accordingly.",
)
invalid_json = Problem(
    "invalid_json",
    400,
    "invalidSyntax",
    "The body can't be read: {reason}.",
    "Send one JSON object (RFC 7644 §3.3).",
)
invalid_value = Problem(
    "invalid_value",
    400,
    "invalidValue",
    "{attribute} can't be stored: {reason}.",
    "Correct the value of the attribute in Entra, or its mapping under Provisioning > Mappings.",
)
invalid_filter = Problem(
    "invalid_filter",
    400,
    "invalidFilter",
    "The filter can't be answered: {reason}.",
    "Match on userName, externalId or the work e-mail address in Entra's attribute mappings.",
)
invalid_parameter = Problem(
    "invalid_parameter",
    400,
    "invalidValue",
    "{parameter} must be {form}.",
    "Leave it out, or send it so (RFC 7644 §3.4.2).",
)
display_name_taken = Problem(
    "display_name_taken",
    409,
    "uniqueness",
    "Another group of your organization has this displayName, whatever its spelling.",
    "Rename one of the two groups in Entra, or take one of them out of scope.",
)
unknown_member = Problem(
    "unknown_member",
    400,
    "invalidValue",
    "members can't be stored: one of them is no user of your organization.",
    "Assign the member to the application too, so that Entra provisions them first; then the group follows.",
)
precondition_failed = Problem(
    "precondition_failed",
    412,
    "",
    "The resource has changed since the version that If-Match names.",
    "Read it again and repeat the change, or send no If-Match.",
)
already_there = Problem(
    "already_there",
    412,
    "",
    "The resource is there already, in a version that If-None-Match names.",
    "Send the change without If-None-Match.",
)
invalid_syntax = Problem(
    "invalid_syntax",
    400,
    "invalidSyntax",
    "{attribute} can't be read: {reason}.",
    "Send a PatchOp message (RFC 7644 §3.5.2).",
)
invalid_path = Problem(
    "invalid_path",
    400,
    "invalidPath",
    "{attribute} can't be changed: {reason}.",
    "Correct the target attribute under Provisioning > Mappings in Entra.",
)
invalid_path_filter = Problem(
    "invalid_path_filter",
    400,
    "invalidFilter",
    "{attribute} can't be changed: {reason}.",
    "Correct the filter in the target attribute under Provisioning > Mappings in Entra.",
)
no_target = Problem(
    "no_target",
    400,
    "noTarget",
    "{attribute} can't be changed: {reason}.",
    "Correct the target attribute under Provisioning > Mappings in Entra.",
)
mutability = Problem(
    "mutability",
    400,
    "mutability",
    "{attribute}: {reason}.",
    "Take the attribute out of the mappings in Entra, or give it a value that is never empty.",
)
too_many = Problem(
    "too_many",
    400,
    "tooMany",
    "{attribute} can't be changed: {reason}.",
    "Send the change in several requests.",
)
PATCH_PROBLEMS = {
    problem.scim_type: problem
    for problem in (
        invalid_syntax,
        invalid_path,
        invalid_path_filter,
        no_target,
        mutability,
        too_many,
        invalid_value,
    )
}
filter_forbidden = Problem(
    "filter_forbidden",
    403,
    "",
    "The description of this service can't be filtered.",
    "Leave the filter out (RFC 7644 §4).",
)
forged_host = Problem(
    "forged_host",
    400,
    "",
    "The Host header names a host that this service does not answer for.",
    "Use the Tenant URL as your customer success manager gave it.",
)
internal_error = Problem(
    "internal_error",
    500,
    "",
    "Something went wrong on our side, and nothing was changed.",
    "Entra tries again by itself. If it lasts, tell your customer success manager the time.",
)
not_implemented = Problem(
    "not_implemented",
    501,
    "",
    "This part of SCIM is not offered here.",
    "ServiceProviderConfig says what is; Entra needs nothing else.",
)
unavailable = Problem(
    "unavailable",
    503,
    "",
    "The service is busy or its database can't be reached, and nothing was changed.",
    "Entra tries again by itself; there is nothing to do.",
)
log_unavailable = Problem(
    "log_unavailable",
    503,
    "",
    "The provisioning log can't be written, so nothing was changed.",
    "Entra tries again by itself; there is nothing to do.",
)


def response_of(error: ScimError, request: HttpRequest) -> HttpResponse:
    """Return the answer that tells a refusal."""
    response = HttpResponse(
        "" if request.method == "HEAD" else json.dumps(error.to_dict(), ensure_ascii=False),
        content_type=constants.SCIM_CONTENT_TYPE,
        status=error.problem.status,
        headers=error.headers,
    )
    if error.problem.status == unauthorized.status:
        response["WWW-Authenticate"] = scim_settings.WWW_AUTHENTICATE_HEADER
    if error.problem.status == unavailable.status:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
