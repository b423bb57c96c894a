"""A CSM sets an organization's time zone, its CSM, and for how long its log is kept."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning.models import AuditEvent
from tests import factories
from tests.console.reading import facts_of


def send(console: Client, organization: Organization, **fields: Any) -> str:
    """Send the form and return the page it leads to, or that says what is wrong."""
    form = {"time_zone": "UTC", "success_manager": "", "log_days": "90"} | fields
    return console.post(f"/admin/organizations/{organization.id}/settings/", form, follow=True).text


def settings_of(console: Client, organization: Organization) -> list[str]:
    """Return what an organization's page says of its settings."""
    page = console.get(f"/admin/accounts/organization/{organization.id}/change/").text
    return list(facts_of(page, "Settings").values())


def test_the_settings_are_shown_and_changed(console: Client, csm: Operator, acme: Organization) -> None:
    before = settings_of(console, acme)

    page = send(console, acme, time_zone="America/Vancouver", success_manager=csm.id, log_days=365)

    assert before == ["UTC", "nobody", "90 days"]
    assert "The settings of Acme are changed." in page
    assert settings_of(console, acme) == ["America/Vancouver", str(csm), "365 days"]


def test_the_form_is_filled_with_what_holds(console: Client, csm: Operator, acme: Organization) -> None:
    send(console, acme, time_zone="America/Argentina/Ushuaia", success_manager=csm.id, log_days=91)

    page = console.get(f"/admin/organizations/{acme.id}/settings/").text

    for held in ('value="America/Argentina/Ushuaia" selected', f'value="{csm.id}" selected', 'value="91"'):
        assert held in page


@pytest.mark.parametrize(
    ("field", "value", "refusal"),
    [
        ("time_zone", "Middle/Earth", "Select a valid choice."),
        ("time_zone", "localtime", "Select a valid choice."),
        ("log_days", "29", "greater than or equal to 30"),
        ("log_days", "731", "less than or equal to 730"),
    ],
)
def test_what_cannot_be_set_is_refused_and_changes_nothing(
    console: Client, acme: Organization, field: str, value: str, refusal: str
) -> None:
    page = send(console, acme, **{"time_zone": "Europe/Paris", "log_days": "60", field: value})

    assert refusal in page
    assert settings_of(console, acme) == ["UTC", "nobody", "90 days"]


def test_only_active_staff_look_after_an_organization(
    console: Client, acme: Organization, org_admin: Operator
) -> None:
    left = factories.make_operator(Role.SUPPORT)
    left.is_active = False
    left.save()

    refused = [send(console, acme, success_manager=each.id) for each in (org_admin, left)]

    assert all("Select a valid choice." in page for page in refused)
    assert settings_of(console, acme)[1] == "nobody"


def test_fewer_days_are_asked_for_twice(
    console: Client, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 9, tzinfo=UTC))
    ticked = {"log_days": "60", "confirmed": "60"}

    asked = send(console, acme, log_days="60")
    asked_anew = send(console, acme, **ticked | {"log_days": "59"})
    before = settings_of(console, acme)
    page = send(console, acme, **ticked)

    for days, first, answer in (("60", "Wednesday 23", asked), ("59", "Thursday 24", asked_anew)):
        assert (
            f"older than {days} days: log entries, cycles and mails of before {first} September 2026"
            in answer
        )
        assert 'class="hp-button hp-danger">Save settings and delete<' in answer
        assert "checked" not in answer.partition("Can’t be undone")[2].partition("</fieldset>")[0]
    assert before == ["UTC", "nobody", "90 days"]
    assert "The settings of Acme are changed." in page
    assert settings_of(console, acme)[2] == "60 days"


def test_as_many_days_or_more_are_asked_for_once(console: Client, acme: Organization) -> None:
    asked = console.get(f"/admin/organizations/{acme.id}/settings/").text

    send(console, acme, log_days="91")

    assert "Can’t be undone" not in asked
    assert 'class="hp-button hp-primary">Save settings<' in asked
    assert settings_of(console, acme)[2] == "91 days"


def test_the_history_says_why(console: Client, acme: Organization) -> None:
    send(console, acme, log_days="91", reason=" Ticket 12 ")

    assert AuditEvent.objects.get(kind="settings_changed").reason == "Ticket 12"


def test_another_organization_is_left_alone(
    console: Client, acme: Organization, globex: Organization
) -> None:
    send(console, acme, time_zone="Europe/Paris", log_days="120")

    assert settings_of(console, globex) == ["UTC", "nobody", "90 days"]
