"""Which part of a list a client wants. Source: RFC 7644 §3.4.2.4."""

from dataclasses import dataclass

from django.http import QueryDict

from provisioning.scim import errors

LONGEST_PAGE = 200
DEFAULT_PAGE = 100
LARGEST_INDEX = 2**31


@dataclass(frozen=True)
class Page:
    """A stretch of a list: `start_index` is 1-based."""

    start_index: int
    count: int

    @property
    def rows(self) -> slice:
        """The rows of a query this page is."""
        return slice(self.start_index - 1, self.start_index - 1 + self.count)


def page_of(query: QueryDict) -> Page:
    """Return the page asked for; out of range means the nearest possible. Raises: ScimError."""
    start_index = number(query, "startIndex", default=1)
    count = number(query, "count", default=DEFAULT_PAGE)
    return Page(start_index=min(max(start_index, 1), LARGEST_INDEX), count=min(max(count, 0), LONGEST_PAGE))


def number(query: QueryDict, parameter: str, *, default: int) -> int:
    """Return a parameter as a number. Raises: ScimError invalid_paging."""
    text = query.get(parameter, "").strip()
    if not text:
        return default
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 20:  # noqa: PLR2004 - beyond any list
        raise errors.invalid_paging(parameter=parameter)
    return int(text)
