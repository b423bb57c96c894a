"""Count what leaves no entry in the log, without a write a request.

Each process adds up in memory and writes its sums twice a second, from a thread of its own, and once
more when it ends; a process that is killed loses at most its last half second. So whoever waits for a
call, and asks every second, hears of it within two. Counts are for showing,
never for deciding.
"""

import atexit
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.db import Error as DatabaseProblem
from django.db import close_old_connections, connection

from provisioning.models import RequestCount, RequestKind

FLUSH_SECONDS = 0.5
logger = structlog.get_logger(__name__)

ADD = """
    INSERT INTO provisioning_requestcount AS kept
        (organization_id, address, kind, minute, first_at, last_at, count)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT ({column}, kind, minute) WHERE {condition}
    DO UPDATE SET count = kept.count + excluded.count,
        first_at = CASE WHEN excluded.first_at < kept.first_at THEN excluded.first_at ELSE kept.first_at END,
        last_at = CASE WHEN excluded.last_at > kept.last_at THEN excluded.last_at ELSE kept.last_at END
"""
ADD_FOR_ORGANIZATION = ADD.format(column="organization_id", condition="organization_id IS NOT NULL")
ADD_FOR_ADDRESS = ADD.format(column="address", condition="organization_id IS NULL")


class Key(NamedTuple):
    """What is counted apart: a kind in a minute, for an organization or for an address."""

    kind: RequestKind
    minute: datetime
    organization_id: UUID | None
    address: str | None


@dataclass
class Sum:
    """How many of a kind there were, and from when to when."""

    first_at: datetime
    last_at: datetime
    count: int = 0

    def add(self, now: datetime) -> None:
        """Count one."""
        self.count += 1
        self.first_at, self.last_at = min(self.first_at, now), max(self.last_at, now)


class Counters:
    """The sums of this process, and the thread that writes them. One instance: `counters`."""

    def __init__(self) -> None:
        self.sums: dict[Key, Sum] = {}
        self.lock = threading.Lock()
        self.timer: threading.Timer | None = None

    def add(
        self,
        kind: RequestKind,
        *,
        now: datetime,
        organization_id: UUID | None = None,
        address: str | None = None,
    ) -> None:
        """Count one; it is written within a second."""
        key = Key(kind, now.replace(second=0, microsecond=0), organization_id, address)
        with self.lock:
            self.sums.setdefault(key, Sum(now, now)).add(now)
            if self.timer is None:
                self.timer = threading.Timer(FLUSH_SECONDS, self.flush_from_thread)
                self.timer.daemon = True
                self.timer.start()

    def flush(self) -> None:
        """Write the sums now, over the connection of the calling thread."""
        with self.lock:
            sums, self.sums, self.timer = self.sums, {}, None
        for key in sorted(sums, key=str):
            try:
                self.write(key, sums[key])
            except DatabaseProblem:
                # Counted in the process's own output instead; nothing is decided by a count.
                logger.warning("counter:lost", kind=key.kind, count=sums[key].count)

    def flush_from_thread(self) -> None:
        """Write the sums over a connection that is given back at once."""
        close_old_connections()
        try:
            self.flush()
        finally:
            connection.close()

    @staticmethod
    def write(key: Key, added: Sum) -> None:
        """Add one sum to its row."""
        meta: Any = RequestCount._meta  # noqa: SLF001 - Django's documented model API
        values = key._asdict() | vars(added)
        statement = ADD_FOR_ADDRESS if key.organization_id is None else ADD_FOR_ORGANIZATION
        prepared = [
            key.organization_id
            and meta.get_field("organization").target_field.get_db_prep_value(
                key.organization_id, connection
            ),
            *(
                meta.get_field(name).get_db_prep_value(values[name], connection)
                for name in ("address", "kind", "minute", "first_at", "last_at", "count")
            ),
        ]
        with connection.cursor() as cursor:
            cursor.execute(statement, prepared)


counters = Counters()
atexit.register(counters.flush)
