"""What is left of a deleted member or team: enough to restore it."""

from django.db import models

from accounts import clock
from accounts.models.organization import Organization
from accounts.querysets import TenantQuerySet


class ResourceKind(models.TextChoices):
    """The two kinds of thing that Entra provisions."""

    MEMBER = "member", "Member"
    TEAM = "team", "Team"


class Tombstone(models.Model):
    """A deleted member or team under its old id: gone from SCIM, restorable until it is purged."""

    id = models.UUIDField(primary_key=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=ResourceKind.choices)
    identity = models.CharField(max_length=320, help_text="The userName or displayName it had.")
    snapshot = models.JSONField(help_text="Every column it had, and the ids it was related to.")
    deleted_at = models.DateTimeField(default=clock.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-deleted_at", "id"]
        indexes = [models.Index(fields=["organization", "-deleted_at", "id"], name="tombstone_listing")]

    def __str__(self) -> str:
        return f"{self.identity} (deleted)"
