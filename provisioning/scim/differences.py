"""What changed from one document to another, by the names of Entra's mapping page. No Django here."""

from typing import Any

from accounts.members import is_same
from provisioning.logs import ModifiedProperty
from provisioning.scim.resources import URN_PREFIX


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[ModifiedProperty]:
    """Return what changed from one document to another, in the order of the later one."""
    old, new = properties_of(before), properties_of(after)
    return [
        ModifiedProperty(name, old.get(name), new.get(name))
        for name in [*new, *(name for name in old if name not in new)]
        if not is_same(old.get(name), new.get(name))
    ]


def properties_of(document: dict[str, Any], *, prefix: str = "") -> dict[str, Any]:
    """Return a document flat; a list stays one property, but for values that a `type` tells apart."""
    flat: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            separator = ":" if name.lower().startswith(URN_PREFIX) else "."
            flat |= properties_of(value, prefix=f"{prefix}{name}{separator}")
        elif is_told_apart(value):
            for item in value:
                flat |= properties_of(item, prefix=f'{prefix}{name}[type eq "{item["type"]}"].')
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def is_told_apart(value: object) -> bool:
    """Whether these are the values of an attribute, each of another `type`."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return False
    types = [item.get("type") for item in value]
    return all(isinstance(each, str) for each in types) and len(set(types)) == len(types)
