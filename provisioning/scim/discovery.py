"""What the service says of itself, made from the classes that validate. Nothing is advertised that does not work.

Registered as django-scim2's SERVICE_PROVIDER_CONFIG_MODEL and SCHEMAS_GETTER. Source: RFC 7643 §5 to §7, RFC 9865 §4.
"""

from copy import deepcopy
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django_scim.settings import scim_settings

from provisioning.scim.queries import CURSOR_SECONDS, DEFAULT_PAGE, LONGEST_PAGE
from provisioning.scim.resources import IGNORED, EnterpriseUser, Group, User

CORE = "urn:ietf:params:scim:schemas:core:2.0"
# What the standard describes, but is nobody's business here.
HIDDEN = frozenset({"password"}) & IGNORED
# A `display` in the description of an e-mail address confuses the Test Schema of Entra's portal, and none of
# its mappings names it. It is kept all the same when it is sent.
UNDESCRIBED_PARTS = {"emails": "display"}
# Common to every resource (RFC 7643 §3.1) and thus in no schema of the standard; but Entra holds its mappings
# against the schemas, and externalId is in them.
EXTERNAL_ID = {
    "name": "externalId",
    "type": "string",
    "multiValued": False,
    "description": "The identifier of the resource at the client.",
    "required": False,
    "caseExact": True,
    "mutability": "readWrite",
    "returned": "default",
    "uniqueness": "none",
}


class ServiceProviderConfig:
    """The features of this service."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        self.request = request

    def to_dict(self) -> dict[str, Any]:
        """Return the document."""
        return {
            "schemas": [f"{CORE}:ServiceProviderConfig"],
            "patch": {"supported": True},
            "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": True, "maxResults": LONGEST_PAGE},
            "changePassword": {"supported": False},
            "sort": {"supported": True},
            "etag": {"supported": True},
            "pagination": {
                "cursor": True,
                "index": True,
                "defaultPaginationMethod": "index",
                "defaultPageSize": DEFAULT_PAGE,
                "maxPageSize": LONGEST_PAGE,
                "cursorTimeout": CURSOR_SECONDS,
            },
            "authenticationSchemes": scim_settings.AUTHENTICATION_SCHEMES,
            "meta": {
                "resourceType": "ServiceProviderConfig",
                "location": f"{settings.TENANT_URL}/ServiceProviderConfig",
            },
        }


def resource_types(base: str) -> dict[str, dict[str, Any]]:
    """Return the resource types by id (RFC 7643 §6)."""
    extension = {"schema": str(EnterpriseUser.__schema__), "required": False}
    return {
        "User": resource_type(base, User, "Users", "A person whom Entra provisions.", [extension]),
        "Group": resource_type(base, Group, "Groups", "A group and who is in it.", []),
    }


def resource_type(
    base: str, model: Any, collection: str, description: str, extensions: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return one resource type."""
    return {
        "schemas": [f"{CORE}:ResourceType"],
        "id": model.__name__,
        "name": model.__name__,
        "endpoint": f"/{collection}",
        "description": description,
        "schema": str(model.__schema__),
        "schemaExtensions": extensions,
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{model.__name__}"},
    }


def schemas(base: str) -> dict[str, dict[str, Any]]:
    """Return the schemas by URN (RFC 7643 §7)."""
    found = deepcopy(described())
    for urn, schema in found.items():
        schema["meta"] = {"resourceType": "Schema", "location": f"{base}/Schemas/{urn}"}
    return found


@cache
def described() -> dict[str, dict[str, Any]]:
    """Return the schemas as the resource classes describe themselves."""
    return {str(model.__schema__): schema_of(model) for model in (User, Group, EnterpriseUser)}


def schema_of(model: Any) -> dict[str, Any]:
    """Return the schema of one resource class."""
    schema: dict[str, Any] = model.to_schema().model_dump()
    described = [each for each in schema["attributes"] if each["name"] not in HIDDEN]
    for each in described:
        parts = each.get("subAttributes", [])
        parts[:] = [part for part in parts if part["name"] != UNDESCRIBED_PARTS.get(each["name"])]
    schema["attributes"] = described if model is EnterpriseUser else [EXTERNAL_ID, *described]
    return {"schemas": [f"{CORE}:Schema"]} | schema


def stock_schemas() -> list[dict[str, Any]]:
    """Return the schemas as django-scim2 asks for them while it is imported."""
    return list(described().values())
