"""A change as one statement: the token asked about again, the user or group written, the entry logged, or nothing of it.

Step by step these are five questions and more (BEGIN, the token, the row, the entry, COMMIT), and whoever asks is woken after
each, which on a busy machine is most of what a change takes. Only PostgreSQL has a WITH that writes.
"""

from contextlib import nullcontext

import structlog
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.compiled import Statement, asked, insertion
from provisioning import logs, token_states
from provisioning.scim.exchange import Exchange

logger = structlog.get_logger(__name__)

IF_OPEN, IF_WRITTEN = "EXISTS (SELECT FROM open)", "EXISTS (SELECT FROM written)"
# What the entry says of the time a request took is known when the rest is written, and locks were waited for.
WITH_WAITING = (
    "%s + CAST(extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000 AS double precision)"
)

# Errors after which nobody knows whether it was written: PostgreSQL was ended, or (08…, or no state at all) the connection lost.
ENDED = frozenset({"57P01", "57P02", "57P03"})


class NotWritten(Exception):
    """Nothing was written; what was in the way is heard by whoever asks step by step."""


def write(exchange: Exchange, statement: Statement, *others: Statement) -> None:
    """Run a statement that writes one row IF_OPEN, and with it others, and write the entry, all of them IF_WRITTEN.

    Raises: NotWritten; DatabaseError when PostgreSQL could not say whether it was.
    """
    token = token_states.opening(exchange.known_token.token_id, now=exchange.now)
    exchange.outcome.duration_ms = exchange.elapsed_ms()
    entry = logs.entry_of(exchange.logged(), exchange.outcome)
    # After the others, whose time it holds.
    is_last = "".join(f" AND (SELECT count(*) FROM also_{number}) >= 0" for number in range(len(others)))  # noqa: S608 - numbers
    logged = insertion(entry, provided=IF_WRITTEN + is_last, duration_ms=WITH_WAITING)
    also = "".join(f", also_{number} AS ({other.sql} RETURNING 1)" for number, other in enumerate(others))
    sql = f"WITH open AS ({token.sql}), written AS ({statement.sql} RETURNING 1){also} {logged.sql}"
    values = [value for each in (token, statement, *others, logged) for value in each.values]
    try:
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            _, count = asked(sql, values)
    except DatabaseError as error:
        state = getattr(error.__cause__, "sqlstate", None)
        if state is None or state in ENDED or state.startswith("08"):
            connection.close_if_unusable_or_obsolete()  # whoever logs the refusal needs one that works
            raise
        if not isinstance(error, IntegrityError):
            logger.warning("scim:not-at-once", request_id=str(exchange.id), error=str(error))
        raise NotWritten from error
    if count != 1:
        raise NotWritten
