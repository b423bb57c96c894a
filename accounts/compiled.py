"""SQL that is built once in a process and then only asked: SELECTs of one form, and the writing of one row.

Django builds each statement anew, which takes some ten times as long as the database needs for a row by its
key; and PostgreSQL plans it anew, which takes it four times as long as the look-up of a token. Only what every
request asks is worth it.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import DateTimeField, GenericIPAddressField, JSONField, Model, QuerySet, UUIDField
from django.db.models.base import ModelState

from accounts.errors import ChangedMeanwhile

IDLE_SECONDS = 1.0
MOST_TEXTS = 200
MOST_IDS = 1000
Build = Callable[..., QuerySet[Any, Any]]
Read = Callable[[Any], Any]


class Statement(NamedTuple):
    """What is asked, and its values as this database keeps them."""

    sql: str
    values: list[Any]


class Form(NamedTuple):
    """A SELECT in the words of the database, and how its rows become Python's types."""

    sql: str
    model: Any
    names: list[str]
    readers: list[tuple[int, Read]]  # of those columns that need one


class Compiled:
    """A query whose only parameters are those of `build`, in their order, each once.

    One with `select_for_update` locks as ever: its caller has the transaction.
    """

    def __init__(self, build: Build, *examples: object, is_by_key: bool = True) -> None:
        """Take how the query is built, and a value of each parameter's type. Nothing is asked yet.

        Only by a key is the best plan the same for every value: else PostgreSQL plans it anew each time.
        """
        self.build, self.examples, self.is_by_key = build, examples, is_by_key

    def rows(self, *values: object) -> list[list[Any]]:
        """Return the rows for some values, in Python's types."""
        found, _ = asked(*self.statement(*values), is_kept=self.is_by_key)
        return [as_read(row, self.form.readers) for row in found]

    def statement(self, *values: object) -> Statement:
        """Return what is asked for some values."""
        return Statement(self.form.sql, [stored(value) for value in values])

    def all(self, *values: object) -> list[Any]:
        """Return the rows for some values as instances of the query's model."""
        model, names = self.form.model, self.form.names
        return [instance(model, names, row) for row in self.rows(*values)]

    def one(self, *values: object) -> Any:
        """Return the one row as an instance of the query's model. Raises: the model's DoesNotExist."""
        found = self.all(*values)
        if not found:
            raise self.form.model.DoesNotExist
        return found[0]

    @cached_property
    def form(self) -> Form:
        """The query, compiled when it is asked first."""
        query = self.build(*self.examples).query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        if list(parameters) != [stored(each) for each in self.examples]:
            message = f"Its parameters are {parameters}."
            raise ValueError(message)
        columns: list[Any] = [each[0] for each in compiler.select]
        names = [alias or column.target.attname for column, _, alias in compiler.select]
        converters = compiler.get_converters(columns)
        readers = [(place, reader(convert, column)) for place, (convert, column) in converters.items()]
        return Form(sql, query.model, names, readers)


def reader(converters: list[Any], column: Any) -> Read:
    """Return what makes of a stored value what Django's converters make of it, for the commonest columns sooner."""
    quick = READERS.get(type(column.output_field))
    if quick is not None:
        return quick

    def read(value: Any) -> Any:
        for convert in converters:
            value = convert(value, column, connection)
        return value

    return read


READERS: Final[dict[Any, Read]] = {
    JSONField: json.loads,
    # SQLite's alone: what PostgreSQL keeps of these needs no converter.
    DateTimeField: lambda at: at.replace(tzinfo=UTC),
    UUIDField: lru_cache(MOST_IDS)(UUID),  # each row names its organization
}


def as_read(row: Sequence[Any], readers: Iterable[tuple[int, Read]]) -> list[Any]:
    """Return a row in Python's types; nothing stays nothing."""
    read = list(row)
    for place, convert in readers:
        value = read[place]
        if value is not None:
            read[place] = convert(value)
    return read


def instance(model: Any, names: list[str], row: list[Any]) -> Any:
    """Return a row as an instance of its model, as `from_db` does, but for signals."""
    made, state = model.__new__(model), ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    vars(made).update(zip(names, row, strict=True), _state=state)
    return made


def insert(row: Model) -> None:
    """Write a new row, as `save(force_insert=True)` does, but for signals. Raises: IntegrityError."""
    asked(*insertion(row))
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001 - Django's documented model API


def insertion(row: Model, *, provided: str = "TRUE", **formulas: str) -> Statement:
    """Return what writes a new row, provided that a condition without values is true.

    A column is written as its value, or as a formula of SQL around that, its `%s`.
    """
    model = type(row)
    return Statement(insert_into(model, provided, **formulas), kept(row, columns_of(model)))


def update(row: Model, *names: str, version: int) -> None:
    """Write some columns of a row, as `save(update_fields=names)` does, if it still has the version that was read.

    Raises: IntegrityError; ChangedMeanwhile when it has another one by now, or is gone.
    """
    _, count = asked(*amendment(row, *names, version=version))
    if count != 1:
        raise ChangedMeanwhile


