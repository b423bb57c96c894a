"""Older and newer instead of page numbers: a page costs the same however far back it is.

A cursor holds the values of the order's columns in one row; the next page begins after it. It is no
secret, and a broken one is the first page.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

OLDER, NEWER = "older", "newer"
LONGEST_CURSOR = 2000
FIRST_YEAR, LAST_YEAR, LARGEST = 1, 9999, 2**63


@dataclass(frozen=True)
class Leaf:
    """One page of rows, and the cursors of the pages beside it; empty where there is none."""

    rows: list[Any]
    older: str = ""
    newer: str = ""


def leaf_of(
    rows: QuerySet[Any], *, order: Sequence[str], size: int, query: QueryDict, held: Sequence[str] = ()
) -> Leaf:
    """Return the page that a query names: after a cursor, before one, or the first.

    `order` names columns of the model, none of them null, the last of them unique. `held` names columns that
    the rows have one value in: they change no order, but say which index to read in. One query, or two when
    nothing fills a page before the cursor: then it is the first page.
    """
    forwards = [*held, *order]
    backwards = [turned(each) for each in forwards]
    older, newer = (cursor_values(rows.model, order, query.get(name, "")) for name in (OLDER, NEWER))
    if newer is not None:
        before = past([turned(each) for each in order], newer)
        found = list(rows.filter(before).order_by(*backwards)[: size + 1])
        if len(found) > size:
            return leaf(found[size - 1 :: -1], order, has_older=True, has_newer=True)
    elif older is not None:
        rows = rows.filter(past(order, older))
    found = list(rows.order_by(*forwards)[: size + 1])
    return leaf(found[:size], order, has_older=len(found) > size, has_newer=older is not None)


def leaf(rows: list[Any], order: Sequence[str], *, has_older: bool, has_newer: bool) -> Leaf:
    """Return a page with its cursors."""
    if not rows:
        return Leaf(rows)
    return Leaf(
        rows,
        older=cursor_of(rows[-1], order) if has_older else "",
        newer=cursor_of(rows[0], order) if has_newer else "",
    )


def past(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Return the condition of the rows after some values in an order, written so that its index serves it."""
    column, value = order[0].removeprefix("-"), values[0]
    beyond = Q(**{f"{column}__{'lt' if order[0].startswith('-') else 'gt'}": value})
    if len(order) == 1:
        return beyond
    at_least = Q(**{f"{column}__{'lte' if order[0].startswith('-') else 'gte'}": value})
    return at_least & (beyond | past(order[1:], values[1:]))


def turned(name: str) -> str:
    """Return the opposite order of a column."""
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def cursor_of(row: Model, order: Sequence[str]) -> str:
    """Return where a row stands in an order."""
    values = [getattr(row, each.removeprefix("-")) for each in order]
    shown = [each.isoformat() if hasattr(each, "isoformat") else each for each in values]
    return urlsafe_b64encode(json.dumps(shown, default=str).encode()).decode().rstrip("=")


def cursor_values(model: type[Model], order: Sequence[str], text: str) -> list[Any] | None:
    """Return the values of a cursor; None where there is none, or none of this order."""
    if not text or len(text) > LONGEST_CURSOR:
        return None
    try:
        given = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        fields = [model._meta.get_field(each.removeprefix("-")) for each in order]  # noqa: SLF001 - Django's documented model API
        values = [field.to_python(each) for field, each in zip(fields, given, strict=True)]  # type: ignore[union-attr]  # columns all
    except (ValueError, TypeError, ValidationError, RecursionError):
        return None
    return values if all(map(is_storable, values)) else None


def is_storable(value: Any) -> bool:
    """Whether a database may be asked for a value: no surrogate, no NUL, no year or number beyond its own."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= each <= "\udfff" for each in value)
    if isinstance(value, datetime):
        return FIRST_YEAR < value.year < LAST_YEAR
    if isinstance(value, int):
        return abs(value) < LARGEST
    return value is not None
