"""How a database means to find what a statement asks for: by which indexes, and what it would walk through."""

import re

from django.db import connection

WALK = re.compile(r"Seq Scan on (\w+)|^SCAN (\w+)(?!.* USING )")


def plan_of(statement: str) -> list[str]:
    """Return the lines of a statement's plan. PostgreSQL walks through a table only where no index can serve.

    A table of a test is small enough to be walked through for its own sake; the one of a fleet is not.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        word = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{word} {statement.replace('%', '%%')}")
        lines = [str(row[-1]) for row in cursor.fetchall()]
        if connection.vendor == "postgresql":
            cursor.execute("RESET enable_seqscan")
    return lines


def walked_through(statement: str) -> set[str]:
    """Return the tables of which a statement would read every row, by no index."""
    found = (WALK.search(line.strip()) for line in plan_of(statement))
    return {match[1] or match[2] for match in found if match}


def is_bounded(statement: str, column: str) -> bool:
    """Whether an index bounds what is read by a column, rather than being walked through whole."""
    word = "Index Cond" if connection.vendor == "postgresql" else "SEARCH .* USING"
    return any(re.search(rf"{word}.*\b{column}\b", line) for line in plan_of(statement))
