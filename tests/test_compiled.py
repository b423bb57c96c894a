"""A compiled query answers what Django's own does, and is built once."""

from uuid import UUID

import pytest
from django.db.models import QuerySet

from accounts.compiled import Compiled
from accounts.models import Organization


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
