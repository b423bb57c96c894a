"""The one place where the two vocabularies meet: SCIM attributes and the columns that keep them.

What has a column is listed in `COLUMNS`; every other attribute is kept as sent in `Member.other`.
Source: Microsoft's Hootsuite provisioning tutorial (the eight mapped attributes); RFC 7643 §4.1.
"""

from copy import deepcopy
from typing import Any

from django.conf import settings

from accounts.members import MemberValues
from accounts.models import Member
from provisioning.logs import ModifiedProperty
from provisioning.scim.resources import (
    ENTERPRISE_SCHEMA,
    LONGEST_VALUE,
    URN_PREFIX,
    USER_SCHEMA,
    InvalidAttribute,
)

# SCIM path → column of Member. The order is that of the answer.
COLUMNS: dict[tuple[str, ...], str] = {
    ("externalId",): "external_id",
    ("userName",): "user_name",
    ("displayName",): "display_name",
    ("name", "givenName"): "given_name",
    ("name", "familyName"): "family_name",
    ("active",): "is_active",
    ("preferredLanguage",): "preferred_language",
    ("timezone",): "timezone",
}
WORK_EMAIL = 'emails[type eq "work"].value'


def values_of(document: dict[str, Any]) -> MemberValues:
    """Return what a valid User document says, by column. Raises: InvalidAttribute when too long."""
    rest = deepcopy(document)
    columns: dict[str, Any] = {}
    for path, column in COLUMNS.items():
        value = taken(rest, path)
        if value is not None:
            columns[column] = value
    columns["work_email"] = work_email_of(rest)
    for path, column in COLUMNS.items():
        check_length(".".join(path), columns.get(column))
    check_length(WORK_EMAIL, columns["work_email"])
    return MemberValues(**columns, other=rest)


def taken(document: dict[str, Any], path: tuple[str, ...]) -> Any:
    """Take the value at a path out of a document, and with it a parent that is empty then."""
    *parents, name = path
    holder = document
    for parent in parents:
        holder = holder.get(parent) or {}
    value = holder.pop(name, None)
    if parents and not holder:
        document.pop(parents[0], None)
    return value


def work_email_of(document: dict[str, Any]) -> str:
    """Return the value of the first e-mail address of type work; empty when there is none."""
    for email in document.get("emails", []):
        if str(email.get("type", "")).lower() == "work":
            return str(email.get("value") or "")
    return ""


def check_length(attribute: str, value: object) -> None:
    """Check a length. Raises: InvalidAttribute when a text does not fit its column."""
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        raise InvalidAttribute(attribute, f"it is longer than {LONGEST_VALUE} characters")


def user_document(member: Member) -> dict[str, Any]:
    """Return a member as a User: what was sent, with `id`, `schemas` and a true `meta`."""
    document: dict[str, Any] = {"schemas": schemas_of(member.other), "id": str(member.id)}
    for path, column in COLUMNS.items():
        value = getattr(member, column)
        if value != "":
            put(document, path, value)
    for name, value in member.other.items():
        if isinstance(document.get(name), dict):
            document[name] = value | document[name]
        else:
            document[name] = value
    document["meta"] = {
        "resourceType": "User",
        "created": timestamp(member.created_at),
        "lastModified": timestamp(member.modified_at),
        "location": location_of(member),
        "version": etag_of(member),
    }
    return document


def put(document: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    """Set the value at a path, making its parents."""
    *parents, name = path
    for parent in parents:
        document = document.setdefault(parent, {})
    document[name] = value


def schemas_of(other: dict[str, Any]) -> list[str]:
    """Return the schema URNs of a user: the core one and one for each extension it has."""
    extensions = {name for name in other if name.lower().startswith(URN_PREFIX)}
    return [USER_SCHEMA, *sorted(extensions, key=lambda name: (name != ENTERPRISE_SCHEMA, name))]


def location_of(member: Member) -> str:
    """Return the address of a user."""
    return f"{settings.TENANT_URL}/Users/{member.id}"


def etag_of(member: Member) -> str:
    """Return the weak entity tag of a user (RFC 7644 §3.14)."""
    return f'W/"{member.version}"'


def timestamp(moment: Any) -> str:
    """Return a time as RFC 7643 §2.3.5 has it, in UTC with milliseconds."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def properties_of(document: dict[str, Any], *, prefix: str = "") -> dict[str, Any]:
    """Return a document flat, by the names that Entra's mapping page gives its attributes.

    A list stays one property, except for the values that a `type` tells apart.
    """
    flat: dict[str, Any] = {}
    for name, value in document.items():
        if name in ("schemas", "id", "meta"):
            continue
        if isinstance(value, dict):
            separator = ":" if name.startswith(URN_PREFIX) else "."
            flat |= properties_of(value, prefix=f"{prefix}{name}{separator}")
        elif is_typed_list(value):
            for item in value:
                flat |= properties_of(item, prefix=f'{prefix}{name}[type eq "{item["type"]}"].')
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def is_typed_list(value: object) -> bool:
    """Whether these are the values of a multi-valued attribute that `type` tells apart."""
    return isinstance(value, list) and all(isinstance(item, dict) and "type" in item for item in value)


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[ModifiedProperty]:
    """Return what changed from one document to another, in the order of the later one."""
    old, new = properties_of(before), properties_of(after)
    return [
        ModifiedProperty(name, old.get(name), new.get(name))
        for name in [*new, *(name for name in old if name not in new)]
        if old.get(name) != new.get(name)
    ]
