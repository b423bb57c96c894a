"""The endpoints: django-scim2's views on our engine.

Each class reads: what the address offers, then django-scim2's view, then `Engine` last, so that it
stands between `SCIMView` and Django's `View`.
"""

import json
from typing import Any, NoReturn
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django_scim import constants
from django_scim import views as stock

from accounts.models import Member
from provisioning.models import Action, RequestKind
from provisioning.scim import errors
from provisioning.scim.adapters import MemberAdapter
from provisioning.scim.engine import Engine, body_object
from provisioning.scim.exchange import exchange_of
from provisioning.scim.paging import page_of


def answer(document: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Return a SCIM document as an answer."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(body, content_type=constants.SCIM_CONTENT_TYPE, status=status)


class UsersView(stock.UsersView, Engine):  # type: ignore[misc]  # django-scim2 carries no types
    """`/Users` and `/Users/{id}`."""

    resource_type = "User"
    is_switched = True
    read_kind = RequestKind.READ_USERS

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Offer what the address offers: the collection other verbs than one user."""
        super().setup(request, *args, **kwargs)
        self.http_method_names = ["get", "head", "delete"] if kwargs.get("uuid") else ["get", "head", "post"]

    def load_body(self, _body: bytes) -> dict[str, Any]:
        """Read the body strictly. Raises: ScimError."""
        document = body_object(self.request)
        if not document:
            raise errors.invalid_json(reason="it is empty")
        return document

    def get_object(self) -> Member:
        """Return the member of the caller's organization with this id. Raises: ScimError not_found.

        Another organization's id and one that never was are told apart by nothing.
        """
        exchange = exchange_of(self.request)
        try:
            exchange.outcome.resource_id = UUID(self.kwargs["uuid"])
            return Member.objects.of_organization(exchange.organization_id).get(
                id=exchange.outcome.resource_id
            )
        except (ValueError, Member.DoesNotExist):
            raise errors.not_found(resource="user") from None

    def get_single(self, _request: HttpRequest) -> HttpResponse:
        """Answer one user (RFC 7644 §3.4.1)."""
        return self.answer_one(self.scim_adapter(self.get_object(), request=self.request))

    def get_many(self, request: HttpRequest) -> HttpResponse:
        """Answer the users that fit a filter, page by page (RFC 7644 §3.4.2)."""
        query = request.GET.get("filter", "").strip()
        exchange = exchange_of(request)
        members = (
            type(self).parser_getter().search(query, request)
            if query
            else Member.objects.of_organization(exchange.organization_id)
        )
        page = page_of(request.GET)
        found = list(members[page.rows]) if page.count else []
        is_whole = page.start_index == 1 and len(found) < page.count
        total = len(found) if is_whole else members.count()
        if total == 0:
            self.note_test_connection(query)
        return answer(
            {
                "schemas": [constants.SchemaURI.LIST_RESPONSE],
                "totalResults": total,
                "startIndex": page.start_index,
                "itemsPerPage": len(found),
                "Resources": [self.scim_adapter(member, request=request).to_dict() for member in found],
            }
        )

    def note_test_connection(self, query: str) -> None:
        """Recognize Entra's Test Connection: it looks for a random GUID and expects to find nothing.

        Where externalId is the matching attribute every new user looks like that, so there only one
        a minute is written.
        """
        exchange = exchange_of(self.request)
        attribute, _, value = query.partition(" eq ")
        if not is_guid(value.strip('"')):
            return
        exchange.outcome.action = Action.TEST_CONNECTION
        if attribute.lower() == "externalid":
            token_id = exchange.known_token.token_id
            exchange.outcome.fold_key = f"{token_id}:test_connection:{exchange.now:%Y-%m-%dT%H:%M}"

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Create a user (RFC 7644 §3.3)."""
        adapter: MemberAdapter = self.scim_adapter(self.model_cls(), request=request)
        adapter.validate_dict(self.load_body(request.body))
        adapter.save()
        return self.answer_one(adapter, status=201)

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete a user (RFC 7644 §3.6)."""
        response: HttpResponse = super().delete(request, *args, **kwargs)
        response["Content-Type"] = constants.SCIM_CONTENT_TYPE
        return response

    def answer_one(self, adapter: MemberAdapter, *, status: int = 200) -> HttpResponse:
        """Answer one user with its address and entity tag."""
        response = answer(adapter.to_dict(), status=status)
        response["Location"] = adapter.location
        response["ETag"] = adapter.version
        return response


class ServiceProviderConfigView(stock.ServiceProviderConfigView, Engine):  # type: ignore[misc]  # as above
    """`/ServiceProviderConfig`."""

    http_method_names = ["get", "head"]


class RefusingView(stock.SCIMView, Engine):  # type: ignore[misc]  # as above
    """An address that answers nobody, but only after it knows who asks."""

    problem = errors.no_such_endpoint

    def handler_of(self, _request: HttpRequest) -> NoReturn:
        """Refuse. Raises: ScimError, always."""
        raise self.problem()


def is_guid(text: str) -> bool:
    """Whether a text is a GUID as Entra writes it."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
