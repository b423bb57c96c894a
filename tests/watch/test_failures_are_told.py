"""Failures: one mail with its causes, soon after the first, seldom again."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from provisioning import watch
from provisioning.models import LogStatus, Notification, ProvisioningEvent
from tests.watch.world import FAILED, World


def causes(world: World) -> list[list[tuple[str, int]]]:
    """Return the causes and counts of each mail of failures, oldest first."""
    events = ProvisioningEvent.objects.filter(kind="failures").order_by("at")
    return [[(cause["code"], cause["count"]) for cause in event.context["causes"]] for event in events]


def fails(world: World, code: str, times: int = 1, **more: Any) -> None:
    """Let changes fail for a reason."""
    world.changes(times, **FAILED | {"error_code": code, "detail": f"Because of {code}."} | more)


def test_a_thousand_failures_are_one_mail_with_the_ten_commonest_causes(world: World) -> None:
    for number in range(12):
        fails(world, f"cause_{number:02}", times=number + 1)
    world.passes(seconds=5)
    assert causes(world) == []

    world.passes(minutes=5)

    assert causes(world) == [[(f"cause_{number:02}", number + 1) for number in range(11, 1, -1)]]
    mail = Notification.objects.get(kind="failures")
    assert mail.context["count"] == 78
    assert mail.context["causes"][0] == {"code": "cause_11", "count": 12, "detail": "Because of cause_11."}


def test_of_more_causes_than_a_mail_holds_each_is_told(world: World) -> None:
    for _ in range(3):
        for number in range(12):
            fails(world, f"cause_{number:02}", times=number + 1)
        world.passes(hours=1, minutes=5)

    shown = [[code for code, _ in mail] for mail in causes(world)]

    assert shown == [
        [f"cause_{number:02}" for number in (11, 10, 9, 8, 7, 6, 5, 4, 3, 2)],
        [f"cause_{number:02}" for number in (11, 10, 9, 8, 7, 6, 5, 4, 1, 0)],
    ]


def test_a_new_cause_is_told_after_an_hour_and_the_same_after_a_day(world: World) -> None:
    fails(world, "one")
    world.passes(minutes=5)
    fails(world, "one", times=2)
    world.passes(minutes=50)
    fails(world, "two")
    world.passes(minutes=5)
    assert causes(world) == [[("one", 1)]]

    world.passes(minutes=5)
    assert causes(world) == [[("one", 1)], [("one", 2), ("two", 1)]]
    fails(world, "two", times=3)
    world.passes(hours=2)
    world.passes(hours=20)
    assert len(causes(world)) == 2
    world.passes(hours=4)

    assert causes(world)[2:] == [[("two", 3)]]


def test_what_another_state_tells_is_no_failure(world: World) -> None:
    fails(world, "provisioning_off", http_status=403)
    fails(world, "token_revoked", http_status=401)
    world.changes(2, status=LogStatus.SKIPPED)

    world.passes(minutes=10)

    assert causes(world) == []


def test_failures_alone_are_told_with_the_day_they_began(world: World) -> None:
    since = world.now
    fails(world, "one")
    world.passes(hours=26)

    context = ProvisioningEvent.objects.get(kind="failures").context

    assert context["since"] == f"{since:%Y-%m-%d %H:%M} UTC"
    assert context["since_date"] == f"{since:%Y-%m-%d}"


def test_to_look_again_at_what_is_known_reads_no_entry(world: World) -> None:
    fails(world, "one")
    world.passes(minutes=5)
    fails(world, "one", times=30)
    world.passes(hours=2)

    with CaptureQueriesContext(connection) as queries:
        watch.step(world.organization.id, now=world.now)

    read_log = [each["sql"] for each in queries if 'FROM "provisioning_provisioninglogentry"' in each["sql"]]
    grouped = [sql for sql in read_log if "GROUP BY" in sql]
    assert (len(read_log) > 0, grouped) == (True, [])
    world.organization.watch.refresh_from_db()
    assert world.organization.watch.failures_waiting == {"one": {"count": 30, "newest": 31}}


def test_a_known_cause_beside_a_new_one_is_counted_from_its_first(world: World) -> None:
    fails(world, "one")
    world.passes(minutes=5)
    for _ in range(3):
        fails(world, "one", times=2)
        world.passes(hours=1)
    fails(world, "two")

    world.passes(minutes=5)

    assert causes(world) == [[("one", 1)], [("one", 6), ("two", 1)]]
