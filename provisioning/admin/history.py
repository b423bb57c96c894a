"""The history: who did what, when, from where and why. Nobody changes it, the database included."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.access import may, visit_of
from accounts.admin.pages import Cells, RowsPage, whose_facts
from accounts.admin.questions import OrganizationQuestion
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Fact, Section, moment
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning.api_keys import STAFF_KEY
from provisioning.models import AuditEvent, AuditKind


class HistoryQuestion(OrganizationQuestion):
    """Asks for what was done to an organization, and by its kind."""

    kind = forms.ChoiceField(required=False, label="What", choices=[("", "Anything"), *AuditKind.choices])

    def narrow(self, rows: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Return the events that answer what was asked."""
        kind = self.answer("kind")
        return super().narrow(rows.filter(kind=kind) if kind else rows)


@admin.register(AuditEvent, site=staff_site)
@admin.register(AuditEvent, site=organization_site)
class HistoryPage(RowsPage):
    """What people did, and commands and keys for them."""

    question_class = HistoryQuestion
    related = ("organization", "operator")
    tab = "history"
    empty = "Nothing was done yet that is written here: tokens, the switch, settings, people and members changed by hand."
    note = "It is only ever added to: nothing here can be changed or deleted."

    def rows(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """Return what was done; what was done to Hootsuite's own people only to whoever manages them."""
        rows: QuerySet[AuditEvent] = super().rows(request)
        return rows if may(request, Ability.MANAGE_STAFF) else rows.filter(organization__isnull=False)

    def list_title(self) -> str:
        """Return what it is called."""
        return "History"

    def cells(self, request: HttpRequest, row: AuditEvent) -> Cells:
        """Return what was done, by whom, from where and why."""
        return {
            "When": moment(row.at),
            "What": row.get_kind_display(),
            **self.whose(request, row.organization),
            "About": row.subject or "–",
            "By": row.actor,
            "From": whence(request, row),
            "Why": row.reason or "–",
        }

    def whose(self, request: HttpRequest, organization: Organization | None) -> Cells:
        """Return the cell that names the organization; what was done to Hootsuite's own people has none."""
        return super().whose(request, organization) if organization else {"Organization": "–"}

    def heading(self, row: AuditEvent) -> str:
        """Return what was done."""
        return f"{row.get_kind_display()}: {row.subject}" if row.subject else str(row.get_kind_display())

    def sections(self, request: HttpRequest, row: AuditEvent) -> list[Section]:
        """Return everything that is known of it."""
        facts = [
            Fact("When", moment(row.at)),
            *(whose_facts(request, row.organization) if row.organization else []),
            Fact("By", row.actor),
            Fact("From", whence(request, row)),
            Fact("Why", row.reason or "–"),
            Fact("Id", str(row.id), is_code=True),
        ]
        changes = Section(
            title="Changes",
            headers=["What", "Before", "After"],
            rows=row.details.get("changes", []),
            empty="No value was changed.",
        )
        return [Section(title="What was done", facts=facts), changes]


def whence(request: HttpRequest, event: AuditEvent) -> str:
    """Return from which address something was done. Where our own staff sit is none of a customer's business."""
    is_staffs = event.operator is not None and event.operator.is_staff
    is_staffs |= event.operator is None and event.actor.startswith(STAFF_KEY)
    if visit_of(request).organization and is_staffs:
        return "Hootsuite"
    return event.address or "–"
