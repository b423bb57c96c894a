"""The history of an organization: who did what, when, from where and why."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import ChoiceFilter
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from provisioning import api_keys
from provisioning.api.callers import caller_of
from provisioning.api.views import ApiView, ListView, RowView
from provisioning.api.words import Moment, Shape
from provisioning.models import AuditEvent, AuditKind, Scope

TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3}


class AuditShape(Shape):
    """What somebody did. It is only ever added to."""

    id = serializers.UUIDField(help_text="It begins with its time (a UUIDv7).")
    at = Moment()
    kind = serializers.ChoiceField(choices=AuditKind.choices)
    actor = serializers.CharField()
    address = serializers.SerializerMethodField()
    subject = serializers.CharField()
    reason = serializers.CharField()
    changes = serializers.SerializerMethodField()

    @extend_schema_field({"type": ["string", "null"]})
    def get_address(self, event: AuditEvent) -> str | None:
        """From where. Where Hootsuite's own staff sit is shown to them alone."""
        is_shown = self.context["is_staff"] or not is_of_staff(event)
        return event.address if is_shown else None

    @extend_schema_field({"type": "array", "items": TEXTS})
    def get_changes(self, event: AuditEvent) -> Any:
        """What was changed: name, old and new value of each, in words."""
        return event.details.get("changes", [])


def is_of_staff(event: AuditEvent) -> bool:
    """Whether one of Hootsuite's own people or programs did it."""
    if event.operator is not None:
        return event.operator.is_staff
    return event.actor.startswith(api_keys.STAFF_KEY)


class AuditFilters(FilterSet):
    """By what was done."""

    kind = ChoiceFilter(choices=AuditKind.choices)


class OfHistory(ApiView):
    """What an address about the history finds."""

    scopes = {"GET": Scope.AUDIT_READ}
    queryset = AuditEvent.objects.none()
    serializer_class = AuditShape

    def rows(self) -> QuerySet[Any]:
        """Return the organization's history."""
        return AuditEvent.objects.of_organization(self.organization.id).select_related("operator")

    def get_serializer_context(self) -> dict[str, Any]:
        """Return whether to show where staff sit."""
        return {"is_staff": caller_of(self.request).organization is None}


class History(OfHistory, ListView):
    """An organization's history."""

    filterset_class = AuditFilters
    order = ("-id",)

    @extend_schema(operation_id="listAuditEvents", summary="Read the history")
    def get(self, _request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """List what was done, newest first: tokens, the switch, settings, people, API keys."""
        return self.page()


class OneAuditEvent(OfHistory, RowView):
    """Something that was done."""

    @extend_schema(operation_id="getAuditEvent", summary="Get an event of the history")
    def get(self, _request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Return one thing that was done."""
        return Response(self.get_serializer(self.row(id)).data)
