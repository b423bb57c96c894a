"""What a client asks of a list: filter, page, order, attributes; from an address or a .search body.

Source: RFC 7644 §3.4.2 and §3.4.3; RFC 9865 §2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from provisioning.scim import errors
from provisioning.scim.projection import Projection, projection_of

MESSAGE = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
LONGEST_PAGE = 200
DEFAULT_PAGE = 100
CURSOR_SECONDS = 3600
LARGEST_INDEX = 2**31
MOST_DIGITS = 20


@dataclass(frozen=True)
class Query:
    """One question to a collection. Any `sortOrder` but descending is ascending.

    A page by cursor has a `cursor`, "" for the first one; any other is at `start_index`, which is 1-based.
    """

    filter: str
    cursor: str | None
    start_index: int
    count: int
    sort_by: str
    is_descending: bool
    projection: Projection

    @property
    def rows(self) -> slice:
        """The rows of the answer."""
        return slice(self.start_index - 1, self.start_index - 1 + self.count)


def query_of(parameters: Mapping[str, Any]) -> Query:
    """Return what parameters ask; paging out of range means the nearest possible. Raises: ScimError."""
    cursor = cursor_in(parameters)
    start_index = number(parameters, "startIndex", default=1)
    count = number(parameters, "count", default=DEFAULT_PAGE) if cursor is None else size_in(parameters)
    return Query(
        filter=text(parameters, "filter"),
        cursor=cursor,
        start_index=min(max(start_index, 1), LARGEST_INDEX),
        count=min(max(count, 0), LONGEST_PAGE),
        sort_by=text(parameters, "sortBy"),
        is_descending=text(parameters, "sortOrder").lower() == "descending",
        projection=projection_in(parameters),
    )


def cursor_in(parameters: Mapping[str, Any]) -> str | None:
    """Return the cursor of a page, "" for the first; None where pages go by index.

    Raises: ScimError invalid_cursor for one that is no text, invalid_parameter beside what asks for another order.
    """
    cursor = parameters.get("cursor")
    if cursor is None:
        return None
    if not isinstance(cursor, str):
        raise errors.invalid_cursor()
    for name in ("startIndex", "sortBy"):
        if parameters.get(name) not in (None, ""):
            form = "left out beside cursor, whose pages go by the time of creation"
            raise errors.invalid_parameter(parameter=name, form=form)
    return cursor


def size_in(parameters: Mapping[str, Any]) -> int:
    """Return how long a page by cursor may be. Raises: ScimError invalid_count."""
    try:
        count = number(parameters, "count", default=DEFAULT_PAGE)
    except errors.ScimError:
        count = 0
    if count < 1:
        raise errors.invalid_count()
    return count


def projection_in(parameters: Mapping[str, Any]) -> Projection:
    """Return the projection that parameters ask for. Raises: ScimError invalid_parameter."""
    return projection_of(
        attributes=names(parameters, "attributes"), excluded=names(parameters, "excludedAttributes")
    )


def parameters_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a SearchRequest. Raises: ScimError invalid_value."""
    schemas = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    if not isinstance(schemas, list) or MESSAGE not in schemas:
        raise errors.invalid_value(attribute="schemas", reason=f"it must hold {MESSAGE}")
    known = (
        "filter",
        "cursor",
        "startIndex",
        "count",
        "sortBy",
        "sortOrder",
        "attributes",
        "excludedAttributes",
    )
    by_lower = {name.lower(): name for name in known}
    return {by_lower[name.lower()]: value for name, value in body.items() if name.lower() in by_lower}


def text(parameters: Mapping[str, Any], name: str) -> str:
    """Return a parameter as text. Raises: ScimError invalid_parameter."""
    value = parameters.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise errors.invalid_parameter(parameter=name, form="text")
    return value.strip()


def names(parameters: Mapping[str, Any], name: str) -> list[str]:
    """Return a parameter as a list of names. Raises: ScimError invalid_parameter."""
    value = parameters.getlist(name) if isinstance(parameters, QueryDict) else parameters.get(name)
    found = value if isinstance(value, list) else [value or ""]
    if not all(isinstance(each, str) for each in found):
        raise errors.invalid_parameter(parameter=name, form="a list of names")
    return [part for each in found for part in each.split(",")]


def number(parameters: Mapping[str, Any], name: str, *, default: int) -> int:
    """Return a parameter as a number. Raises: ScimError invalid_parameter."""
    value = parameters.get(name)
    if value is None or value == "":
        return default
    digits = str(value).strip()
    is_number = not isinstance(value, bool | float) and len(digits) <= MOST_DIGITS and digits.isascii()
    if not is_number or not digits.removeprefix("-").isdigit():
        raise errors.invalid_parameter(parameter=name, form="a whole number")
    return int(digits)
