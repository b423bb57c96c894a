"""The provisioning log, read on by position; and exported, also from where it broke off."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from provisioning import exports, logs
from provisioning.models import Action, AuditEvent, LogStatus, ProvisioningCycle
from provisioning.tokens import IssuedToken
from tests import factories
from tests.api.conftest import Program

LOG = "/organizations/acme/log-entries"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def entries(acme_token: IssuedToken) -> list[Any]:
    """Eight entries, an hour from each other; the sixth failed, the seventh is another's business."""
    made = [
        factories.make_entry(acme_token, at=NOON + number * HOUR, target=f"a{number}@acme.example")
        for number in range(5)
    ]
    made.append(
        factories.make_entry(
            acme_token,
            at=NOON + 5 * HOUR,
            action=Action.UPDATE,
            status=LogStatus.FAILURE,
            http_status=409,
            error_code="user_name_taken",
            target="kim@acme.example",
        )
    )
    made += [factories.make_entry(acme_token, at=NOON + hour * HOUR, target="x") for hour in (6, 7)]
    logs.seal()
    return made


def positions(program: Program, **query: Any) -> list[int]:
    page = program.get(LOG, **query).json()
    return [each["position"] for each in page["items"]]


def test_an_entry_is_named_as_microsoft_graph_names_it(program: Program, entries: list[Any]) -> None:
    entry = program.get(f"{LOG}/{entries[5].id}").json()

    assert entry == program.get(LOG, status="failure").json()["items"][0]
    assert (entry["provisioningAction"], entry["position"]) == ("update", 6)
    assert entry["provisioningStatusInfo"]["errorInformation"]["errorCode"] == "user_name_taken"
    assert entry["targetIdentity"]["displayName"] == "kim@acme.example"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({"after": 6}, [7, 8]),
        ({"after": 8}, []),
        ({"limit": 3}, [1, 2, 3]),
        ({"order": "newest", "limit": 2}, [8, 7]),
        ({"order": "newest", "after": 3}, [2, 1]),
        ({"since": "2026-03-02T17:00:00Z"}, [6, 7, 8]),
        ({"until": "2026-03-02T14:00:00+01:00"}, [1]),
        ({"since": "2026-03-02T13:00:00Z", "until": "2026-03-02T15:00:00Z"}, [2, 3]),
        ({"since": "9999-12-31T23:59:59Z"}, []),
        ({"until": "0001-01-01T00:00:00Z"}, []),
        ({"status": "failure"}, [6]),
        ({"action": "create", "after": 4}, [5, 7, 8]),
        ({"identity": "KIM@acme.example"}, [6]),
        ({"error_code": "user_name_taken"}, [6]),
        ({"status": "success", "identity": "kim@acme.example"}, []),
        ({"cycle": 4711}, []),
    ],
)
def test_each_filter_finds_what_it_says(
    program: Program, entries: list[Any], query: dict[str, Any], found: list[int]
) -> None:
    assert positions(program, **query) == found


def test_a_cycle_and_a_request_are_filters_too(
    program: Program, entries: list[Any], acme: Organization
) -> None:
    cycle = ProvisioningCycle.objects.create(
        organization=acme, started_at=NOON + HOUR, last_seen_at=NOON, ended_at=NOON + 3 * HOUR
    )

    assert positions(program, cycle=cycle.id) == [2, 3, 4]
    assert positions(program, request_id=entries[2].id) == [3]


def test_what_is_not_sealed_waits(program: Program, entries: list[Any], acme_token: IssuedToken) -> None:
    late = factories.make_entry(acme_token, at=NOON)
    before = program.get(LOG, after=8).json()
    alone = program.get(f"{LOG}/{late.id}").json()["position"]
    logs.seal()

    assert before == {"items": [], "position": 8, "next": None}
    assert (alone, positions(program, after=8)) == (None, [9])


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("path", [LOG, f"{LOG}/export"])
def test_a_position_that_the_log_never_gave_is_refused(
    program: Program, entries: list[Any], path: str
) -> None:
    refused = program.get(path, after=9)
    taken = program.get(path, after=8)

    assert (refused.status_code, taken.status_code) == (409, 200)
    assert refused.json()["type"].endswith("#position-ahead")
    assert refused.json()["detail"] == "The log ends at position 8, before 9."
    taken.close()


def test_a_page_says_where_to_go_on(program: Program, entries: list[Any]) -> None:
    page = program.get(LOG, limit=3, status="success").json()

    assert (page["position"], page["next"]) == (
        3,
        "http://127.0.0.1:8000/api/v1/organizations/acme/log-entries?limit=3&status=success&after=3",
    )
    assert program.get(LOG, limit=3, after=5).json()["next"] is None


def test_a_page_takes_as_many_queries_for_many_entries_as_for_few(
    program: Program, entries: list[Any], acme_token: IssuedToken
) -> None:
    program.get("/me")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            program.get(LOG, status="success", since="2026-03-02T13:00:00Z", limit=1000)
        return len(captured)

    factories.make_entry(acme_token)
    logs.seal()
    few = queries()
    for _ in range(50):
        factories.make_entry(acme_token)
    logs.seal()

    # The key, its organization, where the time begins, how large entries are, the page, and two sorts of names.
    assert queries() == few <= 7


def lines(answer: Any) -> list[int]:
    return [json.loads(line)["position"] for line in answer.getvalue().decode().splitlines()]


@pytest.mark.usefixtures("one_connection")
def test_an_export_goes_on_where_it_broke_off(
    program: Program, entries: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "BATCH_SIZE", 2)
    broken = program.get(f"{LOG}/export")
    first = json.loads(next(iter(broken)).decode().splitlines()[-1])["position"]
    broken.close()

    rest = program.get(f"{LOG}/export", after=first, format="ndjson")

    assert first == 2
    assert lines(rest) == [3, 4, 5, 6, 7, 8]
    assert rest["Content-Type"] == "application/x-ndjson"
    assert AuditEvent.objects.filter(kind="log_exported").count() == 2


def test_an_export_is_filtered_and_may_be_csv(program: Program, entries: list[Any]) -> None:
    answer = program.get(f"{LOG}/export", format="csv", status="failure", identity="kim@acme.example")
    rows = answer.getvalue().decode().splitlines()

    assert (answer["Content-Type"], len(rows)) == ("text/csv; charset=utf-8", 2)
    assert "kim@acme.example" not in AuditEvent.objects.get(kind="log_exported").subject


@pytest.mark.usefixtures("one_connection")
def test_a_second_export_is_asked_to_wait(program: Program, entries: list[Any]) -> None:
    running = program.get(f"{LOG}/export")
    refused = program.get(f"{LOG}/export")
    running.close()
    after = program.get(f"{LOG}/export")

    assert (refused.status_code, refused["Retry-After"]) == (429, "30")
    assert refused.json()["type"].endswith("#export-running")
    assert lines(after) == [1, 2, 3, 4, 5, 6, 7, 8]
