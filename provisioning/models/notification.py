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
    impossible; `kind` is the folder of its template; `context` is what the template shows. Each is sent,
    given up, or dropped in the end: dropped is what its recipient wanted no more before it could be sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.PROTECT,
        related_name="notifications",
        db_index=False,
        help_text="Empty exactly for what is told to Hootsuite's own staff about their sign-in.",
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
    dropped_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "event", "recipient"], name="notification_once_per_recipient"
            ),
            models.UniqueConstraint(
                fields=["event", "recipient"],
                name="notification_once_of_staff",
                condition=Q(organization__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "id"], name="notification_listing"),
            models.Index(fields=["organization", "-created_at", "id"], name="notification_of_organization"),
            models.Index(
                fields=["next_try_at"],
                name="notification_due",
                condition=Q(sent_at__isnull=True, gave_up_at__isnull=True, dropped_at__isnull=True),
            ),
            models.Index(
                fields=["-created_at", "id"],
                name="notification_given_up",
                condition=Q(gave_up_at__isnull=False),
            ),
            models.Index(
                fields=["-created_at", "id"],
                name="notification_dropped",
                condition=Q(dropped_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"
