"""Counts of what leaves no entry: added up in the process, written by the minute."""

from datetime import UTC, datetime

from accounts.models import Organization
from provisioning.counters import counters
from provisioning.models import RequestCount, RequestKind

NOON = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
MINUTE = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def test_sums_are_written_by_organization_kind_and_minute(acme: Organization, globex: Organization) -> None:
    for organization in (acme, acme, globex):
        counters.add(RequestKind.READ_USERS, now=NOON, organization_id=organization.id)

    counters.flush()

    rows = RequestCount.objects.order_by("-count").values_list("organization_id", "kind", "minute", "count")
    assert list(rows) == [(acme.id, "read_users", MINUTE, 2), (globex.id, "read_users", MINUTE, 1)]


def test_a_later_sum_is_added_to_its_row(acme: Organization) -> None:
    for _ in range(2):
        counters.add(RequestKind.READ_USERS, now=NOON, organization_id=acme.id)
        counters.flush()

    assert RequestCount.objects.get().count == 2


def test_strangers_are_counted_by_their_address(db: None) -> None:
    for address in ("192.0.2.1", "192.0.2.1", "2001:db8::1"):
        counters.add(RequestKind.STRANGER, now=NOON, address=address)

    counters.flush()
    counters.flush()

    rows = RequestCount.objects.order_by("-count").values_list("organization_id", "address", "count")
    expected: list[tuple[object, ...]] = [(None, "192.0.2.1", 2), (None, "2001:db8::1", 1)]
    assert list(rows) == expected
