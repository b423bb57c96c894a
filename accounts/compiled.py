"""SQL that is built once in a process and then only asked: SELECTs of one form, and the writing of one row.

Django builds each statement anew, which takes some ten times as long as the database needs for a row by its
key; and PostgreSQL plans it anew, which takes it four times as long as the look-up of a token. Only what every
request asks is worth it.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cache, lru_cache
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import GenericIPAddressField, JSONField, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from accounts.errors import ChangedMeanwhile

IDLE_SECONDS = 1.0
MOST_TEXTS = 200
Build = Callable[..., QuerySet[Any, Any]]


class Form(NamedTuple):
    """A SELECT in the words of one sort of database, and how its rows become Python's types."""

    sql: str
    model: Any
    names: list[str]
    compiler: SQLCompiler
    converters: dict[int, Any]


class Compiled:
    """A query whose only parameters are those of `build`, in their order, each once.

    One with `select_for_update` locks as ever: its caller has the transaction.
    """

    def __init__(self, build: Build, *examples: object, is_by_key: bool = True) -> None:
        """Take how the query is built, and a value of each parameter's type. Nothing is asked yet.

        Only by a key is the best plan the same for every value: else PostgreSQL plans it anew each time.
        """
        self.build, self.examples, self.is_by_key = build, examples, is_by_key
        self.known: dict[str, Form] = {}

    def rows(self, *values: object) -> Iterable[Any]:
        """Return the rows for some values, as tuples of Python's types."""
        form = self.known.get(connection.vendor) or self.compiled()
        found, _ = asked(form.sql, [stored(value) for value in values], is_kept=self.is_by_key)
        if not found or not form.converters:
            return found
        converted: Iterable[Any] = form.compiler.apply_converters(found, form.converters)
        return converted

    def all(self, *values: object) -> list[Any]:
        """Return the rows for some values as instances of the query's model."""
        found = list(self.rows(*values))
        form = self.known[connection.vendor]
        return [form.model.from_db(DEFAULT_DB_ALIAS, form.names, row) for row in found]

    def one(self, *values: object) -> Any:
        """Return the one row as an instance of the query's model. Raises: the model's DoesNotExist."""
        found = self.all(*values)
        if not found:
            raise self.known[connection.vendor].model.DoesNotExist
        return found[0]

    def compiled(self) -> Form:
        """Compile it, for this sort of database."""
        query = self.build(*self.examples).query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        if list(parameters) != [stored(each) for each in self.examples]:
            message = f"Its parameters are {parameters}."
            raise ValueError(message)
        columns: list[Any] = [each[0] for each in compiler.select]
        names = [column.target.attname for column in columns]
        form = Form(sql, query.model, names, compiler, compiler.get_converters(columns))
        return self.known.setdefault(connection.vendor, form)


def insert(row: Model) -> None:
    """Write a new row, as `save(force_insert=True)` does, but for signals. Raises: IntegrityError."""
    model, database = type(row), connections[DEFAULT_DB_ALIAS]
    asked(insert_into(model), [kept(row, column, database) for column in columns_of(model)])
    row._state.adding, row._state.db = False, database.alias  # noqa: SLF001 - Django's documented model API


def update(row: Model, *names: str, version: int) -> None:
    """Write some columns of a row, as `save(update_fields=names)` does, if it still has the version that was read.

    Raises: IntegrityError; ChangedMeanwhile when it has another one by now, or is gone.
    """
    model, database = type(row), connections[DEFAULT_DB_ALIAS]
    columns = [*(model._meta.get_field(name) for name in names), model._meta.pk]  # noqa: SLF001 - as above
    values = [*(kept(row, column, database) for column in columns), version]
    _, count = asked(update_of(model, names), values)
    if count != 1:
        raise ChangedMeanwhile


def delete(row: Model) -> None:
    """Delete a row, and nothing that points to it. Raises: IntegrityError, at the latest with the transaction."""
    meta: Any = row._meta  # noqa: SLF001 - as above
    run(f'DELETE FROM "{meta.db_table}" WHERE "{meta.pk.column}" = %s', row.pk)  # noqa: S608 - names are the model's


