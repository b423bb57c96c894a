"""Entra's cycles, as they were seen from here."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from provisioning.api.views import ListView, RowView
from provisioning.api.words import Moment, Shape
from provisioning.cycles import reads_of
from provisioning.models import CycleKind, ProvisioningCycle, Scope

COUNTS = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}
TOTALS = {"type": "object", "additionalProperties": COUNTS}


class CycleShape(Shape):
    """A cycle: from when to when, and what it changed."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=CycleKind.choices)
    started_at = Moment()
    last_seen_at = Moment()
    ended_at = Moment(allow_null=True, help_text="Null while it runs.")
    totals = serializers.SerializerMethodField()

    @extend_schema_field(TOTALS)
    def get_totals(self, cycle: ProvisioningCycle) -> Any:
        """How many entries of the log it has: by User and Group, and by what became of them."""
        return cycle.totals


class CycleWithReadsShape(CycleShape):
    """A cycle, with what it read."""

    reads = serializers.SerializerMethodField()

    @extend_schema_field(COUNTS)
    def get_reads(self, cycle: ProvisioningCycle) -> dict[str, int]:
        """How many reads of users and of groups it made."""
        return reads_of(cycle)


class Cycles(ListView):
    """An organization's cycles."""

    scopes = {"GET": Scope.CYCLES_READ}
    queryset = ProvisioningCycle.objects.none()
    serializer_class = CycleShape
    order = ("-started_at", "-id")

    def rows(self) -> QuerySet[Any]:
        """Return them."""
        return ProvisioningCycle.objects.of_organization(self.organization.id)

    @extend_schema(operation_id="listCycles", summary="List cycles")
    def get(self, _request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """List the cycles that were seen, newest first. They are inferred from traffic."""
        return self.page()


class OneCycle(RowView):
    """A cycle."""

    scopes = {"GET": Scope.CYCLES_READ}
    serializer_class = CycleWithReadsShape

    def rows(self) -> QuerySet[Any]:
        """Return the organization's cycles."""
        return ProvisioningCycle.objects.of_organization(self.organization.id)

    @extend_schema(operation_id="getCycle", summary="Get a cycle")
    def get(self, _request: Request, organization: str, id: int) -> Response:  # noqa: A002, ARG002 - the address
        """Return one cycle, with how much it read."""
        return Response(CycleWithReadsShape(self.row(id)).data)
