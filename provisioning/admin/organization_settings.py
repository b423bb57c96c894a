"""An organization's settings: the zone of its people, the CSM who looks after it, how long its log is kept."""

from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase

from accounts import clock
from accounts.admin.access import may
from accounts.admin.pages import FormPage, SeeOther, organization_named, page_url, row_url
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Fact, Section, counted, day
from accounts.errors import AccountsError
from accounts.models import Operator, Organization
from accounts.permissions import STAFF_ROLES, Ability
from provisioning import connections
from provisioning.admin.actors import actor_of
from provisioning.admin.form_parts import Confirmation, Why
from provisioning.connections import FEWEST_LOG_DAYS, MOST_LOG_DAYS
from provisioning.errors import ProvisioningError

SAVE, SAVE_AND_DELETE = "Save settings", "Save settings and delete"
NO_PLACES = {"Factory", "localtime"}  # they name no zone that another machine knows


def settings_section(request: HttpRequest, organization: Organization) -> Section:
    """Return the settings, with the way to change them."""
    is_allowed = may(request, Ability.CHANGE_ORGANIZATION)
    facts = [
        Fact("Time zone of its mails", organization.time_zone),
        Fact("CSM", str(organization.success_manager or "nobody")),
        Fact("The log is kept", counted(organization.connection.log_days, "day")),
    ]
    buttons = (
        [Button("Change settings", page_url(request, "change_settings", organization.id))]
        if is_allowed
        else []
    )
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
    """Zone, CSM, days; where days fall, it asks once more."""

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
    reason = Why()

    def __init__(self, data: Any = None, *, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        days = self.fewer_days()
        self.deletes = days is not None
        if days is not None:
            first = day(clock.now() - timedelta(days=days))
            self.fields["confirmed"] = Confirmation(
                answer=str(days),
                says=f"Delete for good what is older than {counted(days, 'day')}: log entries, cycles and mails of "
                f"before {first}. More days later do not bring them back.",
                submit=SAVE_AND_DELETE,
            )

    def fewer_days(self) -> int | None:
        """Return the days that are asked for, where they are fewer than hold now and may be had."""
        try:
            days: int = self.fields["log_days"].clean(self.data.get("log_days"))
        except forms.ValidationError:
            return None
        return days if days < self.initial["log_days"] else None


class ChangeSettings(FormPage):
    """Changes an organization's settings."""

    ability = Ability.CHANGE_ORGANIZATION
    refusals = (AccountsError, ProvisioningError)
    tab = "status"
    organization: Organization
    deletes = False

    def load(self, **captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = organization_named(
            self.request, captured["organization_id"], "connection", "success_manager"
        )

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form, filled with what holds."""
        form = SettingsForm(
            data,
            initial={
                "time_zone": self.organization.time_zone,
                "success_manager": self.organization.success_manager,
                "log_days": self.organization.connection.log_days,
            },
        )
        self.deletes = form.deletes
        return form

    def words(self) -> dict[str, Any]:
        """Say what depends on it."""
        return {
            "title": f"Settings of {self.organization}",
            "intro": ["Entra notices nothing of these."],
            "submit": SAVE_AND_DELETE if self.deletes else SAVE,
            "style": "danger" if self.deletes else "primary",
            "cancel_url": row_url(self.request, self.organization),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Change them. Raises: InvalidValue, InvalidRetention."""
        form.cleaned_data.pop("confirmed", None)
        connections.change_settings(
            organization=self.organization, by=actor_of(self.request), now=clock.now(), **form.cleaned_data
        )
        messages.success(self.request, f"The settings of {self.organization} are changed.")
        return SeeOther(row_url(self.request, self.organization))


staff_site.add_page(
    "organizations/<uuid:organization_id>/settings/", ChangeSettings.as_view(), name="change_settings"
)
