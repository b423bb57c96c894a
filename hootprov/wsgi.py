"""The WSGI application: two doors into one URLconf.

A page passes the whole middleware chain; a SCIM request has no session, no cookie and no form, so
it takes a chain of its own that is empty (sessions, CSRF and sign-in cost it about 1 ms).
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import django
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest, get_script_name
from django.db import close_old_connections
from django.urls import set_script_prefix
from django.utils.http import parse_header_parameters

from provisioning import traffic

# Threads take turns ten times as often as usual: one that holds a lock of the database must not wait for long.
SWITCH_SECONDS = 0.0005
MOST_MEDIA_TYPES = 100

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hootprov.settings.development")
sys.setswitchinterval(SWITCH_SECONDS)
django.setup(set_prefix=False)


class Request(WSGIRequest):
    """Django's request, but what a client calls its encoding never decides how an address is read.

    Django would read a query by the charset of the Content-Type, and fail before any handler for one
    it does not know.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Read the media type and leave the encoding as it is."""
        self.content_type, parameters = media_type(meta.get("CONTENT_TYPE", ""))
        self.content_params = dict(parameters)


@lru_cache(MOST_MEDIA_TYPES)
def media_type(header: str) -> tuple[str, Mapping[str, str]]:
    """Return a media type and its parameters."""
    return parse_header_parameters(header)


class PageHandler(WSGIHandler):
    """The whole middleware chain, for whatever a person opens."""

    request_class = Request


class ScimHandler(WSGIHandler):
    """Django's handler without middleware and signals: provisioning/scim/ does its own checks and headers.

    Of what hears that a request begins or ends, SCIM needs only that a connection is closed that is of no more use.
    """

    request_class = Request

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer a request; every answer here is a whole one."""
        set_script_prefix(get_script_name(environ))
        close_old_connections()
        response = self.get_response(self.request_class(environ))
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.getvalue()]

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: ARG002, FBT - Django's signature
        """Build an empty chain around the view."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]  # Django's own


pages = PageHandler()
scim = ScimHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send `/scim/…` through the SCIM door and everything else through that of the pages."""
    if not environ["PATH_INFO"].startswith("/scim/"):
        return pages(environ, start_response)
    traffic.begin()
    try:
        answered: Iterable[bytes] = scim(environ, start_response)
        return answered
    finally:
        traffic.end()
