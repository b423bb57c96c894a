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

    `totals` counts the log's entries between its two times: {"User": {"created": 3, "failed": 1},
    "Group": …}; what it read is summed from the minutes' counts.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="cycles", db_index=False
    )
    kind = models.CharField(max_length=12, choices=CycleKind.choices)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(help_text="When its newest request known so far arrived.")
    ended_at = models.DateTimeField(null=True, blank=True)
    totals = models.JSONField(default=dict)

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
