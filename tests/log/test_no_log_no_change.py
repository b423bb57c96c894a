"""A change exists if and only if its entry does."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import connection

from accounts import clock
from accounts.models import Member, Organization, TeamMembership
from provisioning import tokens
from provisioning.counters import counters
from provisioning.history import COMMAND_LINE
from provisioning.models import ProvisioningLogEntry, RequestKind
from provisioning.tokens import IssuedToken
from tests.cast import ScimClient
from tests.factories import make_member, make_team, user_body

pytestmark = pytest.mark.django_db(transaction=True)

SQLITE = """
    CREATE TRIGGER log_full BEFORE INSERT ON provisioning_provisioninglogentry
    BEGIN SELECT RAISE(ABORT, 'disk full'); END
"""
POSTGRESQL = """
    CREATE FUNCTION log_full() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$ LANGUAGE plpgsql;
    CREATE TRIGGER log_full BEFORE INSERT ON provisioning_provisioninglogentry EXECUTE FUNCTION log_full()
"""


@pytest.fixture
def unwritable_log(entra: ScimClient) -> Iterator[None]:
    """A log table that refuses every entry, in the database itself."""
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(SQLITE if is_sqlite else POSTGRESQL)
    yield
    with connection.cursor() as cursor:
        if is_sqlite:
            cursor.execute("DROP TRIGGER log_full")
        else:
            cursor.execute("DROP FUNCTION log_full CASCADE")


def test_a_creation_without_its_entry_does_not_happen(entra: ScimClient, unwritable_log: None) -> None:
    refused = entra.post("/Users", user_body())

    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert refused.json()["detail"].startswith(
        "The provisioning log can't be written, so nothing was changed."
    )
    assert not Member.objects.exists()


def test_a_deletion_without_its_entry_does_not_happen(
    entra: ScimClient, acme: Organization, unwritable_log: None
) -> None:
    member = make_member(acme, "amelie@acme.example")

    refused = entra.delete(f"/Users/{member.id}")

    assert refused.status_code == 503
    assert Member.objects.filter(id=member.id).exists()


def test_a_group_without_its_entry_stays_as_it_is(
    entra: ScimClient, acme: Organization, unwritable_log: None
) -> None:
    member, team = make_member(acme, "amelie@acme.example"), make_team(acme, [])
    new = {"op": "Add", "path": "members", "value": [{"value": str(member.id)}]}

    refused = entra.request("PATCH", f"/Groups/{team.id}", {"Operations": [new]})

    team.refresh_from_db()
    assert (refused.status_code, team.version, TeamMembership.objects.count()) == (503, 1, 0)


def test_a_refusal_whose_entry_cannot_be_written_is_still_answered(
    entra: ScimClient, unwritable_log: None
) -> None:
    refused = entra.post("/Users", user_body(active="perhaps"))

    assert refused.status_code == 400


def test_reads_go_on_without_the_log(entra: ScimClient, unwritable_log: None) -> None:
    assert entra.get("/Users").status_code == 200


def test_a_revoked_token_is_still_refused_as_such_without_the_log(
    entra: ScimClient, acme: Organization, acme_token: IssuedToken, unwritable_log: None
) -> None:
    tokens.revoke_token(token_id=acme_token.token.id, organization=acme, by=COMMAND_LINE, now=clock.now())

    assert entra.get("/Users").status_code == 401
    assert [key.kind for key in counters.sums] == [RequestKind.UNLOGGED]


def test_test_connection_goes_on_without_the_log(entra: ScimClient, unwritable_log: None) -> None:
    assert entra.get("/Users", filter=f'userName eq "{uuid4()}"').status_code == 200
    assert RequestKind.UNLOGGED in [key.kind for key in counters.sums]


def test_the_log_writes_again_after_its_table_does(entra: ScimClient) -> None:
    assert entra.post("/Users", user_body()).status_code == 201
    assert ProvisioningLogEntry.objects.count() == 1
