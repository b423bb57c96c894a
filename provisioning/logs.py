"""Write the provisioning log, and seal it.

An entry is written in the transaction of its change, so one exists if and only if the other does.
Ids and times of concurrent transactions do not commit in order, so a reader who goes by them misses
rows: `seal` gives what is committed a position, and readers go by that.
"""

import os
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.compiled import insert
from provisioning.models import Action, LogHead, LogStatus, ProvisioningLogEntry
from provisioning.one_by_one import one_by_one
from provisioning.redaction import identity_key, mask_tokens

LONGEST_PATH = 300
LONGEST_METHOD = 8
SEAL_BATCH = 5000

# One statement: numbers the oldest committed entries of one organization from its head on.
SEAL = """
    UPDATE provisioning_provisioninglogentry SET position = %s + numbered.place
    FROM (
        SELECT id, ROW_NUMBER() OVER (ORDER BY at, id) AS place
        FROM provisioning_provisioninglogentry
        WHERE organization_id = %s AND position IS NULL
        ORDER BY at, id LIMIT %s
    ) AS numbered
    WHERE provisioning_provisioninglogentry.id = numbered.id
"""


@dataclass(frozen=True, kw_only=True)
class LoggedRequest:
    """The request an entry is about: known before anything is done. What a person does by hand has no token."""

    id: UUID
    organization_id: UUID
    token_id: UUID | None
    at: datetime
    method: str
    path: str
    client_address: str | None


@dataclass(frozen=True)
class ModifiedProperty:
    """One attribute, as it was and as it is, in JSON; None where it was or is absent."""

    name: str
    old: Any
    new: Any


@dataclass(kw_only=True)
class Outcome:
    """What came of a request, gathered while it is served.

    `source` and `target` are what the two sides call the object (externalId; userName or displayName).
    `by` is the person who did by hand what Entra does else.
    """

    action: Action
    status: LogStatus = LogStatus.SUCCESS
    resource_type: str = ""
    resource_id: UUID | None = None
    source: str = ""
    target: str = ""
    modified: list[ModifiedProperty] = field(default_factory=list)
    http_status: int = 0
    scim_type: str = ""
    error_code: str = ""
    detail: str = ""
    duration_ms: float = 0.0
    fold_key: str | None = None
    by: str = ""


def new_entry_id(at: datetime) -> UUID:
    """Return a new id that sorts by time: a UUIDv7. Source: RFC 9562 §5.7."""
    milliseconds = int(at.timestamp() * 1000)
    version_and_variant = (7 << 76) | (2 << 62)
    random = int.from_bytes(os.urandom(10)) & RANDOM_BITS
    return UUID(int=(milliseconds << 80) | version_and_variant | random)


RANDOM_BITS = (0xFFF << 64) | (2**62 - 1)


def by_hand(*, organization_id: UUID, at: datetime, address: str | None) -> LoggedRequest:
    """Return what stands in an entry for the request, where a person changed something in a console."""
    return LoggedRequest(
        id=new_entry_id(at),
        organization_id=organization_id,
        token_id=None,
        at=at,
        method="",
        path="",
        client_address=address,
    )


def write(request: LoggedRequest, outcome: Outcome) -> bool:
    """Write the entry of a request; return False when its like was written this minute.

    Inside a change's transaction it must be the last statement. Raises: DatabaseError.
    """
    entry = entry_of(request, outcome)
    if outcome.fold_key is None:
        insert(entry)
        return True
    ProvisioningLogEntry.objects.bulk_create([entry], ignore_conflicts=True)
    return ProvisioningLogEntry.objects.filter(id=request.id).exists()


def entry_of(request: LoggedRequest, outcome: Outcome) -> ProvisioningLogEntry:
    """Return the entry of a request, still to be written."""
    return ProvisioningLogEntry(
        id=request.id,
        organization_id=request.organization_id,
        token_id=request.token_id,
        at=request.at,
        method=request.method[:LONGEST_METHOD],
        path=mask_tokens(request.path).replace("\0", "")[:LONGEST_PATH],
        client_address=request.client_address,
        action=outcome.action,
        status=outcome.status,
        resource_type=outcome.resource_type,
        resource_id=outcome.resource_id,
        identity_key=identity_key(outcome.target),
        personal=personal_part(outcome),
        http_status=outcome.http_status,
        scim_type=outcome.scim_type,
        error_code=outcome.error_code,
        detail=mask_tokens(outcome.detail),
        duration_ms=outcome.duration_ms,
        fold_key=outcome.fold_key,
    )


def personal_part(outcome: Outcome) -> dict[str, Any]:
    """Return what names a person, in the words of Microsoft Graph's provisioningObjectSummary."""
    personal: dict[str, Any] = {
        "source": outcome.source,
        "target": outcome.target,
        "modifiedProperties": [
            {"displayName": each.name, "oldValue": each.old, "newValue": each.new}
            for each in outcome.modified
        ],
    }
    return personal | ({"by": outcome.by} if outcome.by else {})


def seal() -> int:
    """Give every committed entry without one its position, organization by organization.

    Safe to run twice at once: an organization that somebody else is sealing is left to them. One that can't be
    sealed stops no other. Returns how many entries were sealed.
    """
    unsealed = ProvisioningLogEntry.objects.filter(position__isnull=True)
    organization_ids = set(unsealed.order_by().values_list("organization_id", flat=True).distinct())
    sealed: list[int] = []
    one_by_one(sorted(organization_ids), lambda each: sealed.append(seal_organization(each)), what="seal")
    return sum(sealed)


def seal_organization(organization_id: UUID) -> int:
    """Give the oldest unsealed entries of one organization the positions after its head."""
    heads = LogHead.objects.filter(organization_id=organization_id)
    with transaction.atomic():
        head = heads.select_for_update(skip_locked=True).first()
        if head is None:
            return 0
        organization = LogHead._meta.pk.get_db_prep_value(organization_id, connection)  # noqa: SLF001 - Django's documented model API
        with connection.cursor() as cursor:
            cursor.execute(SEAL, [head.position, organization, SEAL_BATCH])
            sealed: int = cursor.rowcount
        heads.update(position=head.position + sealed)
    return sealed
