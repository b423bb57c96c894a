"""What the log holds, summed up hour by hour: what overviews and health are read from."""

from django.db import models

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from provisioning.models.log import Action, LogStatus


class HourlyActivity(models.Model):
    """How many entries of one sort an organization's log got in an hour. It is kept as long as they are."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    hour = models.DateTimeField()
    resource_type = models.CharField(max_length=10, blank=True)
    action = models.CharField(max_length=20, choices=Action.choices)
    status = models.CharField(max_length=10, choices=LogStatus.choices)
    error_code = models.CharField(max_length=60, blank=True)
    count = models.PositiveBigIntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "hour", "resource_type", "action", "status", "error_code"],
                name="activity_unique",
            ),
        ]
        indexes = [models.Index(fields=["hour"], name="activity_hour")]

    def __str__(self) -> str:
        return f"{self.count} × {self.action} {self.status} at {self.hour:%Y-%m-%d %H:00}"
