"""A change that is known before it is written: the user or group and the entry, provided the token still opens, or nothing of it.

On PostgreSQL it is one statement. Step by step it is five and more (BEGIN, the token, the row, the entry, COMMIT), and whoever asks
is woken after each, which on a busy machine is most of what a change takes. SQLite has no WITH that writes, and wakes nobody:
there they are asked in one turn, which is short because nothing but the token is read in it.
"""

from contextlib import nullcontext

import structlog
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.compiled import Statement, asked, insert, insertion, is_postgresql
from provisioning import logs, token_states
from provisioning.models import ProvisioningLogEntry
from provisioning.scim.exchange import Exchange
from provisioning.scim.turns import turn

logger = structlog.get_logger(__name__)

IF_OPEN, IF_WRITTEN = "EXISTS (SELECT FROM open)", "EXISTS (SELECT FROM written)"
# What the entry says of the time a request took is known when the rest is written, and locks were waited for.
WITH_WAITING = (
    "%s + CAST(extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000 AS double precision)"
)

# Errors after which nobody knows whether it was written: PostgreSQL was ended, or (08…, or no state at all) the connection lost.
ENDED = frozenset({"57P01", "57P02", "57P03"})


class NotWritten(Exception):
    """Nothing was written; what was in the way is heard by whoever asks under the lock."""


def write(exchange: Exchange, *statements: Statement) -> None:
    """Write one row IF_OPEN, which is the first statement, and with it others and the entry, all of them IF_WRITTEN.

    Raises: NotWritten; DatabaseError when PostgreSQL could not say whether it was.
    """
    token = token_states.opening(exchange.known_token.token_id, now=exchange.now)
    exchange.outcome.duration_ms = exchange.elapsed_ms()
    entry = logs.entry_of(exchange.logged(), exchange.outcome)
    try:
        if is_postgresql():
            write_by_one_statement(token, *statements, entry=entry)
        else:
            write_in_one_turn(token, *statements, entry=entry, exchange=exchange)
    except DatabaseError as error:
        if is_postgresql() and is_open_question(error):
            connection.close_if_unusable_or_obsolete()  # whoever logs the refusal needs one that works
            raise
        if not isinstance(error, IntegrityError):
            logger.warning("scim:not-at-once", request_id=str(exchange.id), error=str(error))
        raise NotWritten from error


def write_by_one_statement(
    token: Statement, statement: Statement, *others: Statement, entry: ProvisioningLogEntry
) -> None:
    """Write all of it on PostgreSQL. Raises: NotWritten; DatabaseError."""
    # After the others, whose time it holds.
    is_last = "".join(f" AND (SELECT count(*) FROM also_{number}) >= 0" for number in range(len(others)))  # noqa: S608 - numbers
    logged = insertion(entry, provided=IF_WRITTEN + is_last, duration_ms=WITH_WAITING)
    also = "".join(f", also_{number} AS ({other.sql} RETURNING 1)" for number, other in enumerate(others))
    sql = f"WITH open AS ({token.sql}), written AS ({statement.sql} RETURNING 1){also} {logged.sql}"
    values = [value for each in (token, statement, *others, logged) for value in each.values]
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        _, count = asked(sql, values)
    if count != 1:
        raise NotWritten


def write_in_one_turn(
    token: Statement,
    statement: Statement,
    *others: Statement,
    entry: ProvisioningLogEntry,
    exchange: Exchange,
) -> None:
    """Write all of it on SQLite, one after another. Raises: NotWritten; DatabaseError."""
    with turn(), transaction.atomic():
        opens, _ = asked(*token)
        if not opens:
            raise NotWritten
        _, count = asked(statement.sql.replace(IF_OPEN, "TRUE"), statement.values)
        if count != 1:
            raise NotWritten
        for other in others:
            asked(other.sql.replace(IF_WRITTEN, "TRUE"), other.values)
        entry.duration_ms = exchange.elapsed_ms()
        insert(entry)


def is_open_question(error: DatabaseError) -> bool:
    """Whether nobody knows what became of a statement that PostgreSQL was asked."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state in ENDED or state.startswith("08")