def run(sql: str, *values: object) -> list[Any]:
    """Run a statement; return the rows that it returns, if it does, as this database keeps them.

    A set of ids is one value, which stands for {among}: whatever their number, it is one statement.
    """
    among = (
        "= ANY(CAST(%s AS uuid[]))"
        if connection.vendor == "postgresql"
        else "IN (SELECT value FROM json_each(%s))"
    )
    found, _ = asked(sql.replace("{among}", among), [stored(value) for value in values])
    return found


@cache
def columns_of(model: Any) -> tuple[Any, ...]:
    """Return the columns of a model's table."""
    return tuple(model._meta.concrete_fields)  # noqa: SLF001 - as above


@cache
def insert_into(model: Any) -> str:
    """Return the INSERT of one row."""
    columns = columns_of(model)
    names = ", ".join(f'"{column.column}"' for column in columns)
    places = ", ".join(["%s"] * len(columns))
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})'  # noqa: S608, SLF001 - names are the model's


@cache
def update_of(model: Any, names: tuple[str, ...]) -> str:
    """Return the UPDATE of some columns of one row, as long as it has a version."""
    meta = model._meta  # noqa: SLF001 - as above
    changes = ", ".join(f'"{meta.get_field(name).column}" = %s' for name in names)
    return f'UPDATE "{meta.db_table}" SET {changes} WHERE "{meta.pk.column}" = %s AND "version" = %s'  # noqa: S608 - as above


def asked(sql: str, values: Sequence[Any], *, is_kept: bool = True) -> tuple[list[Any], int]:
    """Run a statement; return the rows that it returns, if it does, and how many it found or changed.

    PostgreSQL keeps the plan of one that `is_kept`. Django's own cursor takes as long as SQLite for a row; where
    somebody looks on, as tests do, it is asked through that, for it shows statements with their values.
    Raises: DatabaseError.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.queries_logged or database.execute_wrappers:
        with database.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else [], cursor.rowcount
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        database.validate_thread_sharing()
        ask_if_idle(database)
        database.ensure_connection()
        if database.vendor == "sqlite":
            cursor = database.connection.execute(with_question_marks(sql), values)
            return cursor.fetchall(), cursor.rowcount
        from accounts.prepared import Session  # and with it psycopg, which SQLite needs not

        return Session.of(database).ask(sql, values, is_kept=is_kept)


@lru_cache(MOST_TEXTS)
def with_question_marks(sql: str) -> str:
    """Return a statement as SQLite reads it.

    >>> with_question_marks("SELECT %s, '100 %%'")
    "SELECT ?, '100 %'"
    """
    return sql.replace("%s", "?").replace("%%", "%")


def ask_if_idle(database: Any) -> None:
    """Close a connection that was lost while nobody used it: as Django asks it in each request, here after a second."""
    now = monotonic()
    if now - getattr(database, "used_at", 0.0) < IDLE_SECONDS:
        database.health_check_done = True
    database.used_at = now
    database.close_if_health_check_failed()


def kept(row: Model, column: Any, database: BaseDatabaseWrapper) -> Any:
    """Return what a row has in a column, as a database keeps it."""
    value = getattr(row, column.attname)
    if type(value) in AS_THEY_ARE[database.vendor] and not isinstance(
        column, JSONField | GenericIPAddressField
    ):
        return value
    return column.get_db_prep_save(value, database)


PLAIN: Final = frozenset({str, int, float, bool, type(None)})
AS_THEY_ARE: Final = {"sqlite": PLAIN, "postgresql": PLAIN | {UUID, datetime}}


def stored(value: Any) -> Any:
    """Return a value as this database stores it: of a UUID SQLite keeps the digits, of a time a text."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    is_sqlite = connection.vendor == "sqlite"
    if isinstance(value, AbstractSet):  # of ids, as one text: a value of its own for each takes Python longer
        return json.dumps([id_.hex for id_ in value]) if is_sqlite else f"{{{','.join(map(str, value))}}}"
    return value.hex if isinstance(value, UUID) and is_sqlite else value


def as_id(value: UUID | str) -> UUID:
    """Return the id that was stored as a value."""
    return value if isinstance(value, UUID) else UUID(value)
