"""django-scim2-server's adapter of users, with what Entra needs added. That of groups works as it is."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django_scim2_server import adapters  # type: ignore[import-not-found]  # in the peers' environment alone
from django_scim2_server.models import SCIMUser  # type: ignore[import-not-found]  # as above
from scim2_models import User as Resource

from bench.peers.django_scim2_server.models import User as Person

NAME = "displayName"


class User(adapters.DefaultUserAdapter):  # type: ignore[misc]  # django-scim2-server carries no types
    """A user whose displayName is kept, and can be replaced as Entra does it; one that is deleted is gone."""

    def to_scim(self, scim_obj: SCIMUser, request: HttpRequest) -> Any:
        """Tell the name too."""
        resource = super().to_scim(scim_obj, request)
        resource.display_name = scim_obj.user.display_name
        return resource

    @transaction.atomic
    def from_scim(self, data: dict[str, Any], scim_obj: SCIMUser | None = None) -> SCIMUser:
        """Create a user by the statements of the stock adapter, the name among the columns."""
        assert scim_obj is None, "Entra sends no PUT."  # noqa: S101 - else it would be one that is replaced
        sent: Any = Resource.model_validate(data)
        if SCIMUser.objects.filter(scim_username=sent.user_name).exists():
            raise adapters.ConflictError("There is one of this name.")
        person = Person.objects.create(
            username=sent.user_name,
            first_name=sent.name.given_name,
            last_name=sent.name.family_name,
            email=sent.emails[0].value,
            is_active=sent.active,
            display_name=sent.display_name,
        )
        return SCIMUser.objects.create(
            user=person, scim_username=sent.user_name, external_id=sent.external_id, active=sent.active
        )

    def patch(self, scim_obj: SCIMUser, operations: list[dict[str, Any]]) -> SCIMUser:
        """Take the name, which the stock PATCH passes over and saves with the rest."""
        for each in operations:
            if each.get("path") == NAME:
                scim_obj.user.display_name = each["value"]
        return super().patch(scim_obj, operations)

    def delete(self, scim_obj: SCIMUser) -> None:
        """Delete the user, and what belongs to them."""
        scim_obj.user.delete()
