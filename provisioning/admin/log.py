"""The provisioning log: a list that stays fast at a million rows, and one entry told in full.

Without an organization the list goes by id, which is the time (a UUIDv7, `provisioning.logs`); with one
by that organization's own index. There is no count, no other order and no date hierarchy.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin.pages import StaffPage, list_url, row_url
from accounts.admin.questions import OrganizationQuestion
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Fact, Section, link, moment
from accounts.models import Organization
from provisioning.admin.sentences import sentence_of
from provisioning.admin.states import status_badge
from provisioning.models import Action, LogStatus, ProvisioningCycle, ProvisioningLogEntry
from provisioning.redaction import identity_key

LAST_DAY = date(9999, 1, 1)
MOST_ROWS = 2**63 - 1


class LogQuestion(OrganizationQuestion):
    """Asks the log for days, an organization, a status, an action, a cycle, a person, a request or an error."""

    since = forms.DateField(required=False, label="From day (UTC)", widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, label="To day (UTC)", widget=forms.DateInput({"type": "date"}))
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *LogStatus.choices])
    action = forms.ChoiceField(required=False, choices=[("", "Any action"), *Action.choices])
    q = forms.CharField(
        required=False,
        label="Identity, request id or error code",
        widget=forms.SearchInput({"placeholder": "amelie@acme.example"}),
    )
    resource = forms.UUIDField(
        required=False, widget=forms.HiddenInput, label="entries of one member or team"
    )
    cycle = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_ROWS,
        widget=forms.HiddenInput,
        label="entries of one cycle",
    )
    field_order = ["since", "until", "organization", "status", "action", "q"]

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the entries that answer what was asked.

        A day bounds both the time and the id, so that either index of the list can use it.
        """
        rows = super().narrow(rows)
        for column, name in (("status", "status"), ("action", "action"), ("resource_id", "resource")):
            value = self.answer(name)
            rows = rows.filter(**{column: value}) if value else rows
        if self.answer("since"):
            start = midnight(self.answer("since"))
            rows = rows.filter(at__gte=start, id__gte=first_id(start))
        if self.answer("until"):
            end = midnight(min(self.answer("until"), LAST_DAY)) + timedelta(days=1)
            rows = rows.filter(at__lt=end, id__lt=first_id(end))
        if self.answer("cycle"):
            rows = of_cycle(rows, self.answer("cycle"))
        return rows.filter(about(self.answer("q"))) if self.answer("q") else rows


def of_cycle(rows: QuerySet[Any], id_: int) -> QuerySet[Any]:
    """Return the entries from a cycle's beginning to its end; none when it is kept no longer."""
    cycle = ProvisioningCycle.objects.filter(id=id_).first()
    if cycle is None:
        return rows.none()
    start, end = cycle.started_at, cycle.ended_at
    rows = rows.filter(organization_id=cycle.organization_id, at__gte=start, id__gte=first_id(start))
    return rows.filter(at__lte=end, id__lt=first_id(end + timedelta(seconds=1))) if end else rows


def about(text: str) -> Q:
    """Return the condition of entries about an exact identity, request id or error code."""
    condition = Q(identity_key=identity_key(text)) | Q(error_code=text)
    try:
        return condition | Q(id=UUID(text))
    except ValueError:
        return condition


def midnight(date: Any) -> datetime:
    """Return the first moment of a day."""
    return datetime.combine(date, time.min, tzinfo=UTC)


def first_id(at: datetime) -> UUID:
    """Return the least id an entry of that time or later can have. Source: RFC 9562 §5.7."""
    return UUID(int=max(int(at.timestamp() * 1000), 0) << 80)


