"""A statement that hangs ends, in the worker: it holds no thread for ever, and stops no other organization."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from psycopg.errors import AdminShutdown, DeadlockDetected, QueryCanceled
from pytest_django.fixtures import Settings

from hootprov.celery import limit_statements
from provisioning.one_by_one import one_by_one
from tests.databases import SERVER

needs_server = pytest.mark.skipif(not SERVER, reason="SQLite has no server where a statement could hang")


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What a new connection is opened with, as it was again after the test."""
    database = connections.settings["default"]
    with monkeypatch.context() as patched:
        patched.setitem(database, "OPTIONS", dict(database["OPTIONS"]))
        yield database["OPTIONS"]


def limits() -> list[str]:
    """Return how long a statement and an idle transaction of a new connection may take."""
    fresh = connections.create_connection("default")
    try:
        with fresh.cursor() as cursor:
            found = []
            for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
                cursor.execute(f"SHOW {name}")
                found += cursor.fetchone()
            return found
    finally:
        fresh.close()


@needs_server
@pytest.mark.django_db
def test_a_worker_limits_the_statements_of_its_connections_and_nobody_else_does(
    options: dict[str, Any], settings: Settings
) -> None:
    settings.WORKER_STATEMENT_SECONDS = 7
    before = limits()

    limit_statements()

    assert (before, limits()) == (["0", "0"], ["7s", "7s"])


def test_what_the_database_url_asks_for_holds_beside_the_limit(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.WORKER_STATEMENT_SECONDS = 7
    given = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"options": "-c search_path=hootprov"}}
    monkeypatch.setitem(connections.settings, "default", given)

    limit_statements()

    assert given["OPTIONS"] == {
        "options": "-c search_path=hootprov -c statement_timeout=7000 -c idle_in_transaction_session_timeout=7000"
    }


def test_no_limit_is_set_where_none_is_wanted(options: dict[str, Any], settings: Settings) -> None:
    settings.WORKER_STATEMENT_SECONDS = 0
    before = dict(options)

    limit_statements()

    assert options == before


@needs_server
@pytest.mark.django_db
def test_a_statement_that_was_ended_stops_no_other_organization(caplog: pytest.LogCaptureFixture) -> None:
    def work(item: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '10ms'")
            cursor.execute("SELECT pg_sleep(%s)", [30 if item == "stuck" else 0])

    assert one_by_one(["stuck", "next"], work, what="watch") == 1
    assert "stuck" in caplog.text


@pytest.mark.parametrize(
    ("cause", "is_for_all"),
    [(QueryCanceled(), False), (DeadlockDetected(), False), (AdminShutdown(), True), (OSError("away"), True)],
)
def test_a_database_that_is_away_is_so_for_all(cause: Exception, is_for_all: bool) -> None:
    done: list[str] = []

    def work(item: str) -> None:
        if item == "first":
            raise OperationalError from cause
        done.append(item)

    try:
        one_by_one(["first", "second"], work, what="watch")
    except OperationalError:
        done.append("raised")

    assert done == (["raised"] if is_for_all else ["second"])
