"""What the background knows of each connection: how far it has read, and how the connection is."""

from django.db import models
from django.db.models import Q

from accounts.models import Organization
from accounts.querysets import TenantQuerySet


class ProvisioningWatch(models.Model):
    """How far one organization's log has been read by the watch. Locked by whoever watches; no request touches it."""

    organization = models.OneToOneField(
        Organization, primary_key=True, on_delete=models.PROTECT, related_name="watch"
    )
    position = models.PositiveBigIntegerField(default=0, help_text="The last entry that was read.")
    reads_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when counted reads were followed."
    )
    refused_at = models.DateTimeField(
        null=True, blank=True, help_text="When a token was refused that was good once."
    )
    refused_code = models.CharField(max_length=60, blank=True)
    failures_since = models.DateTimeField(
        null=True, blank=True, help_text="When the first failure came that is not told yet."
    )
    failures_waiting = models.JSONField(
        default=dict,
        help_text="What is not told yet: by its code, how many failures, and the position of the newest.",
    )
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When to look again even if nothing arrives."
    )

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="watch_due")]

    def __str__(self) -> str:
        return f"{self.organization_id} at {self.position}"


class HealthState(models.TextChoices):
    """How a connection is. It waits for first contact again whenever it was off: the reason says which."""

    OFF = "off", "Off"
    WAITING = "waiting", "Waiting for first contact"
    QUARANTINE_RISK = "quarantine_risk", "Quarantine risk"
    SILENT = "silent", "Silent"
    DEGRADED = "degraded", "Degraded"
    HEALTHY = "healthy", "Healthy"


class HealthPeriod(models.Model):
    """For how long a connection was in a state, and why, in words. The one without an end is the present."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="health_periods", db_index=False
    )
    state = models.CharField(max_length=20, choices=HealthState.choices)
    reason = models.CharField(max_length=700)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(ended_at__isnull=True), name="health_one_present"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-started_at", "-id"], name="health_listing"),
            models.Index(
                fields=["state", "started_at", "organization"],
                condition=Q(ended_at__isnull=True),
                name="health_present",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} since {self.started_at:%Y-%m-%d %H:%M}"


class Heartbeat(models.Model):
    """When a background process last did its work: what `/readyz` asks."""

    name = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
