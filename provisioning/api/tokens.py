"""SCIM tokens: as metadata, and what is done about one. A secret is in the answer that issues it, once."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django_filters import ChoiceFilter
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import clock
from provisioning import tokens
from provisioning.api.callers import actor_of
from provisioning.api.views import ApiView, ListView, RowView
from provisioning.api.words import Line, Moment, Shape, Whole
from provisioning.history import LONGEST_REASON
from provisioning.models import ScimToken, Scope

STATES = [("live", "Live"), ("expired", "Expired"), ("revoked", "Revoked")]


class TokenShape(Shape):
    """A SCIM token: everything but its secret."""

    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field that is called so
    last_four = serializers.CharField()
    state = serializers.SerializerMethodField()
    issued_at = Moment()
    issued_by = serializers.SerializerMethodField()
    expires_at = Moment()
    revoked_at = Moment(allow_null=True)
    last_used_at = Moment(allow_null=True)
    last_used_from = serializers.CharField(allow_null=True, help_text="An IP address.")
    rotated_from = serializers.UUIDField(source="rotated_from_id", allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, token: ScimToken) -> str:
        """Return whether it opens the door."""
        if token.revoked_at is not None:
            return "revoked"
        return "live" if token.expires_at > clock.now() else "expired"

    def get_issued_by(self, token: ScimToken) -> str:
        """Return who issued it, in words."""
        return token.issued_by.name if token.issued_by else token.issued_by_name or "the command line"


class NewTokenShape(TokenShape):
    """A SCIM token with its secret, which nobody can see again."""

    secret = serializers.SerializerMethodField()

    def get_secret(self, _token: ScimToken) -> str:
        """Return the secret. It is in this answer alone."""
        return str(self.context["secret"])


LIFETIME: dict[str, Any] = {
    "min_value": 1,
    "max_value": tokens.LONGEST_LIFETIME_DAYS,
    "default": tokens.DEFAULT_LIFETIME_DAYS,
}


class IssueShape(Shape):
    """What a new token is called, and how long it lives."""

    label = Line(  # type: ignore[assignment]  # a field that is called so
        max_length=tokens.LONGEST_LABEL, help_text="Who will use it, such as “Entra production”."
    )
    lifetime_days = Whole(required=False, **LIFETIME)


class RotateShape(Shape):
    """How long the old token works beside its successor, and how long that lives."""

    overlap_days = Whole(
        min_value=0, max_value=tokens.LONGEST_OVERLAP_DAYS, help_text="0 ends the old one at once."
    )
    lifetime_days = Whole(required=False, **LIFETIME)


class ReasonShape(Shape):
    """Why. It stands in the history for good."""

    reason = Line(required=False, allow_blank=True, default="", max_length=LONGEST_REASON)


class LeakShape(ReasonShape):
    """The secret that was seen where it should not be, and where that was."""

    secret = Line(max_length=100, write_only=True)


class TokenFilters(FilterSet):
    """By state."""

    state = ChoiceFilter(choices=STATES, method="in_state")

    def in_state(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Return the tokens in a state."""
        is_over = Q(expires_at__lte=clock.now())
        is_revoked = Q(revoked_at__isnull=False)
        return rows.filter(
            {"live": ~is_revoked & ~is_over, "expired": ~is_revoked & is_over, "revoked": is_revoked}[value]
        )


TOKENS = {"GET": Scope.TOKENS_READ, "POST": Scope.TOKENS_WRITE}


class OfTokens(ApiView):
    """What an address about tokens finds and answers."""

    serializer_class = TokenShape
    related = ("connection", "success_manager")

    def found(self) -> QuerySet[ScimToken]:
        """Return the organization's tokens, with who issued each."""
        return ScimToken.objects.of_organization(self.organization.id).select_related("issued_by")

    def issued(self, new: tokens.IssuedToken) -> Response:
        """Return a new token with its secret."""
        shape = NewTokenShape(new.token, context={"secret": new.secret})
        return Response(shape.data, status=status.HTTP_201_CREATED)


