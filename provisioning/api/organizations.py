"""Organizations and who calls: what is there for a program to begin with."""

from typing import Any

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Organization
from provisioning import figures
from provisioning.api.callers import caller_of
from provisioning.api.views import ApiView, ListView
from provisioning.api.words import Moment, Shape
from provisioning.models import HealthState, ProvisioningStatus, Scope


class OrganizationShape(Shape):
    """A customer."""

    id = serializers.UUIDField()
    slug = serializers.CharField(help_text="Names it in every address here, and never changes.")
    name = serializers.CharField()
    time_zone = serializers.CharField()
    created_at = Moment()
    status = serializers.ChoiceField(
        choices=ProvisioningStatus.choices, source="connection.status", help_text="Whether changes are taken."
    )
    health = serializers.ChoiceField(
        choices=HealthState.choices,
        source="state",
        allow_null=True,
        help_text="How the connection is; null for a few seconds after it was made.",
    )


def organizations_of(request: Request) -> QuerySet[Any]:
    """Return the organizations that exist for whoever calls, each with its status and state."""
    found = caller_of(request).organizations().select_related("connection")
    return figures.with_present(found).annotate(state=F("present__state"))


class Organizations(ListView):
    """Every organization that a caller reaches: a key of one organization, that one."""

    scopes = {"GET": Scope.ORGANIZATIONS_READ}
    queryset = Organization.objects.none()
    serializer_class = OrganizationShape
    order = ("name", "slug")

    def rows(self) -> QuerySet[Any]:
        """Return them."""
        return organizations_of(self.request)

    @extend_schema(operation_id="listOrganizations", summary="List organizations")
    def get(self, _request: Request) -> Response:
        """List the organizations that you reach: with an organization's API key, that one."""
        return self.page()


class OneOrganization(ApiView):
    """An organization."""

    scopes = {"GET": Scope.ORGANIZATIONS_READ}
    serializer_class = OrganizationShape

    @extend_schema(operation_id="getOrganization", summary="Get an organization")
    def get(self, request: Request, organization: str) -> Response:
        """Return one organization with its status and health."""
        row = organizations_of(request).get(slug=organization)
        return Response(OrganizationShape(row).data)


class NamedOrganization(Shape):
    """An organization's names."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class CallerShape(Shape):
    """Who calls."""

    kind = serializers.ChoiceField(choices=["api_key", "session"])
    name = serializers.CharField()
    organization = NamedOrganization(allow_null=True, help_text="Null for staff, who reach every one.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    expires_at = Moment(allow_null=True)


class Me(ApiView):
    """Who calls: needs no scope."""

    serializer_class = CallerShape

    @extend_schema(operation_id="getCaller", summary="Who am I?", tags=["caller"])
    def get(self, request: Request) -> Response:
        """Return who you are, which organization you reach and what you may do. It needs no scope."""
        caller = caller_of(request)
        return Response(
            CallerShape(
                {
                    "kind": caller.kind,
                    "name": caller.name,
                    "organization": caller.organization,
                    "scopes": sorted(caller.scopes),
                    "expires_at": caller.expires_at,
                }
            ).data
        )
