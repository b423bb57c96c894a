"""Read on in an organization's sealed log, and sum it up hour by hour.

Positions are given without a gap, so whoever keeps the last one it read misses nothing and reads
nothing twice: roll-ups, cycles and health are all made from this one reading.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, Sum

from provisioning.models import Action, HourlyActivity, LogStatus, ProvisioningLogEntry

BATCH_SIZE = 5000
REFUSED_TOKENS = frozenset({"token_revoked", "token_expired"})
SWITCHED_OFF = "provisioning_off"
NOT_FOUND = "not_found"
NO_WORK = (
    Q(action=Action.TEST_CONNECTION)
    | Q(error_code__in=REFUSED_TOKENS)
    | Q(action=Action.READ, error_code=NOT_FOUND)
)
KEY = ["hour", "resource_type", "action", "status", "error_code"]


class Seen(NamedTuple):
    """What the watch needs to know of an entry."""

    position: int
    at: datetime
    resource_type: str
    action: str
    status: str
    error_code: str
    token_id: UUID | None

    @property
    def is_work(self) -> bool:
        """Whether it asked for a change, or was refused although its token opened the door.

        Test Connection is neither, nor is a read of what is not there, nor what a person did by hand.
        """
        is_miss = self.action == Action.READ and self.error_code == NOT_FOUND
        is_other = self.action == Action.TEST_CONNECTION or is_miss or self.is_by_hand
        return not is_other and not self.is_refused_token

    @property
    def is_by_hand(self) -> bool:
        """Whether a person did it in a console, and Entra had no part in it."""
        return self.token_id is None

    @property
    def is_refused_token(self) -> bool:
        """Whether its token had been good once."""
        return self.error_code in REFUSED_TOKENS

    @property
    def is_failure(self) -> bool:
        """Whether somebody has to mend something that no other state tells of."""
        return self.status == LogStatus.FAILURE and self.is_work and self.error_code != SWITCHED_OFF


def read_on(organization_id: UUID, *, after: int) -> list[Seen]:
    """Return the next sealed entries past a position, BATCH_SIZE at most."""
    entries = ProvisioningLogEntry.objects.of_organization(organization_id).after(after)
    return [Seen(*row) for row in entries.values_list(*Seen._fields)[:BATCH_SIZE]]


def sum_up(organization_id: UUID, seen: list[Seen]) -> None:
    """Add entries to the hours they belong to. Each must be given once; the caller holds the watch."""
    added = Counter(
        (hour_of(each.at), each.resource_type, each.action, each.status, each.error_code)
        for each in seen
        if not each.is_by_hand
    )
    if not added:
        return
    hours = HourlyActivity.objects.of_organization(organization_id).filter(hour__in={key[0] for key in added})
    for *key, count in hours.values_list(*KEY, "count"):
        if tuple(key) in added:
            added[tuple(key)] += count
    rows = [
        HourlyActivity(organization_id=organization_id, count=count, **dict(zip(KEY, key, strict=True)))
        for key, count in added.items()
    ]
    HourlyActivity.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["organization", *KEY], update_fields=["count"]
    )


def of_last_day(organization_id: UUID, *, now: datetime) -> tuple[int, int]:
    """Return how many changes were asked for in the last 24 hours, and how many of them failed."""
    hours = HourlyActivity.objects.of_organization(organization_id).filter(
        hour__gt=hour_of(now) - timedelta(hours=24)
    )
    work = hours.exclude(NO_WORK)
    by_status = dict(work.order_by().values_list("status").annotate(Sum("count")))
    return sum(by_status.values()), by_status.get(LogStatus.FAILURE, 0)


def hour_of(at: datetime) -> datetime:
    """Return the hour a moment belongs to."""
    return at.replace(minute=0, second=0, microsecond=0)
