"""Older and newer: every row on exactly one page, forwards and back, whatever the order."""

from base64 import urlsafe_b64encode

import pytest
from django.http import QueryDict

from accounts import clock
from accounts.admin.paging import Leaf, leaf_of
from accounts.models import Member, Organization
from provisioning.models import ProvisioningCycle
from tests import factories


def encoded(text: str) -> str:
    """Return a cursor that says anything."""
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


FIRST_HOUR = "0001-01-01T00:00:00+14:00"
BROKEN = {
    "nothing": "x",
    "none": encoded("[]"),
    "one": encoded("[1]"),
    "words": encoded('["x", "x"]'),
    "nulls": encoded("[null, null]"),
    "no base 64": "%FF",
    "an object": encoded('{"a": 1}'),
    "depth": encoded("[" * 1400),
    "another zone's first hour": encoded(f'["{FIRST_HOUR}", "00000000-0000-4000-8000-000000000000"]'),
}
NAMED = {
    "a surrogate": encoded(r'["\ud800", "x"]'),
    "a NUL": encoded(r'["\u0000", "x"]'),
    "length": encoded(f'["{"x" * 3000}", "x"]'),
}
NAMES = [f"member{number:02}@acme.example" for number in range(7)]
ORDERS: dict[tuple[str, ...], list[str]] = {
    ("created_at", "id"): NAMES,
    ("-created_at", "-id"): NAMES[::-1],
    ("user_name_key", "id"): NAMES,
}


@pytest.fixture
def members(acme: Organization, globex: Organization) -> None:
    for name in NAMES:
        factories.make_member(acme, name)
        factories.make_member(globex, name)


def page(acme: Organization, order: tuple[str, ...], query: str = "", held: tuple[str, ...] = ()) -> Leaf:
    rows = Member.objects.of_organization(acme.id)
    return leaf_of(rows, order=order, size=3, query=QueryDict(query), held=held)


def names(leaf: Leaf) -> list[str]:
    return [row.user_name for row in leaf.rows]


@pytest.mark.parametrize("order", ORDERS)
def test_older_pages_hold_every_row_once(acme: Organization, members: None, order: tuple[str, ...]) -> None:
    first = page(acme, order)
    second = page(acme, order, f"older={first.older}")
    third = page(acme, order, f"older={second.older}")

    assert names(first) + names(second) + names(third) == ORDERS[order]
    assert (first.newer, third.older) == ("", "")


@pytest.mark.parametrize("held", [(), ("is_active",), ("-is_active",)])
@pytest.mark.parametrize("order", ORDERS)
def test_newer_leads_back_the_same_way(
    acme: Organization, members: None, order: tuple[str, ...], held: tuple[str, ...]
) -> None:
    first = page(acme, order, held=held)
    second = page(acme, order, f"older={first.older}", held)
    third = page(acme, order, f"older={second.older}", held)

    assert names(third) == ORDERS[order][6:]
    assert page(acme, order, f"newer={third.newer}", held) == second
    assert page(acme, order, f"newer={second.newer}", held) == first


def test_newer_than_the_newest_page_is_the_first_page(acme: Organization, members: None) -> None:
    order = ("-created_at", "-id")
    first = page(acme, order)
    factories.make_member(acme, "late@acme.example")
    late = page(acme, order, f"newer={page(acme, order, f'older={first.older}').newer}")

    assert names(late) == names(first)
    assert names(page(acme, order, f"newer={late.newer}")) == ["late@acme.example", *NAMES[:4:-1]]


@pytest.mark.parametrize("cursor", BROKEN.values(), ids=BROKEN)
def test_a_broken_cursor_is_the_first_page(acme: Organization, members: None, cursor: str) -> None:
    order = ("created_at", "id")

    assert page(acme, order, f"older={cursor}") == page(acme, order)


@pytest.mark.parametrize("cursor", NAMED.values(), ids=NAMED)
def test_a_name_that_cannot_be_stored_is_the_first_page(acme: Organization, cursor: str) -> None:
    query = QueryDict(f"older={cursor}")

    assert leaf_of(Organization.objects.all(), order=("name", "slug"), size=3, query=query).rows == [acme]


def test_a_number_beyond_all_is_the_first_page(acme: Organization) -> None:
    now = clock.now()
    cycle = ProvisioningCycle.objects.create(organization=acme, started_at=now, last_seen_at=now)
    query = QueryDict(f"older={encoded(f'[{2**70}]')}")

    assert leaf_of(ProvisioningCycle.objects.all(), order=("-id",), size=3, query=query).rows == [cycle]
