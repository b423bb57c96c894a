"""How a condition on attributes is said to each database: text and parameters, never values in text.

Every condition is true or false, never NULL, so that `not` means what RFC 7644 says. Knows columns and
JSON, no SCIM.
"""

import json
from dataclasses import dataclass
from typing import Any

from accounts.compiled import is_postgresql

TRUE, FALSE = "TRUE", "FALSE"
EXISTS = "EXISTS (SELECT 1 FROM {items} WHERE {condition})"
FIRST = "(SELECT {shown} FROM {items} WHERE {condition} ORDER BY {preferred} DESC, item.key LIMIT 1)"


@dataclass(frozen=True)
class Sql:
    """A piece of SQL with its parameters."""

    text: str
    parameters: tuple[Any, ...] = ()

    def __invert__(self) -> "Sql":
        return Sql(f"NOT ({self.text})", self.parameters)


def id_text(column: str) -> str:
    """Return an id as it is written on the wire: SQLite keeps its digits alone."""
    if is_postgresql():
        return f"CAST({column} AS text)"
    parts = (1, 8), (9, 4), (13, 4), (17, 4), (21, 12)
    return "(" + " || '-' || ".join(f"substr({column}, {start}, {length})" for start, length in parts) + ")"


def joined(operator: str, terms: list[Sql]) -> Sql:
    """Return terms under AND or OR."""
    text = f" {operator} ".join(f"({term.text})" for term in terms)
    return Sql(text, tuple(parameter for term in terms for parameter in term.parameters))


@dataclass(frozen=True)
class Scalar:
    """One value to compare: SQL that is NULL where the attribute is absent."""

    sql: Sql
    indexed: str = ""

    @classmethod
    def column(cls, name: str, *, is_always_there: bool = False) -> "Scalar":
        """Return a column; an empty text in one that may be empty means absent."""
        return cls(Sql(name if is_always_there else f"NULLIF({name}, '')"), indexed=name)

    @classmethod
    def within(cls, document: Sql, path: tuple[str, ...], *, is_truth: bool) -> "Scalar":
        """Return the value at a path of a JSON document."""
        if not is_postgresql():
            return cls(Sql(f"json_extract({document.text}, %s)", (*document.parameters, sqlite_path(path))))
        text = Sql(f"({document.text} #>> %s)", (*document.parameters, list(path)))
        return cls(Sql(f"({text.text})::boolean", text.parameters) if is_truth else text)

    def compare(self, operator: str, value: Any) -> Sql:
        """Return whether the value compares to one in Python by an operator of RFC 7644 §3.4.2.2."""
        if value is None:
            absent = Sql(f"{self.sql.text} IS NULL", self.sql.parameters)
            return {"eq": absent, "ne": ~absent}.get(operator, Sql(FALSE))
        if operator == "eq" and self.indexed and value != "":
            return Sql(f"{self.indexed} = %s", (value,))
        if operator in SUBSTRING and value == "":
            return self.is_present()
        template = TEMPLATES_POSTGRESQL[operator] if is_postgresql() else TEMPLATES_SQLITE[operator]
        if isinstance(value, str) and operator in ORDERING and is_postgresql():
            template = template.replace("{}", '{} COLLATE "C"')
        if operator == "ew" or (operator == "sw" and not is_postgresql()):
            parameters = (*self.sql.parameters, value, value)
        else:
            parameters = (*self.sql.parameters, value)
        default = TRUE if operator == "ne" else FALSE
        return Sql(f"COALESCE({template.format(self.sql.text)}, {default})", parameters)

    def is_present(self) -> Sql:
        """Return whether there is a value."""
        return Sql(f"{self.sql.text} IS NOT NULL", self.sql.parameters)


SUBSTRING = ("co", "sw", "ew")
ORDERING = ("gt", "ge", "lt", "le")
TEMPLATES_POSTGRESQL = {
    "eq": "{} = %s",
    "ne": "{} <> %s",
    "co": "strpos({}, %s) > 0",
    "sw": "starts_with({}, %s)",
    "ew": "right({}, length(%s)) = %s",
    "gt": "{} > %s",
    "ge": "{} >= %s",
    "lt": "{} < %s",
    "le": "{} <= %s",
}
TEMPLATES_SQLITE = TEMPLATES_POSTGRESQL | {
    "co": "instr({}, %s) > 0",
    "sw": "substr({}, 1, length(%s)) = %s",
    "ew": "substr({}, -length(%s)) = %s",
}


def any_item(document: Sql, path: tuple[str, ...], condition: Sql) -> Sql:
    """Return whether a condition on `item` holds for one of the values of a list in a document."""
    items = items_of(document, path)
    text = EXISTS.format(items=items.text, condition=condition.text)
    return Sql(text, (*items.parameters, *condition.parameters))


def has_items(document: Sql, path: tuple[str, ...]) -> Sql:
    """Return whether a list in a document holds anything."""
    return any_item(document, path, Sql(TRUE))


def items_of(document: Sql, path: tuple[str, ...]) -> Sql:
    """Return the values of a list in a document as the table `item`; it is empty where there is no list."""
    if is_postgresql():
        found = f"jsonb_array_elements(COALESCE({document.text} #> %s, '[]'::jsonb))"
        text = f"{found} WITH ORDINALITY AS item(value, key)"
        return Sql(text, (*document.parameters, list(path)))
    return Sql(f"json_each({document.text}, %s) AS item", (*document.parameters, sqlite_path(path)))


def counterpart(document: Sql, path: tuple[str, ...]) -> Sql:
    """Return the value of another document's list that stands where `item` does in its own."""
    if is_postgresql():
        return Sql(f"({document.text} #> %s -> (item.key - 1)::int)", (*document.parameters, list(path)))
    text = f"json_extract({document.text}, %s || '[' || item.key || ']')"
    return Sql(text, (*document.parameters, sqlite_path(path)))


def first_item(document: Sql, path: tuple[str, ...], *, shown: Sql, condition: Sql, preferred: Sql) -> Sql:
    """Return what is shown of one value of a list that fulfils a condition: a preferred one, or else the first."""
    parts = {
        "shown": shown,
        "items": items_of(document, path),
        "condition": condition,
        "preferred": preferred,
    }
    text = FIRST.format(**{name: part.text for name, part in parts.items()})
    return Sql(text, tuple(each for part in parts.values() for each in part.parameters))


def has_key(document: Sql, name: str) -> Sql:
    """Return whether an object has a key, in whatever spelling; `name` is in lower case."""
    keys = "jsonb_object_keys({}) AS item(key)" if is_postgresql() else "json_each({}) AS item"
    text = EXISTS.format(items=keys.format(document.text), condition="lower(item.key) = %s")
    return Sql(text, (*document.parameters, name))


def sqlite_path(path: tuple[str, ...]) -> str:
    """Return a path as SQLite's JSON functions read it."""
    return "$" + "".join(f".{json.dumps(name, ensure_ascii=False)}" for name in path)


ITEM = Sql("item.value")
