"""A customer: the tenant that owns members, teams, tokens and a provisioning log."""

from uuid import uuid4

from django.db import models

from accounts import clock


class Organization(models.Model):
    """One customer. Its slug names it on the command line and in addresses, and never changes."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        help_text="The zone in which its people read times, such as Europe/Paris.",
    )
    success_manager = models.ForeignKey(
        "accounts.Operator",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The CSM who hears what the organization's admins hear.",
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["name", "slug"]
        indexes = [models.Index(fields=["name", "slug"], name="organization_listing")]

    def __str__(self) -> str:
        return self.name
