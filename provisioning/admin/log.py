"""The provisioning log: a list that stays fast at a million rows, and one entry told in full.

There is no count, no other order and no date hierarchy: every question is answered by an index
(`provisioning.entries`).
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase

from accounts.admin.access import visible
from accounts.admin.pages import Cells, RowsPage, list_url, page_url
from accounts.admin.questions import Question
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Button, Section, moment
from accounts.models import Organization
from provisioning.admin.entry import sections_of, ways_on
from provisioning.admin.log_question import PageQuestion
from provisioning.admin.sentences import sentence_of
from provisioning.admin.states import status_badge
from provisioning.models import ProvisioningLogEntry


@admin.register(ProvisioningLogEntry, site=staff_site)
@admin.register(ProvisioningLogEntry, site=organization_site)
class LogPage(RowsPage):
    """What arrived, what it changed, why it was refused."""

    question_class = PageQuestion
    tab = "log"
    empty = (
        "No entry answers this. Take a filter away, or choose other days; the first entry of an organization "
        "appears when Entra's admin presses Test Connection."
    )

    def rows(self, request: HttpRequest) -> QuerySet[ProvisioningLogEntry]:
        """Return the entries that exist for whoever asks, with the names of what they belong to.

        Those are not joined: of few organizations SQLite would rather sort a whole log than look one up.
        """
        return visible(request, ProvisioningLogEntry.objects.prefetch_related("organization", "token"))

    def ordering_for(self, question: Question) -> tuple[str, ...]:
        """Return the order for which there is an index."""
        return asked_of(question).order

    def held_by(self, question: Question) -> tuple[str, ...]:
        """Return the status or the action that is asked for: only its own index can begin with it."""
        return asked_of(question).held

    def list_title(self) -> str:
        """Return what Entra calls it."""
        return "Provisioning log"

    def cells(self, request: HttpRequest, row: ProvisioningLogEntry) -> Cells:
        """Return what happened, to whom, and how it ended."""
        return {
            "When": moment(row.at),
            **self.whose(request, row.organization),
            "Action": row.get_action_display(),
            "Target": row.personal.get("target") or "–",
            "Status": status_badge(row.status),
            "HTTP": f"{row.http_status} {row.scim_type}".strip() if row.token_id else "By hand",
            "Took": f"{row.duration_ms:.0f} ms",
        }

    def list_buttons(self, request: HttpRequest, question: Question) -> list[Button]:
        """Return the way to a file of the same entries."""
        parameters = asked_of(question).parameters
        return [Button("Export these entries", f"{page_url(request, 'export_log')}?{urlencode(parameters)}")]

    def heading(self, row: ProvisioningLogEntry) -> str:
        """Return what happened, in a sentence."""
        return sentence_of(row)

    def sections(self, request: HttpRequest, row: ProvisioningLogEntry) -> list[Section]:
        """Return why it failed, what it changed, its steps, the request and the answer."""
        return sections_of(request, row)

    def buttons(self, request: HttpRequest, row: ProvisioningLogEntry) -> list[Button]:
        """Return the ways on."""
        return ways_on(request, row)

    def page(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, whose: Organization | None
    ) -> HttpResponseBase:
        """Return a page; that of the list shows each filter as a chip that takes it away."""
        if "question" in context:
            question = asked_of(context["question"])
            context, template = context | {"chips": chips_of(question)}, "console/log_list.html"
        return super().page(request, template, context, whose=whose)


def asked_of(question: Question) -> PageQuestion:
    """Return the question as what it is here."""
    if not isinstance(question, PageQuestion):
        raise TypeError(question)
    return question


def chips_of(question: PageQuestion) -> list[Button]:
    """Return what is filtered, each with the address of the list without it."""
    parameters = question.parameters
    return [
        Button(said, f"?{urlencode({key: value for key, value in parameters.items() if key != name})}")
        for name, said in question.asked.items()
    ]


def log_of(request: HttpRequest, resource: Any, organization: Organization) -> str:
    """Return where the entries of a member or team are listed."""
    return list_url(request, ProvisioningLogEntry, organization=organization.slug, resource=str(resource.id))
