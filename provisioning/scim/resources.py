"""What a User and a Group are on the wire: the classes that validate and describe them. No Django here.

scim2-models carries the standard; these subclasses say where we are more lenient than it, because
Entra is: `active` may be the text "True", a manager a bare id, an address one of an internal domain, a
role JSON inside a text.
Source: RFC 7643 §4; Entra's pages on SCIM compatibility and on attribute mapping.
"""

import json
import re
from typing import Annotated, Any, Self, TypeVar
from uuid import UUID

import scim2_models
from pydantic import BeforeValidator, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from scim2_models import (
    CaseExact,
    ComplexAttribute,
    Context,
    Mutability,
    Reference,
    Required,
    ScimPolicy,
    Uniqueness,
)

USER_SCHEMA = str(scim2_models.User.__schema__)
GROUP_SCHEMA = str(scim2_models.Group.__schema__)
ENTERPRISE_SCHEMA = str(scim2_models.EnterpriseUser.__schema__)
URN_PREFIX = "urn:"
LONGEST_VALUE = 320
LONGEST_SHOWN = 100

# Never taken from a client: the service provider's own (RFC 7643 §3.1, §4.1.2), and a secret nobody needs.
IGNORED = frozenset({"id", "meta", "groups", "password", "schemas"})
KNOWN_SCHEMAS = tuple(each.lower() for each in (USER_SCHEMA, GROUP_SCHEMA, ENTERPRISE_SCHEMA))

# What is so unless a client says otherwise. It is described as required, for it can't be removed: scim2-tester
# removes whatever is not, and wants it gone.
DEFAULTS = {"active": True}

# So many values an attribute may have: more could not be read and written within a second.
MOST_VALUES = 500

POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)

Model = TypeVar("Model", bound="scim2_models.Resource[Any]")


def truth(value: object) -> object:
    """Read Entra's "True" and "False" as what they mean. Raises: ValueError for any other word."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    message = "it must be true or false"
    raise ValueError(message)


def manager_of(value: object) -> object:
    """Read a manager given as a bare id, or inside of a list, as Entra does."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return value[0]
    return {"value": value} if isinstance(value, str) else value


class Email(scim2_models.Email):
    """An address; not checked beyond being text, since internal domains are legal in Entra."""

    value: str | None = None


