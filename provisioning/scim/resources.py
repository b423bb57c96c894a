"""What a User is on the wire: the classes that validate it. No Django here.

scim2-models carries the standard; these subclasses say where we are more lenient than it, because
Entra is: `active` may be the text "True", a manager a bare id, an address one of an internal domain.
Source: RFC 7643 §4.1 and §4.3; Entra's pages on SCIM compatibility and on attribute mapping.
"""

from typing import Annotated, Any

import scim2_models
from pydantic import BeforeValidator, ValidationError
from scim2_models import Context, Reference, ScimPolicy

USER_SCHEMA = str(scim2_models.User.__schema__)
ENTERPRISE_SCHEMA = str(scim2_models.EnterpriseUser.__schema__)
URN_PREFIX = "urn:"
LONGEST_VALUE = 320

# Never taken from a client: the service provider's own (RFC 7643 §3.1, §4.1.2), and a secret nobody needs.
IGNORED = frozenset({"id", "meta", "groups", "password"})

POLICY = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)


def truth(value: object) -> object:
    """Read Entra's "True" and "False" as what they mean. Raises: ValueError for any other word."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    message = "it must be true or false"
    raise ValueError(message)


def manager_of(value: object) -> object:
    """Read a manager given as a bare id, as Entra does."""
    return {"value": value} if isinstance(value, str) else value


class Email(scim2_models.Email):
    """An address; not checked beyond being text, since internal domains are legal in Entra."""

    value: str | None = None


class Manager(scim2_models.Manager):
    """A manager; Entra sends no $ref."""

    value: str | None = None
    ref: Reference[Any] | None = None


class EnterpriseUser(scim2_models.EnterpriseUser):
    """The enterprise extension of RFC 7643 §4.3."""

    __schema__ = scim2_models.EnterpriseUser.__schema__

    manager: Annotated[Manager | None, BeforeValidator(manager_of)] = None


class User(scim2_models.User[EnterpriseUser]):
    """The User of RFC 7643 §4.1."""

    __schema__ = scim2_models.User.__schema__

    active: Annotated[bool | None, BeforeValidator(truth)] = None
    emails: list[Email] | None = None  # type: ignore[assignment]  # ours are more lenient


class InvalidAttribute(ValueError):
    """A value that the schema refuses: which attribute, and why, in words for a person."""

    def __init__(self, attribute: str, reason: str) -> None:
        super().__init__(f"{attribute}: {reason}")
        self.attribute = attribute
        self.reason = reason


def new_user(body: dict[str, Any]) -> dict[str, Any]:
    """Return a POST's body as a valid User: canonical names, nulls left out, values as sent.

    Extensions we have no class for are kept as they are. Raises: InvalidAttribute.
    """
    schemas = body.get("schemas") or [USER_SCHEMA]
    given = {name: value for name, value in body.items() if name.lower() not in IGNORED}
    try:
        user = User.model_validate(
            given | {"schemas": schemas}, scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=POLICY
        )
    except ValidationError as error:
        raise first_fault(error) from None
    document: dict[str, Any] = user.model_dump(scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    document.pop("schemas", None)
    check_user_name(document.get("userName", ""))
    return document | unknown_extensions(body)


def unknown_extensions(body: dict[str, Any]) -> dict[str, Any]:
    """Return the extension blocks that no class describes, as sent."""
    known = {USER_SCHEMA.lower(), ENTERPRISE_SCHEMA.lower()}
    return {
        name: value
        for name, value in body.items()
        if name.lower().startswith(URN_PREFIX) and name.lower() not in known and isinstance(value, dict)
    }


def check_user_name(user_name: str) -> None:
    """Check a userName. Raises: InvalidAttribute for a userName that nobody could see or type."""
    if not user_name.strip() or not any(character.isprintable() for character in user_name.strip()):
        raise InvalidAttribute("userName", "it is empty")
    if not user_name.isprintable():
        raise InvalidAttribute("userName", "it holds a character that can't be seen")


def first_fault(error: ValidationError) -> InvalidAttribute:
    """Return the first fault that validation found, in our words: never the library's or the value."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "required_error":
        return InvalidAttribute(place or "userName", "it is required and missing")
    if fault["type"] == "schema_error":
        return InvalidAttribute("schemas", f"it must hold {USER_SCHEMA}")
    return InvalidAttribute(place or "The user", REASONS.get(fault["type"], "its value is not valid"))


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
