"""What is changed is read before the transaction that writes it; whoever was faster meanwhile, nothing of theirs is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from accounts.models import Member, Organization, Team, TeamMembership
from provisioning.models import ProvisioningLogEntry
from provisioning.scim import engine
from tests.cast import ScimClient
from tests.factories import make_member, make_team

pytestmark = pytest.mark.django_db(
    transaction=True
)  # one that fails ends the connection, if it is within another

NEW_NAME = {"op": "Replace", "path": "displayName", "value": "New name"}


class Rival:
    """Somebody who writes the row just before the product does, a number of times."""

    def __init__(self, table: str, times: int) -> None:
        self.table, self.times, self.reads = table, times, list[str]()

    def __call__(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        """Look at what is asked."""
        if sql.startswith(f'SELECT "{self.table}"') and "version" in sql:
            self.reads.append("locked" if "FOR " in sql else "read")
        if self.times and f'UPDATE "{self.table}"' in sql:
            self.times -= 1
            execute(f"UPDATE {self.table} SET version = version + 1", [], False, context)  # noqa: S608 - a table's name, of this file
        return execute(sql, parameters, many, context)


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_user_is_read_again_under_a_lock(times: int, entra: ScimClient, acme: Organization) -> None:
    member, rival = make_member(acme, "amelie"), Rival("accounts_member", times)

    with connection.execute_wrapper(rival):
        answer = entra.request("PATCH", f"/Users/{member.id}", {"Operations": [NEW_NAME]})

    again, version = "read", 2
    if connection.vendor == "postgresql":
        again, version = (
            "locked",
            3 if times else 2,
        )  # the first one came before the only statement, and stays
    assert (answer.status_code, answer.json()["displayName"]) == (200, "New name")
    assert answer["ETag"] == f'W/"{version}"'
    assert rival.reads == ["read", *[again] * times]
    assert ProvisioningLogEntry.objects.count() == 1


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_group_is_read_again_and_on_postgresql_always_under_a_lock(
    times: int, entra: ScimClient, acme: Organization
) -> None:
    amelie, bruno = make_member(acme, "amelie"), make_member(acme, "bruno")
    team, rival = make_team(acme, [amelie]), Rival("accounts_team", times)
    new = {"op": "Add", "path": "members", "value": [{"value": str(bruno.id)}]}

    with connection.execute_wrapper(rival):
        answer = entra.request("PATCH", f"/Groups/{team.id}", {"Operations": [new]})

    each = "locked" if connection.vendor == "postgresql" else "read"
    entry = ProvisioningLogEntry.objects.get()
    assert (answer.status_code, answer["ETag"]) == (204, 'W/"2"')
    assert rival.reads == [each] * (times + 1)
    assert set(TeamMembership.objects.values_list("member_id", flat=True)) == {amelie.id, bruno.id}
    assert [each["newValue"] for each in entry.personal["modifiedProperties"]] == [
        [{"value": str(bruno.id), "display": "bruno"}]
    ]


def test_a_group_that_is_changed_again_and_again_stays_as_it_is(
    entra: ScimClient, acme: Organization
) -> None:
    amelie, bruno = make_member(acme, "amelie"), make_member(acme, "bruno")
    team = make_team(acme, [amelie])
    new = {"op": "Replace", "path": "members", "value": [{"value": str(bruno.id)}]}

    with connection.execute_wrapper(Rival("accounts_team", 99)):
        refused = entra.request("PATCH", f"/Groups/{team.id}", {"Operations": [new]})

    entry = ProvisioningLogEntry.objects.get()
    assert (refused.status_code, entry.status, entry.personal["target"]) == (503, "failure", str(team))
    assert list(TeamMembership.objects.values_list("member_id", flat=True)) == [amelie.id]


@pytest.fixture
def before_its_turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let somebody do something once, after a group was read and before its change is written."""

    def set_up(rival: Callable[[], object]) -> None:
        rivals = [rival]

        @contextmanager
        def late_turn() -> Iterator[None]:
            for each in rivals:
                each()
            rivals.clear()
            yield

        monkeypatch.setattr(engine, "turn", late_turn)

    return set_up


def rename() -> None:
    """Do what another request does that renames the group."""
    Team.objects.update(display_name="Old news", display_name_key="old news", version=2)


def test_whoever_renames_a_group_before_its_turn_is_not_undone(
    entra: ScimClient, acme: Organization, before_its_turn: Callable[[Callable[[], object]], None]
) -> None:
    team, bruno = make_team(acme, [make_member(acme, "amelie")]), make_member(acme, "bruno")
    new = {"op": "Add", "path": "members", "value": [{"value": str(bruno.id)}]}

    before_its_turn(rename)
    answer = entra.request("PATCH", f"/Groups/{team.id}", {"Operations": [new]})

    assert (answer.status_code, answer["ETag"]) == (204, 'W/"3"')
    assert Team.objects.get().display_name == "Old news"
    assert TeamMembership.objects.count() == 2


def test_a_version_is_looked_at_even_if_nothing_is_to_change(
    entra: ScimClient, acme: Organization, before_its_turn: Callable[[Callable[[], object]], None]
) -> None:
    amelie = make_member(acme, "amelie")
    team = make_team(acme, [amelie])
    there = {"op": "Add", "path": "members", "value": [{"value": str(amelie.id)}]}

    before_its_turn(rename)
    refused = entra.request(
        "PATCH", f"/Groups/{team.id}", {"Operations": [there]}, headers={"If-Match": 'W/"1"'}
    )

    assert refused.status_code == 412


def test_a_group_that_was_deleted_before_its_turn_is_not_found(
    entra: ScimClient, acme: Organization, before_its_turn: Callable[[Callable[[], object]], None]
) -> None:
    amelie = make_member(acme, "amelie")
    team = make_team(acme, [amelie])
    there = {"op": "Add", "path": "members", "value": [{"value": str(amelie.id)}]}

    before_its_turn(lambda: Team.objects.all().delete())
    refused = entra.request("PATCH", f"/Groups/{team.id}", {"Operations": [there]})

    assert refused.status_code == 404
    assert not TeamMembership.objects.exists()


def test_a_user_that_is_changed_again_and_again_stays_as_they_are(
    entra: ScimClient, acme: Organization
) -> None:
    member = make_member(acme, "amelie")

    with connection.execute_wrapper(Rival("accounts_member", 99)):
        refused = entra.request("PATCH", f"/Users/{member.id}", {"Operations": [NEW_NAME]})

    entry = ProvisioningLogEntry.objects.get()
    assert (refused.status_code, entry.status, entry.personal["target"]) == (503, "failure", "amelie")
    assert Member.objects.get(pk=member.pk).display_name == member.display_name


def test_a_disabling_that_did_not_happen_is_no_disabling_in_the_log(
    entra: ScimClient, acme: Organization
) -> None:
    make_member(acme, "bruno")
    member = make_member(acme, "amelie")
    operations = [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Replace", "path": "userName", "value": "Bruno"},
    ]

    refused = entra.request("PATCH", f"/Users/{member.id}", {"Operations": operations})
    done = entra.request("PATCH", f"/Users/{member.id}", {"Operations": operations[:1]})

    entries = ProvisioningLogEntry.objects.order_by("at").values_list("action", "status")
    assert (refused.status_code, done.status_code) == (409, 200)
    assert list(entries) == [("update", "failure"), ("disable", "success")]
