"""The provisioning log: what arrived, what it changed, why it was refused. Append-only."""

from typing import Any, NoReturn, Self

from django.db import models
from django.db.models import Q

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from provisioning.models.token import ScimToken


class Action(models.TextChoices):
    """What a request wanted, in Entra's words (`provisioningAction`), and ours for the rest."""

    CREATE = "create", "Create"
    UPDATE = "update", "Update"
    DISABLE = "disable", "Disable"
    RESTORE = "restore", "Restore"
    DELETE = "delete", "Delete"
    TEST_CONNECTION = "test_connection", "Test connection"
    READ = "read", "Read"
    OTHER = "other", "Other"


class LogStatus(models.TextChoices):
    """How a request ended, in Entra's words."""

    SUCCESS = "success", "Success"
    FAILURE = "failure", "Failure"
    SKIPPED = "skipped", "Skipped"
    WARNING = "warning", "Warning"


# What the partial indexes of refusals hold. A query must say it too, word for word, for SQLite to use one.
IS_REFUSAL = ~Q(error_code="")


class LogIsAppendOnly(TypeError):
    """Somebody tried to change or delete an entry; only the retention command may."""


class LogQuerySet(TenantQuerySet["ProvisioningLogEntry"]):
    """Reads of the log; it refuses to change what it found."""

    def delete(self) -> NoReturn:
        """Refuse. Raises: LogIsAppendOnly, always."""
        raise LogIsAppendOnly

    def update(self, **_columns: Any) -> NoReturn:
        """Refuse. Raises: LogIsAppendOnly, always."""
        raise LogIsAppendOnly

    def after(self, position: int) -> Self:
        """Return the sealed entries past a position, oldest first: how a poller reads on."""
        return self.filter(position__gt=position).order_by("position")


class ProvisioningLogEntry(models.Model):
    """One request that changed something or was refused. Its id is the request's id (a UUIDv7).

    What names a person (identities, old and new values) is in `personal` alone, so that erasure can
    replace one column: {"source", "target", "modifiedProperties": [{"displayName", "oldValue",
    "newValue"}]}, and "by" where a person did by hand what Entra does else. `identity_keys` are keyed hashes by which the log can be searched for a person.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="log_entries", db_index=False
    )
    position = models.PositiveBigIntegerField(null=True, editable=False)
    at = models.DateTimeField()
    action = models.CharField(max_length=20, choices=Action.choices)
    status = models.CharField(max_length=10, choices=LogStatus.choices)
    resource_type = models.CharField(max_length=10, blank=True, help_text="User, Group, or empty.")
    resource_id = models.UUIDField(null=True, blank=True)
    identity_key = models.CharField(max_length=64, blank=True, editable=False)
    personal = models.JSONField(default=dict)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    http_status = models.PositiveSmallIntegerField()
    scim_type = models.CharField(max_length=30, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    duration_ms = models.FloatField()
    token = models.ForeignKey(
        ScimToken,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Empty exactly for what a person changed by hand in a console.",
    )
    client_address = models.GenericIPAddressField(null=True, blank=True)
    fold_key = models.CharField(
        max_length=100,
        null=True,
        editable=False,
        help_text="Token, code and minute of a refusal that is written once a minute.",
    )

    objects = LogQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "provisioning log entries"
        constraints = [
            models.UniqueConstraint(fields=["organization", "position"], name="log_position_unique"),
            models.UniqueConstraint(fields=["organization", "fold_key"], name="log_fold_key_unique"),
        ]
        indexes = [
            models.Index(fields=["organization", "-at", "-id"], name="log_listing"),
            models.Index(fields=["organization", "resource_id", "-at"], name="log_of_resource"),
            models.Index(fields=["organization", "identity_key", "-at"], name="log_of_identity"),
            models.Index(
                fields=["organization", "at", "id"], name="log_unsealed", condition=Q(position__isnull=True)
            ),
            # For each single filter of the log, of one organization and across all. Those of status and action
            # hold every entry: what is common in most organizations may be missing, or old, in one.
            models.Index(fields=["organization", "status", "-at", "-id"], name="log_of_status"),
            models.Index(fields=["organization", "action", "-at", "-id"], name="log_of_action"),
            models.Index(
                fields=["organization", "error_code", "-at", "-id"], name="log_of_error", condition=IS_REFUSAL
            ),
            models.Index(fields=["status", "-id"], name="log_by_status"),
            models.Index(fields=["action", "-id"], name="log_by_action"),
            models.Index(fields=["error_code", "-id"], name="log_by_error", condition=IS_REFUSAL),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.id}"

    def save(self, *args: Any, **options: Any) -> None:
        """Write a new entry. Raises: LogIsAppendOnly for one that exists."""
        if not self._state.adding:
            raise LogIsAppendOnly
        super().save(*args, **options)

    def delete(self, *_args: Any, **_options: Any) -> NoReturn:
        """Refuse. Raises: LogIsAppendOnly, always."""
        raise LogIsAppendOnly


class LogHead(models.Model):
    """How far an organization's log is sealed. One row each, locked by whoever seals."""

    organization = models.OneToOneField(
        Organization, primary_key=True, on_delete=models.PROTECT, related_name="log_head"
    )
    position = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.organization_id} at {self.position}"
