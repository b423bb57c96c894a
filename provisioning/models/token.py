"""A long-lived bearer token; only a keyed hash of it is stored."""

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import Q

from accounts import clock
from accounts.models import Operator, Organization
from accounts.querysets import TenantQuerySet

NAMED = "Who did it, as of then, where it was no operator: an API key or a command."


class ScimToken(models.Model):
    """What lets Entra act for one organization. Its secret is shown once and kept nowhere.

    `digest` is looked up across organizations, since it is what names the organization.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="tokens", db_index=False
    )
    label = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    issued_at = models.DateTimeField(default=clock.now, editable=False)
    issued_by = models.ForeignKey(
        Operator, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    issued_by_name = models.CharField(max_length=300, blank=True, help_text=NAMED)
    rotated_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        Operator, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_by_name = models.CharField(max_length=300, blank=True, help_text=NAMED)
    first_used_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "SCIM token"
        ordering = ["-issued_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("issued_at")), name="token_expires_after_issue"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-issued_at", "id"], name="token_listing"),
            models.Index(fields=["expires_at", "id"], name="token_ending"),
            # Across organizations: where a token was used that was pasted into the wrong one.
            models.Index(fields=["first_used_at"], name="token_first_use"),
        ]

    def __str__(self) -> str:
        return f"{self.label} (…{self.last_four})"

    def is_live(self, now: datetime) -> bool:
        """Whether the token opens the door at this moment."""
        return self.revoked_at is None and self.expires_at > now
