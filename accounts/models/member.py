"""A person whom Entra provisions into an organization; "User" in SCIM."""

from uuid import uuid4

from django.db import models

from accounts import clock
from accounts.models.organization import Organization
from accounts.querysets import TenantQuerySet


class Member(models.Model):
    """The tutorial's eight attributes as columns, every other legal attribute as sent in `other`.

    A `*_key` column is its value folded (`accounts.keys.fold`), and `folded` holds the rest folded, so
    that any attribute can be compared without case; the operations in `accounts/members.py` write all. `work_email` repeats `other["emails"][type=work].value` so that
    it can be shown and found; it too is written only there.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="members", db_index=False
    )
    external_id = models.CharField(max_length=320, blank=True)
    user_name = models.CharField(max_length=320)
    user_name_key = models.TextField()
    is_active = models.BooleanField(default=True)
    display_name = models.CharField(max_length=320, blank=True)
    given_name = models.CharField(max_length=320, blank=True)
    family_name = models.CharField(max_length=320, blank=True)
    preferred_language = models.CharField(max_length=320, blank=True)
    timezone = models.CharField(max_length=320, blank=True)
    work_email = models.CharField(max_length=320, blank=True)
    work_email_key = models.TextField(blank=True)
    other = models.JSONField(default=dict, blank=True)
    folded = models.JSONField(default=dict, blank=True, editable=False)
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    modified_at = models.DateTimeField(default=clock.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "user_name_key"], name="member_user_name_unique"),
            models.CheckConstraint(condition=~models.Q(user_name_key=""), name="member_user_name_not_empty"),
        ]
        indexes = [
            models.Index(fields=["organization", "external_id"], name="member_external_id"),
            models.Index(fields=["organization", "work_email_key"], name="member_work_email"),
            models.Index(fields=["organization", "created_at", "id"], name="member_listing"),
        ]

    def __str__(self) -> str:
        return self.user_name
