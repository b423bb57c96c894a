"""Delete what is kept no longer: the log by each organization's days, tombstones after 30, and the like.

In small transactions, each by an index, so that nobody waits for it; killed or run twice at once it
has merely done less, or the same.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts import tombstones
from provisioning import cycles
from provisioning.models import (
    EventKind,
    HealthPeriod,
    HourlyActivity,
    Notification,
    ProvisioningConnection,
    ProvisioningCycle,
    ProvisioningEvent,
    ProvisioningLogEntry,
    RequestCount,
)
from provisioning.one_by_one import one_by_one

BATCH_SIZE = 2000
COUNT_DAYS = 90
HOUR_DAYS = 400


def delete_expired(*, now: datetime) -> Counter[str]:
    """Delete everything that is past its time; return how many rows of each sort."""
    deleted: Counter[str] = Counter()

    def clean(connection: ProvisioningConnection) -> None:
        for name, rows in of_organization(connection, now=now).items():
            deleted[name] += delete_in_batches(rows)

    connections = ProvisioningConnection.objects.select_related("organization__watch").order_by("pk")
    one_by_one(connections, clean, what="retention")
    counts = RequestCount.objects.filter(minute__lt=now - timedelta(days=COUNT_DAYS))
    hours = HourlyActivity.objects.filter(hour__lt=now - timedelta(days=HOUR_DAYS))
    deleted["counts of reads"] += delete_in_batches(counts)
    deleted["hourly sums"] += delete_in_batches(hours)
    return deleted


def of_organization(connection: ProvisioningConnection, *, now: datetime) -> dict[str, QuerySet[Any]]:
    """Return the rows of one organization that are past their time.

    Of the log only what the watch has read; the newest cycle and the first success stay, since without
    them the next would be the first again.
    """
    id_, oldest = connection.organization_id, now - timedelta(days=connection.log_days)
    read = connection.organization.watch.position
    newest = cycles.newest_cycle(id_)
    return {
        "log entries": ProvisioningLogEntry.objects.of_organization(id_).filter(
            at__lt=oldest, position__lte=read
        ),
        "cycles": ProvisioningCycle.objects.of_organization(id_)
        .filter(started_at__lt=oldest, ended_at__lt=oldest)
        .exclude(pk=newest.pk if newest else 0),
        "health states": HealthPeriod.objects.of_organization(id_).filter(
            started_at__lt=oldest, ended_at__lt=oldest
        ),
        "events": ProvisioningEvent.objects.of_organization(id_)
        .filter(at__lt=oldest)
        .exclude(kind=EventKind.FIRST_SUCCESS),
        "mails": Notification.objects.of_organization(id_).filter(created_at__lt=oldest),
        "tombstones": tombstones.expired(now=now).of_organization(id_),
    }


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete rows, BATCH_SIZE a transaction; return how many."""
    deleted = 0
    while True:
        with transaction.atomic():
            ids = list(rows.order_by().values_list("pk", flat=True)[:BATCH_SIZE])
            batch = rows.model._base_manager.filter(pk__in=ids)  # noqa: SLF001 - public in all but name
            deleted += batch._raw_delete(batch.db) if ids else 0  # noqa: SLF001 - the log's own delete() refuses
        if len(ids) < BATCH_SIZE:
            return deleted
