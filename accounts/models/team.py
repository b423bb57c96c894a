"""A team and who is in it; "Group" in SCIM."""

from uuid import uuid4

from django.db import models

from accounts import clock
from accounts.models.member import Member
from accounts.models.organization import Organization
from accounts.querysets import TenantQuerySet


class Team(models.Model):
    """A team of an organization. Its name is unique there: Entra matches groups by it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="teams", db_index=False
    )
    external_id = models.CharField(max_length=320, blank=True)
    display_name = models.CharField(max_length=320)
    display_name_key = models.TextField()
    other = models.JSONField(default=dict, blank=True)
    folded = models.JSONField(default=dict, blank=True, editable=False)
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    modified_at = models.DateTimeField(default=clock.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "display_name_key"], name="team_display_name_unique"
            ),
            models.CheckConstraint(
                condition=~models.Q(display_name_key=""), name="team_display_name_not_empty"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "external_id"], name="team_external_id"),
            models.Index(fields=["organization", "created_at", "id"], name="team_listing"),
        ]

    def __str__(self) -> str:
        return self.display_name


class TeamMembership(models.Model):
    """That one member is in one team. Found both ways by an index that holds all it needs."""

    # No constraint: it is that of the team and the member, whose own say that it exists. Who writes it takes it from
    # them (`teams.let_in`, `tombstones.restore_member`).
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="memberships", db_index=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "member"], name="membership_unique"),
        ]
        indexes = [
            models.Index(fields=["member", "team"], name="membership_of_member"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.team_id}"
