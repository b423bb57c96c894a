"""The background may run twice at once: what one looks at the other leaves, and nothing is told twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.permissions import Role
from provisioning import digests, logs, reminders, retention, watch
from provisioning.models import (
    HealthPeriod,
    HourlyActivity,
    Notification,
    ProvisioningCycle,
    ProvisioningEvent,
)
from tests.factories import make_entry, make_operator, make_organization, make_token

AT_ONCE = 4


def at_once(work: Callable[[], Any]) -> None:
    """Run a piece of work several times at the same moment, each over a connection of its own."""
    barrier = Barrier(AT_ONCE)

    def run(_number: int) -> None:
        barrier.wait(timeout=30)
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(run, range(AT_ONCE)))


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
    at_once(lambda: retention.delete_expired(now=now))

    assert [cycle.totals for cycle in ProvisioningCycle.objects.all()] == [{"User": {"created": 20}}] * 3
    assert list(HourlyActivity.objects.values_list("count", flat=True)) == [20] * 3
    assert list(HealthPeriod.objects.values_list("state", flat=True)) == ["healthy"] * 3
    kinds = ["first_success", "token_expiring", "token_issued"]
    assert sorted(ProvisioningEvent.objects.values_list("kind", flat=True)) == sorted(kinds * 3)
    assert sorted(Notification.objects.values_list("kind", flat=True)) == sorted(kinds * 3)