@admin.register(ProvisioningLogEntry, site=staff_site)
class LogPage(StaffPage):
    """What arrived, what it changed, why it was refused."""

    question_class = LogQuestion
    list_display = [
        "shown_time",
        "organization",
        "action",
        "shown_target",
        "shown_status",
        "shown_code",
        "shown_duration",
    ]
    list_select_related = ["organization"]
    empty = "No entry answers this. The first one appears when Entra's admin presses Test Connection."

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """Return the order for which there is an index."""
        return ["-at", "-id"] if request.GET.get("organization") else ["-id"]

    @admin.display(description="When")
    def shown_time(self, entry: ProvisioningLogEntry) -> str:
        """Return when it arrived."""
        return moment(entry.at)

    @admin.display(description="Target")
    def shown_target(self, entry: ProvisioningLogEntry) -> str:
        """Return whom it was about."""
        return entry.personal.get("target") or "–"

    @admin.display(description="Status")
    def shown_status(self, entry: ProvisioningLogEntry) -> SafeString:
        """Return how it ended."""
        return status_badge(entry.status)

    @admin.display(description="HTTP")
    def shown_code(self, entry: ProvisioningLogEntry) -> str:
        """Return the status that was answered, and the SCIM error type."""
        return f"{entry.http_status} {entry.scim_type}".strip()

    @admin.display(description="Took")
    def shown_duration(self, entry: ProvisioningLogEntry) -> str:
        """Return how long it took."""
        return f"{entry.duration_ms:.0f} ms"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProvisioningLogEntry]:
        """Return the entries with what a page names of them."""
        entries: QuerySet[ProvisioningLogEntry] = super().get_queryset(request)
        return entries.select_related("organization", "token")

    def heading(self, row: ProvisioningLogEntry) -> str:
        """Return what happened, in a sentence."""
        return sentence_of(row)

    def sections(self, _request: HttpRequest, row: ProvisioningLogEntry) -> list[Section]:
        """Return why it failed, what it changed, and the request."""
        why = [Section(title="Why, and what to do", note=row.detail)] if row.detail else []
        return [*why, modified_section(row), request_section(row)]

    def buttons(self, _request: HttpRequest, row: ProvisioningLogEntry) -> list[Button]:
        """Return the ways on."""
        slug = row.organization.slug
        ways = [Button("Log of the organization", list_url(ProvisioningLogEntry, organization=slug))]
        if row.resource_id:
            same = list_url(ProvisioningLogEntry, organization=slug, resource=str(row.resource_id))
            ways.insert(0, Button("Other entries of the same object", same))
        return ways


def modified_section(entry: ProvisioningLogEntry) -> Section:
    """Return Entra's table of modified properties."""
    properties = entry.personal.get("modifiedProperties", [])
    return Section(
        title="Modified properties",
        headers=["Attribute", "Old value", "New value"],
        rows=[[each["displayName"], shown(each["oldValue"]), shown(each["newValue"])] for each in properties],
        empty="This request changed nothing that is stored.",
    )


def request_section(entry: ProvisioningLogEntry) -> Section:
    """Return the request and how it was answered."""
    organization = entry.organization
    facts = [
        Fact("Status", status_badge(entry.status)),
        Fact("When", moment(entry.at)),
        Fact("Organization", link(str(organization), row_url(organization))),
        Fact("Action", entry.get_action_display()),
        Fact("Source identity", entry.personal.get("source") or "–"),
        Fact("Target identity", entry.personal.get("target") or "–"),
        Fact("Request", f"{entry.method} {entry.path}", is_code=True),
        Fact("Answered", f"HTTP {entry.http_status} {entry.scim_type}".strip()),
        Fact("Error code", entry.error_code or "–", is_code=bool(entry.error_code)),
        Fact("Took", f"{entry.duration_ms:.1f} ms"),
        Fact("Token", link(str(entry.token), row_url(entry.token))),
        Fact("From", entry.client_address or "–"),
        Fact("Request id", str(entry.id), is_code=True),
    ]
    return Section(title="Request", facts=facts)


def shown(value: Any) -> str:
    """Return a value of JSON as a person reads it."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def log_of(resource: Any, organization: Organization) -> str:
    """Return where the entries of a member or team are listed."""
    return list_url(ProvisioningLogEntry, organization=organization.slug, resource=str(resource.id))
