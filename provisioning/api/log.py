"""The provisioning log: read on by position, so that whoever polls misses nothing and reads nothing twice.

Entries are named as Microsoft Graph's provisioningObjectSummary names them: see `provisioning.exports`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import Http404, StreamingHttpResponse
from django_filters import CharFilter, ChoiceFilter, Filter, IsoDateTimeFilter, UUIDFilter
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import clock
from provisioning import entries, exports, problems
from provisioning.api import problems as refusals
from provisioning.api.callers import actor_of, may_go_on
from provisioning.api.log_shapes import EntryShape
from provisioning.api.paging import Pages, Schema, number_in, wrong
from provisioning.api.problems import Refused
from provisioning.api.views import ApiView, Filters, ListView
from provisioning.exports import Format
from provisioning.models import Action, LogHead, LogStatus, ProvisioningCycle, ProvisioningLogEntry, Scope

MOST_ROWS: Final = 2**63 - 1
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
OLDEST, NEWEST = "oldest", "newest"
ORDERS: Final = (OLDEST, NEWEST)
CODES = [(each.code, each.code) for each in sorted(problems.EVERY, key=lambda each: each.code)]
POSITION: Schema = {"type": "integer", "minimum": 0, "maximum": MOST_ROWS}
LONGEST_IDENTITY = 320


class WholeNumberFilter(Filter):
    """Takes a whole number and no fraction, which would be rounded in silence."""

    field_class = forms.IntegerField


class LogFilters(FilterSet):
    """What the log can be asked for: each an index of its own, as in the console."""

    since = IsoDateTimeFilter(method="from_moment", label="From this time on, such as 2026-11-22T21:00:00Z.")
    until = IsoDateTimeFilter(method="before_moment", label="Before this time.")
    status = ChoiceFilter(choices=LogStatus.choices, method="with_status")
    action = ChoiceFilter(choices=Action.choices, method="with_action")
    identity = CharFilter(
        method="about", max_length=LONGEST_IDENTITY, label="The userName or displayName, in any spelling."
    )
    error_code = ChoiceFilter(choices=CODES, method="with_error")
    request_id = UUIDFilter(field_name="id", label="The id of the request, which is the entry's.")
    resource = UUIDFilter(method="of_resource", label="The id of one member or team.")
    cycle = WholeNumberFilter(
        method="of_cycle", min_value=1, max_value=MOST_ROWS, label="The id of one cycle."
    )

    @property
    def organization_id(self) -> UUID:
        """Whose log it is."""
        request: Any = self.request
        id_: UUID = request.parser_context["view"].organization.id
        return id_

    def from_moment(self, rows: Any, _name: str, value: datetime) -> Any:
        """Return the entries of a moment or later."""
        at = min(max(value, FIRST), LAST)
        return entries.from_moment(rows, at, organization_id=self.organization_id)

    def before_moment(self, rows: Any, _name: str, value: datetime) -> Any:
        """Return the entries before a moment."""
        at = min(max(value, FIRST), LAST)
        return entries.before_moment(rows, at, organization_id=self.organization_id)

    def with_status(self, rows: Any, _name: str, value: str) -> Any:
        """Return the entries that ended so."""
        return entries.with_status(rows, value)

    def with_action(self, rows: Any, _name: str, value: str) -> Any:
        """Return the entries that wanted this."""
        return entries.with_action(rows, value)

    def about(self, rows: Any, _name: str, value: str) -> Any:
        """Return the entries about somebody."""
        return entries.about(rows, value)

    def with_error(self, rows: Any, _name: str, value: str) -> Any:
        """Return the entries that were refused for this."""
        return entries.with_error(rows, value)

    def of_resource(self, rows: Any, _name: str, value: UUID) -> Any:
        """Return the entries about one member or team."""
        return entries.of_resource(rows, value)

    @extend_schema_field({"type": "integer", "minimum": 1, "maximum": MOST_ROWS})
    def of_cycle(self, rows: Any, _name: str, value: Any) -> Any:
        """Return the entries of a cycle; none where the organization has no such cycle."""
        cycle = ProvisioningCycle.objects.of_organization(self.organization_id).filter(pk=value).first()
        return entries.of_cycle(rows, cycle) if cycle else rows.none()


class LogPages(Pages):
    """Pages by position, which is the cursor; `position` is where to go on later, also when there is no next."""

    usual, most = 100, 1000
    after_schema = POSITION
    after_text = "Go on after this position: the `position` of the page before. Left out: from the beginning."
    position: int | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:  # noqa: ARG002 - REST framework's signature
        """Return the rows of the page that is asked for, fewer where they are large. Raises: Refused."""
        self.request = request
        size, is_newest_first = self.size(request), order_of(request) == NEWEST
        after = position_of(request)
        ordered = entries.sealed(queryset, after=after, is_newest_first=is_newest_first)
        fitting, there = entries.fitting(ordered, size + 1)
        rows: list[Any] = list(ordered[: min(fitting, size)]) if there else []
        self.position = rows[-1]["position"] if rows else after or 0
        if there > len(rows) > 0:
            self.next = self.address(str(self.position))
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return a page."""
        return Response({"items": data, "position": self.position, "next": self.next})

    def get_paginated_response_schema(self, schema: Schema) -> Schema:
        """Describe a page in OpenAPI."""
        page = super().get_paginated_response_schema(schema)
        page["required"].append("position")
        text = (
            "Where this page ends. Keep it, and ask for what comes `after` it: nothing is missed or repeated."
        )
        page["properties"]["position"] = POSITION | {"description": text}
        return page

    def get_schema_operation_parameters(self, view: APIView) -> list[Schema]:
        """Describe the parameters in OpenAPI."""
        order = {"type": "string", "enum": list(ORDERS), "default": OLDEST}
        text = "Oldest first, to read on; or newest first, to look."
        parameters = super().get_schema_operation_parameters(view)
        return [*parameters, {"name": "order", "in": "query", "schema": order, "description": text}]


