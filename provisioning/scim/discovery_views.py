"""The endpoints by which the service tells about itself, and those that are not there."""

from typing import Any, NoReturn

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_scim import views as stock

from provisioning.scim import discovery, errors, listing
from provisioning.scim.engine import Engine, answer

READ_ONLY = ["get", "head", "options"]


class ServiceProviderConfigView(stock.ServiceProviderConfigView, Engine):  # type: ignore[misc]  # django-scim2 carries no types
    """`/ServiceProviderConfig`."""

    http_method_names = READ_ONLY

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Answer the document (RFC 7644 §4). A filter is refused, as that section wants."""
        if request.GET.get("filter"):
            raise errors.filter_forbidden()
        return answer(discovery.ServiceProviderConfig(request).to_dict())


class DescriptionView:
    """A list of documents the service tells about itself, or one of them by its id."""

    http_method_names = READ_ONLY

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return the documents by id."""
        raise NotImplementedError

    def get(self, request: HttpRequest, uuid: str | None = None, **_kwargs: Any) -> HttpResponse:
        """Answer the list, or one document (RFC 7644 §4). A filter is refused, as that section wants."""
        if request.GET.get("filter"):
            raise errors.filter_forbidden()
        if uuid is None:
            found = list(self.documents().values())
            return answer(listing.list_response(total=len(found), place={"startIndex": 1}, resources=found))
        wanted = {id_.lower(): document for id_, document in self.documents().items()}.get(uuid.lower())
        if wanted is None:
            raise errors.no_such_endpoint()
        return answer(wanted)


class ResourceTypesView(DescriptionView, stock.ResourceTypesView, Engine):  # type: ignore[misc]  # as above
    """`/ResourceTypes`."""

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return the resource types by id."""
        return discovery.resource_types(settings.TENANT_URL)


class SchemasView(DescriptionView, stock.SchemasView, Engine):  # type: ignore[misc]  # as above
    """`/Schemas`."""

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return the schemas by URN."""
        return discovery.schemas(settings.TENANT_URL)


class RefusingView(stock.SCIMView, Engine):  # type: ignore[misc]  # as above
    """An address that answers nobody, but only after it knows who asks."""

    problem = errors.no_such_endpoint

    def handler_of(self, _request: HttpRequest) -> NoReturn:
        """Refuse. Raises: ScimError, always."""
        raise self.problem()
