"""A key to the management API; only a keyed hash of it is stored."""

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from accounts import clock
from accounts.models import Operator, Organization
from accounts.querysets import TenantQuerySet


class Scope(models.TextChoices):
    """What a key may be used for."""

    ORGANIZATIONS_READ = "organizations:read", "See the organization"
    CONNECTION_READ = "connection:read", "See status and health"
    CONNECTION_WRITE = "connection:write", "Turn provisioning on and off"
    TOKENS_READ = "tokens:read", "See SCIM tokens, never a secret"
    TOKENS_REVOKE = "tokens:revoke", "Revoke SCIM tokens and report them leaked"
    TOKENS_WRITE = "tokens:write", "Issue, rotate and revoke SCIM tokens"
    LOGS_READ = "logs:read", "Read and export the provisioning log"
    CYCLES_READ = "cycles:read", "See cycles"
    MEMBERS_READ = "members:read", "See members and teams"
    NOTIFICATIONS_READ = "notifications:read", "See who gets which mails"
    NOTIFICATIONS_WRITE = "notifications:write", "Change who gets which mails"
    AUDIT_READ = "audit:read", "Read the history"
    WEBHOOKS_READ = "webhooks:read", "See webhooks and their deliveries"
    WEBHOOKS_WRITE = "webhooks:write", "Add, change and test webhooks"


class ApiKey(models.Model):
    """What lets a program use the management API: for one organization, or for staff (no organization) for all.

    Its secret is shown once and kept nowhere. It belongs to the organization, not to whoever issued it.
    `digest` is looked up across organizations, since it is what names the organization.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="api_keys",
        db_index=False,
        help_text="Empty exactly for keys of Hootsuite's own staff, which reach every organization.",
    )
    label = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    scopes = models.JSONField(default=list, help_text="What it may be used for: values of Scope.")
    issued_at = models.DateTimeField(default=clock.now, editable=False)
    issued_by = models.ForeignKey(
        Operator, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        Operator, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-issued_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")), name="api_key_expires_after_issue"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-issued_at", "id"], name="api_key_listing"),
            models.Index(fields=["-issued_at", "id"], name="api_key_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.label} (…{self.last_four})"

    def is_live(self, now: datetime) -> bool:
        """Whether the key opens the door at this moment."""
        return self.revoked_at is None and self.expires_at > now
