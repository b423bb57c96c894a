"""Which answers leave compressed: pages and static text, and nothing that must survive an attack.

Who can make a browser fetch a page again and again with a guess in it can read from its compressed
length what stands beside the guess (BREACH). Django's middleware blurs lengths and masks the CSRF
token; the pages under the strict policy, the secret among them, are not compressed at all.
"""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")


class Compression(GZipMiddleware):
    """Django's compression, for what may have it.

    An export streams uncompressed, at the pace of its reader; a static file of production is
    already compressed when it gets here, by whitenoise.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress an answer if it may be and the browser can read it so."""
        if not may_be_compressed(request, response):
            return response
        response = super().process_response(request, response)
        if response.streaming and response.has_header("Content-Encoding"):
            # Django has weakened it, and whitenoise would not know it again; the file's time remains.
            del response.headers["ETag"]
        return response


def may_be_compressed(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether an answer is text, whole, and holds nothing to guess at."""
    if response.streaming and not request.path.startswith(settings.STATIC_URL):
        return False
    return (
        request.method == "GET"
        and response.status_code == HTTPStatus.OK
        and response.headers.get("Content-Type", "").startswith(COMPRESSIBLE)
        and not hasattr(response, "_csp_config")  # django-csp's mark of a page with a policy of its own
    )
