"""Which attributes of a resource a client wants back. No Django here.

Names are read without case, with or without their schema's URN; a filter in a name is passed over, as
some clients send the names of their mapping. `id` and `schemas` are always there.
Source: RFC 7644 §3.4.2.5, §3.9; RFC 7643 §7 (returned).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from provisioning.scim.resources import (
    ENTERPRISE_NAMES,
    ENTERPRISE_SCHEMA,
    GROUP_SCHEMA,
    URN_PREFIX,
    USER_SCHEMA,
)

ALWAYS = frozenset({"id", "schemas"})
MOST_NAMES = 200
BRACKETS = re.compile(r"\[[^\[\]]*\]")
CORE = (f"{USER_SCHEMA}:".lower(), f"{GROUP_SCHEMA}:".lower())
SCHEMAS = frozenset({USER_SCHEMA.lower(), GROUP_SCHEMA.lower()})

Path = tuple[str, ...]


@dataclass(frozen=True)
class Projection:
    """What is wanted: `only` these (all, when it is empty) and none of `never`. Paths in lower case."""

    only: frozenset[Path] = frozenset()
    never: frozenset[Path] = frozenset()

    @property
    def is_given(self) -> bool:
        """Whether the client asked for anything but the default."""
        return bool(self.only or self.never)

    def wants(self, attribute: str) -> bool:
        """Whether a top-level attribute, or any part of it, is wanted: what need not be read is not."""
        path = (attribute.lower(),)
        return path not in self.never and (not self.only or any(each[:1] == path for each in self.only))

    def takes_whole(self, attribute: str) -> bool:
        """Whether nothing below a top-level attribute that is wanted is asked for or left out by itself."""
        path = (attribute.lower(),)
        return not any(each[:1] == path and each != path for each in self.only | self.never)

    def of(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return a resource with what is wanted of it."""
        if not self.is_given:
            return document
        kept = {
            name: self.part(value, (name.lower(),)) for name, value in document.items() if name not in ALWAYS
        }
        always = {name: document[name] for name in document if name in ALWAYS}
        return always | {name: value for name, value in kept.items() if value not in (None, {}, [])}

    def part(self, value: Any, path: Path) -> Any:
        """Return what is wanted of the value at a path; nothing when none of it is."""
        if path in self.never:
            return None
        is_whole = not self.only or any(path[: len(each)] == each for each in self.only)
        if not is_whole and not any(each[: len(path)] == path for each in self.only):
            return None
        if isinstance(value, dict):
            inner = {name: self.part(each, (*path, name.lower())) for name, each in value.items()}
            kept = {name: each for name, each in inner.items() if each is not None}
            return kept if kept or not value else None
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            return [part for item in value if (part := self.part(item, path))]
        return value if is_whole else None


def projection_of(*, attributes: Iterable[str], excluded: Iterable[str]) -> Projection:
    """Return the projection that two lists of names ask for."""
    return Projection(only=paths_of(attributes), never=paths_of(excluded) - {(name,) for name in ALWAYS})


def paths_of(names: Iterable[str]) -> frozenset[Path]:
    """Return names as paths."""
    found = (path_of(name) for name in list(names)[:MOST_NAMES])
    return frozenset(path for path in found if path)


def path_of(name: str) -> Path:
    """Return one name as a path in lower case; empty when it is no name."""
    name = BRACKETS.sub("", name).strip().lower()
    for prefix in CORE:
        name = name.removeprefix(prefix)
    if name in SCHEMAS:
        return ()
    enterprise = ENTERPRISE_SCHEMA.lower()
    if not name.startswith(URN_PREFIX):
        parts = tuple(part for part in name.split(".") if part)
        return (enterprise, *parts) if parts and parts[0] in ENTERPRISE_NAMES else parts
    if name == enterprise:
        return (enterprise,)
    schema, _, rest = name.rpartition(":")
    return (schema, *rest.split(".")) if schema.count(":") > 1 else (name,)
