"""What no view has caught: a SCIM error under /scim/, a problem document under /api/, Django's plain page elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from provisioning.api import problems as api
from provisioning.scim import errors as scim


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request whose Host or form Django refused."""
    if request.path.startswith("/scim/"):
        return scim.response_of(scim.forged_host(), request)
    if request.path.startswith("/api/"):
        return api.answer(api.unknown_host)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that does not exist."""
    if request.path.startswith("/scim/"):
        return scim.response_of(scim.no_such_endpoint(), request)
    if request.path.startswith("/api/"):
        return api.answer(api.not_found)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for a fault of ours."""
    if request.path.startswith("/scim/"):
        return scim.response_of(scim.internal_error(), request)
    if request.path.startswith("/api/"):
        return api.answer(api.internal_error)
    return defaults.server_error(request)
