"""The WSGI application: two doors into one URLconf.

A page passes the whole middleware chain; a SCIM request has no session, no cookie and no form, so
it takes a chain of its own that is empty (sessions, CSRF and sign-in cost it about 1 ms).
"""

import os
from collections.abc import Callable, Iterable
from typing import Any

import django
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hootprov.settings.development")
django.setup(set_prefix=False)


class ScimHandler(WSGIHandler):
    """Django's handler without any middleware: provisioning/scim/ does its own checks and headers."""

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: ARG002, FBT - Django's signature
        """Build an empty chain around the view."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined]  # Django's own


pages = WSGIHandler()
scim = ScimHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Send `/scim/…` through the SCIM door and everything else through that of the pages."""
    handler = scim if environ["PATH_INFO"].startswith("/scim/") else pages
    return handler(environ, start_response)
