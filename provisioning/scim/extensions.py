"""PATCH of an extension that no class describes: kept as sent, found by whatever spelling. No Django here.

Source: RFC 7643 §2.1 and §3.3; RFC 7644 §3.5.2 and §3.10.
"""

from typing import Any

from provisioning.scim.messages import EMPTY, InvalidOperation, Operation, is_schema
from provisioning.scim.resources import is_unknown_extension
from provisioning.scim.wire import DEEPEST_NESTING

LEAST_COLONS = 2  # of a schema: urn:namespace:name


def extended(document: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """Return a document with one attribute of an unknown extension, or all of it, set or removed.

    Raises: InvalidOperation when the path is no URN with an attribute.
    """
    schema, name = placed(document, operation)
    block = document.get(schema, {})
    if name:
        block = changed(block, names_in(name, operation), operation.verb, operation.value)
    elif operation.verb == "remove":
        block = {}
    elif isinstance(operation.value, dict):
        for inner, value in operation.value.items():
            block = changed(block, names_in(inner, operation), operation.verb, value)
    else:
        raise InvalidOperation("invalidValue", operation.path, "it is an extension and must be an object")
    others = {key: value for key, value in document.items() if key != schema}
    return document | {schema: block} if block else others


def placed(document: dict[str, Any], operation: Operation) -> tuple[str, str]:
    """Return the extension that a path leads into, and the attribute there; none when it means all of it.

    Nothing tells `urn:acme:person` from the attribute `person` of `urn:acme`, so what is stored decides:
    the longest name that begins the path. Raises: InvalidOperation.
    """
    path = operation.path
    stored = [key for key in document if begins(path, key) and is_unknown_extension(key)]
    if stored:
        schema = max(stored, key=len)
        return schema, path[len(schema) + 1 :]
    parent, _, name = path.rpartition(":")
    is_whole = is_schema(path) or (isinstance(operation.value, dict) and not is_schema(parent))
    schema, name = (path, "") if is_whole else (parent, name)
    if schema.count(":") < LEAST_COLONS or schema.endswith(":") or not (is_whole or name):
        raise InvalidOperation("invalidPath", path, UNREADABLE)
    return schema, name


def begins(path: str, schema: str) -> bool:
    """Whether a path is the name of an extension, or leads into it."""
    head, rest = path[: len(schema)], path[len(schema) :]
    return head.lower() == schema.lower() and rest[:1] in ("", ":")


def names_in(path: str, operation: Operation) -> list[str]:
    """Return the names that lead to an attribute inside of an extension. Raises: InvalidOperation."""
    names = path.split(".")
    if not all(names) or len(names) > DEEPEST_NESTING or "[" in path:
        raise InvalidOperation("invalidPath", operation.path, UNREADABLE)
    return names


def changed(block: dict[str, Any], names: list[str], verb: str, value: Any) -> dict[str, Any]:
    """Return an object with the value that names lead to set or removed; what is empty then is left out."""
    name, *rest = names
    name = next((key for key in block if key.lower() == name.lower()), name)
    old = block.get(name)
    new: Any
    if rest:
        new = changed(old if isinstance(old, dict) else {}, rest, verb, value)
    elif verb == "remove" or value in EMPTY:
        new = old if verb == "add" else None
    else:
        new = old | value if isinstance(old, dict) and isinstance(value, dict) else value
    others = {key: each for key, each in block.items() if key != name}
    return others if new in EMPTY else block | {name: new}


UNREADABLE = "its path can't be read"
