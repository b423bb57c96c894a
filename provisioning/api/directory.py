"""Members and teams, as Entra provisioned them. They are read here and changed by SCIM alone."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_filters import CharFilter, ChoiceFilter, UUIDFilter
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys import fold
from accounts.models import Member, Team
from provisioning.api.views import ListView, RowView
from provisioning.api.words import Moment, Shape
from provisioning.models import Scope

LONGEST_NAME = 320
YES, NO = "true", "false"


class MemberShape(Shape):
    """A member: the attributes that have a column, in SCIM's names, and every other one as Entra sent it."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    user_name = serializers.CharField()
    active = serializers.BooleanField(source="is_active")
    display_name = serializers.CharField()
    given_name = serializers.CharField()
    family_name = serializers.CharField()
    work_email = serializers.CharField()
    preferred_language = serializers.CharField()
    timezone = serializers.CharField()
    other = serializers.DictField(help_text="Every other attribute, as SCIM has it.")
    version = serializers.IntegerField()
    created_at = Moment()
    modified_at = Moment()


class TeamShape(Shape):
    """A team. Who is in it: the members with `team` as a filter."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    display_name = serializers.CharField()
    other = serializers.DictField(help_text="Every other attribute, as SCIM has it.")
    version = serializers.IntegerField()
    created_at = Moment()
    modified_at = Moment()


class MemberFilters(FilterSet):
    """Each an exact match, in any spelling where SCIM ignores case."""

    user_name = CharFilter(method="called", max_length=LONGEST_NAME)
    external_id = CharFilter(max_length=LONGEST_NAME)
    email = CharFilter(method="with_email", max_length=LONGEST_NAME, label="The work e-mail.")
    active = ChoiceFilter(choices=[(YES, YES), (NO, NO)], method="that_are_active")
    team = UUIDFilter(field_name="memberships__team_id", label="The id of a team that they are in.")

    def called(self, rows: Any, _name: str, value: str) -> Any:
        """Return the member with a userName."""
        return rows.filter(user_name_key=fold(value))

    def with_email(self, rows: Any, _name: str, value: str) -> Any:
        """Return the members with a work e-mail."""
        return rows.filter(work_email_key=fold(value))

    def that_are_active(self, rows: Any, _name: str, value: str) -> Any:
        """Return the members that are active, or not."""
        return rows.filter(is_active=value == YES)


class TeamFilters(FilterSet):
    """Each an exact match."""

    display_name = CharFilter(method="called", max_length=LONGEST_NAME)
    external_id = CharFilter(max_length=LONGEST_NAME)
    member = UUIDFilter(field_name="memberships__member_id", label="The id of a member who is in them.")

    def called(self, rows: Any, _name: str, value: str) -> Any:
        """Return the team with a displayName."""
        return rows.filter(display_name_key=fold(value))


class Members(ListView):
    """An organization's members."""

    scopes = {"GET": Scope.MEMBERS_READ}
    queryset = Member.objects.none()
    serializer_class = MemberShape
    filterset_class = MemberFilters
    order = ("created_at", "id")

    def rows(self) -> QuerySet[Any]:
        """Return them."""
        return Member.objects.of_organization(self.organization.id)

    @extend_schema(operation_id="listMembers", summary="List members")
    def get(self, _request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """List the members whom Entra provisioned, in the order in which they came."""
        return self.page()


class OneMember(RowView):
    """A member."""

    scopes = {"GET": Scope.MEMBERS_READ}
    serializer_class = MemberShape

    def rows(self) -> QuerySet[Any]:
        """Return the organization's members."""
        return Member.objects.of_organization(self.organization.id)

    @extend_schema(operation_id="getMember", summary="Get a member")
    def get(self, _request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Return one member."""
        return Response(MemberShape(self.row(id)).data)


class Teams(ListView):
    """An organization's teams."""

    scopes = {"GET": Scope.MEMBERS_READ}
    queryset = Team.objects.none()
    serializer_class = TeamShape
    filterset_class = TeamFilters
    order = ("created_at", "id")

    def rows(self) -> QuerySet[Any]:
        """Return them."""
        return Team.objects.of_organization(self.organization.id)

    @extend_schema(operation_id="listTeams", summary="List teams")
    def get(self, _request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """List the teams that Entra provisioned, in the order in which they came."""
        return self.page()


class OneTeam(RowView):
    """A team."""

    scopes = {"GET": Scope.MEMBERS_READ}
    serializer_class = TeamShape

    def rows(self) -> QuerySet[Any]:
        """Return the organization's teams."""
        return Team.objects.of_organization(self.organization.id)

    @extend_schema(operation_id="getTeam", summary="Get a team")
    def get(self, _request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Return one team. Its members: `listMembers` with its id as `team`."""
        return Response(TeamShape(self.row(id)).data)
