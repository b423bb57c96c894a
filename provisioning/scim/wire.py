"""From bytes to one JSON object, strictly, and back. No Django here.

Refused: anything but UTF-8, NaN and infinities, a key twice, NUL, lone surrogates, too deep a nesting,
and anything but an object at the top. Each is a ValueError whose text is fit for a client to read.
Source: RFC 8259 §4, §8.1 and §8.2; RFC 7644 §3.3.
"""

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

import orjson

DEEPEST_NESTING = 32
LONGEST_NUMBER = 40


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body.

    Raises: ValueError with the reason, in words that complete "The body can't be read: …".
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        message = "it is not UTF-8"
        raise ValueError(message) from None
    value = parsed(text)
    if not isinstance(value, dict):
        message = "it is not a JSON object"
        raise ValueError(message)  # noqa: TRY004 - what a client sent, not what a caller passed
    check(value)
    return value


def parsed(text: str) -> Any:
    """Return the JSON value of a text. Raises: ValueError."""
    try:
        return json.loads(
            text,
            object_pairs_hook=object_of,
            parse_constant=refuse_constant,
            parse_float=finite,
            parse_int=whole,
        )
    except json.JSONDecodeError as error:
        message = f"it is not JSON (line {error.lineno}, column {error.colno})"
        raise ValueError(message) from None
    except RecursionError:
        message = f"it is nested deeper than {DEEPEST_NESTING} levels"
        raise ValueError(message) from None


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object. Raises: ValueError when an attribute stands there twice, in whatever spelling."""
    if len(pairs) > 1 and len({name.lower() for name, _ in pairs}) != len(pairs):
        message = "an attribute stands in the same object twice"
        raise ValueError(message)
    return dict(pairs)


def refuse_constant(_constant: str) -> NoReturn:
    """Refuse NaN, Infinity and -Infinity, which Python reads but JSON does not have."""
    message = "NaN and Infinity are not JSON"
    raise ValueError(message)


def finite(digits: str) -> float:
    """Return a number. Raises: ValueError when no float can hold it."""
    number = float(digits)
    if not math.isfinite(number):
        message = "a number in it is too large"
        raise ValueError(message)
    return number


def whole(digits: str) -> int:
    """Return a whole number. Raises: ValueError when it is absurdly long."""
    if len(digits) > LONGEST_NUMBER:
        message = "a number in it is too large"
        raise ValueError(message)
    return int(digits)


def check(value: Any) -> None:
    """Walk a value level by level. Raises: ValueError for depth, NUL or a lone surrogate."""
    level = [value]
    for _ in range(DEEPEST_NESTING + 1):
        level = list(children(level))
        if not level:
            return
    message = f"it is nested deeper than {DEEPEST_NESTING} levels"
    raise ValueError(message)


def children(values: list[Any]) -> Iterator[Any]:
    """Yield what lies inside of values that are objects or arrays, and check every text on the way."""
    for value in values:
        if isinstance(value, dict):
            for key in value:
                check_text(key)
            yield from value.values()
        elif isinstance(value, list):
            yield from value
        elif isinstance(value, str):
            check_text(value)


def check_text(text: str) -> None:
    """Check a text. Raises: ValueError for a character that no database can keep."""
    if "\0" in text:
        message = "it holds a NUL character"
        raise ValueError(message)
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "it holds half of a surrogate pair"
        raise ValueError(message) from None


def written(document: dict[str, Any]) -> bytes:
    """Return a document as JSON. An orjson.Fragment in it is JSON already, and stands there as it is."""
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # a number of more than 64 bits, which a client may well have said
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=read_again)
        return text.encode()


def read_again(fragment: orjson.Fragment) -> Any:
    """Return what JSON that is written already says."""
    return json.loads(orjson.dumps(fragment))
