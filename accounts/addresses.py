"""Where a request came from: what SCIM's log shows, and by what failed sign-ins are counted."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the address the request came from; None where that is no address (a Unix socket).

    Behind proxies of ours it is the one the outermost of them saw: what a client itself writes into
    X-Forwarded-For stands further left and is not believed.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        seen = [each.strip() for each in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        address = seen[-settings.TRUSTED_PROXIES] if len(seen) >= settings.TRUSTED_PROXIES else address
    try:
        return str(ip_address(address))
    except ValueError:
        return None
