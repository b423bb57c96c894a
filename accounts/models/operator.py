"""People who sign in to a console: Hootsuite's staff and the customers' org admins.

A SCIM request can never create or change one; a member who is deactivated merely ends the sign-in
of the operator linked to them.
"""

from collections.abc import Iterator
from typing import ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from accounts import clock
from accounts.keys import fold
from accounts.models.member import Member
from accounts.models.organization import Organization
from accounts.permissions import ABILITIES, STAFF_ROLES, Ability, Role

__all__ = ["Operator", "OperatorManager", "Role"]


class OperatorManager(BaseUserManager["Operator"]):
    """Finds an operator by e-mail address, in whatever spelling."""

    def get_by_natural_key(self, username: str | None) -> "Operator":
        """Return the operator who signs in with this address. Raises: Operator.DoesNotExist."""
        return self.select_related("organization", "member").get(email=fold(username or ""))


class Operator(AbstractBaseUser):
    """A person with a password and a role. The e-mail address is stored folded and is unique."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=30, choices=Role.choices)
    organization = models.ForeignKey(
        Organization,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="operators",
        help_text="Empty exactly for Hootsuite's own staff.",
    )
    member = models.ForeignKey(
        Member,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="operators",
        help_text="The provisioned member this person is, if any: deactivating the member ends the sign-in.",
    )
    is_active = models.BooleanField(default=True)
    ended_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the sign-in was last ended: sessions and links of before stay dead, even if it is allowed again.",
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[OperatorManager] = OperatorManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]

    class Meta:
        ordering = ["name", "email"]
        constraints = [
            models.CheckConstraint(
                name="operator_is_staff_or_has_organization",
                condition=Q(organization__isnull=True, role__in=sorted(STAFF_ROLES))
                | Q(organization__isnull=False) & ~Q(role__in=sorted(STAFF_ROLES)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.email})"

    def get_full_name(self) -> str:
        """Return how the console greets this person."""
        return self.name

    def get_session_auth_hash(self) -> str:
        """Return what a session must know to be this person's: another one after the sign-in was ended."""
        return f"{super().get_session_auth_hash()}{self.era}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the same by the keys of before."""
        for each in super().get_session_auth_fallback_hash():
            yield f"{each}{self.era}"

    @property
    def era(self) -> str:
        """What changes when the sign-in is ended; nothing before."""
        return f"-{self.ended_at.isoformat()}" if self.ended_at else ""

    @property
    def has_joined(self) -> bool:
        """Whether this person has a password; whoever was invited has none until they set one."""
        return self.has_usable_password()

    @property
    def may_sign_in(self) -> bool:
        """Whether this person may be signed in at this moment: a member who was deactivated may not."""
        return self.is_active and (self.member is None or self.member.is_active)

    @property
    def is_staff(self) -> bool:
        """Whether this is one of Hootsuite's own people, who see every organization."""
        return self.role in STAFF_ROLES

    def can(self, ability: Ability) -> bool:
        """Whether this person's role allows it."""
        return self.is_active and ability in ABILITIES[Role(self.role)]

    # Django's admin asks in its own words; every ModelAdmin of ours answers by `can` instead.
    def has_perm(self, _permission: str, _instance: object = None) -> bool:
        """Deny: what a page allows is said by its ModelAdmin."""
        return False

    def has_module_perms(self, _app_label: str) -> bool:
        """Whether the sections of a console may be listed at all."""
        return self.is_active
