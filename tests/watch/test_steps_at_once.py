"""The background may run twice at once: what one looks at the other leaves, and nothing is told twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.permissions import Role
from provisioning import digests, logs, notifications, recipients, reminders, retention, watch
from provisioning.models import (
    Delivery,
    DigestLine,
    EventKind,
    HealthPeriod,
    HourlyActivity,
    Notification,
    ProvisioningCycle,
    ProvisioningEvent,
)
from tests.databases import SERVER
from tests.factories import make_entry, make_operator, make_organization, make_token

AT_ONCE = 4


def at_once(work: Callable[[], Any]) -> list[Any]:
    """Run a piece of work several times at the same moment, each over a connection of its own; return each result."""
    barrier = Barrier(AT_ONCE)

    def run(_number: int) -> Any:
        barrier.wait(timeout=30)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


@pytest.mark.django_db(transaction=True)
def test_everything_periodic_is_done_once() -> None:
    now = timezone.now()
    for slug in ("acme", "globex", "initech"):
        organization = make_organization(slug)
        make_operator(Role.ORGANIZATION_ADMIN, organization=organization, email=f"admin@{slug}.example")
        token = make_token(organization, lifetime_days=30)
        for _ in range(20):
            make_entry(token)
    logs.seal()

    at_once(lambda: watch.watch_all(now=now))
    at_once(lambda: reminders.remind_of_expiry(now=now + timedelta(days=20)))
    at_once(lambda: digests.write_digests(now=now))

    assert [cycle.totals for cycle in ProvisioningCycle.objects.all()] == [{"User": {"created": 20}}] * 3
    assert list(HourlyActivity.objects.values_list("count", flat=True)) == [20] * 3
    assert list(HealthPeriod.objects.values_list("state", flat=True)) == ["healthy"] * 3
    kinds = ["first_success", "token_expiring", "token_issued"]
    assert sorted(ProvisioningEvent.objects.values_list("kind", flat=True)) == sorted(kinds * 3)
    assert sorted(Notification.objects.values_list("kind", flat=True)) == sorted(kinds * 3)


@pytest.mark.django_db(transaction=True)
def test_what_is_past_its_time_is_deleted_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 3)
    now = timezone.now()
    for slug in ("acme", "globex"):
        token = make_token(make_organization(slug))
        for _ in range(20):
            make_entry(token)
    logs.seal()
    watch.watch_all(now=now)

    counts = at_once(lambda: retention.delete_expired(now=now + timedelta(days=91)))

    assert sum(counts, Counter()) == {"log entries": 40, "hourly sums": 2, "events": 2}
    assert "background:failed" not in caplog.text
    assert list(ProvisioningEvent.objects.values_list("kind", flat=True)) == ["first_success"] * 2


@pytest.mark.django_db(transaction=True)
def test_a_digest_that_is_written_at_once_is_one_with_every_line() -> None:
    acme, now = make_organization("acme"), timezone.now()
    for address in ("a@acme.example", "b@acme.example"):
        recipients.add_recipient(
            organization=acme, address=address, kinds=recipients.EVERYTHING, delivery=Delivery.DAILY, now=now
        )
        recipients.confirm(organization_id=acme.id, address=address, now=now)
    for number in range(3):
        notifications.tell(acme, EventKind.SILENCE, f"silence:{number}", now, {})

    at_once(lambda: digests.write_digests(now=now + timedelta(days=1)))

    mails = Notification.objects.filter(kind="digest").order_by("recipient")
    told = [(mail.recipient, len(mail.context["lines"])) for mail in mails]
    assert told == [("a@acme.example", 3), ("b@acme.example", 3)]
    assert not DigestLine.objects.exists()


def is_waited_for() -> bool:
    """Whether somebody waits for what this connection has locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return bool(cursor.fetchone()[0])


@pytest.mark.skipif(not SERVER, reason="on SQLite who writes waits before it reads")
@pytest.mark.django_db(transaction=True)
def test_an_event_that_comes_while_its_digest_is_written_is_in_the_next() -> None:
    acme, now = make_organization("acme"), timezone.now()
    recipients.add_recipient(
        organization=acme,
        address="a@acme.example",
        kinds=recipients.EVERYTHING,
        delivery=Delivery.DAILY,
        now=now,
    )
    recipients.confirm(organization_id=acme.id, address="a@acme.example", now=now)
    notifications.tell(acme, EventKind.SILENCE, "silence:1", now, {})

    def write_too() -> None:
        try:
            notifications.tell(acme, EventKind.SILENCE, "silence:2", now, {})
            digests.write_digests(now=now + timedelta(days=1))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            digests.write_digests(now=now + timedelta(days=1))
            other = pool.submit(write_too)
            while not is_waited_for():
                assert not other.done()
        other.result()

    assert list(DigestLine.objects.values_list("event__key", flat=True)) == ["silence:2"]
