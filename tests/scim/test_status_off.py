"""Provisioning status Off: changes and reads of users are refused, nothing is deleted."""

import pytest

from accounts import clock
from accounts.models import Member, Organization
from provisioning import connections
from provisioning.history import COMMAND_LINE
from provisioning.models import LogStatus, ProvisioningLogEntry
from tests.cast import ScimClient
from tests.factories import ERROR_SCHEMA, make_member, user_body


@pytest.fixture
def switched_off(acme: Organization) -> Organization:
    connections.turn_off(organization=acme, reason="The contract ended.", by=COMMAND_LINE, now=clock.now())
    return acme


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/Users"), ("POST", "/Users"), ("DELETE", "/Users/{id}")]
)
def test_off_refuses_users_with_the_reason(
    entra: ScimClient, switched_off: Organization, method: str, path: str
) -> None:
    member = make_member(switched_off, "amelie@acme.example")

    refused = entra.request(method, path.format(id=member.id), user_body("new@acme.example"))

    assert refused.status_code == 403
    assert refused.json() == {
        "schemas": [ERROR_SCHEMA],
        "status": "403",
        "detail": (
            "Provisioning is turned off for your organization: The contract ended. Nothing was changed. Ask your "
            "customer success manager to turn it on, then choose Restart provisioning in Entra."
        ),
    }
    assert list(Member.objects.values_list("user_name", flat=True)) == ["amelie@acme.example"]


def test_a_refused_call_is_in_the_log(entra: ScimClient, switched_off: Organization) -> None:
    entra.post("/Users", user_body())

    entry = ProvisioningLogEntry.objects.get()
    assert (entry.status, entry.http_status, entry.error_code) == (LogStatus.FAILURE, 403, "provisioning_off")


def test_off_leaves_discovery_open(entra: ScimClient, switched_off: Organization) -> None:
    assert entra.get("/ServiceProviderConfig").status_code == 200


def test_on_again_takes_changes(entra: ScimClient, switched_off: Organization) -> None:
    connections.turn_on(organization=switched_off, reason="", by=COMMAND_LINE, now=clock.now())

    assert entra.post("/Users", user_body()).status_code == 201
