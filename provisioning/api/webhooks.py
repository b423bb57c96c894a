"""Webhooks: which of an organization's own systems are told, and what became of each message."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django_filters import ChoiceFilter, UUIDFilter
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import clock
from provisioning import deliveries, outgoing, webhooks
from provisioning.api import problems
from provisioning.api.callers import actor_of, caller_of
from provisioning.api.problems import Refused
from provisioning.api.views import ApiView, ListView, RowView
from provisioning.api.words import Moment, Shape, Switch, Whole
from provisioning.models import Scope, WebhookDelivery, WebhookEndpoint, WebhookKind

LABEL = r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
PORT = r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
URL = rf"^https?://{LABEL}(?:\.{LABEL})*(?::(?:{PORT}))?(?:/[0-9A-Za-z/._~%=&?+-]*)?$"
STATES = [("taken", "Taken"), ("waiting", "Waiting"), ("given_up", "Given up")]
IN_STATE = {
    "taken": Q(delivered_at__isnull=False),
    "waiting": deliveries.WAITING,
    "given_up": Q(gave_up_at__isnull=False),
}
# Who has something told to an address reads it: that needs the scope too.
READ_WITH = {
    WebhookKind.MEMBERS: Scope.LOGS_READ,
    WebhookKind.TEAMS: Scope.LOGS_READ,
    WebhookKind.FAILURES: Scope.LOGS_READ,
    WebhookKind.HEALTH: Scope.CONNECTION_READ,
    WebhookKind.TOKENS: Scope.TOKENS_READ,
}


def kinds(**options: Any) -> serializers.ListField:
    """Return a field of kinds of event."""
    return serializers.ListField(child=serializers.ChoiceField(choices=WebhookKind.choices), **options)


def address(**options: Any) -> serializers.RegexField:
    """Return a field of an address."""
    text = "It leads to a public address; http:// is for this machine alone, where the product is tried out."
    return serializers.RegexField(URL, max_length=outgoing.LONGEST_URL, help_text=text, **options)


class WebhookShape(Shape):
    """A webhook: everything but its secret."""

    id = serializers.UUIDField()
    url = serializers.SerializerMethodField(
        help_text="Without its query, which may hold a secret, unless the key has the scope webhooks:write."
    )
    kinds = kinds()
    on = serializers.BooleanField(source="is_on")
    off_at = Moment(allow_null=True)
    off_reason = serializers.CharField(allow_blank=True)
    failing_since = Moment(allow_null=True)
    last_success_at = Moment(allow_null=True)
    created_at = Moment()
    secret_made_at = Moment()
    old_secret_until = Moment(
        allow_null=True, help_text="Until when the secret before it signs too; none else does."
    )
    position = serializers.IntegerField(help_text="The last entry of the log that was looked at for it.")

    def get_url(self, webhook: WebhookEndpoint) -> str:
        """Return the address, as far as whoever calls may see it."""
        may_write = Scope.WEBHOOKS_WRITE in caller_of(self.context["request"]).scopes
        return webhook.url if may_write else str(webhook)


class NewWebhookShape(WebhookShape):
    """A webhook with its new secret, which is not shown again."""

    secret = serializers.SerializerMethodField()
    earlier_secret_ended = serializers.SerializerMethodField(
        help_text="Whether a secret that still signed beside the one before has ended at once: two sign at most."
    )

    def get_secret(self, _webhook: WebhookEndpoint) -> str:
        """Return the secret. It is in this answer alone."""
        return str(self.context["made"].secret)

    def get_earlier_secret_ended(self, _webhook: WebhookEndpoint) -> bool:
        """Return whether a third secret has ended."""
        return bool(self.context["made"].ends_earlier)


class AddWebhookShape(Shape):
    """Where a webhook is, and what it hears of: everything, unless it says."""

    url = address()
    kinds = kinds(min_length=1, required=False)


class ChangeWebhookShape(Shape):
    """What is to hold; what is left out stays."""

    url = address(required=False)
    kinds = kinds(min_length=1, required=False)
    on = Switch(required=False)


class OverlapShape(Shape):
    """How long each message carries the old signature too."""

    overlap_hours = Whole(
        min_value=0,
        max_value=webhooks.LONGEST_OVERLAP_HOURS,
        required=False,
        default=webhooks.USUAL_OVERLAP_HOURS,
        help_text="0 ends the old secret at once.",
    )


class DeliveryShape(Shape):
    """One message to a webhook. The id is the message's own: the header webhook-id."""

    id = serializers.UUIDField(source="message_id")
    webhook = serializers.UUIDField(source="endpoint_id")
    type = serializers.CharField()
    state = serializers.SerializerMethodField()
    created_at = Moment()
    first_position = serializers.IntegerField(allow_null=True)
    last_position = serializers.IntegerField(allow_null=True)
    entries = serializers.IntegerField(help_text="How many entries of the log are in it.")
    attempts = serializers.IntegerField()
    last_tried_at = Moment(allow_null=True)
    delivered_at = Moment(allow_null=True)
    gave_up_at = Moment(allow_null=True)
    http_status = serializers.IntegerField(allow_null=True, help_text="Of the last answer.")
    answer = serializers.CharField(
        allow_blank=True, help_text="The first 4,096 bytes of the last answer's body."
    )
    error = serializers.CharField(allow_blank=True, help_text="Why there was no answer.")
    duration_in_milliseconds = serializers.FloatField(source="duration_ms", allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, delivery: WebhookDelivery) -> str:
        """What became of it."""
        if delivery.is_waiting:
            return "waiting"
        return "taken" if delivery.delivered_at is not None else "given_up"


