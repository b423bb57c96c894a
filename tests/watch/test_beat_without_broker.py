"""Beat says once a minute that the broker is away, in one line: not twice a second with a traceback."""

import logging

import pytest
from celery import Celery
from celery.beat import Scheduler
from kombu.exceptions import OperationalError

from hootprov.logging import OneAMinute

pytestmark = pytest.mark.once


class Unlucky(Scheduler):
    """A scheduler whose broker does not answer."""

    def apply_async(self, *_arguments: object, **_options: object) -> None:
        """Fail, as without a broker."""
        raise OperationalError("Connection refused")


@pytest.fixture
def quiet() -> OneAMinute:
    """The filter through which the product lets beat speak, as if it had said nothing yet."""
    *_, found = (each for each in logging.getLogger("celery.beat").filters if isinstance(each, OneAMinute))
    found.quiet_until = 0.0
    return found


def test_it_is_said_once_in_one_line(quiet: OneAMinute, caplog: pytest.LogCaptureFixture) -> None:
    beat = Unlucky(Celery(set_as_current=False), lazy=True)
    entry = beat.Entry(name="seal-log", task="seal_log", app=beat.app)

    for _ in range(5):
        beat.apply_entry(entry)

    assert [record.getMessage() for record in caplog.records] == [
        "The broker takes no task: Connection refused (said once a minute)"
    ]
    assert caplog.records[0].exc_info is None


@pytest.mark.parametrize(("seconds", "is_said"), [(0.5, False), (59, False), (60, True)])
def test_it_is_said_again_after_a_minute(quiet: OneAMinute, seconds: float, is_said: bool) -> None:
    records = [
        logging.makeLogRecord({"msg": "Message Error: %s\n%s", "args": ("away", [])}) for _ in range(2)
    ]
    records[0].created, records[1].created = 1000.0, 1000.0 + seconds

    assert [quiet.filter(record) for record in records] == [True, is_said]


def test_what_else_beat_says_is_said(quiet: OneAMinute) -> None:
    record = logging.makeLogRecord({"msg": "Removing corrupted schedule file %r: %r", "args": ("a", "b")})

    assert [quiet.filter(record), quiet.filter(record)] == [True, True]
