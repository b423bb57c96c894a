"""Entra's cycles as HootProv saw them: a list, and one with what it changed.

Across organizations the list goes by id, which is the order in which cycles were opened; of one
organization by that organization's own index, as the log does.
"""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.pages import Cells, RowsPage, list_url, whose_facts
from accounts.admin.questions import OrganizationQuestion, Question
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Button, Fact, Section, bar, lasting, moment
from provisioning import cycles
from provisioning.admin.states import cycle_badge
from provisioning.models import ProvisioningCycle, ProvisioningLogEntry

SEEN = (
    "As HootProv sees it: Entra does not say where its cycles begin and end, so ten minutes without a request "
    "end one."
)
TYPES = {"User": "Users", "Group": "Groups"}
OTHER_TYPE = {"Other": "Other"}
WORDS = {
    "created": "Created",
    "updated": "Updated",
    "disabled": "Disabled",
    "restored": "Restored",
    "deleted": "Deleted",
    "failed": "Failed",
    "skipped": "Skipped",
    "other": "Other requests",
}


@admin.register(ProvisioningCycle, site=staff_site)
@admin.register(ProvisioningCycle, site=organization_site)
class CyclePage(RowsPage):
    """When Entra came, for how long, and what it changed."""

    question_class = OrganizationQuestion
    related = ("organization",)
    tab = "log"
    note = SEEN
    empty = (
        "No cycle yet. The first begins when provisioning is started in Entra, and shows here within seconds."
    )

    def ordering_for(self, question: Question) -> tuple[str, ...]:
        """Return the order for which there is an index."""
        return ("-started_at", "-id") if question.whose else ("-id",)

    def list_title(self) -> str:
        """Return what Entra calls them."""
        return "Cycles"

    def cells(self, request: HttpRequest, row: ProvisioningCycle) -> Cells:
        """Return when it was, and how much it did."""
        return {
            "Started": moment(row.started_at),
            **self.whose(request, row.organization),
            "Kind": row.get_kind_display(),
            "State": cycle_badge(row),
            "Took": length_of(row, now=clock.now()),
            "Changes": f"{cycles.operations_of(row):,}",
            "Failed": f"{cycles.counted(row, 'failed'):,}",
        }

    def heading(self, row: ProvisioningCycle) -> str:
        """Return which cycle it is, and whose."""
        return f"{row.get_kind_display()} cycle of {row.organization}, {moment(row.started_at)}"

    def sections(self, request: HttpRequest, row: ProvisioningCycle) -> list[Section]:
        """Return when it was, and what it changed."""
        facts = [*whose_facts(request, row.organization), *facts_of(row, now=clock.now())]
        return [
            Section(title="Cycle", note=SEEN, facts=facts),
            Section(title="What it did", **table_of(row)),
        ]

    def buttons(self, request: HttpRequest, row: ProvisioningCycle) -> list[Button]:
        """Return the ways on."""
        return [
            Button("Log of this cycle", log_url(request, row), "primary"),
            Button("All cycles of the organization", all_url(request, row)),
        ]


def newest_section(request: HttpRequest, cycle: ProvisioningCycle | None, *, now: datetime) -> Section:
    """Return an organization's running or newest cycle, for its page."""
    if cycle is None:
        return Section(title="Newest cycle", empty=CyclePage.empty)
    return Section(
        title="Newest cycle" if cycle.ended_at else "Running cycle",
        note=SEEN,
        facts=facts_of(cycle, now=now),
        **table_of(cycle),
        buttons=[
            Button("Log of this cycle", log_url(request, cycle)),
            Button("All cycles", all_url(request, cycle)),
        ],
    )


def facts_of(cycle: ProvisioningCycle, *, now: datetime) -> list[Fact]:
    """Return when a cycle was, how far it is, and when the next is expected."""
    facts = [
        Fact("State", cycle_badge(cycle)),
        Fact("Kind", cycle.get_kind_display()),
        Fact("Started", moment(cycle.started_at)),
        Fact("Ended", moment(cycle.ended_at, never="not yet")),
        Fact("Took", length_of(cycle, now=now)),
    ]
    return facts if cycle.ended_at else [*facts, Fact("Progress", progress_of(cycle, now=now))]


def progress_of(cycle: ProvisioningCycle, *, now: datetime) -> str | SafeString:
    """Return how far a running cycle is, by how long its like took."""
    share = cycles.progress(cycle, now=now)
    if share is None:
        return "Not known: no cycle of this kind was seen before."
    return bar(share, "Progress of the cycle, judged by how long its like took")


def length_of(cycle: ProvisioningCycle, *, now: datetime) -> str:
    """Return how long a cycle took, or has been running."""
    if cycle.ended_at is None:
        return f"{lasting(now - cycle.started_at)} so far"
    return lasting(cycle.ended_at - cycle.started_at)


def next_in_words(cycle: ProvisioningCycle | None, *, now: datetime) -> str:
    """Return when the next cycle is expected, and how that is from now."""
    if cycle is None:
        return "when provisioning is started in Entra"
    at = cycles.next_expected_at(cycle)
    if at > now:
        return f"{moment(at)} (in {lasting(at - now)})"
    if cycle.ended_at is None:
        return "when the running one has ended"
    return f"{moment(at)} (overdue by {lasting(now - at)})"


def table_of(cycle: ProvisioningCycle) -> dict[str, Any]:
    """Return what a cycle changed and read: a small table, users and groups apart."""
    types = TYPES | (OTHER_TYPE if "Other" in cycle.totals else {})
    counts = {type_: cycle.totals.get(type_, {}) for type_ in types}
    words = {
        word: label for word, label in WORDS.items() if word != "other" or cycles.counted(cycle, "other")
    }
    reads = cycles.reads_of(cycle)
    return {
        "is_small": True,
        "headers": ["Requests", *types.values()],
        "rows": [
            *(
                [label, *(f"{each.get(word, 0):,}" for each in counts.values())]
                for word, label in words.items()
            ),
            ["Reads", *(f"{reads.get(type_, 0):,}" for type_ in types)],
        ],
    }


def log_url(request: HttpRequest, cycle: ProvisioningCycle) -> str:
    """Return where the entries of a cycle are listed."""
    return list_url(request, ProvisioningLogEntry, organization=cycle.organization.slug, cycle=str(cycle.pk))


def all_url(request: HttpRequest, cycle: ProvisioningCycle) -> str:
    """Return where the cycles of the same organization are listed."""
    return list_url(request, ProvisioningCycle, organization=cycle.organization.slug)
