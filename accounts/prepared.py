"""PostgreSQL asked through libpq itself, by statements that are prepared once on each connection.

A cursor of psycopg's takes Python five times as long as libpq takes, and a SCIM request asks up to six times.
Only `accounts.compiled` asks here. Values and rows are psycopg's to dump and to load, transactions Django's
to end; what is here begins one as psycopg would, and keeps the names of what is prepared.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Self

import psycopg
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.datetime import TimestamptzLoader

MOST_STATEMENTS = 200  # that one connection keeps; beyond them the oldest is forgotten
DONE = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK})
# What is prepared was forgotten by the server, or a migration changed the type of a column that it returns.
STALE = (psycopg.errors.InvalidSqlStatementName, psycopg.errors.FeatureNotSupported)
Statement = tuple[str, tuple[int, ...] | None]  # the types of its values are part of what is prepared


class Session:
    """One connection of psycopg's, for as long as Django keeps it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        cursor = psycopg.Cursor(connection)
        read_times_in_c(cursor)
        self.connection, self.libpq = connection, connection.pgconn
        level = connection.isolation_level
        self.begin = f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}".encode() if level else b"BEGIN"
        self.transformer = Transformer(cursor)
        self.uses, self.names, self.numbers = Counter[Statement](), dict[Statement, bytes](), count(1)

    @classmethod
    def of(cls, database: Any) -> Self:
        """Return the one of Django's connection, which is open."""
        session: Self | None = vars(database).get("session")
        if session is None or session.connection is not database.connection:
            session = vars(database)["session"] = cls(database.connection)
        return session

    def ask(self, sql: str, values: Sequence[Any], *, is_kept: bool) -> tuple[list[Any], int]:
        """Run a statement, each of whose values is a %s; return its rows, and how many rows it changed.

        One that `is_kept` is prepared after as many uses as psycopg would wait for; any other is planned for
        its values each time. Raises: psycopg's own errors.
        """
        try:
            return self.answer(sql, values, is_kept=is_kept)
        except STALE:
            self.names.clear()
            if self.libpq.transaction_status != pq.TransactionStatus.IDLE:
                raise  # whoever has the transaction may begin it anew
        return self.answer(sql, values, is_kept=is_kept)

    def answer(self, sql: str, values: Sequence[Any], *, is_kept: bool) -> tuple[list[Any], int]:
        """Return the same, once. Raises: the same."""
        if self.libpq.transaction_status == pq.TransactionStatus.IDLE and not self.connection.autocommit:
            self.checked(self.libpq.exec_(self.begin))
        given = self.transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))
        types = self.transformer.types
        name = self.name_of((sql, types)) if is_kept else None
        if name is None:
            result = self.libpq.exec_params(numbered(sql), given, types)
        else:
            result = self.libpq.exec_prepared(name, given)  # type: ignore[arg-type]  # a NULL is given as None
        self.transformer.set_pgresult(self.checked(result))
        rows = self.transformer.load_rows(0, result.ntuples, tuple)
        self.transformer.set_pgresult(None)  # which may be large
        return rows, result.command_tuples or 0

    def name_of(self, statement: Statement) -> bytes | None:
        """Return the name that a statement is prepared under; None while that is not worth it. Raises: psycopg's."""
        name, threshold = self.names.get(statement), self.connection.prepare_threshold
        if name is not None or threshold is None:
            return name
        if len(self.uses) >= MOST_STATEMENTS:
            self.uses.clear()
        self.uses[statement] += 1
        if self.uses[statement] <= threshold:
            return None
        if len(self.names) >= MOST_STATEMENTS:
            oldest = self.names.pop(next(iter(self.names)))
            self.checked(self.libpq.exec_(b"DEALLOCATE " + oldest))
        sql, types = statement
        name = f"hootprov_{next(self.numbers)}".encode()
        self.checked(self.libpq.prepare(name, numbered(sql), types))
        self.names[statement] = name
        del self.uses[statement]
        return name

    def checked(self, result: pq.abc.PGresult) -> pq.abc.PGresult:
        """Return a result that is one. Raises: psycopg's error of any other."""
        if result.status in DONE:
            return result
        if self.libpq.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError(result.get_error_message())
        raise psycopg.errors.error_from_result(result)


def read_times_in_c(cursor: Any) -> None:
    """Let a cursor read times by psycopg's own code, which Django replaces with some in Python.

    They come in the connection's time zone, which Django sets to UTC. Worth it from ten times on.
    """
    cursor.adapters.register_loader("timestamptz", TimestamptzLoader)


@lru_cache(MOST_STATEMENTS)
def numbered(sql: str) -> bytes:
    """Return a statement with its values as libpq counts them.

    >>> numbered("SELECT %s, '100 %%' LIKE %s")
    b"SELECT $1, '100 %' LIKE $2"
    """
    first, *others = sql.split("%s")
    text = first + "".join(f"${number}{part}" for number, part in enumerate(others, start=1))
    return text.replace("%%", "%").encode()
