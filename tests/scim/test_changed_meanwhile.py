"""A user is read before the transaction that writes them; whoever was faster meanwhile, nothing of theirs is lost."""

from typing import Any

import pytest
from django.db import connection

from accounts.models import Member, Organization
from provisioning.models import ProvisioningLogEntry
from tests.cast import ScimClient
from tests.factories import make_member

pytestmark = pytest.mark.django_db(
    transaction=True
)  # one that fails ends the connection, if it is within another

NEW_NAME = {"op": "Replace", "path": "displayName", "value": "New name"}


class Rival:
    """Somebody who writes the user just before the product does, a number of times."""

    def __init__(self, times: int) -> None:
        self.times, self.reads = times, list[str]()

    def __call__(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        """Look at what is asked."""
        if sql.startswith("SELECT") and "accounts_member" in sql and "user_name" in sql:
            self.reads.append("locked" if "FOR UPDATE" in sql else "read")
        if self.times and sql.startswith('UPDATE "accounts_member"'):
            self.times -= 1
            execute("UPDATE accounts_member SET version = version + 1", [], False, context)
        return execute(sql, parameters, many, context)


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_user_is_read_again_under_a_lock(times: int, entra: ScimClient, acme: Organization) -> None:
    member, rival = make_member(acme, "amelie"), Rival(times)

    with connection.execute_wrapper(rival):
        answer = entra.request("PATCH", f"/Users/{member.id}", {"Operations": [NEW_NAME]})

    again = "locked" if connection.vendor == "postgresql" else "read"
    assert (answer.status_code, answer.json()["displayName"], answer["ETag"]) == (200, "New name", 'W/"2"')
    assert rival.reads == ["read", *[again] * times]
    assert ProvisioningLogEntry.objects.count() == 1


def test_a_user_that_is_changed_again_and_again_stays_as_they_are(
    entra: ScimClient, acme: Organization
) -> None:
    member = make_member(acme, "amelie")

    with connection.execute_wrapper(Rival(99)):
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
