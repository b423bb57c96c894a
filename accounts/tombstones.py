"""What is left of deleted members and teams, and for how long."""

from datetime import datetime, timedelta

from accounts.models import Tombstone
from accounts.querysets import TenantQuerySet

KEPT_DAYS = 30


def expired(*, now: datetime) -> TenantQuerySet[Tombstone]:
    """Return the tombstones from which nobody can be restored any more."""
    return Tombstone.objects.filter(deleted_at__lt=now - timedelta(days=KEPT_DAYS))
