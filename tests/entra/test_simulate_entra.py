"""The simulated Entra tells right answers from wrong ones, and says what is wrong with them.

No database, nothing but 127.0.0.1, and nothing ever waits.
"""

from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from provisioning.management.commands.simulate_entra import Command
from provisioning.management.entra.cycles import run
from provisioning.management.entra.options import DialectChoice, Options
from provisioning.management.entra.progress import Progress
from provisioning.management.entra.report import Report, summary
from tests.entra import distortions
from tests.entra.endpoint import TOKEN, Asked, Distortion, Endpoint, Reply, refusal, serving

EVERYTHING = {"users": 12, "groups": 4, "members": 5, "cycles": 3}


class Terminal(StringIO):
    """A stream that somebody watches."""

    def isatty(self) -> bool:
        """Tell so."""
        return True


def simulated(endpoint: Endpoint, **more: Any) -> Report:
    """Run a small simulation that never really waits."""
    options = Options(base=endpoint.base, token=TOKEN, **{"users": 4, "concurrency": 2, **more})
    return run(options, wait=lambda _: None)


def told(report: Report) -> str:
    """Return every wrong answer in words."""
    return "\n".join(str(wrong) for wrong in report.wrong_answers)


FAULTS: Mapping[Distortion, str] = {
    distortions.missing_as_404: "expected status 200, but got status 404",
    distortions.resources_as_null: "expected Resources as an array, also when it is empty, but got nothing",
    distortions.total_as_text: "expected totalResults as a number, but got '0'",
    distortions.plain_json: "expected Content-Type application/scim+json, but got application/json",
    distortions.without_id: "expected an id on the resource, but got nothing",
    distortions.without_location: "expected a Location header with the absolute address of the new resource",
    distortions.small_display_name: "exactly as sent, but got '",
    distortions.worded_active: "expected active to be True, exactly as sent, but got 'True'",
    distortions.crash: "expected status 201, but got status 500",
    distortions.hang_up: "expected status 201, but got no complete answer",
    distortions.silent_refusal: "expected a detail in the error body that says what is wrong, but got ' '",
    distortions.numeric_status: 'expected status "400", as a string, in the error body, but got 400',
    distortions.conflict_without_type: "expected scimType 'uniqueness', but got nothing",
    distortions.deleted_but_visible: "expected status 204, but got status 200",
    distortions.forgotten_changes: " (2)', exactly as sent, but got '",
    distortions.members_in_spite: "expected no members with excludedAttributes=members, but got",
    distortions.nobody_in_groups: "expected all 5 members that belong, but got 0 without ",
}


@pytest.mark.parametrize("distortion", FAULTS, ids=lambda distortion: distortion.__name__)
def test_a_fault_is_reported_in_words(distortion: Distortion) -> None:
    with serving(distortion) as endpoint:
        report = simulated(endpoint, **EVERYTHING)

    assert FAULTS[distortion] in told(report)


@pytest.mark.parametrize("dialect", DialectChoice)
def test_a_right_endpoint_has_no_wrong_answers(dialect: DialectChoice) -> None:
    with serving() as endpoint:
        report = simulated(endpoint, dialect=dialect, **EVERYTHING)

    assert told(report) == ""
    counts = {what: report.count(what) for what in ("deleted", "disabled", "restored", "races")}
    assert counts == {"deleted": 2, "disabled": 1, "restored": 1, "races": 2}


def test_a_lost_race_is_reported() -> None:
    def forgetful(asked: Asked, reply: Reply) -> Reply:
        return refusal(409, "Taken.", scimType="uniqueness") if "race" in str(asked.body) else reply

    with serving(forgetful) as endpoint:
        report = simulated(endpoint, cycles=2)

    sentence = "exactly one of two simultaneous POSTs of a userName to be created, but got 0 of them"
    assert sentence in told(report)


def test_a_second_run_matches_the_users_of_the_first() -> None:
    with serving() as endpoint:
        simulated(endpoint, **EVERYTHING)

        report = simulated(endpoint, **EVERYTHING)

    assert told(report) == ""
    assert report.phases[1].counts == {"matched": 12, "updated": 7}


def test_the_initial_cycle_without_groups_stays_within_users() -> None:
    with serving() as endpoint:
        report = simulated(endpoint)

    paths = {urlsplit(asked.path).path.split("/")[1] for asked in endpoint.asked}
    assert paths == {"Users", "ServiceProviderConfig"}
    assert report.requests == len(endpoint.asked)
    assert report.count("created") == 4


