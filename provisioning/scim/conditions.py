"""Preconditions of a request by entity tag. Demanded by nobody: Entra sends none.

Source: RFC 9110 §13.1 (weak comparison, for the tags are weak), RFC 7644 §3.14.
"""

from django.http import HttpRequest

from provisioning.scim import errors


def are_given(request: HttpRequest) -> bool:
    """Whether a request has any."""
    return bool(request.META.get("HTTP_IF_MATCH") or request.META.get("HTTP_IF_NONE_MATCH"))


def check_preconditions(request: HttpRequest, etag: str) -> None:
    """Refuse a change of something that is not what the client saw, or that it saw already. Raises: ScimError."""
    wanted = request.META.get("HTTP_IF_MATCH", "")
    if wanted and not matches(wanted, etag):
        raise errors.precondition_failed().with_header("ETag", etag)
    if is_not_modified(request, etag):
        raise errors.already_there().with_header("ETag", etag)


def is_not_modified(request: HttpRequest, etag: str) -> bool:
    """Whether the client has what it asks for already."""
    known = request.META.get("HTTP_IF_NONE_MATCH", "")
    return bool(known) and matches(known, etag)


def matches(tags: str, etag: str) -> bool:
    """Whether a list of entity tags holds one, or is `*`."""
    if tags.strip() == "*":
        return True
    return etag.removeprefix("W/") in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
