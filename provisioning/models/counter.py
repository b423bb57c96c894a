"""How many requests of a kind came in a minute: the ones that leave no entry in the log."""

from django.db import models
from django.db.models import Q

from accounts.models import Organization


class RequestKind(models.TextChoices):
    """What is only counted."""

    READ_USERS = "read_users", "Reads of users"
    READ_GROUPS = "read_groups", "Reads of groups"
    DISCOVERY = "discovery", "Reads of the service's own description"
    REPEATED = "repeated", "Requests folded into the entry of one like them"
    UNLOGGED = "unlogged", "Requests whose entry could not be written"
    STRANGER = "stranger", "Calls whose token belongs to nobody"


class RequestCount(models.Model):
    """A minute's count of one kind, per organization, or per address where nobody knows which."""

    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    address = models.GenericIPAddressField(null=True)
    kind = models.CharField(max_length=20, choices=RequestKind.choices)
    minute = models.DateTimeField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "minute"],
                condition=Q(organization__isnull=False),
                name="request_count_of_organization",
            ),
            models.UniqueConstraint(
                fields=["address", "kind", "minute"],
                condition=Q(organization__isnull=True),
                name="request_count_of_address",
            ),
        ]
        indexes = [
            models.Index(fields=["minute"], name="request_count_minute"),
            models.Index(
                fields=["-minute"], name="request_count_strangers", condition=Q(organization__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} × {self.kind} at {self.minute:%Y-%m-%d %H:%M}"
