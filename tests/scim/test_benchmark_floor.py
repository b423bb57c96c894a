"""The floor that HootProv is measured against answers and writes the same: else a ratio would mean nothing."""

import json
import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tombstone
from bench.scenarios import Entra, filtered
from provisioning.models import ProvisioningLogEntry
from tests.cast import ScimClient

PERSON = Entra(secret="", people=1, groups=0).person(1)
WORK_EMAIL = 'emails[type eq "work"].value'
VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9-]{10}T[0-9:.]{12}Z")
# Of an entry: when and about which row it was, and the names of what changed, which the floor does not look up.
OURS = {"duration_ms", "id", "at", "path", "resource_id", "personal"}


def test_the_floor_answers_what_the_product_answers(entra: ScimClient, settings: LazySettings) -> None:
    answered = cycle(entra)

    as_floor(settings)

    assert cycle(entra) == answered
    assert [status for status, *_ in answered] == [200, 201, 200, 200, 200, 200, 200, 204]


def test_the_floor_writes_what_the_product_writes(entra: ScimClient, settings: LazySettings) -> None:
    cycle(entra)
    written = entries()

    as_floor(settings)
    cycle(entra)

    assert entries() == sorted(written * 2)
    assert Tombstone.objects.count() == 2


@pytest.mark.parametrize(("verb", "most"), [("GET", 2), ("POST", 5), ("DELETE", 7)])
def test_the_floor_asks_no_more_than_it_says(
    entra: ScimClient, settings: LazySettings, verb: str, most: int
) -> None:
    as_floor(settings)
    id_ = entra.post("/Users", PERSON).json()["id"]
    body = PERSON | {"userName": "second@customer.example"} if verb == "POST" else None

    with CaptureQueriesContext(connection) as asked:
        entra.request(verb, "/Users" if body else f"/Users/{id_}", body)

    assert len(asked) <= most


def as_floor(settings: LazySettings) -> None:
    """Let the floor answer from here on."""
    settings.ROOT_URLCONF, settings.MIDDLEWARE = "bench.floor_views", []


def cycle(entra: ScimClient) -> list[tuple[int, Any, int]]:
    """Send what the floor can answer; return status, body without ids and times, and its length.

    The order inside of an e-mail is the database's: PostgreSQL sorts what it keeps as JSON.
    """
    match = filtered("/Users", "userName", PERSON["userName"])
    answers = [entra.request("GET", match), entra.post("/Users", PERSON)]
    address = f"/Users/{answers[-1].json()['id']}"
    answers += [entra.request("GET", match), entra.get(address)]
    for path, value in (("displayName", "Bo"), ("active", "False"), (WORK_EMAIL, "bo@acme.example")):
        _, _, body, _ = Entra.replaced("", value, path)
        answers.append(entra.request("PATCH", address, body))
    answers.append(entra.delete(address))
    texts = [VARYING.sub("…", each.content.decode()) for each in answers]
    bodies = [json.loads(text) if text else None for text in texts]
    return [
        (each.status_code, body, len(text)) for each, body, text in zip(answers, bodies, texts, strict=True)
    ]


def entries() -> list[str]:
    """Return the log, sorted, without what differs from request to request."""
    rows = ProvisioningLogEntry.objects.order_by().values()
    return sorted(str({name: value for name, value in row.items() if name not in OURS}) for row in rows)
