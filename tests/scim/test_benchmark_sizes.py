"""What is measured by size is what the product would have written: else a figure would mean nothing."""

from typing import Any

from django.db import connection

from accounts.models import Member, Organization
from bench.sizes_data import group_id, learn_md5, statements, user, user_id
from tests.cast import ScimClient

OWN = ("id", "version", "created_at", "modified_at")


def test_a_filled_user_is_stored_as_one_that_entra_creates(entra: ScimClient, acme: Organization) -> None:
    fill(users=2)
    filled = columns_of(user_id(1))

    entra.delete(f"/Users/{user_id(1)}")
    created = entra.post("/Users", user(1)).json()

    assert filled == columns_of(created["id"])


def test_a_filled_group_has_its_members(entra: ScimClient, acme: Organization) -> None:
    fill(users=200)

    small = entra.get(f"/Groups/{group_id(1)}").json()
    sized = entra.get(f"/Groups/{group_id(100, called='of')}").json()

    assert {each["value"] for each in small["members"]} == {user_id(1), user_id(101)}
    assert {each["value"] for each in sized["members"]} == {user_id(number) for number in range(100)}


def fill(users: int) -> None:
    """Fill every organization that there is."""
    learn_md5()
    with connection.cursor() as cursor:
        for statement in statements(connection.vendor, users):
            cursor.execute(statement)


def columns_of(id_: str) -> dict[str, Any]:
    """Return the columns of a member but those that are its own."""
    (row,) = Member.objects.filter(id=id_).values()
    return {name: value for name, value in row.items() if name not in OWN}
