"""The endpoints of users and groups: django-scim2's views on our engine.

Each class reads: what the address offers, then django-scim2's view, then `Engine` last, so that it
stands between `SCIMView` and Django's `View`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django_scim import views as stock

from accounts import members, teams
from accounts.compiled import is_postgresql
from accounts.models import Member, Team
from provisioning.models import Action, RequestKind
from provisioning.scim import conditions, cursors, errors, listing, memberships, messages, resources
from provisioning.scim.columns import GROUP_COLUMNS, USER_COLUMNS, Columns
from provisioning.scim.engine import Engine, answer, body_object
from provisioning.scim.exchange import Exchange, exchange_of
from provisioning.scim.filters import Conditions
from provisioning.scim.projection import Projection
from provisioning.scim.queries import Query, parameters_of, projection_in, query_of
from provisioning.scim.searches import Search

MANY = ["get", "head", "options", "post"]
ONE = ["get", "head", "options", "put", "patch", "delete"]


class ResourceView:
    """What Users and Groups share: the verbs on a collection and on one resource.

    Not an Engine by itself: it would come before `SCIMView` then, and with it before authentication.
    """

    is_switched = True
    columns: Columns
    elsewhere: tuple[Any, ...] = ()
    resource_class: Any
    resource_type: str
    request: HttpRequest
    kwargs: dict[str, Any]
    scim_adapter: Any
    model_cls: Any
    parser_getter: Any
    body: dict[str, Any]
    operations: list[messages.Operation]
    wanted: Any  # an adapter

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Offer what the address offers: the collection other verbs than one resource."""
        super().setup(request, *args, **kwargs)  # type: ignore[misc]  # of the view beside
        self.http_method_names = ONE if kwargs.get("uuid") else MANY

    def as_resources(self, rows: list[Any], projection: Projection) -> list[dict[str, Any]]:
        """Return rows as resources, with what is wanted of them."""
        raise NotImplementedError

    def one(self, id_: UUID) -> Any:
        """Return one row. Raises: Member.DoesNotExist and the like."""
        raise NotImplementedError

    def locked(self, id_: UUID) -> Any:
        """Return the same, locked until the transaction ends. Raises: the same."""
        raise NotImplementedError

    def load_body(self, _body: bytes) -> dict[str, Any]:
        """Read the body strictly. Raises: ScimError."""
        document = body_object(self.request)
        if not document:
            raise errors.invalid_json(reason="it is empty")
        return document

    def id_in_address(self) -> UUID:
        """Return the id that the address names. Raises: ScimError not_found when it can't be one."""
        try:
            id_ = resources.id_of(self.kwargs["uuid"])
        except ValueError:
            raise self.not_found() from None
        exchange = exchange_of(self.request)
        exchange.resource_id = exchange.outcome.resource_id = id_
        return id_

    def get_object(self) -> Any:
        """Return the row of the caller's organization that the address names. Raises: ScimError not_found.

        Another organization's id and one that never was are told apart by nothing.
        """
        try:
            return self.one(self.id_in_address())
        except (Member.DoesNotExist, Team.DoesNotExist):
            raise self.not_found() from None

    def adapter_of(self, read: Callable[[UUID], Any]) -> Any:
        """Return the resource that the address names, as the client saw it. Raises: ScimError."""
        try:
            row = read(self.id_in_address())
        except (Member.DoesNotExist, Team.DoesNotExist):
            raise self.not_found() from None
        adapter = self.scim_adapter(row, request=self.request)
        adapter.name(source=row.external_id, target=str(row))
        conditions.check_preconditions(self.request, adapter.version)
        return adapter

    def not_found(self) -> errors.ScimError:
        """Return the refusal of an id that is nobody's here."""
        return errors.not_found(resource=self.resource_type.lower())

    def get_single(self, request: HttpRequest) -> HttpResponse:
        """Answer one resource (RFC 7644 §3.4.1)."""
        row = self.get_object()
        adapter = self.scim_adapter(row, request=request)
        if conditions.is_not_modified(request, adapter.version):
            return tagged(HttpResponseNotModified(), adapter)
        return self.answer_one(adapter)

    def get_many(self, request: HttpRequest) -> HttpResponse:
        """Answer the resources that fit, page by page (RFC 7644 §3.4.2)."""
        return self.answer_list(query_of(request.GET))

    def search(self, text: str) -> Search:
        """Return the search for the caller's rows that a filter names; for all of them where it is empty."""
        organization_id = exchange_of(self.request).organization_id
        found: Search = type(self).parser_getter().search_of(text, organization_id, elsewhere=self.elsewhere)
        return found

    def found(self, query: Query) -> tuple[int, list[Any]]:
        """Return how many rows fit a query, and those of its page."""
        conditions = Conditions(self.resource_class, self.columns, self.elsewhere)
        return listing.page(self.search(query.filter), query, conditions=conditions)

    def answer_list(self, query: Query) -> HttpResponse:
        """Answer a page of what a query finds."""
        if query.cursor is not None:
            return answer(cursors.page([self], query, exchange_of(self.request)))
        total, found = self.found(query)
        if total == 0:
            self.note_test_connection(query.filter)
        resources = self.as_resources(found, query.projection)
        return answer(
            listing.list_response(total=total, place={"startIndex": query.start_index}, resources=resources)
        )

    def note_test_connection(self, query: str) -> None:
        """Recognize Entra's Test Connection: it looks for a random GUID and expects to find nothing.

        Where externalId is the matching attribute everything new looks like that, so there only one
        a minute is written.
        """
        exchange = exchange_of(self.request)
        attribute, _, value = query.partition(" eq ")
        if not resources.is_guid(value.strip('"')):
            return
        exchange.outcome.action = Action.TEST_CONNECTION
        if attribute.lower() == "externalid":
            token_id = exchange.known_token.token_id
            exchange.outcome.fold_key = f"{token_id}:test_connection:{exchange.now:%Y-%m-%dT%H:%M}"

    def read_wanted(self, request: HttpRequest) -> None:
        """Read the body. Raises: ScimError, InvalidOperation."""
        if request.method != "DELETE":
            self.body = self.load_body(request.body)
        if request.method == "PATCH":
            self.operations = messages.operations_of(self.body, schema=self.scim_adapter.schema)

    def prepare(self, request: HttpRequest, *, is_locked: bool) -> None:
        """Read the row that is to become what is wanted. Raises: ScimError, InvalidOperation, InvalidAttribute."""
        if request.method == "DELETE":
            return
        if request.method == "POST":
            self.wanted = self.scim_adapter(None, request=request)
            self.wanted.name_as_sent(self.body)
        else:
            self.wanted = self.adapter_of(self.locked if is_locked else self.one)
        if request.method == "PATCH":
            self.wanted.handle_operations(self.operations)
        else:
            self.wanted.from_dict(self.body)

    def delete(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Delete a resource (RFC 7644 §3.6)."""
        try:
            if conditions.are_given(self.request):
                adapter = self.adapter_of(self.one)
                adapter.delete(version=adapter.obj.version)
            else:
                adapter = self.scim_adapter(self.model_cls(id=self.id_in_address()), request=self.request)
                adapter.delete()
        except (Member.DoesNotExist, Team.DoesNotExist):
            raise self.not_found() from None
        return HttpResponse(status=204)

    def answer_one(self, adapter: Any, *, status: int = 200) -> HttpResponse:
        """Answer one resource with its address and entity tag."""
        document = self.as_resources([adapter.obj], projection_in(self.request.GET))[0]
        return tagged(answer(document, status=status), adapter)


class UsersView(ResourceView, stock.UsersView, Engine):  # type: ignore[misc]  # django-scim2 carries no types
    """`/Users` and `/Users/{id}`.

    A user is one row: all of a request but its writing is done before the transaction.
    """

    resource_type = "User"
    resource_class = resources.User
    columns = USER_COLUMNS
    read_kind = RequestKind.READ_USERS

    def prepare(self, request: HttpRequest, *, is_locked: bool) -> None:
        """Make the user what is wanted, and the answer to it. Raises: ScimError, InvalidOperation, InvalidAttribute."""
        super().prepare(request, is_locked=is_locked)
        if request.method != "DELETE":
            self.wanted.make()
            self.prepared = self.answer_one(self.wanted, status=201 if request.method == "POST" else 200)

    def write_at_once(self, exchange: Exchange) -> HttpResponse | None:
        """Do at once what `delete` and `write_prepared` do, where there is something to write.

        Raises: ScimError not_found or that of a precondition; NotWritten; DatabaseError.
        """
        if self.request.method == "DELETE":
            return self.delete_at_once(exchange)
        if self.wanted.changed == []:
            return None
        self.conclude(exchange, self.prepared)
        self.wanted.save_at_once()
        return self.prepared

    def delete_at_once(self, exchange: Exchange) -> HttpResponse | None:
        """Delete a user who is in no group; who is in one has to be taken out first. Raises: the same."""
        if members.team_ids_of(exchange.organization_id, self.id_in_address()):
            return None
        leaving = self.adapter_of(self.whole)
        response = HttpResponse(status=204)
        self.conclude(exchange, response)
        leaving.delete_at_once()
        return response

    def write_prepared(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Create, replace or change a user (RFC 7644 §3.3, §3.5.1, §3.5.2)."""
        self.wanted.save()
        return self.prepared

    post = put = patch = write_prepared

    def as_resources(self, rows: list[Any], projection: Projection) -> list[dict[str, Any]]:
        """Return members as Users, with what is wanted of them. Who is new is in no group yet."""
        is_new = exchange_of(self.request).outcome.action == Action.CREATE
        return listing.users(rows, projection, are_new=is_new)

    def one(self, id_: UUID) -> Member:
        """Return one member."""
        return members.member_of(organization_id=exchange_of(self.request).organization_id, member_id=id_)

    def whole(self, id_: UUID) -> Member:
        """Return the same with all that its tombstone keeps."""
        return members.whole_member(organization_id=exchange_of(self.request).organization_id, member_id=id_)

    def locked(self, id_: UUID) -> Member:
        """Return one member, locked until the transaction ends."""
        return members.locked_member(organization_id=exchange_of(self.request).organization_id, member_id=id_)


class GroupsView(ResourceView, stock.GroupsView, Engine):  # type: ignore[misc]  # as above
    """`/Groups` and `/Groups/{id}`.

    What is wanted of a group is worked out before it is written, as long as it has the version that was read then. Who
    is in it beside those who are named is read and written in one transaction, on PostgreSQL under the lock of the group.
    """

    resource_type = "Group"
    resource_class = resources.Group
    columns = GROUP_COLUMNS
    read_kind = RequestKind.READ_GROUPS

    def locks_first(self, request: HttpRequest) -> bool:
        """Whether it is a change, and the group can and must be locked before anything else.

        On SQLite that lock is everybody's turn, so the version that was read decides, as long as no rival is faster.
        """
        if not is_postgresql() or request.method not in ("PUT", "PATCH"):
            return False
        return not self.is_plain_patch(request)

    def is_plain_patch(self, request: HttpRequest) -> bool:
        """Whether it is a PATCH that names whoever comes and goes, and is answered by nothing."""
        is_patch = request.method == "PATCH" and not projection_in(request.GET).is_given
        return is_patch and not any(map(memberships.is_clearing, self.operations))

    def write_at_once(self, exchange: Exchange) -> HttpResponse | None:
        """Do at once what `patch` does.

        Raises: ScimError unknown_member; NotWritten; DatabaseError.
        """
        if not self.is_plain_patch(self.request):
            return None
        response = HttpResponse(status=204)
        self.conclude(exchange, response)
        self.wanted.save_at_once()
        return tagged(response, self.wanted)

    def as_resources(self, rows: list[Any], projection: Projection) -> list[dict[str, Any]]:
        """Return teams as Groups, with what is wanted of them."""
        return listing.groups(rows, projection)

    def one(self, id_: UUID) -> Team:
        """Return one team."""
        return teams.team_of(organization_id=exchange_of(self.request).organization_id, team_id=id_)

    def locked(self, id_: UUID) -> Team:
        """Return one team, locked until the transaction ends."""
        return teams.locked_team(organization_id=exchange_of(self.request).organization_id, team_id=id_)

    def post(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Create a group (RFC 7644 §3.3)."""
        self.wanted.save()
        return self.answer_one(self.wanted, status=201)

    def put(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Replace a group (RFC 7644 §3.5.1)."""
        self.wanted.save()
        return self.answer_one(self.wanted)

    def patch(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Change a group (RFC 7644 §3.5.2). Its members are not answered, unless the client says what it wants back."""
        self.wanted.save()
        if projection_in(self.request.GET).is_given:
            return self.answer_one(self.wanted)
        return tagged(HttpResponse(status=204), self.wanted)


class SearchView:
    """`.search` below a collection: a query in a body (RFC 7644 §3.4.3). It reads, though it is a POST."""

    reads = frozenset({"POST", "OPTIONS"})

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Offer a search."""
        super().setup(request, *args, **kwargs)  # type: ignore[misc]  # of the view beside
        self.http_method_names = ["options", "post"]

    def post(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Answer a page of what the body asks for."""
        view: Any = self
        view.request.exchange.outcome.action = Action.READ
        response: HttpResponse = view.answer_list(query_of(parameters_of(view.load_body(b""))))
        return response


class UserSearchView(SearchView, UsersView):  # type: ignore[misc]  # SearchView has fewer verbs
    """`/Users/.search`."""


class GroupSearchView(SearchView, GroupsView):  # type: ignore[misc]  # as above
    """`/Groups/.search`."""


class RootSearchView(stock.SearchView, Engine):  # type: ignore[misc]  # django-scim2 carries no types
    """`/.search`: Users, then Groups, in one list (RFC 7644 §3.4.3)."""

    http_method_names = ["options", "post"]
    reads = frozenset({"POST", "OPTIONS"})
    is_switched = True
    read_kind = RequestKind.READ_USERS

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Answer a page of what the body asks for; an attribute that one kind lacks has no value there."""
        exchange_of(request).outcome.action = Action.READ
        query = query_of(parameters_of(body_object(request)))
        total = 0
        found: list[dict[str, Any]] = []
        kinds: list[Any] = [UsersView(elsewhere=(resources.Group,)), GroupsView(elsewhere=(resources.User,))]
        for view in kinds:
            view.setup(request)
        if query.cursor is not None:
            return answer(cursors.page(kinds, query, exchange_of(request)))
        for view in kinds:
            part = replace(
                query, start_index=max(query.start_index - total, 1), count=query.count - len(found)
            )
            count, rows = view.found(part)
            is_before = query.start_index > total + count
            found += [] if is_before else view.as_resources(rows, query.projection)
            total += count
        return answer(
            listing.list_response(total=total, place={"startIndex": query.start_index}, resources=found)
        )


def tagged(response: HttpResponse, adapter: Any) -> HttpResponse:
    """Return an answer with the address and the entity tag of its resource."""
    response["Location"] = adapter.location
    response["ETag"] = adapter.version
    return response
