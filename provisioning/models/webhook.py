"""Where an organization's own systems hear what happens, and each request that tells them."""

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.db.models import Q

from accounts import clock
from accounts.models import Organization
from accounts.querysets import TenantQuerySet


class WebhookKind(models.TextChoices):
    """What an endpoint can hear of. The first three are entries of the log, the others events."""

    MEMBERS = "members", "Member changes"
    TEAMS = "teams", "Team changes"
    FAILURES = "failures", "Failures"
    HEALTH = "health", "Health changes"
    TOKENS = "tokens", "Token events"


class WebhookEndpoint(models.Model):
    """An address that is told what happens, in order, one request at a time.

    Its signing secret is not stored: it is made from `salt` and the product's key (`provisioning.signatures`).
    `position` is the last entry of the log that was looked at for it. Whoever calls it holds it until
    `leased_until`, or less.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="webhooks", db_index=False
    )
    url = models.CharField(max_length=500)
    kinds = models.JSONField(default=list, help_text="The kinds it hears of, one at least.")
    hears_log = models.BooleanField(editable=False, help_text="Whether one of its kinds comes from the log.")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    salt = models.CharField(max_length=64, editable=False)
    secret_made_at = models.DateTimeField(editable=False)
    old_salt = models.CharField(max_length=64, blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    position = models.PositiveBigIntegerField(default=0)
    next_try_at = models.DateTimeField(default=clock.now)
    leased_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(
        default=0, help_text="Attempts that failed since the last success."
    )
    failing_since = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    off_at = models.DateTimeField(null=True)
    off_reason = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["organization", "-created_at", "id"], name="webhook_listing"),
            models.Index(fields=["-created_at", "id"], name="webhook_listing_of_all"),
            models.Index(fields=["next_try_at"], name="webhook_due", condition=Q(off_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.url.partition("?")[0]

    @property
    def is_on(self) -> bool:
        """Whether it is called."""
        return self.off_at is None

    def salts(self, now: datetime) -> list[str]:
        """Return what the secrets are made from that sign at a moment: the old one too, during an overlap."""
        is_overlapping = self.old_secret_until is not None and self.old_secret_until > now
        return [self.salt, *([self.old_salt] if is_overlapping else [])]


class WebhookDelivery(models.Model):
    """One message to an endpoint, tried until it is taken, for a day. Its id is its place in the queue.

    Of the log it names the positions and the kinds, and no person: the entries are read when it is sent.
    `data` is what an event tells. The answer is the last attempt's.
    """

    message_id = models.UUIDField(unique=True, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    type = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    kinds = models.JSONField(default=list)
    first_position = models.PositiveBigIntegerField(null=True)
    last_position = models.PositiveBigIntegerField(null=True)
    entries = models.PositiveSmallIntegerField(default=0)
    data = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True)
    last_tried_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True, help_text="The first 4,096 bytes of the answer's body.")
    error = models.CharField(max_length=300, blank=True)
    duration_ms = models.FloatField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
            models.Index(fields=["organization", "-id"], name="delivery_of_organization"),
            models.Index(
                fields=["endpoint", "id"],
                name="delivery_waiting",
                condition=Q(delivered_at__isnull=True, gave_up_at__isnull=True),
            ),
            models.Index(fields=["-id"], name="delivery_given_up", condition=Q(gave_up_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be delivered."""
        return self.delivered_at is None and self.gave_up_at is None