class OfWebhooks(ApiView):
    """What an address about webhooks finds and answers."""

    scopes = {
        "GET": Scope.WEBHOOKS_READ,
        "POST": Scope.WEBHOOKS_WRITE,
        "PATCH": Scope.WEBHOOKS_WRITE,
        "DELETE": Scope.WEBHOOKS_WRITE,
    }
    serializer_class = WebhookShape

    def found(self) -> QuerySet[WebhookEndpoint]:
        """Return the organization's webhooks."""
        return WebhookEndpoint.objects.of_organization(self.organization.id)

    def one(self, id_: UUID) -> WebhookEndpoint:
        """Return a webhook. Raises: Http404."""
        webhook = self.found().filter(id=id_).first()
        if webhook is None:
            raise Http404
        return webhook

    def check_scopes(self, kinds: list[str]) -> None:
        """Check that whoever calls may read what is to be told. Raises: Refused."""
        missing = {READ_WITH[WebhookKind(kind)] for kind in kinds} - caller_of(self.request).scopes
        if missing:
            text = (
                f"To have this told to an address needs the scope to read it: {', '.join(sorted(missing))}."
            )
            raise Refused(problems.forbidden, text)

    def answer(self, id_: UUID) -> Response:
        """Return a webhook as it is stored. Raises: Http404."""
        return Response(self.get_serializer(self.one(id_)).data)

    def made(self, new: webhooks.MadeSecret) -> Response:
        """Return a webhook with its new secret."""
        shape = NewWebhookShape(new.endpoint, context={**self.get_serializer_context(), "made": new})
        return Response(shape.data, status=status.HTTP_201_CREATED)


