"""What the log can be asked for: each filter alone, the chips that say so, and which index serves it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator, Organization
from provisioning.logs import new_entry_id
from provisioning.models import ProvisioningCycle, ProvisioningLogEntry
from provisioning.redaction import identity_key
from provisioning.tokens import IssuedToken
from tests import factories
from tests.console.conftest import signed_in_as
from tests.plans import plan_of, walked_through

LOG = "/admin/provisioning/provisioninglogentry/"
CHIP = re.compile(r'<a class="hp-chip" href="\?([^"]*)">([^<]*) <span')
TABLE = "provisioning_provisioninglogentry"
ENTRIES, ORGANIZATIONS = 4000, 5
MINUTE = timedelta(minutes=1)
MORNING = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # 180 entries are of this day


def targets(browser: Client, url: str = LOG, **question: Any) -> list[str]:
    """Return the identities of a list's rows."""
    return re.findall(r'data-label="Target">([^<]*)<', browser.get(url, question).text)


@pytest.fixture
def refused(acme_token: IssuedToken) -> ProvisioningLogEntry:
    """A creation of bruno that was refused, after one of amelie that was not."""
    factories.make_entry(acme_token, target="amelie@acme.example")
    return factories.make_entry(
        acme_token,
        target="bruno@acme.example",
        status="failure",
        http_status=409,
        error_code="user_name_taken",
    )


@pytest.mark.parametrize(
    "question",
    [
        {"identity": "BRUNO@acme.example"},
        {"error_code": "user_name_taken"},
        {"q": "user_name_taken"},
        {"q": "Bruno@acme.example"},
        {"status": "failure", "action": "create"},
    ],
)
def test_an_entry_is_found_by_each_of_its_properties(
    console: Client, refused: ProvisioningLogEntry, question: dict[str, str]
) -> None:
    assert targets(console, **question) == ["bruno@acme.example"]


@pytest.mark.parametrize("field", ["request_id", "q"])
def test_an_entry_is_found_by_its_request_id(
    console: Client, refused: ProvisioningLogEntry, field: str
) -> None:
    assert targets(console, **{field: str(refused.id)}) == ["bruno@acme.example"]


def test_each_filter_is_a_chip_that_takes_it_away(console: Client, refused: ProvisioningLogEntry) -> None:
    page = console.get(LOG, {"organization": "acme", "status": "failure", "q": "user_name_taken"}).text

    left = {said: sorted(parse_qs(url.replace("&amp;", "&"))) for url, said in CHIP.findall(page)}
    assert left == {
        "Organization: Acme": ["error_code", "status"],
        "Status: Failure": ["error_code", "organization"],
        "Error code: 409 user_name_taken": ["organization", "status"],
    }


def test_a_filter_that_makes_no_sense_says_so_and_is_no_chip(
    console: Client, refused: ProvisioningLogEntry
) -> None:
    page = console.get(LOG, {"request_id": "x", "status": "perhaps"}).text

    assert "Enter a valid UUID." in page
    assert "Select a valid choice. perhaps is not one of the available choices." in page
    assert CHIP.findall(page) == []


def test_a_cycle_that_is_kept_no_longer_says_so(console: Client, refused: ProvisioningLogEntry) -> None:
    page = console.get(LOG, {"cycle": "7"}).text

    assert "There is no such cycle, or it is kept no longer." in page
    assert "bruno@acme.example" not in page


def test_ones_own_console_asks_for_no_organization_and_names_none(
    org_admin: Operator, refused: ProvisioningLogEntry, globex_token: IssuedToken
) -> None:
    factories.make_entry(globex_token, target="stranger")
    browser = signed_in_as(org_admin)
    own = LOG.replace("/admin/", "/console/")

    page = browser.get(own, {"organization": "globex"}).text

    assert targets(browser, own, organization="globex") == ["bruno@acme.example", "amelie@acme.example"]
    assert ('name="organization"' in page, 'data-label="Organization"' in page) == (False, False)


