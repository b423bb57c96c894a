"""How often a key may call."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.core.cache import caches
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisIsAway

from accounts.models import Organization
from provisioning.api.throttling import Counts
from provisioning.models import Scope
from tests.api.conftest import Program, program_of

NOW = datetime(2026, 11, 26, 12, 30, 0, 250_000, tzinfo=UTC)


@pytest.fixture(autouse=True)
def limits(unhurried: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three requests a second, five a minute, and none counted yet."""
    settings.API_THROTTLES = ((3, 1), (5, 60))
    monkeypatch.setattr(Counts, "alone_until", 0.0)
    for each in ("default", "throttles"):
        caches[each].clear()


def statuses(
    program: Program, count: int, *, at: datetime = NOW, path: str = "/me"
) -> list[tuple[int, str | None]]:
    """Call so many times at a moment; return the status of each, and when to try again."""
    with mock.patch("accounts.clock.now", return_value=at):
        answers = [program.get(path) for _ in range(count)]
    return [(each.status_code, each.get("Retry-After")) for each in answers]


def test_one_more_in_a_second_waits_for_the_next(program: Program) -> None:
    first = statuses(program, 4)
    after_a_second = statuses(program, 1, at=NOW + timedelta(seconds=1))

    assert first == [(200, None)] * 3 + [(429, "1")]
    assert after_a_second == [(200, None)]


def test_one_more_in_a_minute_waits_for_its_end(program: Program) -> None:
    statuses(program, 3)
    more = statuses(program, 3, at=NOW + timedelta(seconds=20))

    assert more == [(200, None)] * 2 + [(429, "40")]


def test_each_key_is_counted_by_itself(program: Program, acme: Organization) -> None:
    statuses(program, 4)

    assert statuses(program_of(acme), 1) == [(200, None)]


@pytest.mark.parametrize("secret", ["hpk_" + "0" * 49, None])
def test_a_call_without_a_live_key_counts_by_its_address(program: Program, secret: str | None) -> None:
    refused = statuses(Program(secret), 4)

    assert refused == [(401, None)] * 3 + [(429, "1")]
    assert statuses(program, 1) == [(200, None)]


def test_a_call_that_a_key_may_not_make_counts_too(acme: Organization) -> None:
    program = program_of(acme, Scope.LOGS_READ)

    assert statuses(program, 4, path="/organizations/acme/tokens") == [(403, None)] * 3 + [(429, "1")]
    assert statuses(program, 1, at=NOW + timedelta(seconds=1)) == [(200, None)]


def test_redis_that_is_away_limits_as_one_process_does(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = mock.Mock()
    away.add.side_effect = RedisIsAway("secret")
    monkeypatch.setattr(
        "provisioning.api.throttling.caches", {"throttles": away, "default": caches["default"]}
    )

    assert statuses(program, 4) == [(200, None)] * 3 + [(429, "1")]
    assert away.add.call_count == 1
