"""What people did, and the commands and keys that act for them: append-only, by the database's own word."""

from typing import Any, NoReturn

from django.db import models

from accounts.models import Operator, Organization
from accounts.querysets import TenantQuerySet


class AuditKind(models.TextChoices):
    """What somebody did."""

    ORGANIZATION_CREATED = "organization_created", "Organization created"
    SETTINGS_CHANGED = "settings_changed", "Settings changed"
    TURNED_ON = "turned_on", "Provisioning turned on"
    TURNED_OFF = "turned_off", "Provisioning turned off"
    TOKEN_ISSUED = "token_issued", "Token issued"
    TOKEN_ROTATED = "token_rotated", "Token rotated"
    TOKEN_REVOKED = "token_revoked", "Token revoked"
    TOKEN_LEAKED = "token_leaked", "Token reported leaked"
    TOKEN_REQUESTED = "token_requested", "Token asked for"
    PERSON_CREATED = "person_created", "Person created"
    PERSON_INVITED = "person_invited", "Person invited"
    PERSON_JOINED = "person_joined", "Person set their password"
    PERSON_CHANGED = "person_changed", "Person changed"
    PERSON_ENDED = "person_ended", "Sign-in of a person ended"
    PERSON_RESTORED = "person_restored", "Sign-in of a person allowed again"
    RECIPIENT_ADDED = "recipient_added", "Recipient added"
    RECIPIENT_CHANGED = "recipient_changed", "Recipient changed"
    RECIPIENT_REMOVED = "recipient_removed", "Recipient removed"
    MEMBER_DEACTIVATED = "member_deactivated", "Member deactivated by hand"
    MEMBER_RESTORED = "member_restored", "Member restored by hand"
    VIEWED_AS = "viewed_as", "Console seen as an org admin sees it"
    LOG_EXPORTED = "log_exported", "Log exported"
    WEBHOOK_ADDED = "webhook_added", "Webhook added"
    WEBHOOK_CHANGED = "webhook_changed", "Webhook changed"
    WEBHOOK_ROTATED = "webhook_rotated", "Secret of a webhook rotated"
    WEBHOOK_REMOVED = "webhook_removed", "Webhook removed"
    API_KEY_ISSUED = "api_key_issued", "API key issued"
    API_KEY_REVOKED = "api_key_revoked", "API key revoked"


class HistoryIsAppendOnly(TypeError):
    """Somebody tried to change or delete what was done."""


class HistoryQuerySet(TenantQuerySet["AuditEvent"]):
    """Reads of the history; it refuses to change what it found."""

    def delete(self) -> NoReturn:
        """Refuse. Raises: HistoryIsAppendOnly, always."""
        raise HistoryIsAppendOnly

    def update(self, **_columns: Any) -> NoReturn:
        """Refuse. Raises: HistoryIsAppendOnly, always."""
        raise HistoryIsAppendOnly


class AuditEvent(models.Model):
    """Who did what, when, from where and why. Its id sorts by time (a UUIDv7).

    `actor` and `subject` are names as of then. `details` holds {"changes": [[name, old, new], …]} where
    values were changed. No secret is ever in it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="history", db_index=False
    )
    at = models.DateTimeField()
    kind = models.CharField(max_length=40, choices=AuditKind.choices)
    operator = models.ForeignKey(
        Operator, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    actor = models.CharField(max_length=300)
    address = models.GenericIPAddressField(null=True)
    subject = models.CharField(max_length=400, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)

    objects = HistoryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "audit event"
        verbose_name_plural = "history"
        indexes = [models.Index(fields=["organization", "-id"], name="history_listing")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at:%Y-%m-%d %H:%M:%S}"

    def save(self, *args: Any, **options: Any) -> None:
        """Write a new event. Raises: HistoryIsAppendOnly for one that exists."""
        if not self._state.adding:
            raise HistoryIsAppendOnly
        super().save(*args, **options)

    def delete(self, *_args: Any, **_options: Any) -> NoReturn:
        """Refuse. Raises: HistoryIsAppendOnly, always."""
        raise HistoryIsAppendOnly
