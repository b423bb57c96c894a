"""What a body may be, decided without a database (RFC 8259; RFC 7644 §3.3)."""

import json

import pytest

from provisioning.scim import wire


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize("body", [b"{}", b'{"a": 1.5}', b' {"a": [{"b": null}]} ', '{"é": "😀"}'.encode()])
def test_a_json_object_is_read(body: bytes) -> None:
    assert wire.json_object(body) == json.loads(body)


def test_the_deepest_allowed_nesting_is_read() -> None:
    assert wire.json_object(nested(wire.DEEPEST_NESTING))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is not JSON (line 1, column 1)"),
        (b'{"a": }', "it is not JSON (line 1, column 7)"),
        (b"[1]", "it is not a JSON object"),
        (b'"text"', "it is not a JSON object"),
        (b"null", "it is not a JSON object"),
        (b'{"a": "\xff"}', "it is not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "it is not UTF-8"),
        (b'{"a": 1, "a": 2}', "an attribute stands in the same object twice"),
        (b'{"a": NaN}', "NaN and Infinity are not JSON"),
        (b'{"a": -Infinity}', "NaN and Infinity are not JSON"),
        (b'{"a": 1e999}', "a number in it is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number in it is too large"),
        (b'{"a": "\\u0000"}', "it holds a NUL character"),
        (b'{"\\u0000": 1}', "it holds a NUL character"),
        (b'{"a": ["\\ud800"]}', "it holds half of a surrogate pair"),
        (nested(wire.DEEPEST_NESTING + 1), "it is nested deeper than 32 levels"),
        (b"[" * 100_000, "it is nested deeper than 32 levels"),
        (b'{"a":' * 100_000, "it is nested deeper than 32 levels"),
    ],
)
def test_anything_else_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^") as refusal:
        wire.json_object(body)

    assert str(refusal.value) == reason
