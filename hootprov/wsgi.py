"""The WSGI application: two doors into one URLconf.

A page passes the whole middleware chain; a SCIM request has no session, no cookie and no form, so
it takes a chain of its own that is empty (sessions, CSRF and sign-in cost it about 1 ms).
"""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import django
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

from provisioning import traffic

# Threads take turns ten times as often as usual: one that holds a lock of the database must not wait for long.
SWITCH_SECONDS = 0.0005

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
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class PageHandler(WSGIHandler):
    """The whole middleware chain, for whatever a person opens."""

    request_class = Request


class ScimHandler(WSGIHandler):
    """Django's handler without any middleware: provisioning/scim/ does its own checks and headers."""

    request_class = Request

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
        return scim(environ, start_response)
    finally:
        traffic.end()
