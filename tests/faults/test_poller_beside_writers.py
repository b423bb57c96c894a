"""A poller that reads by `position` misses nothing and repeats nothing, whatever commits when."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.models import Organization
from provisioning import logs
from provisioning.models import ProvisioningLogEntry
from provisioning.tokens import IssuedToken
from tests.factories import make_entry

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
# SQLite has one writer at a time, so that order and commits can't part there.
ENTRIES = 20_000 if connection.vendor == "postgresql" else 800
PER_TRANSACTION = 5


def write(token: IssuedToken, count: int) -> list[UUID]:
    """Write entries, a few in each transaction, so that transactions overlap; return their ids."""
    written = []
    for _ in range(count // PER_TRANSACTION):
        with transaction.atomic():
            written += [make_entry(token).id for _ in range(PER_TRANSACTION)]
    connection.close()
    return written


def test_a_poller_misses_and_repeats_nothing(acme: Organization, acme_token: IssuedToken) -> None:
    finished = threading.Event()
    read: list[UUID] = []

    def seal_and_poll() -> None:
        position, is_last_round = 0, False
        while not is_last_round:
            is_last_round = finished.is_set()
            while logs.seal():
                pass
            page = list(ProvisioningLogEntry.objects.of_organization(acme.id).after(position))
            read.extend(entry.id for entry in page)
            position = page[-1].position or position if page else position
        connection.close()

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        poller = pool.submit(seal_and_poll)
        writers = [pool.submit(write, acme_token, ENTRIES // WRITERS) for _ in range(WRITERS)]
        try:
            written = [id_ for writer in writers for id_ in writer.result()]
        finally:
            finished.set()
        poller.result()

    assert len(written) == ENTRIES
    assert len(read) == len(set(read))
    assert set(read) == set(written)
