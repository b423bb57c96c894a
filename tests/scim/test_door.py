"""The SCIM door of the WSGI application: what never reaches a view is told as SCIM too."""

import io
import json
from typing import Any
from urllib.parse import quote
from wsgiref.util import setup_testing_defaults

import pytest

from accounts.models import Organization
from hootprov import wsgi
from provisioning.tokens import IssuedToken
from tests.factories import ERROR_SCHEMA, make_member


def call(path: str, *, secret: str = "", **environ: str) -> tuple[int, dict[str, str], Any]:
    """Call the WSGI application as a server does; return status, headers and decoded body."""
    address, _, query = path.partition("?")
    variables: dict[str, Any] = {"PATH_INFO": address, "QUERY_STRING": query, "wsgi.input": io.BytesIO()}
    setup_testing_defaults(variables)
    variables |= {"HTTP_AUTHORIZATION": f"Bearer {secret}", "HTTP_HOST": "testserver", **environ}
    started: list[Any] = []
    body = b"".join(wsgi.application(variables, lambda status, headers: started.extend([status, headers])))
    return int(started[0].split()[0]), dict(started[1]), json.loads(body) if body else None


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the connection, in whose transaction the test runs, when a request begins."""
    monkeypatch.setattr(wsgi, "close_old_connections", lambda: None)


@pytest.mark.parametrize("charset", ["base64", "rot13", "utf-16", "nonsense", "hex"])
def test_what_a_client_calls_its_charset_decides_nothing(
    acme: Organization, acme_token: IssuedToken, charset: str
) -> None:
    make_member(acme, "amelie@acme.example")
    path = "/scim/v2/Users?filter=userName%20eq%20%22nobody%22"
    media_type = f"application/json; charset={charset}"

    status, _, body = call(path, secret=acme_token.secret, CONTENT_TYPE=media_type)

    assert (status, body["totalResults"]) == (200, 0), body


@pytest.mark.parametrize("charset", ["base64", "utf-16"])
def test_a_stranger_with_a_strange_charset_is_refused_like_any_other(db: None, charset: str) -> None:
    status, headers, body = call("/scim/v2/Users?filter=x", CONTENT_TYPE=f"text/plain; charset={charset}")

    assert (status, body["schemas"], body["status"]) == (401, [ERROR_SCHEMA], "401")
    assert headers["Content-Type"] == "application/scim+json"


def test_an_address_with_too_many_parameters_is_refused(acme_token: IssuedToken) -> None:
    status, _, body = call("/scim/v2/Users?" + "a&" * 1500, secret=acme_token.secret)

    assert (status, body["status"], body["scimType"]) == (400, "400", "invalidValue")


@pytest.mark.parametrize("query", [r'userName eq "\ud800"', r'userName eq "\u0000"'])
def test_a_text_that_no_database_keeps_is_refused_in_a_filter(acme_token: IssuedToken, query: str) -> None:
    status, _, body = call(f"/scim/v2/Users?filter={quote(query)}", secret=acme_token.secret)

    assert (status, body["scimType"]) == (400, "invalidFilter")


def test_an_address_outside_of_the_mount_is_told_as_scim(db: None) -> None:
    status, headers, body = call("/scim/v1/Users")

    assert (status, body["status"]) == (404, "404")
    assert headers["Content-Type"] == "application/scim+json"


def test_a_page_takes_the_other_door(db: None) -> None:
    status, headers, _ = call("/admin/")

    assert status == 302
    assert headers["Location"].startswith("/admin/login/")