def amendment(row: Model, *names: str, version: int, provided: str = "TRUE") -> Statement:
    """Return what writes some columns of a row that has a version, provided that a condition without values is true."""
    model = type(row)
    columns = [*(model._meta.get_field(name) for name in names), model._meta.pk]  # noqa: SLF001 - as above
    return Statement(update_of(model, names, provided), [*kept(row, columns), version])


def delete(row: Model) -> None:
    """Delete a row, and nothing that points to it. Raises: IntegrityError, at the latest with the transaction."""
    meta: Any = row._meta  # noqa: SLF001 - as above
    run(f'DELETE FROM "{meta.db_table}" WHERE "{meta.pk.column}" = %s', row.pk)  # noqa: S608 - names are the model's


def removal(row: Model, *, version: int, provided: str) -> Statement:
    """Return what deletes a row that has a version, provided that a condition without values is true."""
    meta: Any = row._meta  # noqa: SLF001 - as above
    sql = f'DELETE FROM "{meta.db_table}" WHERE "{meta.pk.column}" = %s AND "version" = %s AND {provided}'  # noqa: S608 - names are the model's
    return Statement(sql, [stored(row.pk), version])


def run(sql: str, *values: object) -> list[Any]:
    """Run a statement; return the rows that it returns, if it does, as this database keeps them.

    A set of ids is one value: of `id {among}`, or of `SELECT id FROM {each}`. Whatever their number, it is one statement.
    """
    found, _ = asked(*statement(sql, *values))
    return found


def statement(sql: str, *values: object) -> Statement:
    """Return a statement that is to be run so."""
    return Statement(with_sets(sql), [stored(value) for value in values])


@lru_cache(MOST_TEXTS)
def with_sets(sql: str) -> str:
    """Return a statement with what this database makes of a set of ids."""
    if is_postgresql():
        ids = "CAST(%s AS uuid[])"
        return sql.replace("{among}", f"= ANY({ids})").replace("{each}", f"unnest({ids}) AS id")
    ids = "(SELECT value AS id FROM json_each(%s))"
    return sql.replace("{among}", f"IN {ids}").replace("{each}", f"{ids} AS ids")


@cache
def columns_of(model: Any) -> tuple[Any, ...]:
    """Return the columns of a model's table."""
    return tuple(model._meta.concrete_fields)  # noqa: SLF001 - as above


@cache
def insert_into(model: Any, provided: str, **formulas: str) -> str:
    """Return the INSERT of one row."""
    columns = columns_of(model)
    names = ", ".join(f'"{column.column}"' for column in columns)
    places = ", ".join(formulas.get(column.column, "%s") for column in columns)
    # Names are the model's, conditions and formulas our own.
    return f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {places} WHERE {provided}'  # noqa: SLF001 - as above


@cache
def update_of(model: Any, names: tuple[str, ...], provided: str) -> str:
    """Return the UPDATE of some columns of one row, as long as it has a version."""
    meta = model._meta  # noqa: SLF001 - as above
    changes = ", ".join(f'"{meta.get_field(name).column}" = %s' for name in names)
    return (
        f'UPDATE "{meta.db_table}" SET {changes} '  # noqa: S608 - as above
        f'WHERE "{meta.pk.column}" = %s AND "version" = %s AND {provided}'
    )


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
        if not is_postgresql():
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


def kept(row: Model, columns: Iterable[Any]) -> list[Any]:
    """Return what a row has in some columns, as its database keeps it."""
    values = ((column, getattr(row, column.attname)) for column in columns)
    return [
        stored(value)
        if type(value) in BY_TYPE and type(column) not in BY_COLUMN
        else by_column(column, value)
        for column, value in values
    ]


PLAIN: Final = frozenset({str, int, float, bool, type(None)})
BY_TYPE: Final = PLAIN | {UUID, datetime}  # what is stored alike whatever the column
BY_COLUMN: Final = frozenset({JSONField, GenericIPAddressField})


def by_column(column: Any, value: Any) -> Any:
    """Return what is not told by its type alone: JSON as a text, anything else as its column has it."""
    if type(column) is JSONField and value is not None:
        return json_text(value)
    return column.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def json_text(value: Any) -> str:
    """Return a value as JSON."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # such as a number of more than 64 bits
        return json.dumps(value)


def stored(value: Any) -> Any:
    """Return a value as this database stores it: of a UUID SQLite keeps the digits, of a time a text."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if isinstance(value, AbstractSet):  # of ids, as one text: a value of its own for each takes Python longer
        ids = [*map(str, value)]
        return f"{{{','.join(ids)}}}" if is_postgresql() else json.dumps(ids).replace("-", "")
    if is_postgresql():
        return value
    if kind is datetime and value.tzinfo is UTC:
        return str(value.replace(tzinfo=None))  # as Django writes it
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value.hex if kind is UUID else value


@cache
def is_postgresql() -> bool:
    """Whether the database is PostgreSQL; else it is SQLite. It is one for as long as the process lives."""
    return connection.vendor == "postgresql"


def as_id(value: UUID | str) -> UUID:
    """Return the id that was stored as a value."""
    return value if isinstance(value, UUID) else UUID(value)


def as_text(value: UUID | str) -> str:
    """Return the id that was stored as a value as a text with hyphens, which SQLite leaves out."""
    text = str(value)
    return text if "-" in text else f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
