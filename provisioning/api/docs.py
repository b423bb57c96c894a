"""The pages that describe the API: its OpenAPI documents in Swagger UI, served by ourselves, and its problems.

They need no sign-in: what the API is like is no secret. Calls from the page are made with the API key that
is entered there, or as whoever is signed in to a console.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from accounts.admin.strict import strict
from provisioning.api import problems, schema

# Swagger UI styles by attributes, and has icons in its stylesheet; no inline script and no eval.
POLICY: Final = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


def read_only(view: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Serve what is only read; any other method is refused by a problem document, before a CSRF token is asked for."""

    @csrf_exempt
    @wraps(view)
    def served(request: HttpRequest) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"}:
            return view(request)
        refused = problems.answer(problems.method_not_allowed)
        refused["Allow"] = "GET, HEAD"
        return refused

    return served


@read_only
def openapi(_request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document of the API."""
    return HttpResponse(schema.document(), content_type="application/json")


def page(request: HttpRequest, *, title: str, document: str, other: dict[str, Any]) -> HttpResponse:
    """Return Swagger UI for a document."""
    context = {"title": title, "document": document, "other": other, "csrf_token_value": get_token(request)}
    return render(request, "api/docs.html", context)


@read_only
@csp(POLICY)
def api(request: HttpRequest) -> HttpResponse:
    """Describe the management API."""
    other = {"url": reverse("api:docs-scim"), "title": "The SCIM endpoints"}
    return page(request, title="Management API", document=reverse("api:openapi"), other=other)


@read_only
@csp(POLICY)
def scim(request: HttpRequest) -> HttpResponse:
    """Describe the SCIM endpoints."""
    other = {"url": reverse("api:docs"), "title": "The management API"}
    return page(request, title="SCIM endpoints", document="/api/openapi-scim.json", other=other)


@read_only
@strict
def explain(request: HttpRequest) -> HttpResponse:
    """Explain every problem that the API answers."""
    return render(request, "api/problems.html", {"problems": problems.EVERY})
