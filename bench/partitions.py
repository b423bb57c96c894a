"""The product on PostgreSQL with its tenant tables partitioned by organization: `python -m bench.partitions`.

In a database of its own it names each key that does not begin with the organization, widens these, makes every
tenant table HASH-partitioned, and lets Entra's whole cycle and the worker's reading run on it, unchanged and judged as
in a benchmark. It counts how often a partition was looked into that is not the organization's. No figure of speed.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from bench import client, servers
from bench.scenarios import USERS, Entra, is_right
from bench.servers import POSTGRESQL, Contender, Server
from tests.services import postgresql

ORGANIZATION = "organization_id"
PEOPLE, GROUPS, PARTITIONS, CONNECTIONS = 60, 3, 8, 4
# What the product can't yet do without: a token is found before its organization is known, and a membership is
# written with ON CONFLICT (team_id, member_id).
KEPT = ("provisioning_scimtoken", "accounts_teammembership")
WORKER = "import django; django.setup(); from provisioning import tasks; tasks.seal_log(); tasks.watch_connections()"

TABLES = """
    SELECT attrelid::regclass::text, attnotnull FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid
    WHERE attname = 'organization_id' AND relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1
"""
INDEXES = """
    SELECT indrelid::regclass::text, indexrelid::regclass::text, indisunique, indisprimary,
        pg_get_indexdef(indexrelid),
        (SELECT array_agg(pg_get_indexdef(indexrelid, place, false) ORDER BY place) FROM generate_series(1, indnkeyatts) place)
    FROM pg_index WHERE indrelid = ANY(%s::regclass[]) ORDER BY 1, 2
"""
FOREIGN_KEYS = """
    SELECT conname, conrelid::regclass::text, confrelid::regclass::text,
        (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1]),
        (SELECT attname FROM pg_attribute WHERE attrelid = confrelid AND attnum = confkey[1])
    FROM pg_constraint WHERE contype = 'f' AND (confrelid = ANY(%s::regclass[]) OR conrelid = ANY(%s::regclass[]))
"""
IDENTITIES = """
    SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attidentity <> ''
"""
SCANS = """
    SELECT parent.relname, sum(scans)::int, sum(scans) FILTER (WHERE NOT satisfies_hash_partition(
        parent.oid, %s, substring(part.relname from '[0-9]+$')::int, %s::uuid))::int
    FROM pg_inherits
    JOIN pg_class parent ON parent.oid = inhparent AND parent.relkind = 'p'
    JOIN pg_class part ON part.oid = inhrelid AND part.relkind = 'r'
    JOIN (SELECT relid, seq_scan + coalesce(idx_scan, 0) AS scans FROM pg_stat_user_tables) stat ON relid = part.oid
    GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class Index:
    """An index of a tenant table, and how it is made."""

    table: str
    name: str
    is_unique: bool
    is_primary: bool
    definition: str
    columns: list[str]

    @property
    def is_in_the_way(self) -> bool:
        """Whether it is a key that PostgreSQL does not allow on a table partitioned by organization."""
        return self.is_unique and ORGANIZATION not in self.columns

    @property
    def widened(self) -> str:
        """How it is made on the partitioned table, the organization before its other columns."""
        columns = [ORGANIZATION, *self.columns] if self.is_in_the_way else self.columns
        if self.is_primary:
            return f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name} PRIMARY KEY ({', '.join(columns)})"
        head, _, rest = self.definition.partition(" USING ")
        return f"{head} USING {rest.replace('(', f'({ORGANIZATION}, ', 1) if self.is_in_the_way else rest}"


