"""The OpenAPI document of the SCIM endpoints, made from the schemas that the service tells of itself.

SCIM is lenient where a document of OpenAPI can't be: names in any case, unknown ones ignored, "True" for
true. What stands here is what to send; more is taken. Source: RFC 7643 §7, RFC 7644 §3.
"""

import json
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from django_scim.constants import SCIM_CONTENT_TYPE

from provisioning.problem import ERROR_SCHEMA
from provisioning.scim import discovery
from provisioning.scim.listing import MESSAGE as LIST_RESPONSE
from provisioning.scim.queries import CURSOR_SECONDS, DEFAULT_PAGE, LARGEST_INDEX, LONGEST_PAGE
from provisioning.scim.queries import MESSAGE as SEARCH_REQUEST
from provisioning.scim.resources import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA

Schema = dict[str, Any]
PATCH_OP: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LONGEST_TEXT: Final = 320
TYPES: Final = {"boolean": "boolean", "decimal": "number", "integer": "integer", "complex": "object"}
REFUSALS: Final = {
    400: "The request is not valid; `scimType` and `detail` say why.",
    401: "The bearer token is missing, unknown, expired or revoked.",
    403: "Provisioning is off, or what was asked for is not allowed.",
    404: "There is no such resource in the organization.",
    409: "Another resource has this userName or displayName.",
    412: "The resource has changed since the version that If-Match names.",
    413: "The body is larger than 1 MiB.",
    415: "The body is no JSON.",
    503: "Unavailable for the moment; nothing was changed.",
}
READING: Final = (400, 401, 403, 404, 503)
WRITING: Final = (400, 401, 403, 404, 409, 412, 413, 415, 503)


@require_safe
def answer(_request: HttpRequest) -> HttpResponse:
    """Return the document."""
    return HttpResponse(document(), content_type="application/json")


@cache
def document() -> bytes:
    """Return the document as JSON, made once."""
    made = {
        "openapi": "3.1.0",
        "info": {
            "title": "HootProv SCIM endpoints",
            "version": "2.0",
            "description": "What Microsoft Entra ID calls (RFC 7644), at the Tenant URL, with the SCIM token of an "
            "organization as a bearer token. Names are read in any case; what is unknown is ignored.",
        },
        "servers": [{"url": settings.TENANT_URL}],
        "security": [{"token": []}],
        "tags": [{"name": name} for name in ("Users", "Groups", "Search", "Discovery")],
        "paths": {
            **collection("User", "Users"),
            **collection("Group", "Groups"),
            "/.search": {"post": search("Search", "searchAll", "Resource")},
            **discovery_paths(),
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "hpt_…"}},
            "schemas": components(),
        },
    }
    return json.dumps(made, ensure_ascii=False).encode()


def collection(kind: str, plural: str) -> Schema:
    """Return the paths of a kind of resource."""
    id_ = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    one, many = ref(kind), list_of(kind)
    projection = [parameter("attributes"), parameter("excludedAttributes")]
    patched = {200: content(one)} | ({204: {}} if kind == "Group" else {})
    return {
        f"/{plural}": {
            "get": operation(plural, f"list{plural}", {200: content(many)}, READING, paging() + projection),
            "post": operation(
                plural, f"create{kind}", {201: content(one)}, WRITING, projection, body=new(kind)
            ),
        },
        f"/{plural}/{{id}}": {
            "parameters": [id_],
            "get": operation(plural, f"get{kind}", {200: content(one)}, READING, projection),
            "put": operation(
                plural, f"replace{kind}", {200: content(one)}, WRITING, projection, body=new(kind)
            ),
            "patch": operation(plural, f"change{kind}", patched, WRITING, projection, body=ref("PatchOp")),
            "delete": operation(plural, f"delete{kind}", {204: {}}, WRITING, []),
        },
        f"/{plural}/.search": {"post": search(plural, f"search{plural}", kind)},
    }