# A question → the index that answers it, across organizations and of one. A status or an action is never
# looked for along a listing or the ids: where there is none of it, or none of late, that would be a long walk.
INDEXES = {
    "": ("pkey", "log_listing"),
    "since={day}": ("pkey", "log_listing"),
    "until={day}": ("pkey", "log_listing"),
    "status=failure": ("log_by_status", "log_of_status"),
    "status=skipped": ("log_by_status", "log_of_status"),
    "status=success": ("log_by_status", "log_of_status"),
    "action=delete": ("log_by_action", "log_of_action"),
    "action=create": ("log_by_action", "log_of_action"),
    "action=update": ("log_by_action", "log_of_action"),
    "error_code=user_name_taken": ("log_by_error", "log_of_error"),
    "identity=member-7": ("log_of_identity", "log_of_identity"),
    "resource={resource}": ("log_of_resource", "log_of_resource"),
    "request_id={request}": ("pkey", "pkey"),
    "cycle={cycle}": ("log_listing", "log_listing"),
}
INDEX = re.compile(rf"log_\w+|sqlite_autoindex_{TABLE}_1|{TABLE}_pkey")


@pytest.fixture
def known(acme_token: IssuedToken) -> dict[str, Any]:
    """A log of a few organizations, most of it successful updates, whose statistics are known."""
    now, others = MORNING, [factories.make_organization(f"o{n}") for n in range(ORGANIZATIONS - 1)]
    organizations = [acme_token.token.organization, *others]
    rows = [entry_row(organizations[n % ORGANIZATIONS], n, now - MINUTE * n) for n in range(ENTRIES)]
    ProvisioningLogEntry.objects.bulk_create(rows)
    began = now - MINUTE * 30
    cycle = ProvisioningCycle.objects.create(
        organization=organizations[0], started_at=began, last_seen_at=now
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"day": now.date(), "resource": rows[0].resource_id, "request": rows[0].id, "cycle": cycle.pk}


def entry_row(organization: Organization, number: int, now: Any) -> ProvisioningLogEntry:
    """Return an entry: every 50th a failure, every 40th a deletion, every 30th a creation, the rest updates."""
    is_failure = number % 50 == 0
    action = "delete" if number % 40 == 0 else "create" if number % 30 == 0 else "update"
    return ProvisioningLogEntry(
        id=new_entry_id(now),
        organization=organization,
        at=now,
        action=action,
        status="failure" if is_failure else "skipped" if number % 45 == 0 else "success",
        resource_type="User",
        resource_id=UUID(int=number % 500 + 1),
        identity_key=identity_key(f"member-{number % 500}"),
        method="PATCH",
        path="/",
        http_status=200,
        error_code="user_name_taken" if is_failure else "",
        duration_ms=1,
    )


def indexes_of(browser: Client, url: str) -> str:
    """Return the indexes by which a page of the log finds its rows, and the log where it walks through it."""
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(url).status_code == 200
    [listing] = [each["sql"] for each in queries if f'FROM "{TABLE}"' in each["sql"]]
    found = {name for line in plan_of(listing) for name in INDEX.findall(line)}
    walked = {TABLE} & walked_through(listing)
    return " ".join(sorted({name if name.startswith("log_") else "pkey" for name in found} | walked))


def test_every_single_filter_is_served_by_an_index(console: Client, known: dict[str, Any]) -> None:
    questions = {question: question.format(**known) for question in INDEXES}

    found = {
        question: (
            indexes_of(console, f"{LOG}?{asked}"),
            indexes_of(console, f"{LOG}?{asked}&organization=acme"),
        )
        for question, asked in questions.items()
    }

    assert found == INDEXES


def test_an_unknown_object_is_found_nowhere(console: Client, refused: ProvisioningLogEntry) -> None:
    assert targets(console, resource=str(uuid4())) == []
