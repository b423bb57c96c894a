"""A page by startIndex that is not the first: counted, and read from the end that is nearer, at one moment.

What lies before a page has to be skipped row by row; from the nearer end that is half of them at most, and for the
last page none. One statement does it: between two, a rival's rows would shift what is skipped.
Source: RFC 7644 §3.4.2.4.
"""

from typing import Any

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from accounts.models import Organization
from accounts.querysets import TenantQuerySet
from provisioning.scim.searches import Search

# Whichever end is further away is not read at all. Without a filter, what is skipped is read in an index alone.
STATEMENT = """
    WITH total AS (SELECT count(*) AS found FROM ({all}) AS every_row),
    page AS (
        SELECT id FROM ({oldest}) AS forwards
        UNION ALL
        SELECT id FROM ({newest} OFFSET (SELECT CASE WHEN found > {end} THEN found - {end} ELSE 0 END FROM total)) AS backwards
    )
    SELECT {table}.*, found FROM total LEFT JOIN {table} ON {table}.id IN (SELECT id FROM page)
    ORDER BY {table}.created_at, {table}.id
"""


def far_page(search: Search, *, start: int, count: int) -> tuple[int, list[Any]]:
    """Return how many rows a search finds, and of these, oldest first, up to `count` after the first `start`."""
    end = start + count
    parts = {
        "all": search.rows().order_by().values("id"),
        "oldest": rows_if(search, f"found >= {2 * start}").values("id")[start:end],
        "newest": rows_if(search, f"found > {start} AND found < {2 * start}").reverse().values("id")[:count],
    }
    compiled = {name: part.query.sql_with_params() for name, part in parts.items()}
    statement = STATEMENT.format(
        table=search.model._meta.db_table,  # noqa: SLF001 - Django's documented model API
        end=end,
        **{name: sql for name, (sql, _) in compiled.items()},
    )
    values = [value for _, given in compiled.values() for value in given]
    found = list(search.model.objects.raw(statement, values))
    number: int = found[0].found
    return number, found[-min(count, number - start) :] if number > start else []


def rows_if(search: Search, condition: str) -> TenantQuerySet[Any]:
    """Return the rows of a search if their number meets a condition; else none, for which none is read.

    SQLite asks a condition of each row it reads, and so is given no organization to read the rows of; PostgreSQL
    would ask that of each row where it uses no index, but a condition that names no column only once.
    """
    is_so = RawSQL(f"(SELECT {condition} FROM total)", (), output_field=BooleanField())  # noqa: S608, S611 - numbers of ours
    organization: Any = (
        Organization.objects.filter(is_so, pk=search.organization_id).order_by().values("pk")[:1]
    )
    return search._replace(organization_id=organization).rows().filter(is_so)
