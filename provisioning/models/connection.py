"""The one connection between an organization and its Entra tenant."""

from django.db import models

from accounts import clock
from accounts.models import Operator, Organization


class ProvisioningStatus(models.TextChoices):
    """Whether changes from Entra are taken. Off is not deletion: what is there stays."""

    ON = "on", "On"
    OFF = "off", "Off"


class ProvisioningConnection(models.Model):
    """An organization's switch, with who turned it and why."""

    organization = models.OneToOneField(
        Organization, primary_key=True, on_delete=models.PROTECT, related_name="connection"
    )
    status = models.CharField(max_length=3, choices=ProvisioningStatus.choices, default=ProvisioningStatus.ON)
    status_reason = models.CharField(max_length=500, blank=True)
    status_changed_at = models.DateTimeField(default=clock.now)
    status_changed_by = models.ForeignKey(
        Operator, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    status_changed_by_name = models.CharField(
        max_length=300,
        blank=True,
        help_text="Who changed it, as of then, where it was no operator: an API key or a command.",
    )
    log_days = models.PositiveSmallIntegerField(
        default=90, help_text="How many days the provisioning log is kept."
    )

    class Meta:
        indexes = [models.Index(fields=["status", "organization"], name="connection_status")]

    def __str__(self) -> str:
        return f"Provisioning of {self.organization_id}"

    @property
    def is_on(self) -> bool:
        """Whether changes from Entra are taken."""
        return self.status == ProvisioningStatus.ON
