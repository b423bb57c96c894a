"""Who did something in a console: what the history writes down."""

from django.http import HttpRequest

from accounts.addresses import client_address
from accounts.admin.access import visit_of
from provisioning.history import Actor


def actor_of(request: HttpRequest) -> Actor:
    """Return the operator who asks, with the address they ask from."""
    return Actor.of(visit_of(request).operator, address=client_address(request))
