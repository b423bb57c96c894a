"""What happened that somebody wants to know of, and who wants to."""

from uuid import uuid4

from django.db import models

from accounts import clock
from accounts.models import Organization
from accounts.querysets import TenantQuerySet


class EventKind(models.TextChoices):
    """What can happen. The value is also the folder of its mail's templates."""

    FIRST_SUCCESS = "first_success", "First success"
    FAILURES = "failures", "Failures"
    SILENCE = "silence", "Silence"
    QUARANTINE_RISK = "quarantine_risk", "Quarantine risk"
    RECOVERY = "recovery", "Recovery"
    TOKEN_EXPIRING = "token_expiring", "Token expiring"
    TOKEN_ISSUED = "token_issued", "Token issued"
    TOKEN_ROTATED = "token_rotated", "Token rotated"
    TOKEN_REVOKED = "token_revoked", "Token revoked"
    STATUS_SWITCHED = "status_switched", "Provisioning turned on or off"
    WEBHOOK_FAILING = "webhook_failing", "Webhook failing"


class ProvisioningEvent(models.Model):
    """One thing that happened, once: `key` names it ("token:issued:<id>"), so it can't be told twice.

    Mails and digests are made from it; `context` is what their templates show.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    kind = models.CharField(max_length=40, choices=EventKind.choices)
    key = models.CharField(max_length=120)
    at = models.DateTimeField()
    context = models.JSONField(default=dict)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="event_once"),
        ]
        indexes = [models.Index(fields=["organization", "-at", "id"], name="event_listing")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at:%Y-%m-%d %H:%M}"


class Delivery(models.TextChoices):
    """When somebody hears of what happened."""

    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "Once a day"


class Recipient(models.Model):
    """An address that an organization's mails go to, of a person or a group, and what it wants to hear.

    Nothing but the question itself goes there until somebody has confirmed it by the link. An
    operator's row is made when they first choose something else than everything at once. Who chose
    every kind has an empty list of them, and so hears of a kind too that is yet to come.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="recipients", db_index=False
    )
    address = models.EmailField()
    address_key = models.CharField(max_length=254)
    chosen_kinds = models.JSONField(
        default=list, db_column="kinds", help_text="The kinds of event it wants to hear of; none: every kind."
    )
    delivery = models.CharField(max_length=8, choices=Delivery.choices, default=Delivery.AT_ONCE)
    added_at = models.DateTimeField(default=clock.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    muted_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["address_key", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "address_key"], name="recipient_once"),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def kinds(self) -> list[str]:
        """The kinds of event it wants to hear of, as they are today."""
        return list(self.chosen_kinds or EventKind.values)


class DigestLine(models.Model):
    """An event that waits for an address's next digest. It goes when that digest is written.

    Written in the event's own transaction, so an event is either mailed at once or stands here, never both.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    address_key = models.CharField(max_length=254)
    event = models.ForeignKey(ProvisioningEvent, on_delete=models.PROTECT, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "address_key", "event"], name="digest_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} for {self.address_key}"
