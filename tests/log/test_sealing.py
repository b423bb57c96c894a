"""Positions: given to committed entries only, without a gap, organization by organization."""

from uuid import UUID

import pytest
from django.db import OperationalError
from psycopg.errors import QueryCanceled

from accounts.models import Organization
from provisioning import logs
from provisioning.models import LogHead, ProvisioningLogEntry
from provisioning.tokens import IssuedToken
from tests.factories import make_entry, make_token


def positions(organization: Organization) -> list[int | None]:
    entries = ProvisioningLogEntry.objects.of_organization(organization.id)
    return list(entries.order_by("at", "id").values_list("position", flat=True))


def test_sealing_numbers_each_organization_for_itself(
    acme: Organization, globex: Organization, acme_token: IssuedToken, globex_token: IssuedToken
) -> None:
    for token in (acme_token, globex_token, acme_token, acme_token):
        make_entry(token)

    assert logs.seal() == 4

    assert positions(acme) == [1, 2, 3]
    assert positions(globex) == [1]
    assert LogHead.objects.get(organization=acme).position == 3


def test_sealing_goes_on_where_it_stopped(acme: Organization, acme_token: IssuedToken) -> None:
    make_entry(acme_token)
    logs.seal()
    make_entry(acme_token)

    assert positions(acme) == [1, None]
    assert logs.seal() == 1
    assert positions(acme) == [1, 2]


def test_sealing_without_new_entries_changes_nothing(acme: Organization, acme_token: IssuedToken) -> None:
    make_entry(acme_token)
    logs.seal()

    assert logs.seal() == 0
    assert positions(acme) == [1]


def test_one_organization_that_can_not_be_sealed_stops_no_other(
    acme: Organization, globex: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, *others = sorted((acme.id, globex.id))
    for organization in (acme, globex):
        make_entry(make_token(organization))

    def seal(organization_id: UUID) -> int:
        if organization_id == stuck:
            raise OperationalError from QueryCanceled()
        return seal_organization(organization_id)

    seal_organization = logs.seal_organization
    monkeypatch.setattr(logs, "seal_organization", seal)

    assert logs.seal() == len(others)


def test_a_position_is_never_given_twice(acme: Organization, acme_token: IssuedToken) -> None:
    make_entry(acme_token)
    logs.seal()
    retired = ProvisioningLogEntry.objects.all()
    retired._raw_delete(retired.db)
    make_entry(acme_token)

    logs.seal()

    assert positions(acme) == [2]


def test_a_poller_reads_what_is_sealed_and_no_more(acme: Organization, acme_token: IssuedToken) -> None:
    sealed = [make_entry(acme_token).id, make_entry(acme_token).id]
    logs.seal()
    make_entry(acme_token)

    log = ProvisioningLogEntry.objects.of_organization(acme.id)

    assert list(log.after(0).values_list("id", flat=True)) == sealed
    assert list(log.after(1).values_list("id", flat=True)) == sealed[1:]


def test_a_large_backlog_is_sealed_batch_by_batch(
    acme: Organization, acme_token: IssuedToken, monkeypatch: object
) -> None:
    monkeypatch.setattr(logs, "SEAL_BATCH", 2)  # type: ignore[attr-defined]  # pytest's own
    for _ in range(5):
        make_entry(acme_token)

    assert [logs.seal() for _ in range(4)] == [2, 2, 1, 0]
    assert positions(acme) == [1, 2, 3, 4, 5]
