"""Pages of a list by cursor: a page begins at a row, not at a number, so it costs the same however far on it is.

The list goes by the time of creation and then the id, which no change of a row touches: whoever is there from
the first page to the last is met once, and whoever comes or goes meanwhile at most once. Nothing is kept for
a cursor. It is a place, signed together with its question: one of another question or of another organization
is as wrong as a forged one.
Source: RFC 9865; RFC 7644 §3.4.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet

from accounts.admin.paging import past, turned
from provisioning.scim import errors, listing
from provisioning.scim.exchange import Exchange
from provisioning.scim.projection import Projection
from provisioning.scim.queries import CURSOR_SECONDS, Query
from provisioning.scim.searches import Search

ORDER: Final = ("created_at", "id")


class Kind(Protocol):
    """One kind of resource that is listed."""

    resource_type: str

    def search(self, text: str) -> Search:
        """Return the search for the caller's rows that a filter names. Raises: ScimError."""

    def as_resources(self, rows: list[Any], projection: Projection) -> list[dict[str, Any]]:
        """Return rows as resources, with what is wanted of them."""


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind a row, or before it on the way back. `part` is the kind's number, from 0."""

    part: int
    created_at: datetime
    id: UUID
    is_back: bool


@dataclass(frozen=True)
class Leaf:
    """One page: its rows kind by kind, how many there are in all, and the places of the pages beside it."""

    rows: list[list[Any]]
    total: int
    following: Place | None = None
    preceding: Place | None = None


@dataclass(frozen=True)
class Question:
    """What a cursor is good for, at a time."""

    organization_id: UUID
    kinds: str
    filter: str
    now: datetime

    @property
    def signer(self) -> Signer:
        """What signs for this question alone. All it writes may stand in an address as it is (RFC 3986 §2.3)."""
        return Signer(salt=f"scim.cursors:{self.organization_id}:{self.kinds}:{self.filter}", sep=".")

    def cursor_of(self, place: Place) -> str:
        """Return the cursor of a place."""
        made_at = int(self.now.timestamp())
        fields = [made_at, place.part, place.created_at.isoformat(), str(place.id), place.is_back]
        return self.signer.sign_object(fields)

    def place_of(self, cursor: str) -> Place | None:
        """Return the place of a cursor, None for the first page. Raises: ScimError invalid_cursor, expired_cursor."""
        if not cursor:
            return None
        try:
            made_at, part, created_at, id_, is_back = self.signer.unsign_object(cursor)
        except BadSignature:
            raise errors.invalid_cursor() from None
        if self.now.timestamp() - made_at > CURSOR_SECONDS:
            raise errors.expired_cursor(limit=str(CURSOR_SECONDS))
        return Place(part, datetime.fromisoformat(created_at), UUID(id_), is_back)


def page(kinds: Sequence[Kind], query: Query, exchange: Exchange) -> dict[str, Any]:
    """Return the ListResponse of the page that a query's cursor names, of one kind after the other.

    Raises: ScimError.
    """
    names = "+".join(kind.resource_type for kind in kinds)
    question = Question(exchange.organization_id, names, query.filter, exchange.now)
    place = question.place_of(query.cursor or "")
    leaf = leaf_of([kind.search(query.filter).rows() for kind in kinds], place, size=query.count)
    neighbours = {"previousCursor": leaf.preceding, "nextCursor": leaf.following}
    return listing.list_response(
        total=leaf.total,
        place={name: question.cursor_of(each) for name, each in neighbours.items() if each is not None},
        resources=[
            resource
            for kind, rows in zip(kinds, leaf.rows, strict=True)
            for resource in kind.as_resources(rows, query.projection)
        ],
    )


def leaf_of(parts: list[QuerySet[Any]], place: Place | None, *, size: int) -> Leaf:
    """Return the page at a place of some lists in a row; where nothing fills one on the way back, the first.

    `size` is 1 or more. At most three queries a list.
    """
    is_back = place is not None and place.is_back
    order = [turned(each) for each in ORDER] if is_back else ORDER
    found: list[tuple[int, Any]] = []
    for number in numbers_from(place, len(parts)):
        rows = parts[number].order_by(*order)
        if place is not None and number == place.part:
            rows = rows.filter(past(order, (place.created_at, place.id)))
        if len(found) <= size:
            found += [(number, row) for row in rows[: size + 1 - len(found)]]
    has_more = len(found) > size
    if is_back and not has_more:
        return leaf_of(parts, None, size=size)
    found = found[size - 1 :: -1] if is_back else found[:size]
    is_whole = place is None and not has_more
    return Leaf(
        rows=[[row for part, row in found if part == number] for number in range(len(parts))],
        total=len(found) if is_whole else sum(part.count() for part in parts),
        following=beside(found[-1], is_back=False) if has_more else None,
        preceding=beside(found[0], is_back=True) if place is not None and found else None,
    )


def numbers_from(place: Place | None, count: int) -> range:
    """Return the numbers of the lists that a page at a place may reach into, nearest first."""
    if place is None:
        return range(count)
    return range(place.part, -1, -1) if place.is_back else range(place.part, count)


def beside(found: tuple[int, Any], *, is_back: bool) -> Place:
    """Return the place behind a row of a list, or before it."""
    part, row = found
    return Place(part, row.created_at, row.id, is_back)
