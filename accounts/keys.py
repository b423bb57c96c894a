"""How two spellings of a name are told to be the same one.

The database must not decide: SQLite lowers ASCII alone, PostgreSQL by locale. So the folded form is
made here, stored beside the value as sent (`*_key` columns) and compared byte for byte.
Source: RFC 7643 §2.2 and §4.1.1 (userName is case-insensitive), RFC 8265 §3.3 (UsernameCaseMapped).
"""

from typing import Any
from unicodedata import normalize


def fold(text: str) -> str:
    """Return the form under which `text` is compared: NFC, lower case, NFC again.

    Lowering can undo a normalization, hence the second one.

    >>> fold("Amélie@Acme.Example") == fold("AMÉLIE@acme.example")
    True
    """
    return normalize("NFC", normalize("NFC", text).lower())


def folded(value: Any) -> Any:
    """Return decoded JSON with every text folded, for comparing; names of attributes stay as they are."""
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, list):
        return [folded(item) for item in value]
    if isinstance(value, dict):
        return {name: folded(item) for name, item in value.items()}
    return value
