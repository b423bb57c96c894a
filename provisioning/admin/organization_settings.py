"""An organization's settings: the zone of its people, the CSM who looks after it, how long its log is kept."""

from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase

from accounts.admin.access import may
from accounts.admin.pages import FormPage, SeeOther, found, row_url
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Fact, Section, counted
from accounts.errors import AccountsError
from accounts.models import Operator, Organization
from accounts.permissions import STAFF_ROLES, Ability
from provisioning import connections
from provisioning.admin.addresses import settings_url
from provisioning.connections import FEWEST_LOG_DAYS, MOST_LOG_DAYS
from provisioning.errors import ProvisioningError

NO_PLACES = {"Factory", "localtime"}  # they name no zone that another machine knows


def settings_section(request: HttpRequest, organization: Organization) -> Section:
    """Return the settings, with the way to change them."""
    is_allowed = may(request, Ability.CHANGE_ORGANIZATION)
    facts = [
        Fact("Time zone of its mails", organization.time_zone),
        Fact("CSM", str(organization.success_manager or "nobody")),
        Fact("The log is kept", counted(organization.connection.log_days, "day")),
    ]
    buttons = [Button("Change settings", settings_url(organization))] if is_allowed else []
    return Section(title="Settings", facts=facts, buttons=buttons)


@cache
def zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every time zone by region, as a select shows them: typing a city's name finds it."""
    regions: dict[str, list[tuple[str, str]]] = {"Coordinated Universal Time": [("UTC", "UTC")]}
    for zone in sorted(available_timezones() - NO_PLACES - {"UTC"}):
        region, _, place = zone.rpartition("/") if "/" in zone else ("Other", "", zone)
        label = zone if zone == place else f"{place.replace('_', ' ')} ({zone})"
        regions.setdefault(region, []).append((zone, label))
    return list(regions.items())


class SettingsForm(forms.Form):
    """Zone, CSM, days."""

    time_zone = forms.ChoiceField(
        choices=zones,
        label="Time zone",
        help_text="Mails to the organization show times in it, and its daily mail comes at eight in the morning.",
    )
    success_manager = forms.ModelChoiceField(
        queryset=Operator.objects.filter(is_active=True, role__in=STAFF_ROLES).order_by("name", "email"),
        required=False,
        empty_label="Nobody",
        label="CSM",
        help_text="Gets the same mails as the organization's admins.",
    )
    log_days = forms.IntegerField(
        min_value=FEWEST_LOG_DAYS,
        max_value=MOST_LOG_DAYS,
        label="Days the log is kept",
        help_text=f"{FEWEST_LOG_DAYS} to {MOST_LOG_DAYS}. With fewer, older entries are deleted for good within hours.",
    )


class ChangeSettings(FormPage):
    """Changes an organization's settings."""

    ability = Ability.CHANGE_ORGANIZATION
    refusals = (AccountsError, ProvisioningError)
    organization: Organization

    def load(self, **captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = found(Organization, captured["organization_id"], "connection", "success_manager")

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form, filled with what holds."""
        return SettingsForm(
            data,
            initial={
                "time_zone": self.organization.time_zone,
                "success_manager": self.organization.success_manager,
                "log_days": self.organization.connection.log_days,
            },
        )

    def words(self) -> dict[str, Any]:
        """Say what depends on it."""
        return {
            "title": f"Settings of {self.organization}",
            "intro": ["Entra notices nothing of these."],
            "submit": "Save settings",
            "cancel_url": row_url(self.organization),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Change them. Raises: InvalidValue, InvalidRetention."""
        connections.change_settings(organization=self.organization, **form.cleaned_data)
        messages.success(self.request, f"The settings of {self.organization} are changed.")
        return SeeOther(row_url(self.organization))


staff_site.add_page(
    "organizations/<uuid:organization_id>/settings/", ChangeSettings.as_view(), name="change_settings"
)
