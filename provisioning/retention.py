"""Delete what is kept no longer: an organization's rows by its own days, tombstones after 30, and the like.

In small transactions, each by an index, so that nobody waits for it; killed or run twice at once it
has merely done less, or the same.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from accounts import tombstones
from provisioning import activity, cycles, health, notifications, outbox
from provisioning.models import (
    DigestLine,
    EventKind,
    HealthPeriod,
    HourlyActivity,
    Notification,
    ProvisioningConnection,
    ProvisioningCycle,
    ProvisioningEvent,
    ProvisioningLogEntry,
    RequestCount,
    WebhookDelivery,
)
from provisioning.one_by_one import one_by_one

BATCH_SIZE = 2000
NOBODYS_DAYS = 90  # what belongs to no organization: counts of strangers, mails to Hootsuite's own staff


def delete_expired(*, now: datetime) -> Counter[str]:
    """Delete everything that is past its time; return how many rows of each sort."""
    deleted: Counter[str] = Counter()

    def clean(connection: ProvisioningConnection) -> None:
        for name, rows in of_organization(connection, now=now).items():
            deleted[name] += delete_in_batches(rows)

    connections = ProvisioningConnection.objects.select_related("organization__watch").order_by("pk")
    one_by_one(connections, clean, what="retention")
    of_nobody = RequestCount.objects.filter(organization__isnull=True)
    strangers = of_nobody.filter(minute__lt=now - timedelta(days=NOBODYS_DAYS))
    deleted["counts of strangers"] += delete_in_batches(strangers)
    of_staff = Notification.objects.filter(~outbox.WAITING, organization__isnull=True)
    deleted["mails"] += delete_in_batches(of_staff.filter(created_at__lt=now - timedelta(days=NOBODYS_DAYS)))
    return deleted


def of_organization(connection: ProvisioningConnection, *, now: datetime) -> dict[str, QuerySet[Any]]:
    """Return the rows of one organization that are past their time.

    Of the log only what the watch has read, of mails only those that wait no more. The newest cycle and the
    first success stay, since without them the next would be the first again; so does what was last told and
    known of trouble, since without it nobody could be told that it is over.
    """
    id_, oldest = connection.organization_id, now - timedelta(days=connection.log_days)
    read = connection.organization.watch.position
    return {
        "log entries": ProvisioningLogEntry.objects.of_organization(id_).filter(
            at__lt=oldest, position__lte=read
        ),
        "cycles": without(
            cycles.newest_cycle(id_),
            ProvisioningCycle.objects.of_organization(id_).filter(started_at__lt=oldest, ended_at__lt=oldest),
        ),
        "health states": without(
            health.last_known(id_),
            HealthPeriod.objects.of_organization(id_).filter(started_at__lt=oldest, ended_at__lt=oldest),
        ),
        "counts of reads": RequestCount.objects.filter(
            organization_id=id_, minute__lt=cycles.minute_of(oldest)
        ),
        "hourly sums": HourlyActivity.objects.of_organization(id_).filter(hour__lt=activity.hour_of(oldest)),
        "digest lines": DigestLine.objects.of_organization(id_).filter(event__at__lt=oldest),
        "events": without(
            notifications.last_of_trouble(id_),
            ProvisioningEvent.objects.of_organization(id_)
            .filter(at__lt=oldest)
            .exclude(kind=EventKind.FIRST_SUCCESS),
        ),
        "mails": Notification.objects.of_organization(id_).filter(~outbox.WAITING, created_at__lt=oldest),
        "webhook deliveries": WebhookDelivery.objects.of_organization(id_).filter(created_at__lt=oldest),
        "tombstones": tombstones.expired(now=now).of_organization(id_),
    }


def without(kept: Model | None, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return rows but for one that is kept."""
    return rows if kept is None else rows.exclude(pk=kept.pk)


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
