"""What every address of the API has in common: who may, of which organization, and what the query may say.

An address names its organization by the slug; whose it is not for whoever calls is answered like one that
never was. Nothing of the query is ignored: a parameter that is misspelt would be a filter left out.
"""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import Organization
from provisioning.api import problems
from provisioning.api.callers import caller_of
from provisioning.api.paging import Pages
from provisioning.api.permissions import READ, HasScope
from provisioning.api.problems import Refused
from provisioning.models import Scope


class ApiView(GenericAPIView[Any]):
    """One address."""

    http_method_names = ["get", "head", "post", "patch", "delete"]
    scopes: ClassVar[dict[str, Scope]] = {}
    permission_classes = [HasScope]
    related: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[frozenset[str]] = frozenset()
    organization: Organization

    def initial(self, request: Request, *args: Any, **captured: Any) -> None:
        """Ask who calls, find the organization, and look at the query. Raises: Refused, Throttled, Http404."""
        self.count(request)
        super().initial(request, *args, **captured)
        if "organization" in captured:
            self.organization = self.organization_named(captured["organization"])
        self.check_query(request)

    def count(self, request: Request) -> None:
        """Count the call before anything refuses it, also one with a wrong key. Raises: Throttled."""
        try:
            self.perform_authentication(request)
        finally:
            super().check_throttles(request)

    def check_throttles(self, request: Request) -> None:
        """Do nothing: REST framework would count a call only when it is allowed, and this one is counted."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **captured: Any) -> Any:
        """Say that no answer is to be kept, and that none is a page."""
        response = super().finalize_response(request, response, *args, **captured)
        response["Cache-Control"] = "no-store"
        response["Content-Security-Policy"] = problems.POLICY
        return response

    def organization_named(self, slug: str) -> Organization:
        """Return an organization. Raises: Http404, for one that is not there for whoever calls too."""
        found = caller_of(self.request).organizations().select_related(*self.related).filter(slug=slug)
        organization = found.first()
        if organization is None:
            raise Http404
        return organization

    def known_parameters(self) -> frozenset[str]:
        """Return what the query may say."""
        return self.parameters

    def check_query(self, request: Request) -> None:
        """Look whether the query says what nobody would read. Raises: Refused."""
        if request.method not in self.allowed_methods:
            return
        known = self.known_parameters() if request.method in {READ, "HEAD"} else frozenset()
        wrong = dict.fromkeys(request.query_params.keys() - known, "There is no such parameter here.")
        twice = [name for name, values in request.query_params.lists() if name in known and len(values) > 1]
        wrong |= dict.fromkeys(twice, "It stands there more than once.")
        empty = [name for name, value in request.query_params.items() if name in known and not value]
        wrong |= dict.fromkeys(empty, "It is empty: leave it out.")
        if wrong:
            errors = [{"detail": detail, "parameter": name} for name, detail in sorted(wrong.items())]
            raise Refused(problems.invalid, errors=errors)

    def body_of(self, request: Request, shape: type[BaseSerializer[Any]], **options: Any) -> dict[str, Any]:
        """Return the values of a body. Raises: ValidationError, Refused."""
        given = shape(data=request.data, **options)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        return values


class Filters(DjangoFilterBackend):
    """django-filter's, which says that what is wrong stands in the query."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """Return the rows that answer. Raises: ValidationError."""
        try:
            return super().filter_queryset(request, queryset, view)
        except ValidationError as error:
            error.where = problems.QUERY  # type: ignore[attr-defined]  # read by problems.answer_to
            raise


class ListView(ListModelMixin, ApiView):
    """A list, a page at a time. The mixin only tells drf-spectacular that it is one."""

    filter_backends = [Filters]
    filterset_class: ClassVar[type[FilterSet] | None] = None
    pagination_class: type[Pages] | None = Pages
    order: ClassVar[tuple[str, ...]]

    def known_parameters(self) -> frozenset[str]:
        """Return the filters, and where and how long the page is."""
        filters = self.filterset_class.base_filters if self.filterset_class else {}
        return frozenset({*self.parameters, *filters, "after", "limit"})

    def rows(self) -> QuerySet[Any]:
        """Return every row that exists for whoever calls."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        """Return the same."""
        return self.rows()

    def page(self) -> Response:
        """Return the page that is asked for."""
        found = self.paginate_queryset(self.filter_queryset(self.rows()))
        return self.get_paginated_response(self.get_serializer(found, many=True).data)


class RowView(ApiView):
    """One row, by its id."""

    def rows(self) -> QuerySet[Any]:
        """Return every row that exists for whoever calls."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        """Return the same."""
        return self.rows()

    def row(self, id_: Any) -> Any:
        """Return a row. Raises: Http404, for another organization's too."""
        row = self.rows().filter(pk=id_).first()
        if row is None:
            raise Http404
        return row