def main() -> int:
    """Partition, let everything run, and print what stood in the way; return 1 when an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.partitions", description=__doc__)
    parser.add_argument("--keep", nargs="*", default=KEPT, help="tenant tables that stay as they are")
    kept = parser.parse_args().keep
    servers.end_on_signals()
    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        contender = Contender(servers.hootprov(), POSTGRESQL, Path(folder), url)
        contender.install(beside=[])
        with psycopg.connect(contender.url(contender.template)) as connection:
            partition(connection, kept)
        with contender.running() as server:
            wrong = asyncio.run(drive(server, contender.secret))
            stop(server)
            told(server.url, "Entra's cycle, of one organization")
            environment = contender.program.environment(server.url, Path(folder), server.port)
            servers.run([sys.executable, "-c", WORKER], environment)
            told(server.url, "Entra's cycle, and then the worker once")
    return int(wrong > 0)


def ask(connection: "Connection[Any]", statement: str, *values: Any) -> list[Any]:
    """Run a statement of ours and return its rows, if it has any."""
    cursor = connection.execute(statement.encode(), values or None)
    return cursor.fetchall() if cursor.description else []


def partition(connection: "Connection[Any]", kept: Sequence[str]) -> None:
    """Name what is in the way, and make every tenant table partitioned but those that are kept."""
    found = ask(connection, TABLES)
    owned = [table for table, is_always in found if is_always]
    print(
        f"{len(owned)} tables are an organization's; of {', '.join(t for t, always in found if not always)} some rows."
    )
    indexes = [Index(*row) for row in ask(connection, INDEXES, owned)]
    for each in indexes:
        if each.is_in_the_way:
            print(f"  key without the organization: {each.table} ({', '.join(each.columns)})")
        elif each.columns[0] != ORGANIZATION:
            print(f"  index that begins with something else: {each.name} ({', '.join(each.columns)})")
    moved = [table for table in owned if table not in kept]
    keys = [tuple(row) for row in ask(connection, FOREIGN_KEYS, moved, moved)]
    for name, table, *_ in keys:
        ask(connection, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for table in moved:
        move(connection, table, [each for each in indexes if each.table == table])
    with_organization = {table for table, _ in found}
    for name, table, to, column, key in keys:
        refer(
            connection,
            name,
            table,
            column,
            f"{to} ({key})",
            is_shared=to in moved and table in with_organization,
        )
    print(f"{len(moved)} tables are partitioned; {', '.join(kept) or 'none'} left as they are.")


def move(connection: "Connection[Any]", table: str, indexes: Sequence[Index]) -> None:
    """Make a table partitioned, with its rows, and its keys widened."""
    ask(connection, f"ALTER TABLE {table} RENAME TO {table}_old")
    ask(
        connection,
        f"CREATE TABLE {table} (LIKE {table}_old INCLUDING DEFAULTS INCLUDING CONSTRAINTS) "
        f"PARTITION BY HASH ({ORGANIZATION})",
    )
    for number in range(PARTITIONS):
        ask(
            connection,
            f"CREATE TABLE {table}_{number} PARTITION OF {table} "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})",
        )
    for (column,) in ask(connection, IDENTITIES, f"{table}_old"):
        # PostgreSQL 17 is the first to allow an identity column here.
        ask(connection, f"CREATE SEQUENCE {table}_{column}_next OWNED BY {table}.{column}")
        ask(connection, f"ALTER TABLE {table} ALTER {column} SET DEFAULT nextval('{table}_{column}_next')")
    ask(connection, f"INSERT INTO {table} SELECT * FROM {table}_old")  # noqa: S608 - our own names
    ask(connection, f"DROP TABLE {table}_old")
    for each in indexes:
        ask(connection, each.widened)


def refer(
    connection: "Connection[Any]", name: str, table: str, column: str, to: str, *, is_shared: bool
) -> None:
    """Make a foreign key again, by way of the organization where both tables have it."""
    columns = column
    if is_shared and column != ORGANIZATION:
        columns, to = f"{ORGANIZATION}, {column}", to.replace("(", f"({ORGANIZATION}, ")
    ask(
        connection,
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {to} "
        "DEFERRABLE INITIALLY DEFERRED",
    )


async def drive(server: Server, secret: str) -> int:
    """Drive the product through everything that Entra does; print and return how many answers were wrong."""
    entra = Entra(secret, PEOPLE, GROUPS)
    steps, wrong, requests = entra.everything(with_groups=True), 0, 0
    async with client.Client(server.port, CONNECTIONS) as connections:
        step = next(steps)
        while True:
            answers, _ = await connections.send(step.contents)
            bad = [
                each for judge, each in zip(step.judges, answers, strict=True) if not is_right(judge, each)
            ]
            wrong, requests = wrong + len(bad), requests + len(answers)
            if bad:
                print(
                    f"  {step.name}: {len(bad)} of {len(answers)} wrong: {bad[0].status} {bad[0].content[:200]!r}"
                )
            try:
                step = steps.send([each.document() for each in answers])
            except StopIteration:
                break
        taken = client.request("POST", USERS, entra.person(0), secret=secret)
        (refusal,), _ = await connections.send([taken])
    print(
        f"{requests} requests, {wrong} wrong answers; a userName that is taken is answered {refusal.status}."
    )
    return wrong


def stop(server: Server) -> None:
    """End the web server, and wait until PostgreSQL has counted what its connections did."""
    os.kill(server.pid, signal.SIGTERM)
    with psycopg.connect(server.url, autocommit=True) as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while ask(connection, asked)[0][0]:
            time.sleep(0.1)


def told(url: str, what: str) -> None:
    """Print how often the partitions were looked into until now."""
    with psycopg.connect(url) as connection:
        ((organization,),) = ask(connection, "SELECT id FROM accounts_organization")
        found = ask(connection, SCANS, PARTITIONS, str(organization))
    print(f"{what}: scans of partitions, and of these of another organization's:")
    for table, scans, astray in found:
        if scans:
            print(f"  {table}: {scans}, {astray}")


if __name__ == "__main__":
    sys.exit(main())