class Tokens(OfTokens, ListView):
    """An organization's tokens."""

    scopes = TOKENS
    queryset = ScimToken.objects.none()
    filterset_class = TokenFilters
    order = ("-issued_at", "id")

    def rows(self) -> QuerySet[Any]:
        """Return them."""
        return self.found()

    @extend_schema(operation_id="listTokens", summary="List SCIM tokens")
    def get(self, _request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """List an organization's SCIM tokens, newest first. No secret is in it."""
        return self.page()

    @extend_schema(
        operation_id="issueToken",
        summary="Issue a SCIM token",
        request=IssueShape,
        responses={201: NewTokenShape},
    )
    def post(self, request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """Issue a SCIM token. The secret is in this answer alone; the organization's people are told by e-mail."""
        given = self.body_of(request, IssueShape)
        return self.issued(
            tokens.issue_token(organization=self.organization, by=actor_of(request), now=clock.now(), **given)
        )


class OneToken(OfTokens, RowView):
    """A token."""

    scopes = TOKENS

    def rows(self) -> QuerySet[Any]:
        """Return the organization's tokens."""
        return self.found()

    @extend_schema(operation_id="getToken", summary="Get a SCIM token")
    def get(self, _request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Return one SCIM token, without its secret."""
        return Response(TokenShape(self.row(id)).data)


class RotateToken(OfTokens):
    """A token's successor."""

    scopes = TOKENS

    @extend_schema(
        operation_id="rotateToken",
        summary="Rotate a SCIM token",
        request=RotateShape,
        responses={201: NewTokenShape},
    )
    def post(self, request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Issue a successor under the same label. The old token works on for the overlap at most.

        The secret is in this answer alone. A token that is not live any more answers 409.
        """
        given = self.body_of(request, RotateShape)
        return self.issued(
            tokens.rotate_token(
                token_id=id, organization=self.organization, by=actor_of(request), now=clock.now(), **given
            )
        )


class RevokeToken(OfTokens):
    """A token's end."""

    scopes = {"POST": Scope.TOKENS_REVOKE}

    @extend_schema(
        operation_id="revokeToken",
        summary="Revoke a SCIM token",
        request=ReasonShape,
        responses=TokenShape,
    )
    def post(self, request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """End a token for good: within a second Entra's calls with it are refused with 401. Twice is once."""
        given = self.body_of(request, ReasonShape)
        token = tokens.revoke_token(
            token_id=id, organization=self.organization, by=actor_of(request), now=clock.now(), **given
        )
        return Response(TokenShape(token).data)


class ReportToken(OfTokens):
    """A token that somebody else has."""

    scopes = {"POST": Scope.TOKENS_REVOKE}

    @extend_schema(
        operation_id="reportTokenLeaked",
        summary="Report a SCIM token leaked",
        request=ReasonShape,
        responses=TokenShape,
    )
    def post(self, request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """End a token whose secret was seen where it should not be, and tell the organization's people so."""
        given = self.body_of(request, ReasonShape)
        token = tokens.report_leaked(
            token_id=id, organization=self.organization, by=actor_of(request), now=clock.now(), **given
        )
        return Response(TokenShape(token).data)


class ReportSecret(OfTokens):
    """A secret that somebody else has."""

    scopes = {"POST": Scope.TOKENS_REVOKE}

    @extend_schema(
        operation_id="reportSecretLeaked",
        summary="Report the secret of a SCIM token leaked",
        request=LeakShape,
        responses=TokenShape,
    )
    def post(self, request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """End the token with this secret, and tell the organization's people that it leaked.

        A secret that is none of the organization's answers 404.
        """
        given = self.body_of(request, LeakShape)
        found = tokens.token_of_secret(given.pop("secret"), organization=self.organization)
        token = tokens.report_leaked(
            token_id=found.id, organization=self.organization, by=actor_of(request), now=clock.now(), **given
        )
        return Response(TokenShape(token).data)
