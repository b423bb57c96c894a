"""Lists a page at a time, by a cursor and never by an offset: a page costs the same however far on it is.

A cursor is opaque, but for that of the provisioning log, which is a position. `next` is the address of the
page that follows, or null.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Model, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.admin import paging as keyset
from provisioning.api import problems
from provisioning.api.problems import Refused

LONGEST_CURSOR = 200
USUAL, MOST = 50, 200
Schema = dict[str, Any]


class Pages(BasePagination):
    """Pages of rows in the order that the view names; its columns are never null, the last is unique."""

    usual, most = USUAL, MOST
    after_schema: Schema = {"type": "string", "pattern": r"^[0-9A-Za-z_-]{2,200}$"}
    after_text = "Go on after this place: what the `next` of the page before says."
    request: Request
    next: str | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """Return the rows of the page that is asked for. Raises: Refused for a cursor that is none."""
        self.request = request
        size = self.size(request)
        order: Sequence[str] = view.order  # type: ignore[union-attr]  # every list has one
        found = list(self.rest(queryset, order, request).order_by(*order)[: size + 1])
        if len(found) > size:
            self.next = self.address(keyset.cursor_of(found[size - 1], order))
        return found[:size]

    def rest(self, rows: QuerySet[Any], order: Sequence[str], request: Request) -> QuerySet[Any]:
        """Return the rows after the cursor."""
        text = request.query_params.get("after")
        if text is None:
            return rows
        return rows.filter(keyset.past(order, values_of(rows.model, order, text)))

    def size(self, request: Request) -> int:
        """Return how many rows are asked for. Raises: Refused."""
        return number_in(request, "limit", usual=self.usual, most=self.most)

    def address(self, after: str) -> str:
        """Return the address of the same question after a place."""
        asked = [(name, value) for name, value in self.request.query_params.items() if name != "after"]
        return f"{settings.BASE_URL}{self.request.path}?{urlencode([*asked, ('after', after)])}"

    def get_paginated_response(self, data: Any) -> Response:
        """Return a page."""
        return Response({"items": data, "next": self.next})

    def get_paginated_response_schema(self, schema: Schema) -> Schema:
        """Describe a page in OpenAPI."""
        link = {
            "type": ["string", "null"],
            "format": "uri",
            "description": "The address of the page that follows; null on the last one.",
        }
        return {
            "type": "object",
            "required": ["items", "next"],
            "properties": {"items": schema, "next": link},
        }

    def get_schema_operation_parameters(self, _view: APIView) -> list[Schema]:
        """Describe the parameters in OpenAPI."""
        limit = {"type": "integer", "minimum": 1, "maximum": self.most, "default": self.usual}
        return [
            {"name": "after", "in": "query", "schema": self.after_schema, "description": self.after_text},
            {"name": "limit", "in": "query", "schema": limit, "description": "How many at most."},
        ]


def values_of(model: type[Model], order: Sequence[str], text: str) -> list[Any]:
    """Return the values of a cursor. Raises: Refused for what is none of this list."""
    values = keyset.cursor_values(model, order, text) if len(text) <= LONGEST_CURSOR else None
    if values is None:
        raise wrong("after", "This is no cursor of this list.")
    return values


def number_in(request: Request, name: str, *, usual: int, most: int, least: int = 1) -> int:
    """Return a number of the query. Raises: Refused unless it is a whole one within its limits."""
    text = request.query_params.get(name)
    if text is None:
        return usual
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    if not is_number or not least <= int(text) <= most:
        raise wrong(name, f"It must be a whole number from {least} to {most}.")
    return int(text)


def wrong(parameter: str, detail: str) -> Refused:
    """Return the refusal of one parameter of the query, to be raised."""
    return Refused(problems.invalid, errors=[{"detail": detail, "parameter": parameter}])
