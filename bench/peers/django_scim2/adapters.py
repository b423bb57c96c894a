"""django-scim2's adapter of users, with what Entra needs added. That of groups works as it is."""

from typing import Any

from django_scim import adapters

ACTIVE, NAME, MAIL = "active", "displayName", 'emails[type eq "work"].value'


class User(adapters.SCIMUser):  # type: ignore[misc]  # django-scim2 carries no types
    """A user whose displayName is kept, and can be replaced as Entra does it."""

    @property
    def display_name(self) -> str:
        """The name as sent."""
        return str(self.obj.display_name)

    def from_dict(self, d: dict[str, Any]) -> None:
        """Take the name too."""
        super().from_dict(d)
        self.obj.display_name = d["displayName"]

    def handle_operations(self, operations: list[dict[str, Any]]) -> None:
        """Take Entra's three replacements apart from the rest."""
        own = [each for each in operations if each.get("path") in {ACTIVE, NAME, MAIL}]
        for each in own:
            if each["path"] == ACTIVE:
                self.obj.is_active = str(each["value"]).lower() == "true"
            elif each["path"] == NAME:
                self.obj.display_name = each["value"]
            else:
                self.parse_emails({"value": each["value"]})
        if own:
            self.save()
        super().handle_operations([each for each in operations if each not in own])
