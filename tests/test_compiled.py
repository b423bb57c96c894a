"""A compiled query answers what Django's own does, and is built once; a row is written as Django's own writes it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction
from django.db.models import Model, QuerySet

from accounts.compiled import Compiled, insert, run, update
from accounts.errors import ChangedMeanwhile
from accounts.models import Member, Organization, ResourceKind, Team, Tombstone
from provisioning.logs import new_entry_id
from provisioning.models import Action, LogStatus, ProvisioningLogEntry
from tests.databases import SERVER
from tests.factories import make_member

NOW = datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC)
JSON = {"emails": [{"value": "é\u0001\"'%s", "primary": True}], "empty": None, "number": 1.5}


def named(id_: UUID) -> QuerySet[Organization, tuple[object, ...]]:
    """Return id, name and birth of an organization."""
    return Organization.objects.filter(id=id_).order_by().values_list("id", "name", "created_at")


def test_it_answers_in_the_types_of_the_columns(acme: Organization, globex: Organization) -> None:
    compiled = Compiled(named, UUID(int=0))

    found = [[tuple(row) for row in compiled.rows(each.id)] for each in (acme, globex)]

    assert found == [list(named(each.id)) for each in (acme, globex)]
    assert list(compiled.rows(UUID(int=7))) == []


def test_it_is_built_once(acme: Organization) -> None:
    built = []

    def build(id_: UUID) -> QuerySet[Organization, tuple[object, ...]]:
        built.append(id_)
        return named(id_)

    compiled = Compiled(build, UUID(int=0))
    for _ in range(3):
        list(compiled.rows(acme.id))

    assert built == [UUID(int=0)]


def test_a_query_with_a_parameter_of_its_own_is_refused(acme: Organization) -> None:
    compiled = Compiled(lambda id_: named(id_).filter(name="Acme"), UUID(int=0))

    with pytest.raises(ValueError, match="Acme"):
        compiled.rows(acme.id)


def new_rows(acme: Organization) -> list[Model]:
    """Return a row of every kind that is written so, not written yet."""
    entry = ProvisioningLogEntry(
        id=new_entry_id(NOW),
        organization=acme,
        at=NOW,
        action=Action.CREATE,
        status=LogStatus.SUCCESS,
        resource_id=uuid4(),
        personal=JSON,
        method="POST",
        path="/scim/v2/Users",
        http_status=201,
        duration_ms=1.25,
        client_address="::ffff:c000:201",
    )
    times = {"created_at": NOW, "modified_at": NOW}
    names = {"display_name": "Sales %s", "display_name_key": "sales %s"}
    stone = {"kind": ResourceKind.MEMBER, "identity": "amelie", "snapshot": JSON, "deleted_at": NOW}
    return [
        Member(organization=acme, user_name="Amélie", user_name_key="amélie", other=JSON, **times),
        Team(organization=acme, other=JSON, folded=JSON, **names, **times),
        Tombstone(id=uuid4(), organization=acme, **stone),
        entry,
    ]


def columns_of(row: Model) -> dict[str, Any]:
    """Return a row as it is kept, by column."""
    kept: dict[str, Any] = type(row)._default_manager.filter(pk=row.pk).values().get()
    return kept


def delete(row: Model) -> None:
    """Delete a row, even one that only retention may."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    rows._raw_delete(rows.db)


def test_a_row_is_inserted_as_django_would(acme: Organization) -> None:
    for row in new_rows(acme):
        insert(row)
        ours, is_new = columns_of(row), row._state.adding
        delete(row)
        row._state.adding = True
        row.save(force_insert=True)

        assert (ours, is_new) == (columns_of(row), False)


@pytest.mark.parametrize("absent", [(), ("organization",)])
def test_an_instance_is_what_django_makes_of_the_row(acme: Organization, absent: tuple[str, ...]) -> None:
    for row in new_rows(acme):
        insert(row)
        rows = type(row)._default_manager.order_by().defer(*absent)

        ours = Compiled(lambda id_, rows=rows: rows.filter(pk=id_), UUID(int=0)).one(row.pk)
        djangos = rows.get(pk=row.pk)

        assert state_of(ours) == state_of(djangos)
        assert ours.get_deferred_fields() == djangos.get_deferred_fields()


def state_of(row: Model) -> dict[str, Any]:
    """Return all that an instance holds, but for what it may keep of others."""
    return vars(row) | {"_state": (row._state.adding, row._state.db)}


def test_a_row_that_is_there_is_not_inserted_again(acme: Organization) -> None:
    make_member(acme, "amelie")
    twin = Member(organization=acme, user_name="Amelie", user_name_key="amelie")

    with pytest.raises(IntegrityError), transaction.atomic():
        insert(twin)


def test_columns_that_are_named_are_updated_and_no_others(acme: Organization) -> None:
    member = make_member(acme, "amelie")
    before = columns_of(member)
    member.other, member.is_active, member.display_name = JSON, False, "unsaved"

    update(member, "other", "is_active", version=1)

    assert columns_of(member) == before | {"other": JSON, "is_active": False}


def test_a_row_that_has_another_version_by_now_is_not_updated(acme: Organization) -> None:
    member = make_member(acme, "amelie")
    before = columns_of(member)
    member.display_name = "unsaved"

    with pytest.raises(ChangedMeanwhile):
        update(member, "display_name", version=2)
    assert columns_of(member) == before


def test_a_row_that_is_gone_is_not_updated(acme: Organization) -> None:
    member = make_member(acme, "amelie")
    delete(member)

    with pytest.raises(ChangedMeanwhile):
        update(member, "display_name", version=1)


def test_ids_in_any_number_are_one_value_of_a_statement(acme: Organization, globex: Organization) -> None:
    sql = "SELECT name FROM accounts_organization WHERE id {among} ORDER BY name"

    found = [run(sql, ids) for ids in ({acme.id, globex.id}, {globex.id}, set[UUID]())]

    assert found == [[("Acme",), ("Globex",)], [("Globex",)], []]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no plans")
def test_postgresql_keeps_the_plan_of_what_is_asked_often(acme: Organization) -> None:
    compiled = Compiled(named, UUID(int=0))
    for _ in range(2 * connection.settings_dict["OPTIONS"]["prepare_threshold"]):
        list(compiled.rows(acme.id))

    [[plans]] = run(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%accounts_organization%%'"
    )
    assert plans >= 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server to lose")
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_lost_while_idle_is_made_anew() -> None:
    [[lost]] = run("SELECT pg_backend_pid()")
    with psycopg.connect(SERVER) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [lost])
    vars(connections[DEFAULT_DB_ALIAS])["used_at"] = 0.0
    vars(connections[DEFAULT_DB_ALIAS])["health_check_done"] = False  # as at the beginning of a request

    [[made_anew]] = run("SELECT pg_backend_pid()")

    assert made_anew != lost
