"""An organization's connection to Entra: how it is, and its switch."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import clock
from provisioning import connections, cycles, figures, health
from provisioning.api.callers import actor_of
from provisioning.api.views import ApiView
from provisioning.api.words import Line, Moment, Shape
from provisioning.models import HealthState, ProvisioningConnection, ProvisioningStatus, Scope

TURN = {ProvisioningStatus.ON: connections.turn_on, ProvisioningStatus.OFF: connections.turn_off}


class HealthShape(Shape):
    """How a connection is, and why."""

    state = serializers.ChoiceField(choices=HealthState.choices)
    reason = serializers.CharField(help_text="In words, with what to do.")
    since = Moment(source="started_at")


class ConnectionShape(Shape):
    """An organization's connection."""

    status = serializers.ChoiceField(choices=ProvisioningStatus.choices)
    status_reason = serializers.CharField(help_text="Entra's admin reads it while the status is off.")
    status_changed_at = Moment()
    tenant_url = serializers.URLField(help_text="What Entra's admin enters.")
    health = HealthShape(allow_null=True)
    last_contact_at = Moment(allow_null=True)
    next_cycle_expected_at = Moment(allow_null=True)
    log_days = serializers.IntegerField(help_text="How many days the provisioning log is kept.")


class SwitchShape(Shape):
    """Which way to turn the switch, and why."""

    status = serializers.ChoiceField(choices=ProvisioningStatus.choices)
    reason = Line(
        max_length=connections.LONGEST_REASON,
        help_text="Entra's admin reads it while the status is off, word for word.",
    )


class Connection(ApiView):
    """An organization's connection."""

    scopes = {"GET": Scope.CONNECTION_READ, "PATCH": Scope.CONNECTION_WRITE}
    serializer_class = ConnectionShape
    related = ("connection", "success_manager")

    @extend_schema(operation_id="getConnection", summary="Status and health")
    def get(self, _request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """Return the status, the health with its reason, and when Entra was last heard of."""
        return self.answer(self.organization.connection)

    @extend_schema(
        operation_id="switchProvisioning",
        summary="Turn provisioning on or off",
        request=SwitchShape,
        responses=ConnectionShape,
    )
    def patch(self, request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """Turn provisioning on or off, and say why.

        While it is off Entra's changes are refused with 403 and the reason; nothing stored is touched. The
        organization's people are told by e-mail. The status that it has already changes nothing.
        """
        given = self.body_of(request, SwitchShape)
        connection = TURN[ProvisioningStatus(given["status"])](
            organization=self.organization, reason=given["reason"], by=actor_of(request), now=clock.now()
        )
        return self.answer(connection)

    def answer(self, connection: ProvisioningConnection) -> Response:
        """Return how the connection is."""
        return Response(ConnectionShape(facts_of(connection)).data)


def facts_of(connection: ProvisioningConnection) -> dict[str, Any]:
    """Return what is said of a connection."""
    organization_id = connection.organization_id
    newest = cycles.newest_cycle(organization_id)
    return {
        "status": connection.status,
        "status_reason": connection.status_reason,
        "status_changed_at": connection.status_changed_at,
        "tenant_url": settings.TENANT_URL,
        "health": health.present_period(organization_id),
        "last_contact_at": figures.last_contact_of(
            organization_id, seen_at=newest.last_seen_at if newest else None
        ),
        "next_cycle_expected_at": cycles.next_expected_at(newest) if newest else None,
        "log_days": connection.log_days,
    }
