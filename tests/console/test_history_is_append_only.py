"""The history: whoever asks, the database keeps what was done."""

from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction

from accounts import clock
from accounts.models import Operator, Organization
from provisioning import history
from provisioning.history import Actor
from provisioning.models import AuditEvent, AuditKind, HistoryIsAppendOnly

FIRST = import_module("provisioning.migrations.0006_history")
LATER = import_module("provisioning.migrations.0017_every_filter_and_no_way_around")
# The guard against what cleans a database, which the suite takes away (tests/conftest.py).
GUARD = {"sqlite": FIRST.SQLITE[1], "postgresql": LATER.POSTGRESQL}
CHANGES = ["UPDATE provisioning_auditevent SET reason = ''", "DELETE FROM provisioning_auditevent"]
WAYS_AROUND = {
    "sqlite": ["INSERT OR REPLACE INTO provisioning_auditevent SELECT * FROM provisioning_auditevent"],
    "postgresql": ["TRUNCATE provisioning_auditevent", "TRUNCATE accounts_organization CASCADE"],
}


@pytest.fixture
def event(acme: Organization, csm: Operator) -> AuditEvent:
    """Something a CSM did, under the whole guard."""
    with connection.cursor() as cursor:
        cursor.execute(GUARD[connection.vendor])
    event = history.record(
        AuditKind.TURNED_OFF,
        by=Actor.of(csm, address="192.0.2.7"),
        now=clock.now(),
        organization=acme,
        subject=acme,
        reason="The contract ended.",
    )
    connection.check_constraints()  # nothing is pending, for which PostgreSQL would refuse to TRUNCATE
    return event


def test_it_says_who_did_what_when_from_where_and_why(event: AuditEvent, csm: Operator) -> None:
    kept = AuditEvent.objects.get(id=event.id)

    assert (kept.kind, kept.operator, kept.actor) == ("turned_off", csm, str(csm))
    assert (kept.subject, kept.address, kept.reason) == ("Acme", "192.0.2.7", "The contract ended.")


@pytest.mark.parametrize("change", [*CHANGES, *WAYS_AROUND[connection.vendor]])
def test_the_database_refuses_to_change_it(event: AuditEvent, change: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)

    assert AuditEvent.objects.filter(id=event.id, reason="The contract ended.").exists()


def test_our_own_code_refuses_it_sooner(event: AuditEvent) -> None:
    for change in (
        event.delete,
        event.save,
        AuditEvent.objects.all().delete,
        AuditEvent.objects.all().update,
    ):
        with pytest.raises(HistoryIsAppendOnly):
            change()
