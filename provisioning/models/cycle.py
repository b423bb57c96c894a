"""One of Entra's provisioning cycles as seen from here: a range of time."""

from django.db import models
from django.db.models import Q

from accounts.models import Organization
from accounts.querysets import TenantQuerySet


class CycleKind(models.TextChoices):
    """Entra's two kinds of cycle."""

    INITIAL = "initial", "Initial"
    INCREMENTAL = "incremental", "Incremental"


class ProvisioningCycle(models.Model):
    """Inferred from traffic in the background; no request touches it and no entry names it.

    What it changed is counted from the log between its two times, what it read from the counters.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="cycles", db_index=False
    )
    kind = models.CharField(max_length=12, choices=CycleKind.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(ended_at__isnull=True), name="cycle_one_open"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-started_at", "-id"], name="cycle_listing")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} cycle of {self.started_at:%Y-%m-%d %H:%M}"
