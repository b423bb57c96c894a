"""What is changed is read before the transaction that writes it; whoever was faster meanwhile, nothing of theirs is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts.models import Member, Organization, Team, TeamMembership, Tombstone
from provisioning.models import ProvisioningLogEntry
from provisioning.scim import at_once, engine
from tests.cast import ScimClient
from tests.factories import make_member, make_team

pytestmark = pytest.mark.django_db(
    transaction=True
)  # one that fails ends the connection, if it is within another

BeforeItsTurn = Callable[[Callable[[], object]], None]
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
def test_a_group_is_read_again_under_a_lock(times: int, entra: ScimClient, acme: Organization) -> None:
    amelie, bruno = make_member(acme, "amelie"), make_member(acme, "bruno")
    team, rival = make_team(acme, [amelie]), Rival("accounts_team", times)
    new = {"op": "Add", "path": "members", "value": [{"value": str(bruno.id)}]}

    with connection.execute_wrapper(rival):
        answer = entra.request("PATCH", f"/Groups/{team.id}", {"Operations": [new]})

    again, version = "read", 2
    if connection.vendor == "postgresql":
        again, version = "locked", 3 if times else 2  # as of a user
    entry = ProvisioningLogEntry.objects.get()
    assert (answer.status_code, answer["ETag"]) == (204, f'W/"{version}"')
    assert rival.reads == ["read", *[again] * times]
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
def before_its_turn(monkeypatch: pytest.MonkeyPatch) -> BeforeItsTurn:
    """Let somebody do something once, after a group was read and before its change is written."""

    def set_up(rival: Callable[[], object]) -> None:
        rivals, write = [rival], at_once.write

        def let_them() -> None:
            for each in rivals:
                each()
            rivals.clear()

        @contextmanager
        def late_turn() -> Iterator[None]:
            let_them()
            yield

        def late_write(*statement: Any) -> None:
            let_them()
            write(*statement)

        monkeypatch.setattr(engine, "turn", late_turn)
        monkeypatch.setattr(at_once, "write", late_write)

    return set_up


def rename() -> None:
    """Do what another request does that renames the group."""
    Team.objects.update(display_name="Old news", display_name_key="old news", version=2)


def test_whoever_renames_a_group_before_its_turn_is_not_undone(
    entra: ScimClient, acme: Organization, before_its_turn: BeforeItsTurn
) -> None:
    team, bruno = make_team(acme, [make_member(acme, "amelie")]), make_member(acme, "bruno")
    new = {"op": "Add", "path": "members", "value": [{"value": str(bruno.id)}]}

    before_its_turn(rename)
    answer = entra.request("PATCH", f"/Groups/{team.id}", {"Operations": [new]})

    assert (answer.status_code, answer["ETag"]) == (204, 'W/"3"')
    assert Team.objects.get().display_name == "Old news"
    assert TeamMembership.objects.count() == 2


def test_a_version_is_looked_at_even_if_nothing_is_to_change(
    entra: ScimClient, acme: Organization, before_its_turn: BeforeItsTurn
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
    entra: ScimClient, acme: Organization, before_its_turn: BeforeItsTurn
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


def test_the_log_tells_of_a_change_as_it_was_made_in_the_end(
    entra: ScimClient, acme: Organization, before_its_turn: BeforeItsTurn
) -> None:
    member = make_member(acme, "amelie", display_name="Amelie")
    rival = partial(Member.objects.update, display_name="Her own", version=2)
    operations = [NEW_NAME, {"op": "Replace", "path": "active", "value": "False"}]

    before_its_turn(rival)
    answer = entra.request("PATCH", f"/Users/{member.id}", {"Operations": operations})

    entry = ProvisioningLogEntry.objects.get()
    changes = {each["displayName"]: each for each in entry.personal["modifiedProperties"]}
    assert (answer.status_code, answer["ETag"]) == (200, 'W/"3"')
    assert (entry.action, entry.status, entry.http_status, entry.personal["target"]) == (
        "disable",
        "success",
        200,
        "amelie",
    )
    assert (changes["displayName"]["oldValue"], changes["displayName"]["newValue"]) == ("Her own", "New name")


def test_a_user_whom_a_group_takes_in_is_deleted_out_of_it(
    entra: ScimClient, acme: Organization, before_its_turn: BeforeItsTurn
) -> None:
    member, team = make_member(acme, "amelie"), make_team(acme, [make_member(acme, "bruno")])
    rival = partial(TeamMembership.objects.create, organization=acme, team=team, member=member)

    before_its_turn(rival)
    answer = entra.delete(f"/Users/{member.id}")

    team.refresh_from_db()
    assert (answer.status_code, team.version, TeamMembership.objects.count()) == (204, 2, 1)
    assert Tombstone.objects.get().snapshot["team_ids"] == [str(team.id)]
    assert ProvisioningLogEntry.objects.get().action == "delete"


def test_a_user_of_another_version_is_not_deleted(
    entra: ScimClient, acme: Organization, before_its_turn: BeforeItsTurn
) -> None:
    member = make_member(acme, "amelie")
    rival = partial(Member.objects.update, version=2)

    before_its_turn(rival)
    refused = entra.request("DELETE", f"/Users/{member.id}", HTTP_IF_MATCH='W/"1"')

    assert (refused.status_code, Member.objects.count(), Tombstone.objects.count()) == (412, 1, 0)


def test_a_member_who_is_deleted_meanwhile_is_not_let_in(
    entra: ScimClient, acme: Organization, before_its_turn: BeforeItsTurn
) -> None:
    member, team = make_member(acme, "amelie"), make_team(acme, [make_member(acme, "bruno")])
    rival = member.delete
    new = {"op": "Add", "path": "members", "value": [{"value": str(member.id)}]}

    before_its_turn(rival)
    refused = entra.request("PATCH", f"/Groups/{team.id}", {"Operations": [new]})

    team.refresh_from_db()
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert (team.version, TeamMembership.objects.count()) == (1, 1)
    assert ProvisioningLogEntry.objects.get().status == "failure"


def test_a_member_stays_in_a_group_until_all_of_the_change_is_made(
    entra: ScimClient, acme: Organization, before_its_turn: BeforeItsTurn
) -> None:
    amelie, bruno = make_member(acme, "amelie"), make_member(acme, "bruno")
    team = make_team(acme, [amelie, bruno])
    rival = partial(Team.objects.update, version=2)
    old = {"op": "Remove", "path": "members", "value": [{"value": str(bruno.id)}]}

    before_its_turn(rival)
    answer = entra.request("PATCH", f"/Groups/{team.id}", {"Operations": [old]})

    entry = ProvisioningLogEntry.objects.get()
    assert (answer.status_code, answer["ETag"], entry.status) == (204, 'W/"3"', "success")
    assert [each["oldValue"] for each in entry.personal["modifiedProperties"]] == [
        [{"value": str(bruno.id), "display": "bruno"}]
    ]
    assert [each.member_id for each in TeamMembership.objects.all()] == [amelie.id]


def test_a_group_that_is_deleted_meanwhile_is_not_found(
    entra: ScimClient, acme: Organization, before_its_turn: BeforeItsTurn
) -> None:
    bruno, team = make_member(acme, "bruno"), make_team(acme, [])
    rival = Team.objects.all().delete
    new = {"op": "Add", "path": "members", "value": [{"value": str(bruno.id)}]}

    before_its_turn(rival)
    refused = entra.request("PATCH", f"/Groups/{team.id}", {"Operations": [new]})

    assert (refused.status_code, TeamMembership.objects.count()) == (404, 0)
    assert [each.status for each in ProvisioningLogEntry.objects.all()] == ["failure"]


class Once:
    """Somebody who does something once, just before a statement with some words is run."""

    def __init__(self, words: str, deed: Callable[[], object]) -> None:
        self.words, self.deeds = words, [deed]

    def __call__(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        """Look at what is asked."""
        if self.deeds and self.words in sql:
            self.deeds.pop()()
        return execute(sql, parameters, many, context)


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite is a file: no connection to it can be lost"
)
def test_a_lost_connection_is_a_refusal_in_the_log(entra: ScimClient, acme: Organization) -> None:
    member = make_member(acme, "amelie")

    def lose() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with connection.execute_wrapper(Once('UPDATE "accounts_member"', lose)):
        refused = entra.request(
            "PATCH",
            f"/Users/{member.id}",
            {"Operations": [{"op": "Replace", "path": "active", "value": "False"}]},
        )

    entry = ProvisioningLogEntry.objects.get()
    assert (refused.status_code, entry.action, entry.status) == (503, "update", "failure")
    assert Member.objects.get().is_active
