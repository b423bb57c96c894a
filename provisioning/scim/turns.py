"""Writers on SQLite, one after another: the next one goes on as soon as the one before has committed.

SQLite lets one transaction write at a time, and whoever finds it busy looks again after a while, ever more
seldom: with a few writers at once the slowest waited forty times as long as the usual one. The kernel's lock on
a file beside the database wakes them at once. PostgreSQL locks rows and needs none.

What is committed lies in SQLite's write-ahead log, and now and then has to be copied into the database file. SQLite
lets a writer do it, and with it all who wait for their turn; here a thread of its own does, and only for the last
little of it is it somebody's turn.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import structlog
from django.db import connection

from accounts.compiled import is_postgresql

SUFFIX = "-turn"
WRITES_TO_CHECKPOINT = 50  # of one process: what is copied at once takes the disk some 20 ms
CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"  # waits for nobody
numbers = count(1)
copying = Lock()  # held by a thread that copies
logger = structlog.get_logger(__name__)


@contextmanager
def turn() -> Iterator[None]:
    """Write within the block, alone among the product's SCIM requests on this SQLite file."""
    path = path_of_file()
    if path is None:
        yield
        return
    lock = taken(path)
    try:
        yield
    finally:
        give_back(lock)
    if next(numbers) % WRITES_TO_CHECKPOINT == 0:
        begin_checkpoint(path)


def path_of_file() -> str | None:
    """Return the file of an SQLite database; None where it is in memory, or PostgreSQL's."""
    database: Any = connection
    return None if is_postgresql() or database.is_in_memory_db() else str(database.settings_dict["NAME"])


def taken(path: str) -> int | None:
    """Wait for the turn and return what holds it; None where the database's folder takes no file."""
    try:
        lock = os.open(path + SUFFIX, os.O_CREAT | os.O_RDONLY, 0o644)
    except OSError as error:
        logger.warning("scim:no-turn", error=type(error).__name__)
        return None
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def give_back(lock: int | None) -> None:
    """Let the next writer go on."""
    if lock is not None:
        os.close(lock)


def begin_checkpoint(path: str) -> None:
    """Copy SQLite's log in a thread, if none of this process is at it. Whatever goes wrong waits for the next time."""
    if not copying.acquire(blocking=False):
        return
    try:
        Thread(target=checkpoint, args=(path,), name="checkpoint", daemon=True).start()
    except RuntimeError as error:  # no thread can be had
        copying.release()
        logger.warning("scim:no-checkpoint", error=str(error))


def checkpoint(path: str) -> None:
    """Copy what is committed into the database file beside those who write, and then what they wrote meanwhile.

    Only when nothing is left to be copied does SQLite begin its log anew; for that little, others wait.
    """
    try:
        with closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=rw", uri=True)) as database:
            is_another_at_it = database.execute(CHECKPOINT).fetchone()[0]
            if not is_another_at_it:
                lock = taken(path)
                try:
                    database.execute(CHECKPOINT)
                finally:
                    give_back(lock)
    except (sqlite3.Error, OSError) as error:
        logger.warning("scim:no-checkpoint", error=str(error))
    finally:
        copying.release()