def search(tag: str, id_: str, kind: str) -> Schema:
    """Return a search by a body (RFC 7644 §3.4.3)."""
    return operation(
        tag, id_, {200: content(list_of(kind))}, (*READING, 413, 415), [], body=ref("SearchRequest")
    )


def discovery_paths() -> Schema:
    """Return the paths of what the service tells of itself."""
    any_object: Schema = {"type": "object"}
    id_ = {"name": "id", "in": "path", "required": True}
    kinds = {"enum": list(discovery.resource_types("")), "type": "string"}
    urns = {"enum": list(discovery.described()), "type": "string"}

    def read(name: str, schema: Schema, parameters: list[Schema]) -> Schema:
        return {"get": operation("Discovery", name, {200: content(schema)}, READING, parameters)}

    listed = list_of("Resource")
    return {
        "/ServiceProviderConfig": read("getServiceProviderConfig", any_object, []),
        "/ResourceTypes": read("listResourceTypes", listed, []),
        "/ResourceTypes/{id}": read("getResourceType", any_object, [id_ | {"schema": kinds}]),
        "/Schemas": read("listSchemas", listed, []),
        "/Schemas/{id}": read("getSchema", any_object, [id_ | {"schema": urns}]),
    }


def operation(
    tag: str,
    id_: str,
    answers: dict[int, Schema],
    refusals: tuple[int, ...],
    parameters: list[Schema],
    *,
    body: Schema | None = None,
) -> Schema:
    """Return one operation."""
    responses: Schema = {
        str(status): {"description": "As asked for.", **content} for status, content in answers.items()
    }
    error = content(ref("Error"))
    responses |= {str(status): {"description": REFUSALS[status], **error} for status in refusals}
    responses["default"] = {"description": "Any other refusal.", **error}
    described: Schema = {
        "operationId": id_,
        "tags": [tag],
        "parameters": parameters,
        "responses": responses,
    }
    return described | ({"requestBody": {"required": True, **content(body)}} if body else {})


def content(schema: Schema) -> Schema:
    """Return the content of a message."""
    return {"content": {SCIM_CONTENT_TYPE: {"schema": schema}}}


def ref(name: str) -> Schema:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def new(kind: str) -> Schema:
    """Return what is sent of a resource."""
    return ref(f"New{kind}")


def parameter(name: str) -> Schema:
    """Return a parameter that lists attributes."""
    schema = {"type": "string", "examples": ["userName,active"]}
    return {"name": name, "in": "query", "schema": schema}


def paging() -> list[Schema]:
    """Return the parameters of a list (RFC 7644 §3.4.2)."""
    schemas: dict[str, Schema] = searched()
    return [{"name": name, "in": "query", "schema": schema} for name, schema in schemas.items()]


def searched() -> dict[str, Schema]:
    """Return what a list can be asked for."""
    return {
        "filter": {"type": "string", "examples": ['userName eq "amelie@acme.example"']},
        "startIndex": {"type": "integer", "minimum": 1, "maximum": LARGEST_INDEX, "default": 1},
        "cursor": {
            "type": "string",
            "description": "Asks for pages by cursor (RFC 9865): empty for the first, then the nextCursor of the page "
            f"before, within {CURSOR_SECONDS} seconds and with the same filter; without startIndex and sortBy.",
        },
        "count": {"type": "integer", "minimum": 0, "maximum": LONGEST_PAGE, "default": DEFAULT_PAGE},
        "sortBy": {"type": "string", "examples": ["userName"]},
        "sortOrder": {"type": "string", "enum": ["ascending", "descending"]},
    }


def list_of(kind: str) -> Schema:
    """Return a ListResponse of a kind of resource."""
    return {
        "type": "object",
        "required": ["schemas", "totalResults"],
        "properties": {
            "schemas": {"const": [LIST_RESPONSE]},
            "totalResults": {"type": "integer"},
            "startIndex": {"type": "integer"},
            "itemsPerPage": {"type": "integer"},
            "nextCursor": {"type": "string"},
            "previousCursor": {"type": "string"},
            "Resources": {"type": "array", "items": {"type": "object"} if kind == "Resource" else ref(kind)},
        },
    }


