"""Statements that PostgreSQL keeps answer as any other does, whatever happens to the connection between."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import (
    DEFAULT_DB_ALIAS,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from pytest_django import Settings

from accounts.compiled import run
from accounts.models import Organization
from tests.cast import ScimClient
from tests.factories import make_member
from tests.scim.hostile import patch_body

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server")
OFTEN = 12  # more often than any threshold


@pytest.fixture
def session(db: None) -> object:
    """What is prepared on the connection of the test."""
    from accounts.prepared import Session

    run("SELECT 1")
    return Session.of(connections[DEFAULT_DB_ALIAS])


@pytest.fixture
def table(transactional_db: None) -> Iterator[str]:
    """A table of its own with one row."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE of_a_test AS SELECT 1 AS value")
        yield "of_a_test"
        cursor.execute("DROP TABLE of_a_test")


def prepared(sql: str) -> int:
    """Return how many statements of this text the server keeps for us."""
    [[count]] = run("SELECT count(*) FROM pg_prepared_statements WHERE statement = %s", sql)
    return int(count)


@pytest.mark.parametrize("values", [(1, 2**40, 2, -(2**62)), ("a", "", "%s", "a"), (None, "a", None)])
def test_a_value_comes_back_as_it_was_given(session: object, values: tuple[object, ...]) -> None:
    given = values * OFTEN

    assert [run("SELECT %s AS value", each) for each in given] == [[(each,)] for each in given]


def test_what_is_asked_often_is_prepared_once(session: object) -> None:
    for number in range(OFTEN):
        run("SELECT CAST(%s AS bigint)", number)

    assert prepared("SELECT CAST($1 AS bigint)") == 1


def test_no_more_are_kept_than_may_be(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session.names.clear()
    monkeypatch.setattr("accounts.prepared.MOST_STATEMENTS", 2)
    statements = [f"SELECT {number} AS value" for number in range(4)]

    found = [run(each) for each in statements for _ in range(OFTEN)]

    assert found == [[(number,)] for number in range(4) for _ in range(OFTEN)]
    assert [each for each in statements if prepared(each)] == statements[2:]


def test_an_error_leaves_the_connection_as_it_was(session: object, acme: Organization) -> None:
    sql = "INSERT INTO accounts_organization SELECT * FROM accounts_organization WHERE id = %s"
    for _ in range(OFTEN):
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            run(sql, acme.id)

    cause = caught.value.__cause__
    assert isinstance(cause, psycopg.errors.UniqueViolation)
    assert cause.diag.constraint_name == "accounts_organization_pkey"
    assert run("SELECT name FROM accounts_organization") == [("Acme",)]


def test_a_transaction_begins_with_the_first_statement(transactional_db: None) -> None:
    with transaction.atomic():
        run("CREATE TABLE undone (id int)")
        transaction.set_rollback(True)

    assert run("SELECT to_regclass('undone')") == [(None,)]


def test_a_column_of_another_type_costs_no_answer(table: str) -> None:
    sql = "SELECT value FROM of_a_test"
    before = [run(sql) for _ in range(OFTEN)]
    run("ALTER TABLE of_a_test ALTER value TYPE text")

    assert (before, run(sql)) == ([[(1,)]] * OFTEN, [("1",)])


def test_statements_that_the_server_forgot_cost_one_transaction(session: object) -> None:
    sql = "SELECT 2 AS value"
    before = [run(sql) for _ in range(OFTEN)]
    run("DEALLOCATE ALL")

    with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic():
        run(sql)

    assert (before, run(sql)) == ([[(2,)]] * OFTEN, [(2,)])


@pytest.mark.django_db(transaction=True)
def test_a_write_whose_statements_the_server_forgot_is_answered(
    entra: ScimClient, acme: Organization, settings: Settings
) -> None:
    settings.SCIM_TOKEN_SECONDS = 60.0  # so that the first question is the write's own
    path = f"/Users/{make_member(acme, 'amelie').id}"
    bodies = [patch_body({"op": "replace", "path": "displayName", "value": str(n)}) for n in range(OFTEN + 1)]
    statuses = [entra.request("PATCH", path, body).status_code for body in bodies[:-1]]
    run("DEALLOCATE ALL")

    last = entra.request("PATCH", path, bodies[-1])

    assert ({*statuses, last.status_code}, last.json()["displayName"]) == ({200}, str(OFTEN))


def test_a_connection_that_dies_with_a_statement_is_made_anew(transactional_db: None) -> None:
    database = connections[DEFAULT_DB_ALIAS]
    with pytest.raises(OperationalError):
        run("SELECT pg_terminate_backend(pg_backend_pid())")
    database.close_if_unusable_or_obsolete()  # as at the end of a request

    assert run("SELECT 1") == [(1,)]