def test_requests_look_like_those_of_entra() -> None:
    with serving() as endpoint:
        simulated(endpoint, users=1)

    query = next(asked for asked in endpoint.asked if "woodgrove" in asked.path)
    assert query.path.startswith("/Users?filter=userName+eq+%22")
    assert not any("user-agent" in asked.headers for asked in endpoint.asked)


def test_the_same_seed_sends_the_same_requests() -> None:
    with serving() as first, serving() as second:
        for endpoint in (first, second):
            simulated(endpoint, users=12, groups=4, concurrency=1)

    sent = [[(asked.path, asked.body) for asked in endpoint.asked] for endpoint in (first, second)]
    assert sent[0] == sent[1]


def test_a_busy_endpoint_is_asked_again_after_the_time_it_names() -> None:
    waited: list[float] = []
    busy = iter([replace(refusal(429, "Slow down."), headers={"Retry-After": "7"})])

    with serving(lambda _, reply: next(busy, reply)) as endpoint:
        report = run(Options(base=endpoint.base, token=TOKEN, users=0), wait=waited.append)

    assert waited == [7.0]
    assert (report.requests, report.count("waits"), told(report)) == (3, 1, "")


def test_a_busy_endpoint_is_given_up_after_three_more_attempts() -> None:
    busy = replace(refusal(503, "Come back later."), headers={"Retry-After": "1"})

    with serving(lambda _, __: busy) as endpoint:
        report = simulated(endpoint, users=0)

    assert report.requests == 8
    assert "expected status 200, but got status 503" in told(report)


def test_a_refused_token_ends_the_run_after_test_connection() -> None:
    with serving() as endpoint:
        report = run(Options(base=endpoint.base, token="another", users=5))

    assert report.stopped == "Stopped after Test Connection: the endpoint refused the token (401)."
    assert [phase.name for phase in report.phases] == ["Test Connection"]


def test_an_absent_server_is_a_wrong_answer() -> None:
    with serving() as endpoint:
        pass

    report = simulated(endpoint)

    assert "expected status 200, but got no connection: it was refused" in told(report)
    assert summary(report).endswith("2 requests, 2 wrong answers\n")


def test_the_token_is_never_printed() -> None:
    def indiscreet(asked: Asked, _: Reply) -> Reply:
        return refusal(400, asked.headers["authorization"])

    with serving(indiscreet) as endpoint:
        text = summary(simulated(endpoint))

    assert TOKEN not in text
    assert "Bearer [token]" in text


def test_a_test_clock_can_be_moved_before_each_incremental_cycle() -> None:
    moved: list[int] = []

    with serving() as endpoint:
        run(Options(base=endpoint.base, token=TOKEN, users=1, cycles=3), before_cycle=moved.append)

    assert moved == [2, 3]


def test_a_terminal_sees_a_bar_that_redraws_itself() -> None:
    terminal = Terminal()
    progress = Progress(stream=terminal)

    progress.start(name="Users", total=2)
    progress.advance(wrong=0)
    progress.advance(wrong=1)

    drawn = terminal.getvalue().split("\r")
    assert [text.split("%")[0].split()[-1] for text in drawn[1:]] == ["0", "50", "100"]
    assert drawn[-1].endswith("100 % (2 of 2, 1 wrong)\x1b[K\n")


def test_the_command_prints_progress_and_the_result() -> None:
    output = StringIO()

    with serving() as endpoint:
        call_command(Command(), base=endpoint.base, token=TOKEN, users=4, groups=0, cycles=1, stdout=output)

    assert "Initial cycle: users: 50 % (2 of 4)\n" in output.getvalue()
    assert output.getvalue().endswith("15 requests, 0 wrong answers\n")


def test_the_command_exits_with_1_when_an_answer_was_wrong() -> None:
    with serving(distortions.crash) as endpoint, pytest.raises(SystemExit) as stopped:
        call_command(Command(), base=endpoint.base, token=TOKEN, users=1, stdout=StringIO())

    assert stopped.value.code == 1


def test_the_command_finds_the_running_demo(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    (tmp_path / "demo_token").write_text(f"{TOKEN}\n", encoding="ascii")
    output = StringIO()

    with serving() as endpoint:
        settings.TENANT_URL = endpoint.base
        call_command(Command(), users=1, groups=0, cycles=1, stdout=output)

    assert ", 0 wrong answers" in output.getvalue()


def test_the_command_says_where_the_token_is_missing(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path

    with pytest.raises(CommandError, match="Give a token with --token, or start the demo"):
        call_command(Command(), stdout=StringIO())
