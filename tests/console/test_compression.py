"""Pages and static text leave compressed; what must survive an attack, and what streams, does not."""

import gzip

from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from hootprov.compression import Compression
from provisioning.tokens import IssuedToken

GZIP = {"Accept-Encoding": "gzip, br"}
STYLES = "/static/unfold/css/styles.css"


def test_a_page_is_compressed(console: Client) -> None:
    answer = console.get("/admin/", headers=GZIP)

    assert answer["Content-Encoding"] == "gzip"
    assert b"Overview" in gzip.decompress(answer.content)


def test_a_page_is_readable_without(console: Client) -> None:
    assert "Overview" in console.get("/admin/").text


def test_the_page_of_a_secret_is_not_compressed(console: Client, acme_token: IssuedToken) -> None:
    page = reverse("admin:issue_token", args=[acme_token.token.organization_id])
    form = {"label": "Entra production", "lifetime_days": 30}

    answer = console.post(page, form, follow=True, headers=GZIP)

    assert "hpt_" in answer.text
    assert "Content-Encoding" not in answer.headers


def test_the_sign_in_is_not_compressed(client: Client, db: None) -> None:
    assert "Content-Encoding" not in client.get("/admin/login/", headers=GZIP).headers


def test_a_static_file_is_compressed_and_known_again(client: Client) -> None:
    answer = client.get(STYLES, headers=GZIP)
    known = {"If-Modified-Since": answer["Last-Modified"]}
    again = client.get(STYLES, headers=GZIP | known)

    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.getvalue()) < 60_000
    assert "ETag" not in answer.headers
    assert (again.status_code, again.getvalue()) == (304, b"")


def test_a_font_is_left_as_it_is(client: Client) -> None:
    answer = client.get("/static/unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2", headers=GZIP)

    assert "Content-Encoding" not in answer.headers
    assert len(answer.getvalue()) < 20_000


def test_an_export_streams_as_it_is() -> None:
    request = RequestFactory().get("/admin/export/", headers=GZIP)
    export = StreamingHttpResponse([b"a,b\n" * 200], content_type="text/csv")

    answer = Compression(lambda _request: export).process_response(request, export)

    assert "Content-Encoding" not in answer.headers