def components() -> Schema:
    """Return the shapes of messages and resources."""
    user, group, enterprise = (
        discovery.described()[urn] for urn in (USER_SCHEMA, GROUP_SCHEMA, ENTERPRISE_SCHEMA)
    )
    extension = {ENTERPRISE_SCHEMA: resource(enterprise["attributes"], is_sent=False)}
    sent_extension = {ENTERPRISE_SCHEMA: resource(enterprise["attributes"], is_sent=True)}
    names = {"type": "array", "items": {"type": "string"}}
    return {
        "User": whole(user, extension),
        "Group": whole(group, {}),
        "NewUser": sent(user, sent_extension),
        "NewGroup": sent(group, {}),
        "PatchOp": {
            "type": "object",
            "required": ["schemas", "Operations"],
            "properties": {
                "schemas": {"const": [PATCH_OP]},
                "Operations": {"type": "array", "minItems": 1, "maxItems": 500, "items": patch_operation()},
            },
        },
        "SearchRequest": {
            "type": "object",
            "required": ["schemas"],
            "properties": {
                "schemas": {"const": [SEARCH_REQUEST]},
                **searched(),
                "attributes": names,
                "excludedAttributes": names,
            },
        },
        "Error": refusal(),
    }


def refusal() -> Schema:
    """Return the body of a refusal (RFC 7644 §3.12)."""
    return {
        "type": "object",
        "required": ["schemas", "status", "detail"],
        "properties": {
            "schemas": {"const": [ERROR_SCHEMA]},
            "status": {"type": "string"},
            "scimType": {"type": "string"},
            "detail": {"type": "string", "description": "For the admin: what is wrong and what to do."},
        },
    }


def patch_operation() -> Schema:
    """Return one operation of a PATCH (RFC 7644 §3.5.2)."""
    return {
        "type": "object",
        "required": ["op"],
        "properties": {
            "op": {"type": "string", "enum": ["add", "replace", "remove", "Add", "Replace", "Remove"]},
            "path": {"type": "string", "examples": ["displayName", 'emails[type eq "work"].value']},
            "value": {},
        },
    }


def whole(schema: Schema, extension: Schema) -> Schema:
    """Return a resource as it is answered: every attribute may be left out on request."""
    described = resource(schema["attributes"], is_sent=False)
    described["properties"] |= {
        "schemas": {"type": "array", "items": {"type": "string"}},
        "id": {"type": "string", "format": "uuid"},
        "meta": {"type": "object"},
        **extension,
    }
    return described


def sent(schema: Schema, extension: Schema) -> Schema:
    """Return a resource as it is sent."""
    described = resource(schema["attributes"], is_sent=True)
    described["properties"] |= {"schemas": {"type": "array", "items": {"const": schema["id"]}}, **extension}
    described["required"] = [each["name"] for each in schema["attributes"] if each.get("required")]
    return described


def resource(attributes: list[Schema], *, is_sent: bool) -> Schema:
    """Return an object of attributes; sent are those alone that a client may set."""
    told = [each for each in attributes if not (is_sent and each.get("mutability") == "readOnly")]
    return {"type": "object", "properties": {each["name"]: typed(each, is_sent=is_sent) for each in told}}


def typed(attribute: Schema, *, is_sent: bool) -> Schema:
    """Return an attribute of a SCIM schema as a JSON Schema."""
    if attribute["type"] == "complex":
        schema = resource(attribute.get("subAttributes", []), is_sent=is_sent)
    else:
        schema = {"type": TYPES.get(attribute["type"], "string")}
    if is_sent and schema["type"] == "string":
        schema["maxLength"] = LONGEST_TEXT
        schema["minLength"] = int(bool(attribute.get("required")))
    if attribute.get("multiValued"):
        schema = {"type": "array", "items": schema}
    return schema | ({"description": attribute["description"]} if attribute.get("description") else {})
