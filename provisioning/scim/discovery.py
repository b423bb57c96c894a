"""What the service says of itself. Nothing is advertised that does not work.

Registered as django-scim2's SERVICE_PROVIDER_CONFIG_MODEL. Source: RFC 7643 §5.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django_scim.settings import scim_settings

from provisioning.scim.paging import LONGEST_PAGE

SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"


class ServiceProviderConfig:
    """The features of this service."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        self.request = request

    def to_dict(self) -> dict[str, Any]:
        """Return the document."""
        return {
            "schemas": [SCHEMA],
            "patch": {"supported": False},
            "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": True, "maxResults": LONGEST_PAGE},
            "changePassword": {"supported": False},
            "sort": {"supported": False},
            "etag": {"supported": False},
            "authenticationSchemes": scim_settings.AUTHENTICATION_SCHEMES,
            "meta": {
                "resourceType": "ServiceProviderConfig",
                "location": f"{settings.TENANT_URL}/ServiceProviderConfig",
            },
        }
