"""What docs/api.md says is so, and its poller, run as it is printed, loses nothing and repeats nothing."""

import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from accounts.models import Organization
from provisioning import logs, problems
from provisioning.api.examples import ENTRY
from provisioning.models import Action, LogStatus, Scope
from tests import factories
from tests.processes import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
POLLER = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0]
EXAMPLES = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]


def test_every_scope_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `([a-z]+:[a-z]+)`", TEXT, re.MULTILINE)) == set(Scope.values)


def test_the_entry_is_the_example_of_the_openapi_document() -> None:
    assert EXAMPLES[1] == ENTRY


def test_every_field_and_every_value_of_an_entry_is_explained() -> None:
    table = TEXT.partition("| field | holds |")[2].partition("\n\n")[0]
    rows = [line.split("|") for line in table.splitlines()[2:]]

    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[1])} == set(ENTRY)
    assert {*Action.values, *LogStatus.values} <= set(re.findall(r"`(\w+)`", table))


def test_the_error_is_one_of_the_catalogue() -> None:
    taken = problems.user_name_taken

    assert EXAMPLES[2] == {
        "errorCode": taken.code,
        "reason": taken.detail,
        "recommendedAction": " ".join(taken.steps),
    }


def test_the_poller_has_twenty_lines() -> None:
    assert len([line for line in POLLER.splitlines() if line.strip()]) == 20


class Siem:
    """Whoever runs the poller of the page for Acme, each time as a program of its own."""

    def __init__(self, acme: Organization, url: str, folder: Path) -> None:
        self.token = factories.make_token(acme)
        self.place = folder / "place"
        self.program = folder / "poller.py"
        self.program.write_text(POLLER, encoding="utf-8")
        self.environment = {
            name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"
        } | {
            "HOOTPROV_LOG": f"{url}/api/v1/organizations/acme/log-entries",
            "HOOTPROV_API_KEY": factories.make_api_key(acme, Scope.LOGS_READ).secret,
            "HOOTPROV_PLACE": str(self.place),
        }

    def happen(self, count: int) -> list[str]:
        """Let so many requests arrive; return the ids of their entries."""
        made = [str(factories.make_entry(self.token).id) for _ in range(count)]
        logs.seal()
        return made

    def run(self, stdout: Any = subprocess.PIPE, **variables: str) -> tuple[int, list[str], str]:
        """Run the poller; return its status, the ids of what it wrote, and what it complained of."""
        command = [sys.executable, str(self.program)]
        done = subprocess.run(
            command,
            env=self.environment | variables,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        return (
            done.returncode,
            [json.loads(line)["id"] for line in (done.stdout or "").splitlines()],
            done.stderr,
        )


@pytest.fixture
def siem(
    transactional_db: None, live_server: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Siem:
    """Acme's SIEM, whose pages have two entries."""
    monkeypatch.setattr("provisioning.api.log.LogPages.size", lambda _pages, _request: 2)
    return Siem(factories.make_organization(), str(live_server), tmp_path)


def test_the_poller_misses_nothing_and_reads_nothing_twice(siem: Siem) -> None:
    runs = [(siem.happen(count), siem.run()) for count in (5, 0, 3)]

    assert [read for _, read in runs] == [(0, happened, "") for happened, _ in runs]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk here that is always full")
def test_the_poller_keeps_its_place_where_nothing_can_be_written(siem: Siem) -> None:
    happened = siem.happen(2)

    with Path("/dev/full").open("w") as full:
        broken, _, _ = siem.run(full)

    assert (broken != 0, siem.place.read_text()) == (True, "")
    assert siem.run() == (0, happened, "")


def test_a_second_poller_beside_the_first_reads_nothing(siem: Siem) -> None:
    happened = siem.happen(2)

    with siem.place.open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        status, read, complaint = siem.run()

    assert (status, read, "BlockingIOError" in complaint) == (1, [], True)
    assert siem.run() == (0, happened, "")


def test_the_poller_says_what_the_api_refuses(siem: Siem) -> None:
    status, read, complaint = siem.run(HOOTPROV_API_KEY="hpk_" + "0" * 49)

    assert (status, read) == (1, [])
    assert complaint.startswith("HTTP Error 401: Unauthorized: {")
    assert "with a live API key" in complaint


def test_the_poller_waits_when_it_is_asked_to(siem: Siem) -> None:
    happened = siem.happen(3)

    with mock.patch("provisioning.api.throttling.PerCaller.allow_request", side_effect=[True, False, True]):
        assert siem.run() == (0, happened, "")
