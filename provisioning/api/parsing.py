"""Read a body: one JSON object, of a bounded size and depth, in which no name stands twice."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework import parsers

from provisioning.api import problems
from provisioning.api.problems import Refused

MOST_BYTES = 64 * 1024
DEEPEST = 20


class ObjectParser(parsers.BaseParser):
    """Parses application/json, strictly."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - REST framework's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002 - as above
    ) -> Any:
        """Return the object. Raises: Refused for what is none, or too large."""
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise Refused(problems.too_large)
        try:
            parsed = json.loads(
                body.decode("utf-8"), parse_constant=refuse_constant, object_pairs_hook=unique_names
            )
        except (ValueError, RecursionError):
            raise Refused(problems.malformed) from None
        if not isinstance(parsed, dict) or depth_of(parsed) > DEEPEST:
            raise Refused(problems.malformed)
        return parsed


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON. Raises: ValueError."""
    raise ValueError(name)


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises: ValueError when a name stands in it twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def depth_of(value: Any) -> int:
    """Return how many levels a value has."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        deepest = max(deepest, depth)
        inner = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        waiting += [(every, depth + 1) for every in inner]
    return deepest
