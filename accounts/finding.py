"""Find members and teams by what they are called: each way by an index that begins with the organization.

Across organizations each is looked through by itself. A beginning is searched by a range of the folded
names: on SQLite the unique index serves it, on PostgreSQL one made for it (`migrations/0006`).
"""

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.keys import fold
from accounts.models import Organization

MOST_FOUND = 200
SHORTEST_BEGINNING = 3
LAST_CHARACTER = "\U0010ffff"


def called(
    rows: QuerySet[Any], text: str, *, names: tuple[str, ...], exact: tuple[str, ...]
) -> QuerySet[Any]:
    """Return the rows with this name, or whose first name column begins so (the first 200 of them).

    `names` are columns of folded text, `exact` of text as it was sent. A beginning has three characters.
    """
    key = fold(text)
    wanted = [Q(**{name: key}) for name in names] + [Q(**{name: text}) for name in exact]
    ids = {id_ for condition in wanted for id_ in ids_of(rows, condition)}
    if len(key) >= SHORTEST_BEGINNING:
        ids |= ids_of(rows, beginning(names[0], key))
    return rows.filter(pk__in=sorted(ids))


def ids_of(rows: QuerySet[Any], condition: Q) -> set[UUID]:
    """Return the first ids of the rows that fulfil a condition, looked up organization by organization."""
    each = rows.filter(organization__in=Organization.objects.order_by().values("pk"))
    return set(each.filter(condition).order_by().values_list("pk", flat=True)[:MOST_FOUND])


def beginning(name: str, key: str) -> Q:
    """Return the condition of a folded column that begins so, as this database's index serves it."""
    if connection.vendor == "postgresql":
        return Q(**{f"{name}__startswith": key})
    return Q(**{f"{name}__gte": key, f"{name}__lt": f"{key}{LAST_CHARACTER}"})
