"""On SQLite the writers of SCIM wait for each other at a lock that wakes them; PostgreSQL locks rows, and none waits.

What they wrote is copied into the database file now and then, beside them.
"""

import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from provisioning.scim import turns
from provisioning.scim.turns import turn

WHILE_SECONDS, PATIENCE_SECONDS = 0.2, 30.0
OPEN_FILES = Path("/proc/self/fd")


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], threading.Thread]:
    """Another writer on the same database, of a file of its own where this half is SQLite."""
    if connection.vendor == "sqlite":
        path = tmp_path / "product.sqlite3"
        path.touch()
        monkeypatch.setitem(connection.settings_dict, "NAME", str(path))

    def write() -> None:
        with turn():
            pass

    def start() -> threading.Thread:
        thread = threading.Thread(target=write)
        thread.start()
        return thread

    return start


def test_a_writer_waits_for_the_one_before_on_sqlite_alone(begin: Callable[[], threading.Thread]) -> None:
    is_sqlite = connection.vendor == "sqlite"
    with turn():
        other = begin()
        other.join(WHILE_SECONDS if is_sqlite else PATIENCE_SECONDS)
        was_waiting = other.is_alive()
    other.join()

    assert was_waiting is is_sqlite


def test_one_that_fails_ends_its_turn(begin: Callable[[], threading.Thread]) -> None:
    with pytest.raises(ValueError, match="broken"), turn():
        raise ValueError("broken")
    other = begin()
    other.join(PATIENCE_SECONDS)

    assert not other.is_alive()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL needs no lock of a file")
def test_no_file_stays_open(begin: Callable[[], threading.Thread]) -> None:
    for _ in range(5):
        begin().join()

    assert [
        each.name for each in map(Path.resolve, OPEN_FILES.iterdir()) if each.name.endswith("-turn")
    ] == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL needs no lock of a file")
def test_where_no_file_can_be_made_writers_go_on_without(
    begin: Callable[[], threading.Thread], tmp_path: Path
) -> None:
    (tmp_path / "product.sqlite3-turn").symlink_to(tmp_path / "nowhere" / "turn")
    with turn():
        other = begin()
        other.join(PATIENCE_SECONDS)
        was_waiting = other.is_alive()
    other.join()

    assert not was_waiting


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL does so by itself")
def test_after_some_turns_what_was_written_is_in_the_database_file(
    begin: Callable[[], threading.Thread], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WRITES_TO_CHECKPOINT", 2)
    with closing(sqlite3.connect(tmp_path / "product.sqlite3", isolation_level=None)) as database:
        for statement in (
            "PRAGMA journal_mode=WAL",
            "CREATE TABLE words (word)",
            "INSERT INTO words VALUES ('new')",
        ):
            database.execute(statement)
        before = tables_in_file(tmp_path)
        for _ in range(2):
            begin().join(PATIENCE_SECONDS)
        for thread in threading.enumerate():
            if thread.name == "checkpoint":
                thread.join(PATIENCE_SECONDS)
        after = tables_in_file(tmp_path)

    assert (before, after) == ([], ["words"])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL does so by itself")
def test_a_database_that_was_taken_away_is_not_made_anew(tmp_path: Path) -> None:
    turns.begin_checkpoint(str(tmp_path / "product.sqlite3"))
    for thread in threading.enumerate():
        if thread.name == "checkpoint":
            thread.join(PATIENCE_SECONDS)

    assert list(tmp_path.iterdir()) == []
    assert not turns.copying.locked()


def tables_in_file(folder: Path) -> list[str]:
    """Return the tables that stand in the database file itself, whatever SQLite's log beside it holds."""
    copied = shutil.copy(folder / "product.sqlite3", folder / "copied.sqlite3")
    with closing(sqlite3.connect(copied)) as database:
        return [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
