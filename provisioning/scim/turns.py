"""Writers on SQLite, one after another: the next one goes on as soon as the one before has committed.

SQLite lets one transaction write at a time, and whoever finds it busy looks again after a while, ever more
seldom: with a few writers at once the slowest waited forty times as long as the usual one. The kernel's lock on
a file beside the database wakes them at once. PostgreSQL locks rows and needs none.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.db import connection

SUFFIX = "-turn"
logger = structlog.get_logger(__name__)


@contextmanager
def turn() -> Iterator[None]:
    """Write within the block, alone among the product's SCIM requests on this SQLite file."""
    lock = taken() if connection.vendor == "sqlite" else None
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)  # which gives it back


def taken() -> int | None:
    """Wait for the turn and return what holds it; None where the database is in memory, or its folder takes no file."""
    name = str(connection.settings_dict["NAME"])
    if not Path(name).is_file():
        return None
    try:
        lock = os.open(name + SUFFIX, os.O_CREAT | os.O_RDONLY, 0o644)
    except OSError as error:
        logger.warning("scim:no-turn", error=type(error).__name__)
        return None
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock
