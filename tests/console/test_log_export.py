"""The log as a file: what the list shows, in the names of Microsoft Graph, a batch in memory at a time."""

import csv
import gc
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Operator, Organization
from provisioning import entries, exports, logs
from provisioning.logs import ModifiedProperty
from provisioning.models import AuditEvent, AuditKind, ProvisioningLogEntry
from provisioning.tokens import IssuedToken
from tests import factories
from tests.console.conftest import NOW, signed_in_as
from tests.console.tenants import make_tenant
from tests.plans import plan_of

EXPORT, OWN_EXPORT = "/admin/log/export/", "/console/log/export/"
RESOURCE = UUID("0d6ae6f1-5b8b-421b-9cf9-eb06f8b1bae0")


def body_of(answer: Any) -> str:
    """Return a streamed file as text. Whoever has read it all has closed it."""
    return b"".join(answer.streaming_content).decode()


def export(browser: Client, url: str = EXPORT, *, kind: str = "ndjson", **question: str) -> list[Any]:
    """Return the objects of an NDJSON file."""
    answer = browser.post(url, {"kind": kind}, query_params=question)
    assert answer.status_code == 200
    return [json.loads(line) for line in body_of(answer).splitlines()]


def targets_of(summaries: list[Any]) -> list[str]:
    """Return whom a file is about."""
    return [each["targetIdentity"]["displayName"] for each in summaries]


@pytest.fixture
def refused(clock_stands: object, acme_token: IssuedToken) -> ProvisioningLogEntry:
    """A refused change of a member's name."""
    return factories.make_entry(
        acme_token,
        action="update",
        status="failure",
        resource_id=RESOURCE,
        source="8f1b",
        target="amelie@acme.example",
        modified=[ModifiedProperty("displayName", "Pat", "=1+1")],
        http_status=409,
        scim_type="uniqueness",
        error_code="user_name_taken",
        detail="Another user has this userName.",
        duration_ms=12.4,
    )


def test_a_line_is_named_as_microsoft_graph_names_it(staff: Client, refused: ProvisioningLogEntry) -> None:
    [summary] = export(staff)

    steps = summary["provisioningStatusInfo"]["errorInformation"].pop("recommendedAction")
    assert steps.startswith("Under Provisioning > Mappings > Users make userName the matching property")
    assert summary == {
        "id": str(refused.id),
        "position": None,
        "activityDateTime": "2026-11-26T12:30:00.000Z",
        "organization": "acme",
        "provisioningAction": "update",
        "durationInMilliseconds": 12,
        "initiatedBy": {"displayName": "Microsoft Entra ID", "initiatorType": "application"},
        "sourceSystem": {"displayName": "Microsoft Entra ID"},
        "targetSystem": {"displayName": "Hootsuite"},
        "sourceIdentity": {"id": "8f1b", "identityType": "User"},
        "targetIdentity": {
            "id": str(RESOURCE),
            "displayName": "amelie@acme.example",
            "identityType": "User",
        },
        "provisioningStatusInfo": {
            "status": "failure",
            "errorInformation": {
                "errorCode": "user_name_taken",
                "reason": "Another user has this userName.",
            },
        },
        "modifiedProperties": [{"displayName": "displayName", "oldValue": "Pat", "newValue": "=1+1"}],
        "httpStatus": 409,
        "scimType": "uniqueness",
        "method": "POST",
        "path": "/scim/v2/Users",
        "ipAddress": "127.0.0.1",
        "token": "Entra",
    }


def test_a_file_says_whose_it_is_of_which_day_and_is_not_kept(
    staff: Client, refused: ProvisioningLogEntry
) -> None:
    answer = staff.post(EXPORT, {"kind": "csv"}, query_params={"organization": "acme"})

    body_of(answer)
    assert (answer["Content-Disposition"], answer["Content-Type"]) == (
        'attachment; filename="provisioning-log-acme-2026-11-26.csv"',
        "text/csv; charset=utf-8",
    )
    assert "no-store" in answer["Cache-Control"]


def test_a_csv_has_a_row_for_each_entry_under_the_same_names(
    staff: Client, refused: ProvisioningLogEntry
) -> None:
    text = body_of(staff.post(EXPORT, {"kind": "csv"}))

    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert tuple(row) == exports.CSV_COLUMNS
    assert (text[0], row["id"], row["provisioningStatusInfo.status"], row["targetIdentity.displayName"]) == (
        "\ufeff",
        str(refused.id),
        "failure",
        "amelie@acme.example",
    )
    assert json.loads(row["modifiedProperties"])[0]["newValue"] == "=1+1"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(staff: Client, acme_token: IssuedToken, name: str) -> None:
    factories.make_entry(acme_token, target=name)

    text = body_of(staff.post(EXPORT, {"kind": "csv"}))

    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert row["targetIdentity.displayName"] == f"'{name}"


def test_the_file_holds_what_the_list_shows(
    staff: Client, refused: ProvisioningLogEntry, acme_token: IssuedToken
) -> None:
    factories.make_entry(acme_token, target="bruno")

    assert targets_of(export(staff, status="success")) == ["bruno"]
    assert targets_of(export(staff, q="user_name_taken")) == ["amelie@acme.example"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"request_id": "x"}, "Enter a valid UUID."),
        ({"organization": "nobody"}, "There is no organization with this slug."),
    ],
)
def test_a_question_that_makes_no_sense_is_not_exported_without_it(
    staff: Client, refused: ProvisioningLogEntry, question: dict[str, str], said: str
) -> None:
    page = staff.post(EXPORT, {"kind": "csv"}, query_params=question)

    assert (page.status_code, said in page.text) == (200, True)
    assert not AuditEvent.objects.filter(kind=AuditKind.LOG_EXPORTED).exists()


def test_an_org_admin_exports_their_own_log_and_no_others(acme: Organization, globex: Organization) -> None:
    mine, theirs = make_tenant(acme), make_tenant(globex)
    browser, ids = signed_in_as(mine.admin), theirs.ids
    foreign = [
        {"organization": "globex"},
        {"request_id": str(ids["provisioning_provisioninglogentry"])},
        {"identity": "kim@globex.example"},
        {"resource": str(ids["accounts_member"])},
        {"cycle": str(ids["provisioning_provisioningcycle"])},
    ]

    files = [targets_of(export(browser, OWN_EXPORT, **each)) for each in ({}, *foreign[:-1])]

    assert files == [["kim@acme.example"], ["kim@acme.example"], [], [], []]
    refused = browser.post(OWN_EXPORT, {"kind": "ndjson"}, query_params=foreign[-1])
    assert "There is no such cycle" in refused.text


def test_who_exported_whose_log_stands_in_the_history(
    org_admin: Operator, refused: ProvisioningLogEntry
) -> None:
    export(signed_in_as(org_admin), OWN_EXPORT, status="failure", identity="amelie@acme.example")

    event = AuditEvent.objects.get(kind=AuditKind.LOG_EXPORTED)
    assert (event.organization, event.operator, event.subject) == (
        org_admin.organization,
        org_admin,
        "NDJSON: Status: Failure; one identity",
    )


def test_the_page_says_what_will_be_in_the_file(staff: Client, refused: ProvisioningLogEntry) -> None:
    page = staff.get(EXPORT, {"organization": "acme", "status": "failure"}).text

    assert "The file holds the entries of Acme, newest first. Organization: Acme; Status: Failure." in page
    assert 'href="/admin/provisioning/provisioninglogentry/?organization=acme&amp;status=failure"' in page


@pytest.fixture
def running() -> Iterator[exports.Turn]:
    """An export that somebody else reads."""
    turn = exports.Turn.begin()
    yield turn
    turn.end()


def test_a_second_export_is_told_when_to_try_again(
    staff: Client, refused: ProvisioningLogEntry, running: exports.Turn
) -> None:
    busy = staff.post(EXPORT, {"kind": "csv"})

    assert (busy.status_code, busy["Retry-After"]) == (429, "30")
    assert "Another export is running on this server" in busy.text
    running.end()
    assert len(export(staff)) == 1


def test_an_export_whose_reader_went_away_stands_in_nobodys_way(
    staff: Client, refused: ProvisioningLogEntry, running: exports.Turn
) -> None:
    running.alive_at -= exports.ABANDONED_SECONDS

    assert len(export(staff)) == 1


@pytest.fixture
def connection_stays() -> Iterator[None]:
    """Let the end of a request leave the connection of the test open."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.mark.parametrize("is_read", [True, False])
def test_a_closed_answer_gives_the_turn_back(
    staff: Client, refused: ProvisioningLogEntry, connection_stays: None, is_read: bool
) -> None:
    answer: Any = staff.post(EXPORT, {"kind": "csv"})
    if is_read:
        next(answer.streaming_content)

    answer.close()

    assert exports.Turn.current is None


@pytest.mark.parametrize("order", [entries.BY_TIME, entries.BY_ID])
def test_a_file_costs_two_queries_a_batch_and_holds_one_batch(
    acme_token: IssuedToken, monkeypatch: pytest.MonkeyPatch, order: tuple[str, ...]
) -> None:
    monkeypatch.setattr(exports, "BATCH_SIZE", 10)
    for number in range(35):
        factories.make_entry(acme_token, target=f"member {number}", at=NOW)
    found, held, written = ProvisioningLogEntry.objects.order_by(*order), list[int](), list[str]()

    with CaptureQueriesContext(connection) as queries:
        for chunk in exports.lines(found, exports.Format.NDJSON, order=order):
            held.append(
                sum(type(each) is dict and {"slug", "personal"} <= each.keys() for each in gc.get_objects())
            )
            written += [json.loads(line)["id"] for line in chunk.decode().splitlines()]

    assert (
        len(queries) == 2 * 4 + 1 + 2
    )  # batches, that there is no more, and what their organization and token are called
    assert max(held) <= 10 + 1  # the last of the batch before is the cursor
    assert written == [str(id_) for id_ in found.values_list("id", flat=True)]
    assert not any("OFFSET" in each["sql"] for each in queries)


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL takes the narrower of two bounds itself"
)
@pytest.mark.parametrize("order", [entries.BY_TIME, entries.BY_ID, entries.BY_POSITION])
def test_the_last_batch_costs_what_the_first_did(
    acme_token: IssuedToken, monkeypatch: pytest.MonkeyPatch, order: tuple[str, ...]
) -> None:
    monkeypatch.setattr(exports, "BATCH_SIZE", 10)
    for number in range(200):
        factories.make_entry(acme_token, at=NOW + timedelta(seconds=number))
    logs.seal()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    found = entries.sealed(ProvisioningLogEntry.objects.of_organization(acme_token.token.organization_id))
    steps = [0]
    connection.connection.set_progress_handler(lambda: steps.__setitem__(0, steps[0] + 1), 1)

    costs = []
    for _ in exports.parts(found, order):
        costs.append(steps[0])
        steps[0] = 0
    connection.connection.set_progress_handler(None, 0)

    assert len(costs) == 20
    assert costs[-1] <= costs[1] * 1.1


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL sorts a small log sooner than it reads an index"
)
@pytest.mark.parametrize("narrowed", [entries.with_status, entries.with_action])
def test_no_batch_of_one_status_or_action_is_sorted(
    acme_token: IssuedToken, narrowed: Callable[..., Any]
) -> None:
    factories.make_entry(acme_token, status="success", action="create")
    whole = ProvisioningLogEntry.objects.of_organization(acme_token.token.organization_id)
    found = narrowed(whole, {entries.with_status: "success", entries.with_action: "create"}[narrowed])

    with CaptureQueriesContext(connection) as queries:
        written = sum(len(part) for part in exports.parts(found, entries.BY_TIME))

    plans = [plan_of(each["sql"]) for each in queries if "LIMIT" in each["sql"]]
    assert written == 1
    assert len(plans) == 3
    assert not any("TEMP B-TREE" in line for plan in plans for line in plan)
