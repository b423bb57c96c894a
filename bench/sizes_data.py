"""Fills a database with as many users as are asked for, by SQL: what `bench.sizes` measures on.

`python -m bench.sizes_data ORGANIZATIONS USERS` under an installation's environment, where the first organization is there. Each
organization gets as many users, and groups. Names are ASCII, which folds by lower(); the columns are those that
`accounts/members.py` and `accounts/teams.py` write. What is where follows from a number, so that the client knows it too.
"""

import sys
from datetime import UTC, datetime, timedelta
from hashlib import md5
from string import Template
from typing import Any
from uuid import UUID

FIRST = "acme"
GROUPS = 100
SIZES = (100, 10_000, 100_000)
BORN = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = 100
CORE = "urn:ietf:params:scim:schemas:core:2.0:"

# ruff: noqa: S608 - every statement is of this module's own words
SERIES = "WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n + 1 < $many)"
ADDRESS = "'Person' || n || '@customer.example'"
EMAILS = """'"emails": [{"value": "' || $address || '", "type": "work", "primary": true}]}'"""
FOLDED = (
    """'{"display_name": "person ' || n || '", "given_name": "given", "family_name": "family ' || n || '", """
    """"preferred_language": "en-us", "timezone": "europe/paris", '"""
)
MEMBERS = f"""
    {SERIES} INSERT INTO accounts_member (id, organization_id, external_id, user_name, user_name_key, is_active,
        display_name, given_name, family_name, preferred_language, timezone, work_email, work_email_key, other,
        folded, version, created_at, modified_at)
    SELECT md5(slug || ' ' || n)$as_id, o.id, 'person-' || n, {ADDRESS}, lower({ADDRESS}), TRUE,
        'Person ' || n, 'Given', 'Family ' || n, 'en-US', 'Europe/Paris', {ADDRESS}, lower({ADDRESS}),
        CAST('{{' || {EMAILS.replace("$address", ADDRESS)} AS $json),
        CAST({FOLDED} || {EMAILS.replace("$address", f"lower({ADDRESS})")} AS $json), 1, $at, $at
    FROM accounts_organization o, series
"""
TEAMS = f"""
    {SERIES} INSERT INTO accounts_team (id, organization_id, external_id, display_name, display_name_key, other,
        folded, version, created_at, modified_at)
    SELECT md5(slug || ' $called ' || n)$as_id, o.id, '$called-' || n, '$called ' || n, '$called ' || n, '{{}}',
        '{{}}', 1, $at, $at
    FROM accounts_organization o, series WHERE $among
"""
MEMBERSHIPS = f"""
    {SERIES} INSERT INTO accounts_teammembership (organization_id, team_id, member_id)
    SELECT o.id, md5(slug || ' $called ' || $team)$as_id, md5(slug || ' ' || n)$as_id
    FROM accounts_organization o, series WHERE $among
"""
# Of a session that fills: nothing is checked or waited for, since it is done again where it fails.
FAST = {
    "postgresql": ["SET session_replication_role = replica"],
    "sqlite": ["PRAGMA synchronous = OFF", "PRAGMA foreign_keys = OFF", "PRAGMA cache_size = -400000"],
}
# A table of a long life has been vacuumed; and no checkpoint of the filling is to fall into the measurement. Commits are waited for:
# of one that is not on the disk yet, VACUUM can't mark the pages as visible to all, and a COUNT would walk through the table.
DONE = {"postgresql": ["VACUUM (ANALYZE)", "CHECKPOINT"], "sqlite": ["ANALYZE"]}
WORDS = {
    "postgresql": {
        "as_id": "::uuid",
        "json": "jsonb",
        "at": f"timestamptz '{BORN}' + n * interval '1 second'",
    },
    "sqlite": {"as_id": "", "json": "text", "at": f"datetime({BORN.timestamp():.0f} + n, 'unixepoch')"},
}


def user_id(number: int) -> str:
    """Return the id of a user of the first organization."""
    return str(UUID(digest(f"{FIRST} {number}")))


def group_id(number: int, *, called: str = "group") -> str:
    """Return the id of a group of the first organization; those "of" a size go by it."""
    return str(UUID(digest(f"{FIRST} {called} {number}")))


def user(number: int) -> dict[str, Any]:
    """Return what is stored of a user, as Entra would create it."""
    address = f"Person{number}@customer.example"
    return {
        "schemas": [f"{CORE}User"],
        "externalId": f"person-{number}",
        "userName": address,
        "displayName": f"Person {number}",
        "name": {"givenName": "Given", "familyName": f"Family {number}"},
        "active": True,
        "preferredLanguage": "en-US",
        "timezone": "Europe/Paris",
        "emails": [{"value": address, "type": "work", "primary": True}],
    }


def sizes_in(users: int) -> list[int]:
    """Return the sizes of the groups that a database has: half of its users are in none of them."""
    return [size for size in SIZES if size * 2 <= users]


def digest(text: str) -> str:
    """Return 32 digits of a text, as both databases make ids of it."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def fill(users: int) -> None:
    """Write that many users of each organization, and groups."""
    from django.db import connection

    vendor = connection.vendor
    learn_md5()
    with connection.cursor() as cursor:
        for statement in [*FAST[vendor], *statements(vendor, users), *DONE[vendor]]:
            cursor.execute(statement)
    connection.close()


def learn_md5() -> None:
    """Let SQLite know how ids are made, as PostgreSQL does."""
    from django.db import connection

    connection.ensure_connection()
    if connection.vendor == "sqlite":
        connection.connection.create_function("md5", 1, digest, deterministic=True)


def statements(vendor: str, users: int) -> list[str]:
    """Return what writes users of each organization, each in one of its groups, and groups of sizes in the first one."""
    first = f"slug = '{FIRST}'"
    found = [
        filled(MEMBERS, vendor, users),
        filled(TEAMS, vendor, GROUPS, called="group", among="TRUE"),
        filled(MEMBERSHIPS, vendor, users, called="group", team=f"(n % {GROUPS})", among="TRUE"),
    ]
    for size in sizes_in(users):
        found += [
            filled(TEAMS, vendor, size + 1, called="of", among=f"{first} AND n = {size}"),
            filled(MEMBERSHIPS, vendor, size, called="of", team=str(size), among=first),
        ]
    return found


def filled(statement: str, vendor: str, many: int, **words: str) -> str:
    """Return a statement in the words of a database."""
    return Template(statement).substitute(many=many, **WORDS[vendor], **words)


def last_page_of(users: int) -> str:
    """Return the cursor of the page that holds the last users of the first organization.

    It is made for tomorrow: a measurement takes longer than a cursor is good for.
    """
    from accounts import clock
    from accounts.models import Organization
    from provisioning.scim.cursors import Place, Question

    organization, before = Organization.objects.get(slug=FIRST), users - PAGE - 1
    question = Question(organization.id, "User", "", clock.now() + timedelta(days=1))
    at = BORN + timedelta(seconds=before)
    return question.cursor_of(Place(0, at, UUID(user_id(before)), is_back=False))


def main() -> None:
    """Open the other organizations, fill all, and print the cursor of the first one's last page."""
    import django

    django.setup()
    from accounts import clock
    from bench import data

    organizations, users = map(int, sys.argv[1:])
    for number in range(organizations - 1):
        data.open_organization(number, now=clock.now())
    fill(users)
    print(last_page_of(users))


if __name__ == "__main__":
    main()
