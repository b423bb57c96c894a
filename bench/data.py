"""Fills a database with a past: organizations, members, a log and its roll-up, the same for the same seed."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from accounts import clock
from accounts.models import Organization
from provisioning import connections, logs, tokens
from provisioning.history import COMMAND_LINE
from provisioning.models import (
    Action,
    HealthPeriod,
    HealthState,
    HourlyActivity,
    LogHead,
    LogStatus,
    ProvisioningLogEntry,
    ScimToken,
)
from provisioning.redaction import identity_key

SEED = 2026
ORGANIZATIONS = 40
DAYS = 14
BATCH = 10_000
PEOPLE = 5000
FAILING = 0.03
CODES = ["user_name_taken", "invalid_value", "unknown_member"]
SORTS = [
    (Action.UPDATE, "User", 200),
    (Action.UPDATE, "User", 200),
    (Action.UPDATE, "User", 200),
    (Action.CREATE, "User", 201),
    (Action.DISABLE, "User", 200),
    (Action.UPDATE, "Group", 204),
]
# What a filter must not walk through a log for: this organization has nothing but refused creations, and
# deletions were frequent, but ended long ago, everywhere.
ONLY_REFUSED = 1
REFUSED_CREATION = (Action.CREATE, "User", 409)
DELETIONS_ENDED = 0.5  # of the days
OLD = {(Action.DISABLE, "User", 200): (Action.DELETE, "User", 204)}
SAME = {
    "method": "PATCH",
    "path": "/scim/v2/Users/1",
    "duration_ms": 5.0,
    "client_address": "192.0.2.7",
    "fold_key": None,
}
Hour = tuple[UUID, datetime, str, str, str, str]


def fill(entries: int) -> None:
    """Write organizations with a token each, and that many log entries over the last days, and their roll-up."""
    dice, now = random.Random(SEED), clock.now()
    organizations = [open_organization(number, now=now) for number in range(ORGANIZATIONS)]
    hours: Counter[Hour] = Counter()
    positions: Counter[UUID] = Counter()
    write(
        ProvisioningLogEntry,
        log(organizations, entries, dice=dice, now=now, hours=hours, positions=positions),
    )
    HourlyActivity.objects.bulk_create(
        [
            HourlyActivity(
                organization_id=organization_id,
                hour=hour,
                resource_type=resource_type,
                action=action,
                status=status,
                error_code=code,
                count=count,
            )
            for (organization_id, hour, resource_type, action, status, code), count in hours.items()
        ],
        batch_size=BATCH,
    )
    for organization_id, position in positions.items():
        LogHead.objects.filter(organization_id=organization_id).update(position=position)
    analyze()


def open_organization(number: int, *, now: datetime) -> ScimToken:
    """Open an organization with a token and a state, and return the token."""
    organization = connections.open_connection(
        slug=f"org-{number}", name=f"Organization {number}", by=COMMAND_LINE, now=now
    ).organization
    state = HealthState.DEGRADED if number % 10 == 0 else HealthState.HEALTHY
    HealthPeriod.objects.create(
        organization=organization, state=state, reason="As the measurement made it.", started_at=now
    )
    issued = tokens.issue_token(organization=organization, label="Entra", by=COMMAND_LINE, now=now)
    ScimToken.objects.filter(id=issued.token.id).update(last_used_at=now)
    return issued.token


def log(
    owners: list[ScimToken],
    count: int,
    *,
    dice: random.Random,
    now: datetime,
    hours: Counter[Hour],
    positions: Counter[UUID],
) -> Iterator[dict[str, Any]]:
    """Yield the columns of that many entries, oldest first, and sum them up on the way."""
    for number in range(count):
        at = now - timedelta(days=DAYS) * (1 - number / count)
        owner = min(int(dice.expovariate(6) * len(owners)), len(owners) - 1)
        token, is_refused = owners[owner], owner == ONLY_REFUSED
        sort = REFUSED_CREATION if is_refused else dice.choice(SORTS)
        action, resource_type, http_status = OLD.get(sort, sort) if number < count * DELETIONS_ENDED else sort
        failed = is_refused or dice.random() < FAILING
        code = dice.choice(CODES) if failed else ""
        status = LogStatus.FAILURE if failed else LogStatus.SUCCESS
        person = dice.randrange(PEOPLE)
        positions[token.organization_id] += 1
        hour = at.replace(minute=0, second=0, microsecond=0)
        hours[token.organization_id, hour, resource_type, action, status, code] += 1
        yield {
            "id": logs.new_entry_id(at),
            "organization_id": token.organization_id,
            "position": positions[token.organization_id],
            "at": at,
            "action": str(action),
            "status": str(status),
            "resource_type": resource_type,
            "resource_id": UUID(int=person + 1),
            **identity_of(person),
            "http_status": 409 if failed else http_status,
            "scim_type": "uniqueness" if failed else "",
            "error_code": code,
            "detail": "As the measurement made it." if failed else "",
            "token_id": token.id,
            **SAME,
        }


@cache
def identity_of(person: int) -> dict[str, str]:
    """Return the columns that name a person."""
    target = f"member{person}@customer.example"
    changed = {"displayName": "displayName", "oldValue": "A", "newValue": "B"}
    personal = {"source": str(person), "target": target, "modifiedProperties": [changed]}
    return {"identity_key": identity_key(target), "personal": json.dumps(personal)}


def write(model: type[Model], rows: Iterable[dict[str, Any]]) -> None:
    """Write many rows fast: by COPY where there is one."""
    columns = [field.column or "" for field in model._meta.concrete_fields]  # noqa: SLF001 - Django's documented model API
    table, names = model._meta.db_table, ", ".join(columns)  # noqa: SLF001 - as above
    is_postgresql = connection.vendor == "postgresql"
    values = ([stored(row[column], is_postgresql=is_postgresql) for column in columns] for row in rows)
    with connection.cursor() as cursor:
        if is_postgresql:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
            return
        places = ", ".join(["%s"] * len(columns))
        while batch := list(islice(values, BATCH)):
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", batch)  # noqa: S608 - our own names


def stored(value: Any, *, is_postgresql: bool) -> Any:
    """Return a value as the database's driver takes it."""
    if is_postgresql or not isinstance(value, UUID | datetime):
        return value
    return value.hex if isinstance(value, UUID) else value.replace(tzinfo=None).isoformat(" ")


def analyze() -> None:
    """Let the database look at what it holds."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def first_organization() -> Organization:
    """Return the organization with the most entries."""
    return Organization.objects.get(slug="org-0")


def refused_organization() -> Organization:
    """Return the organization in which every entry is a refused creation."""
    return Organization.objects.get(slug=f"org-{ONLY_REFUSED}")


def any_entry(**conditions: Any) -> ProvisioningLogEntry:
    """Return an entry of that organization."""
    found = ProvisioningLogEntry.objects.filter(organization=first_organization(), **conditions).first()
    if found is None:
        message = "The data holds no such entry."
        raise LookupError(message)
    return found