def order_of(request: Request) -> str:
    """Return in which order the log is asked for. Raises: Refused for one that there is not."""
    order = request.query_params.get("order", OLDEST)
    if order not in ORDERS:
        raise wrong("order", f"It must be {OLDEST} or {NEWEST}.")
    return order


def position_of(request: Request) -> int | None:
    """Return the position after which to go on; None for the beginning. Raises: Refused, for one to come too.

    The log never gave a position beyond its end: whoever has one would wait there, and miss all that comes before it.
    """
    if "after" not in request.query_params:
        return None
    after = number_in(request, "after", usual=0, most=MOST_ROWS, least=0)
    view: Any = request.parser_context["view"]
    heads = LogHead.objects.filter(organization=view.organization)
    end = heads.values_list("position", flat=True).first() or 0
    if after > end:
        raise Refused(refusals.position_ahead, f"The log ends at position {end}, before {after}.")
    return after


class Log(ListView):
    """An organization's log."""

    scopes = {"GET": Scope.LOGS_READ}
    queryset = ProvisioningLogEntry.objects.none()
    serializer_class = EntryShape
    filterset_class = LogFilters
    pagination_class = LogPages
    parameters = frozenset({"order"})

    def rows(self) -> QuerySet[Any]:
        """Return its entries."""
        return ProvisioningLogEntry.objects.of_organization(self.organization.id)

    @extend_schema(operation_id="listLogEntries", summary="Read the provisioning log")
    def get(self, _request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """Return entries of an organization's log after a position, oldest first.

        Positions are given without a gap within a second of an entry. Keep the `position` of the last page and
        ask for what comes `after` it: you miss nothing and read nothing twice.
        """
        found = self.filter_queryset(self.rows()).values(*exports.COLUMNS)
        page = self.paginate_queryset(found) or []
        named = exports.Names().given(page)
        return self.get_paginated_response([exports.summary_of(each) for each in named])


class OneEntry(ApiView):
    """An entry of the log."""

    scopes = {"GET": Scope.LOGS_READ}
    serializer_class = EntryShape

    @extend_schema(operation_id="getLogEntry", summary="Get one entry of the log")
    def get(self, _request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Return one entry, by its id, which is the id of the request. Its position may be null for a second."""
        found = ProvisioningLogEntry.objects.of_organization(self.organization.id).filter(pk=id)
        rows = exports.Names().given(list(found.order_by().values(*exports.COLUMNS)))
        if not rows:
            raise Http404
        return Response(exports.summary_of(rows[0]))


class AnyAccept(BaseContentNegotiation):
    """Answers whatever Accept says: the format of an export is one of its parameters."""

    def select_parser(self, _request: Request, parsers: Iterable[Any]) -> Any:
        """Return what reads a body, of which there is none."""
        return next(iter(parsers))

    def select_renderer(
        self,
        _request: Request,
        renderers: Iterable[Any],
        format_suffix: str | None = None,  # noqa: ARG002 - REST framework's signature
    ) -> tuple[Any, str]:
        """Return what would write an answer that is no export."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class Export(ApiView):
    """An organization's log as a file."""

    scopes = {"GET": Scope.LOGS_READ}
    content_negotiation_class = AnyAccept
    http_method_names = ["get"]  # a HEAD would begin an export that nobody reads
    queryset = ProvisioningLogEntry.objects.none()
    filter_backends = [Filters]
    filterset_class = LogFilters
    pagination_class = None

    def known_parameters(self) -> frozenset[str]:
        """Return what the query may say."""
        return frozenset({*LogFilters.base_filters, "after", "format"})

    def rows(self) -> QuerySet[Any]:
        """Return its entries."""
        return ProvisioningLogEntry.objects.of_organization(self.organization.id)

    @extend_schema(
        operation_id="exportLog",
        summary="Export the provisioning log",
        filters=True,
        parameters=[
            OpenApiParameter("format", enum=Format.values, default=Format.NDJSON.value),
            OpenApiParameter("after", POSITION, description="Go on after this position."),
        ],
        responses={
            (200, exports.CONTENT_TYPES[Format.NDJSON]): OpenApiResponse(
                {"type": "string"}, description="A line an entry, oldest first."
            ),
            (200, "text/csv"): {"type": "string"},
        },
    )
    def get(self, request: Request, organization: str) -> StreamingHttpResponse:  # noqa: ARG002 - found already
        """Stream every entry that the filters find, oldest first, as NDJSON or CSV.

        An export that breaks off ends with a line that is no entry: it has a `title` that says so, and no `id`.
        Go on `after` the last position that you have. One export at a time is served by a process; another
        answers 429 with Retry-After, and one that takes more than ten minutes may have to go on later. Each is
        noted in the history.
        """
        name = request.query_params.get("format", Format.NDJSON)
        if name not in Format.values:
            raise wrong("format", f"It must be one of: {', '.join(Format.values)}.")
        kind, after = Format(name), position_of(request)
        found = entries.sealed(self.filter_queryset(self.rows()), after=after)
        export = exports.begin_export(
            found=found,
            order=entries.BY_POSITION,
            kind=kind,
            organization=self.organization,
            asked=[
                f"{name}: {value}" for name, value in request.query_params.items() if name not in PERSONAL
            ],
            by=actor_of(request),
            may_go_on=partial(may_go_on, request),
            now=clock.now(),
        )
        return StreamingHttpResponse(
            export,
            content_type=exports.CONTENT_TYPES[kind],
            headers={"Content-Disposition": f'attachment; filename="provisioning-log.{kind}"'},
        )


PERSONAL: Final = frozenset({"identity", "format"})