class Role(scim2_models.Role):
    """A role, which Entra also sends as JSON inside of `value`, and its name as `displayName`."""

    @model_validator(mode="wrap")
    @classmethod
    def unwrap(cls, role: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Read Entra's two ways to write a role, before its names are held against ours."""
        if not isinstance(role, dict):
            return handler(role)
        given = {name.lower(): value for name, value in role.items()}
        inner = json_object_in(given.get("value"))
        if inner is not None and isinstance(inner.get("value"), str):
            given |= {"value": inner["value"], "displayname": inner.get("displayName")}
        name = given.get("display") or given.get("displayname")
        return handler(given if name is None else given | {"display": name})


class Manager(scim2_models.Manager):
    """A manager; Entra sends no $ref."""

    value: str | None = None
    ref: Annotated[Reference["User"] | None, Required.false] = Field(  # type: ignore[assignment]  # ours is not required
        None, serialization_alias="$ref", validation_alias="$ref"
    )


class EnterpriseUser(scim2_models.EnterpriseUser):
    """The enterprise extension of RFC 7643 §4.3."""

    __schema__ = scim2_models.EnterpriseUser.__schema__

    manager: Annotated[Manager | None, BeforeValidator(manager_of)] = None


class User(scim2_models.User[EnterpriseUser]):
    """The User of RFC 7643 §4.1."""

    __schema__ = scim2_models.User.__schema__

    active: Annotated[bool | None, BeforeValidator(truth), Required.true] = None
    emails: list[Email] | None = None  # type: ignore[assignment]  # ours are more lenient
    roles: list[Role] | None = None  # type: ignore[assignment]  # as above


class Member(ComplexAttribute):
    """Who is in a group: an id and its address, and no name, which would go stale."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(scim2_models.Group):
    """The Group of RFC 7643 §4.2. Its members are never held in it: see `memberships`."""

    __schema__ = scim2_models.Group.__schema__

    display_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    members: list[Member] | None = None  # type: ignore[assignment]  # ours have no display


# In lower case: Entra also writes these without the URN of their extension, and no attribute of a User is so named.
ENTERPRISE_NAMES = frozenset(name.replace("_", "") for name in EnterpriseUser.model_fields) - {"schemas"}


def shown(text: str) -> str:
    """Return what a client sent as a refusal names it: short, and on one line."""
    return "".join(character if character.isprintable() else " " for character in text[:LONGEST_SHOWN])


class InvalidAttribute(ValueError):
    """A value that the schema refuses: which attribute, and why, in words for a person."""

    def __init__(self, attribute: str, reason: str) -> None:
        super().__init__(f"{shown(attribute)}: {reason}")
        self.attribute = shown(attribute)
        self.reason = reason


def valid(model: type[Model], body: dict[str, Any]) -> dict[str, Any]:
    """Return a body as a valid resource: canonical names, nulls left out, values as sent.

    Extensions we have no class for are kept as they are. Raises: InvalidAttribute.
    """
    given = {name: value for name, value in body.items() if name.lower() not in IGNORED}
    if model is User:
        given = with_extension(given)
    check_sizes(body)
    absent = {
        name: value for name, value in DEFAULTS.items() if name in model.model_fields and not says(body, name)
    }
    given = {name: value for name, value in given.items() if name.lower() not in absent} | absent
    check_truths(given)
    try:
        resource = model.model_validate(
            given | {"schemas": schemas_of(model, body)},
            scim_ctx=Context.RESOURCE_CREATION_REQUEST,
            scim_policy=POLICY,
        )
    except ValidationError as error:
        raise first_fault(error) from None
    return document_of(resource) | unknown_extensions(body)


def says(body: dict[str, Any], attribute: str) -> bool:
    """Whether a body has a value for an attribute."""
    return any(name.lower() == attribute and value not in (None, "") for name, value in body.items())


def with_extension(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a User with what it says of the enterprise extension outside of that, inside."""
    outside = {name: body[name] for name in body if name.lower() in ENTERPRISE_NAMES}
    key = next((name for name in body if name.lower() == ENTERPRISE_SCHEMA.lower()), ENTERPRISE_SCHEMA)
    inside = body.get(key) or {}
    if not outside or not isinstance(inside, dict):
        return body
    said = {name.lower() for name in inside}
    added = {name: value for name, value in outside.items() if name.lower() not in said}
    return {name: value for name, value in body.items() if name not in outside} | {key: inside | added}


def check_sizes(document: dict[str, Any]) -> None:
    """Check how many values each attribute has. Raises: InvalidAttribute."""
    for name, value in document.items():
        if isinstance(value, list) and len(value) > MOST_VALUES:
            raise InvalidAttribute(name, f"it has more than {MOST_VALUES} values")


def schemas_of(model: type[Model], body: dict[str, Any]) -> Any:
    """Return what a body says of its schemas; those of the model when it says nothing."""
    given = [value for name, value in body.items() if name.lower() == "schemas"]
    return given[0] if given and given[0] else [str(model.__schema__)]


def document_of(resource: "scim2_models.Resource[Any]") -> dict[str, Any]:
    """Return what a client said in a resource, without what is empty."""
    document: dict[str, Any] = resource.model_dump(scim_ctx=Context.DEFAULT)
    return {name: value for name, value in pruned(document).items() if name not in IGNORED}


def pruned(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without empty values, and without values of which only their label is left."""
    kept = {name: without_empty(value) for name, value in document.items()}
    return {name: value for name, value in kept.items() if not is_empty(value)}


def without_empty(value: Any) -> Any:
    """Return a value without what is empty in it."""
    if isinstance(value, dict):
        return pruned(value)
    if isinstance(value, list):
        items = [pruned(item) if isinstance(item, dict) else item for item in value]
        return [item for item in items if not is_empty(item)]
    return value


def is_empty(item: Any) -> bool:
    """Whether nothing, or nothing but a label, is left of a value."""
    return item is None or item in ("", [], {}) or (isinstance(item, dict) and item.keys() <= LABELS)


LABELS = frozenset({"type", "primary"})


def json_object_in(text: object) -> dict[str, Any] | None:
    """Return the JSON object that a text is; nothing when it is none."""
    if not isinstance(text, str) or not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def unknown_extensions(body: dict[str, Any]) -> dict[str, Any]:
    """Return the extension blocks that no class describes, as sent."""
    return {
        name: value for name, value in body.items() if is_unknown_extension(name) and isinstance(value, dict)
    }


def is_unknown_extension(name: str) -> bool:
    """Whether a name is that of an extension that no class describes, or of an attribute of one."""
    name = name.lower()
    is_known = any(name == schema or name.startswith(f"{schema}:") for schema in KNOWN_SCHEMAS)
    return name.startswith(URN_PREFIX) and not is_known


GUID = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def id_of(text: str) -> UUID:
    """Return the id a text is. Raises: ValueError for any other form of it than ours: braces, a URN, no hyphens."""
    if not is_guid(text):
        raise ValueError(text)
    return UUID(text)


def is_guid(text: str) -> bool:
    """Whether a text is a GUID as Entra writes it, and as our ids are."""
    return GUID.fullmatch(text) is not None


def check_truths(document: dict[str, Any], place: str = "") -> None:
    """Check what is true or false, which the library would also read in 1 or "yes". Raises: InvalidAttribute."""
    for name, value in document.items():
        if name.rpartition(".")[2].lower() in TRUTHS:
            if not is_truth(value):
                raise InvalidAttribute(f"{place}{name}", "it must be true or false")
        elif not name.lower().startswith(URN_PREFIX):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    check_truths(item, f"{place}{name}.")


def is_truth(value: object) -> bool:
    """Whether a value is one of the ways to write true or false, or nothing."""
    return value is None or isinstance(value, bool) or str(value).lower() in ("true", "false", "")


TRUTHS = frozenset({"active", "primary"})


def first_fault(error: ValidationError) -> InvalidAttribute:
    """Return the first fault that validation found, in our words: never the library's or the value."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "required_error":
        return InvalidAttribute(place or required_in(fault["msg"]), "it is required and missing")
    if fault["type"] == "schema_error":
        return InvalidAttribute("schemas", "the URN of the resource is missing in it")
    return InvalidAttribute(place or "The resource", REASONS.get(fault["type"], "its value is not valid"))


def required_in(message: str) -> str:
    """Return the attribute that a complaint of the library names in quotes."""
    return message.partition("'")[2].partition("'")[0] or "A required attribute"


REASONS = {
    "string_type": "it must be text",
    "bool_type": "it must be true or false",
    "bool_parsing": "it must be true or false",
    "list_type": "it must be a list",
    "model_type": "it must be an object",
    "dict_type": "it must be an object",
    "value_error": "its value is not valid",
    "primary_uniqueness_error": "only one of its values may be primary",
}