class Webhooks(OfWebhooks, ListView):
    """An organization's webhooks."""

    queryset = WebhookEndpoint.objects.none()
    order = ("-created_at", "id")

    def rows(self) -> QuerySet[Any]:
        """Return them."""
        return self.found()

    @extend_schema(operation_id="listWebhooks", summary="List webhooks")
    def get(self, _request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """List an organization's webhooks, newest first. No secret is in it."""
        return self.page()

    @extend_schema(
        operation_id="addWebhook",
        summary="Add a webhook",
        request=AddWebhookShape,
        responses={201: NewWebhookShape},
    )
    def post(self, request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """Add a webhook, which hears what happens from now on. The signing secret is in this answer alone.

        What it hears of, a key must have the scope to read. An address whose name is not found within three
        seconds, or leads to an address that is not public, answers 409.
        """
        given = {"kinds": webhooks.EVERYTHING, **self.body_of(request, AddWebhookShape)}
        self.check_scopes(given["kinds"])
        return self.made(
            webhooks.add(organization=self.organization, by=actor_of(request), now=clock.now(), **given)
        )


class OneWebhook(OfWebhooks):
    """A webhook."""

    @extend_schema(operation_id="getWebhook", summary="Get a webhook")
    def get(self, _request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Return one webhook, without its secret."""
        return self.answer(id)

    @extend_schema(operation_id="changeWebhook", summary="Change a webhook", request=ChangeWebhookShape)
    def patch(self, request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Set where a webhook is, what it hears of, and whether it is called. What is left out stays.

        What it is to hear of, a key must have the scope to read, unless it only turns it off. One that is turned
        on again is told first what it missed. Of the log it hears from now on, if it heard nothing of it before.
        """
        given = self.body_of(request, ChangeWebhookShape)
        webhook = self.one(id)
        if given.keys() & {"url", "kinds"} or given.get("on"):
            self.check_scopes(given.get("kinds", webhook.kinds))
        webhooks.change(
            webhook,
            url=given.get("url", webhook.url),
            kinds=given.get("kinds", webhook.kinds),
            is_on=given.get("on"),
            by=actor_of(request),
            now=clock.now(),
        )
        return self.answer(id)

    @extend_schema(operation_id="removeWebhook", summary="Remove a webhook", responses={204: None})
    def delete(self, request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Forget a webhook, its secret and its deliveries. What still waits for it is never sent."""
        webhooks.remove(self.one(id), by=actor_of(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class RotateWebhook(OfWebhooks):
    """A webhook's next secret."""

    @extend_schema(
        operation_id="rotateWebhookSecret",
        summary="Rotate the secret of a webhook",
        request=OverlapShape,
        responses={201: NewWebhookShape},
    )
    def post(self, request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Make a new signing secret, which is in this answer alone. For the overlap both sign.

        Two sign at most: a rotation within the overlap of another ends the first secret at once, and the answer
        says so.
        """
        given = self.body_of(request, OverlapShape)
        return self.made(webhooks.rotate(self.one(id), by=actor_of(request), now=clock.now(), **given))


class NothingShape(Shape):
    """An empty object."""


class TryWebhook(OfWebhooks):
    """A test of a webhook."""

    @extend_schema(
        operation_id="testWebhook",
        summary="Send a test to a webhook",
        request=NothingShape,
        responses={202: DeliveryShape},
    )
    def post(self, request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Send one message of the type webhook.test within seconds, before all that waits, and once.

        What came back stands in the delivery. A webhook that is off answers 409.
        """
        self.body_of(request, NothingShape)
        sent = webhooks.send_test(self.one(id), now=clock.now())
        return Response(DeliveryShape(sent).data, status=status.HTTP_202_ACCEPTED)


class DeliveryFilters(FilterSet):
    """By webhook, and by what became of it."""

    webhook = UUIDFilter(field_name="endpoint_id")
    state = ChoiceFilter(choices=STATES, method="in_state")

    def in_state(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Return the deliveries in a state."""
        return rows.filter(IN_STATE[value])


class OfDeliveries(RowView):
    """What an address about deliveries finds."""

    scopes = {"GET": Scope.WEBHOOKS_READ, "POST": Scope.WEBHOOKS_WRITE}
    serializer_class = DeliveryShape
    queryset = WebhookDelivery.objects.none()

    def rows(self) -> QuerySet[Any]:
        """Return the organization's deliveries."""
        return WebhookDelivery.objects.of_organization(self.organization.id)

    def row(self, id_: UUID) -> WebhookDelivery:
        """Return a delivery, by its message's id. Raises: Http404."""
        delivery: WebhookDelivery | None = (
            self.rows().filter(message_id=id_).select_related("endpoint").first()
        )
        if delivery is None:
            raise Http404
        return delivery


class Deliveries(OfDeliveries, ListView):
    """An organization's deliveries."""

    filterset_class = DeliveryFilters
    order = ("-id",)

    @extend_schema(operation_id="listWebhookDeliveries", summary="List webhook deliveries")
    def get(self, _request: Request, organization: str) -> Response:  # noqa: ARG002 - found already
        """List what was sent to the organization's webhooks, newest first, with what came back."""
        return self.page()


class OneDelivery(OfDeliveries):
    """A delivery."""

    @extend_schema(operation_id="getWebhookDelivery", summary="Get a webhook delivery")
    def get(self, _request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Return one delivery."""
        return Response(DeliveryShape(self.row(id)).data)


class TryAgain(OfDeliveries):
    """Another day for a delivery."""

    @extend_schema(
        operation_id="tryWebhookDeliveryAgain",
        summary="Try a webhook delivery again",
        request=NothingShape,
        responses={202: DeliveryShape},
    )
    def post(self, request: Request, organization: str, id: UUID) -> Response:  # noqa: A002, ARG002 - the address
        """Try a delivery again that was given up, before all that waits. Any other answers 409."""
        self.body_of(request, NothingShape)
        webhooks.try_again(self.row(id), now=clock.now())
        return Response(DeliveryShape(self.row(id)).data, status=status.HTTP_202_ACCEPTED)
