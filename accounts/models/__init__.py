"""The tables of WHO. Only the operations in `accounts/*.py` write them."""

from accounts.models.member import Member
from accounts.models.operator import Operator, Role
from accounts.models.organization import Organization
from accounts.models.team import Team, TeamMembership
from accounts.models.tombstone import ResourceKind, Tombstone

__all__ = [
    "Member",
    "Operator",
    "Organization",
    "ResourceKind",
    "Role",
    "Team",
    "TeamMembership",
    "Tombstone",
]
