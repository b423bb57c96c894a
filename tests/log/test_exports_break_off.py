"""An export that can't go on says so in its last line, is held in memory in parts, and holds no turn for ever."""

import json
import time
from typing import Any

import pytest
from django.db import OperationalError

from accounts.models import Organization
from provisioning import entries, exports
from provisioning.exports import Export, Format
from provisioning.history import COMMAND_LINE
from provisioning.models import ProvisioningLogEntry
from provisioning.tokens import IssuedToken
from tests import factories
from tests.console.conftest import NOW

ENTRIES = 7
BROKEN = "This export broke off."


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few entries at a time."""
    monkeypatch.setattr(exports, "BATCH_SIZE", 3)
    monkeypatch.setattr(exports, "ROWS_AT_A_TIME", 2)


@pytest.fixture
def log(acme_token: IssuedToken) -> Organization:
    """An organization with a log."""
    for number in range(ENTRIES):
        factories.make_entry(acme_token, target=f"member {number}")
    return acme_token.token.organization


def begin(organization: Organization, kind: Format = Format.NDJSON) -> Export:
    """Begin to export an organization's log."""
    found = ProvisioningLogEntry.objects.of_organization(organization.id)
    return exports.begin_export(
        found=found,
        order=entries.BY_TIME,
        kind=kind,
        organization=organization,
        asked=[],
        by=COMMAND_LINE,
        may_go_on=lambda: True,
        now=NOW,
    )


def written(export: Export) -> list[str]:
    """Return the lines of a file."""
    return b"".join(export).decode().splitlines()


def break_at(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the database go away when a row is read."""
    seen, summary_of = [0], exports.summary_of

    def summary(row: dict[str, Any]) -> dict[str, Any]:
        seen[0] += 1
        if seen[0] == number:
            raise OperationalError("the connection is lost")
        return summary_of(row)

    monkeypatch.setattr(exports, "summary_of", summary)


def test_one_that_is_whole_ends_with_an_entry(log: Organization) -> None:
    lines = written(begin(log))

    assert len(lines) == ENTRIES
    assert all(json.loads(line)["id"] for line in lines)


def test_one_that_breaks_off_ends_with_a_line_that_is_no_entry(
    log: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(5, monkeypatch)

    *lines, last = written(begin(log))

    assert [json.loads(line)["targetIdentity"]["displayName"] for line in lines] == [
        f"member {number}" for number in (6, 5, 4)
    ]
    assert json.loads(last) == {
        "title": BROKEN,
        "status": 500,
        "detail": "Go on after the last entry that you have.",
    }
    assert exports.Turn.current is None


def test_a_table_that_breaks_off_says_so_in_its_last_row(
    log: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(1, monkeypatch)

    head, last = written(begin(log, Format.CSV))

    assert head.startswith("id,activityDateTime,")
    assert last == f"{BROKEN} Go on after the last entry that you have."


def test_large_entries_are_read_one_by_one(log: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MOST_CHARACTERS", 1)
    found = ProvisioningLogEntry.objects.of_organization(log.id)

    sizes = [len(part) for part in exports.parts(found, entries.BY_TIME)]

    assert sizes == [1] * ENTRIES


def test_whoever_asks_next_takes_the_turn_of_a_slow_reader(log: Organization) -> None:
    slow = begin(log)
    reading = iter(slow)
    first = next(reading)
    slow.turn.began_at = time.monotonic() - exports.MOST_SECONDS

    lines = written(begin(log))
    rest = b"".join(reading).decode().splitlines()

    assert len(lines) == ENTRIES
    assert len(first.splitlines()) == 2
    assert [json.loads(line)["title"] for line in rest] == [BROKEN]


def test_a_slow_reader_that_nobody_waits_for_reads_on(log: Organization) -> None:
    export = begin(log)
    export.turn.began_at = time.monotonic() - exports.MOST_SECONDS

    assert len(written(export)) == ENTRIES
