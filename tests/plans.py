"""How a database means to find what a statement asks for: by which indexes, and what it would walk through."""

import json
import re
from itertools import count
from typing import Any

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


def effort_of(statement: str, table: str) -> float:
    """Return what a statement costs: the rows of a table that PostgreSQL reads, or the steps of SQLite's program."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.replace('%', '%%')}")
            plan = cursor.fetchone()[0]
            cursor.execute("RESET enable_seqscan")
            return rows_read(json.loads(plan)[0]["Plan"] if isinstance(plan, str) else plan[0]["Plan"], table)
        steps = count()
        connection.connection.set_progress_handler(lambda: next(steps) and 0, 1)
        try:
            cursor.execute(statement.replace("%", "%%"))
            cursor.fetchall()
        finally:
            connection.connection.set_progress_handler(None, 1)
        return next(steps)


def rows_read(node: dict[str, Any], table: str) -> float:
    """Return how many rows of a table a node of PostgreSQL's plan has read, and those below it."""
    below = sum(rows_read(each, table) for each in node.get("Plans", []))
    if node.get("Relation Name") != table:
        return below
    read: float = node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    return below + read
