"""The history as each console shows it: who did what, when, from where and why."""

from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import connections, history
from provisioning.history import Actor
from provisioning.models import AuditEvent, AuditKind
from tests.console.conftest import SignedIn, signed_in_as
from tests.console.reading import facts_of, rows_of

LIST = "provisioning/auditevent/"


def turn_off(acme: Organization, by: Operator) -> AuditEvent:
    """Turn provisioning off from an address; return what stands in the history of it."""
    actor = Actor.of(by, address="192.0.2.7")
    connections.turn_off(organization=acme, reason="Migration.", by=actor, now=clock.now())
    return AuditEvent.objects.get(kind="turned_off")


def test_staff_see_who_did_it_from_where_and_why(console: Client, acme: Organization, csm: Operator) -> None:
    event = turn_off(acme, csm)

    row = rows_of(console.get(f"/admin/{LIST}?kind=turned_off").text, "History")[0]

    when = f"{event.at:%Y-%m-%d %H:%M:%S} UTC"
    assert row == [when, "Provisioning turned off", "Acme", "Acme", str(csm), "192.0.2.7", "Migration."]


def test_an_org_admin_sees_the_same_but_where_our_staff_sit(
    acme: Organization, csm: Operator, org_admin: Operator
) -> None:
    event, admins = turn_off(acme, csm), signed_in_as(org_admin)

    row = rows_of(admins.get(f"/console/{LIST}").text, "History")[0]
    page = admins.get(f"/console/{LIST}{event.id}/change/").text

    assert row[1:] == ["Provisioning turned off", "Acme", str(csm), "Hootsuite", "Migration."]
    assert facts_of(page, "What was done")["From"] == "Hootsuite"
    assert "192.0.2.7" not in page


def test_an_org_admin_sees_where_their_colleagues_sit(acme: Organization, org_admin: Operator) -> None:
    event = turn_off(acme, org_admin)

    page = signed_in_as(org_admin).get(f"/console/{LIST}{event.id}/change/").text

    assert facts_of(page, "What was done")["From"] == "192.0.2.7"


def test_what_was_done_to_our_own_staff_only_owners_see(
    console: Client, signed_in: SignedIn, org_admin: Operator, csm: Operator
) -> None:
    history.record(AuditKind.PERSON_INVITED, by=Actor.of(csm), now=clock.now(), subject="Robin")

    assert "Robin" in signed_in(Role.OWNER).get(f"/admin/{LIST}").text
    assert "Robin" not in console.get(f"/admin/{LIST}").text
    assert "Robin" not in signed_in_as(org_admin).get(f"/console/{LIST}").text


def test_old_and_new_values_stand_beside_each_other(
    console: Client, acme: Organization, csm: Operator
) -> None:
    connections.change_settings(
        organization=acme,
        time_zone="Europe/Paris",
        success_manager=csm,
        log_days=90,
        by=Actor.of(csm),
        now=clock.now(),
    )
    event = AuditEvent.objects.get(kind="settings_changed")

    page = console.get(f"/admin/{LIST}{event.id}/change/").text

    assert ["time zone", "UTC", "Europe/Paris"] in rows_of(page, "Changes")
