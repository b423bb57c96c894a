"""The outbox: mails to be sent, written in the same transaction as what they tell of."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from accounts import clock
from accounts.models import Organization
from accounts.querysets import TenantQuerySet


class Notification(models.Model):
    """One mail to one recipient about one event. The broker only hurries it; this row is the truth.

    `event` names what happened and to what ("token:issued:<id>"), so that telling twice is
    impossible; `kind` is the folder of its template; `context` is what the template shows.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="notifications", db_index=False
    )
    kind = models.CharField(max_length=40)
    event = models.CharField(max_length=120)
    recipient = models.EmailField()
    context = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    next_try_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    gave_up_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "event", "recipient"], name="notification_once_per_recipient"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="notification_listing"),
            models.Index(fields=["organization", "-created_at", "id"], name="notification_of_organization"),
            models.Index(
                fields=["next_try_at"],
                name="notification_due",
                condition=Q(sent_at__isnull=True, gave_up_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"
