"""Notification settings: who gets an organization's mails, of what, and when."""

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import clock
from accounts.keys import fold
from provisioning import recipients, telling
from provisioning.api.callers import actor_of
from provisioning.api.views import ApiView
from provisioning.api.words import Moment, Shape, Switch
from provisioning.models import Delivery, EventKind, Recipient, Scope

UNCONFIRMED, HEARING, MUTED = "unconfirmed", "hearing", "muted"


def kinds(**options: Any) -> serializers.ListField:
    """Return a field of kinds of event."""
    return serializers.ListField(child=serializers.ChoiceField(choices=EventKind.choices), **options)


class RecipientShape(Shape):
    """An address, and what it hears. A person who signs in hears everything at once until they choose."""

    id = serializers.UUIDField()
    address = serializers.CharField()
    kinds = kinds()
    delivery = serializers.ChoiceField(choices=Delivery.choices)
    state = serializers.SerializerMethodField()
    confirmed_at = Moment(allow_null=True)
    muted_at = Moment(allow_null=True)
    role = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=[UNCONFIRMED, HEARING, MUTED]))
    def get_state(self, recipient: Recipient) -> str:
        """Whether it gets mails."""
        if recipient.muted_at is not None:
            return MUTED
        return UNCONFIRMED if recipient.confirmed_at is None else HEARING

    @extend_schema_field({"type": ["string", "null"]})
    def get_role(self, recipient: Recipient) -> str | None:
        """What a person who signs in is; null for an address that was added."""
        roles: dict[str, str] = self.context["roles"]
        return roles.get(recipient.address_key)


class RecipientsShape(Shape):
    """Every recipient."""

    items = RecipientShape(many=True)


class AddShape(Shape):
    """An address to add, and what it is to hear."""

    address = serializers.EmailField(max_length=254, help_text="Of a person or a group.")
    kinds = kinds(min_length=1, required=False)
    delivery = serializers.ChoiceField(
        choices=Delivery.choices, required=False, default=str(Delivery.AT_ONCE)
    )


class ChangeShape(Shape):
    """What an address is to hear; what is left out stays."""

    kinds = kinds(min_length=1, required=False)
    delivery = serializers.ChoiceField(choices=Delivery.choices, required=False)
    muted = Switch(required=False)


class OfRecipients(ApiView):
    """What an address about recipients finds and answers."""

    scopes = {
        "GET": Scope.NOTIFICATIONS_READ,
        "POST": Scope.NOTIFICATIONS_WRITE,
        "PATCH": Scope.NOTIFICATIONS_WRITE,
        "DELETE": Scope.NOTIFICATIONS_WRITE,
    }
    serializer_class = RecipientShape
    related = ("success_manager",)

    def shown(self, recipient: Recipient) -> dict[str, Any]:
        """Return one as it is answered."""
        return RecipientShape(recipient, context=self.roles()).data

    def roles(self) -> dict[str, Any]:
        """Return what each person who signs in is, by their address."""
        people = recipients.operators_of(self.organization)
        return {"roles": {fold(each.email): each.role for each in people}}

    def one(self, id_: UUID) -> Recipient:
        """Return a recipient. Raises: Http404."""
        listed = {each.id: each for each in recipients.everybody(self.organization)}
        if id_ not in listed:
            raise Http404
        return listed[id_]


class Recipients(OfRecipients):
    """Who gets an organization's mails."""

    @extend_schema(operation_id="listRecipients", summary="Who gets mails", responses=RecipientsShape)
    def get(self, _request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """List every address that gets mails or is asked to: the organization's people, its CSM, and who was added."""
        everybody = recipients.everybody(self.organization)
        return Response({"items": RecipientShape(everybody, many=True, context=self.roles()).data})

    @extend_schema(
        operation_id="addRecipient",
        summary="Add a recipient",
        request=AddShape,
        responses={201: RecipientShape},
    )
    def post(self, request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """Add an address. It gets a question first, and nothing else until somebody there has confirmed."""
        given = self.body_of(request, AddShape)
        recipient = telling.add(
            organization=self.organization,
            address=given["address"],
            kinds=given.get("kinds", recipients.EVERYTHING),
            delivery=Delivery(given["delivery"]),
            by=actor_of(request),
            now=clock.now(),
        )
        return Response(self.shown(recipient), status=status.HTTP_201_CREATED)


class OneRecipient(OfRecipients):
    """A recipient."""

    @extend_schema(operation_id="getRecipient", summary="Get a recipient")
    def get(self, _request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Return one recipient."""
        return Response(self.shown(self.one(id)))

    @extend_schema(operation_id="changeRecipient", summary="Change a recipient", request=ChangeShape)
    def patch(self, request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Set what an address hears, when, and whether it is muted. What is left out stays."""
        given = self.body_of(request, ChangeShape)
        recipient = self.one(id)
        telling.change(
            recipient,
            kinds=given.get("kinds", recipient.kinds),
            delivery=Delivery(given.get("delivery", recipient.delivery)),
            is_muted=given.get("muted", recipient.muted_at is not None),
            by=actor_of(request),
            now=clock.now(),
        )
        key = recipient.address_key
        changed = next(each for each in recipients.everybody(self.organization) if each.address_key == key)
        return Response(self.shown(changed))

    @extend_schema(operation_id="removeRecipient", summary="Remove a recipient", responses={204: None})
    def delete(self, request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Forget an address. A person who signs in hears everything again; one who chose nothing is not there."""
        recipient = self.one(id)
        if not recipients.has_chosen(recipient):
            raise Http404
        telling.remove(recipient, by=actor_of(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
