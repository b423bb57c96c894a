"""A PATCH message: from whatever Entra writes to one canonical list of operations. No Django here.

Both dialects are read at once, always: capitalized verbs, one operation an attribute, or one without
a path whose keys are dotted, filtered or URNs; an empty value clears.
Source: RFC 7644 §3.5.2; Entra's page on SCIM compatibility (aadOptscim062020).
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from provisioning.scim.resources import (
    DEFAULTS,
    ENTERPRISE_NAMES,
    ENTERPRISE_SCHEMA,
    IGNORED,
    URN_PREFIX,
    USER_SCHEMA,
    shown,
)

VERBS = ("add", "replace", "remove")
MOST_OPERATIONS = 500
# What is no plain name takes time to read: so long may one path be, and all those with a filter together.
LONGEST_PATH = 1000
LONGEST_PATHS = 60_000
NAME_END = re.compile(r"[.\[ ]")
NAME = re.compile(r"[\w.:$-]*")
EMPTY: tuple[Any, ...] = (None, "", [], {})


class InvalidOperation(ValueError):
    """A PATCH that can't be applied: the scimType of RFC 7644 §3.12, where, and why."""

    def __init__(self, scim_type: str, attribute: str, reason: str) -> None:
        super().__init__(f"{shown(attribute)}: {reason}")
        self.scim_type = scim_type
        self.attribute = shown(attribute)
        self.reason = reason


@dataclass(frozen=True)
class Operation:
    """One change of one target: `verb` in lower case, `path` as written, and never empty."""

    verb: str
    path: str
    value: Any = None

    @property
    def attribute(self) -> str:
        """The name of the attribute in lower case, without filter and sub-attribute; a URN stays whole."""
        return self.path.lower() if self.is_urn else NAME_END.split(self.path.lower(), maxsplit=1)[0]

    @property
    def is_urn(self) -> bool:
        """Whether the path names a schema other than the resource's own."""
        return self.path.lower().startswith(URN_PREFIX)


def operations_of(body: dict[str, Any], *, schema: str) -> list[Operation]:
    """Return the operations of a PATCH body, each with a path. Raises: InvalidOperation."""
    given = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(given, list) or not given:
        raise InvalidOperation("invalidSyntax", "Operations", "it must be a list of one operation or more")
    check_count(given)
    found = [each for operation in given for each in expanded(operation)]
    check_count(found)
    short = [with_schema(without_schema(each, schema), schema) for each in found]
    check_paths(short)
    return [cleared(each) for each in short if not is_idle(each)]


def check_count(operations: list[Any]) -> None:
    """Check how many operations there are. Raises: InvalidOperation."""
    if len(operations) > MOST_OPERATIONS:
        raise InvalidOperation("tooMany", "Operations", f"they are more than {MOST_OPERATIONS}")


def check_paths(operations: list[Operation]) -> None:
    """Check how much there is to read in paths that are more than a name. Raises: InvalidOperation."""
    paths = [each.path for each in operations if not each.path.isalnum()]
    too_long = [path for path in paths if len(path) > LONGEST_PATH]
    if too_long:
        reason = f"its path is longer than {LONGEST_PATH} characters"
        raise InvalidOperation("invalidPath", too_long[0], reason)
    if sum(len(path) for path in paths if not NAME.fullmatch(path)) > LONGEST_PATHS:
        reason = f"the filters of their paths are longer than {LONGEST_PATHS} characters together"
        raise InvalidOperation("tooMany", "Operations", reason)


def expanded(operation: Any) -> list[Operation]:
    """Return one operation of a body as operations with a path. Raises: InvalidOperation."""
    if not isinstance(operation, dict):
        raise InvalidOperation("invalidSyntax", "Operations", "each of them must be an object")
    given = {name.lower(): value for name, value in operation.items()}
    verb, path, value = given.get("op"), given.get("path"), given.get("value")
    if not isinstance(verb, str) or verb.lower() not in VERBS:
        raise InvalidOperation("invalidSyntax", "op", "it must be add, replace or remove")
    if path is not None and not isinstance(path, str):
        raise InvalidOperation("invalidPath", "path", "it must be text")
    if path and path.strip():
        return named(verb.lower(), path.strip(), value)
    if verb.lower() == "remove":
        raise InvalidOperation("noTarget", "path", "a remove needs one")
    if not isinstance(value, dict):
        raise InvalidOperation("invalidValue", "value", "without a path it must be an object")
    wanted = {name: inner for name, inner in value.items() if name.lower() not in IGNORED}
    return [each for name, inner in wanted.items() for each in named(verb.lower(), name, inner)]


def named(verb: str, name: str, value: Any) -> list[Operation]:
    """Return what a path, or one key of a value without one, stands for: an attribute, or all of a schema."""
    if verb != "remove" and isinstance(value, dict) and is_schema(name):
        return [Operation(verb, f"{name}:{inner}", value[inner]) for inner in value]
    return [Operation(verb, name, value)]


def is_schema(name: str) -> bool:
    """Whether a URN names a schema and not an attribute of one: its last part is that of a resource type."""
    name = name.lower()
    return name.startswith(URN_PREFIX) and name.rpartition(":")[2] in ("user", "group")


def without_schema(operation: Operation, schema: str) -> Operation:
    """Write an attribute of the core schema without that schema's URN."""
    prefix = f"{schema}:"
    if operation.path.lower().startswith(prefix.lower()):
        return replace(operation, path=operation.path[len(prefix) :])
    return operation


def with_schema(operation: Operation, schema: str) -> Operation:
    """Write an attribute of the enterprise extension with its URN, which Entra leaves out at times."""
    if schema == USER_SCHEMA and operation.attribute in ENTERPRISE_NAMES:
        return replace(operation, path=f"{ENTERPRISE_SCHEMA}:{operation.path}")
    return operation


def is_idle(operation: Operation) -> bool:
    """Whether an operation asks for nothing: to add no value, or to take away what always has one."""
    is_empty = operation.value in EMPTY
    takes_away = operation.verb == "remove" or (operation.verb == "replace" and is_empty)
    return (operation.verb == "add" and is_empty) or (takes_away and operation.path.lower() in DEFAULTS)


def cleared(operation: Operation) -> Operation:
    """Read a replacement by nothing as a removal, and of a labelled value as that of the whole value."""
    if operation.verb != "replace" or operation.value not in EMPTY:
        return operation
    is_labelled = operation.path.lower().endswith("].value")
    return Operation("remove", operation.path[: -len(".value")] if is_labelled else operation.path)
