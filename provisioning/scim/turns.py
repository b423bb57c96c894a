"""Writers on SQLite, one after another: the next one goes on as soon as the one before has committed.

SQLite lets one transaction write at a time, and whoever finds it busy looks again after a while, ever more
seldom: with a few writers at once the slowest waited forty times as long as the usual one. The kernel's lock on
a file beside the database wakes them at once. PostgreSQL locks rows and needs none.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

SUFFIX = "-turn"
local = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Write within the block, alone among the product's SCIM requests on this SQLite file."""
    lock = lock_of_thread() if connection.vendor == "sqlite" else None
    if lock is None:
        yield
        return
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def lock_of_thread() -> int | None:
    """Return this thread's descriptor of the file to lock; None where the database is in memory."""
    name = str(connection.settings_dict["NAME"])
    known: dict[str, int | None] = local.__dict__
    if name not in known:
        known[name] = os.open(name + SUFFIX, os.O_CREAT | os.O_RDWR, 0o600) if Path(name).is_file() else None
    return known[name]
