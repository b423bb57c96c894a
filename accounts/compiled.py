"""SELECTs that are built and compiled to SQL once in a process, and then only asked.

Django builds each query anew, which takes some ten times as long as the database needs to answer one by its
key. Only what every request asks is worth it.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

Build = Callable[..., QuerySet[Any, Any]]


class Compiled:
    """A query whose only parameters are those of `build`, in their order, each once.

    One with `select_for_update` locks as ever: its caller has the transaction.
    """

    def __init__(self, build: Build, *examples: object) -> None:
        """Take how the query is built, and a value of each parameter's type. Nothing is asked yet."""
        self.build, self.examples = build, examples
        self.known: dict[str, tuple[str, SQLCompiler]] = {}

    def rows(self, *values: object) -> Iterable[Any]:
        """Return the rows for some values, as tuples of Python's types."""
        sql, compiler = self.known.get(connection.vendor) or self.compiled()
        with connection.cursor() as cursor:
            cursor.execute(sql, [stored(value) for value in values])
            found = cursor.fetchall()
        converters = compiler.get_converters([each[0] for each in compiler.select])
        return compiler.apply_converters(found, converters) if converters else found

    def one(self, *values: object) -> Any:
        """Return the one row as an instance of the query's model. Raises: the model's DoesNotExist."""
        found = list(self.rows(*values))
        _, compiler = self.known[connection.vendor]
        model: Any = compiler.query.model
        if not found:
            raise model.DoesNotExist
        names = [column.attname for column in model._meta.concrete_fields]  # noqa: SLF001 - Django's documented model API
        return model.from_db(connection.alias, names, found[0])

    def compiled(self) -> tuple[str, SQLCompiler]:
        """Compile it, for this sort of database."""
        query = self.build(*self.examples).query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        if list(parameters) != [stored(each) for each in self.examples]:
            message = f"Its parameters are {parameters}."
            raise ValueError(message)
        return self.known.setdefault(connection.vendor, (sql, compiler))


def stored(value: Any) -> Any:
    """Return a value as this database stores it: of a UUID SQLite keeps the digits."""
    return value.hex if isinstance(value, UUID) and connection.vendor == "sqlite" else value
