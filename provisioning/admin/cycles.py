"""Entra's cycles as HootProv saw them: a list, and one with what it changed.

Across organizations the list goes by id, which is the order in which cycles were opened; of one
organization by that organization's own index, as the log does.
"""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.pages import StaffPage, list_url, row_url
from accounts.admin.questions import OrganizationQuestion
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Fact, Section, bar, lasting, link, moment
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
class CyclePage(StaffPage):
    """When Entra came, for how long, and what it changed."""

    question_class = OrganizationQuestion
    list_display = [
        "shown_start",
        "organization",
        "kind",
        "shown_state",
        "shown_length",
        "shown_changes",
        "shown_failures",
    ]
    list_select_related = ["organization"]
    empty = (
        "No cycle yet. The first begins when provisioning is started in Entra, and shows here within seconds."
    )

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """Return the order for which there is an index."""
        return ["-started_at", "-id"] if request.GET.get("organization") else ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProvisioningCycle]:
        """Return the cycles with their organization."""
        found: QuerySet[ProvisioningCycle] = super().get_queryset(request)
        return found.select_related("organization")

    @admin.display(description="Started")
    def shown_start(self, cycle: ProvisioningCycle) -> str:
        """Return when its first request came."""
        return moment(cycle.started_at)

    @admin.display(description="State")
    def shown_state(self, cycle: ProvisioningCycle) -> SafeString:
        """Return whether it still runs."""
        return cycle_badge(cycle)

    @admin.display(description="Took")
    def shown_length(self, cycle: ProvisioningCycle) -> str:
        """Return how long it took, so far."""
        return length_of(cycle, now=clock.now())

    @admin.display(description="Changes")
    def shown_changes(self, cycle: ProvisioningCycle) -> str:
        """Return how many changes it asked for."""
        return f"{cycles.operations_of(cycle):,}"

    @admin.display(description="Failed")
    def shown_failures(self, cycle: ProvisioningCycle) -> str:
        """Return how many of them failed."""
        return f"{cycles.counted(cycle, 'failed'):,}"

    def heading(self, row: ProvisioningCycle) -> str:
        """Return which cycle it is, and whose."""
        return f"{row.get_kind_display()} cycle of {row.organization}, {moment(row.started_at)}"

    def sections(self, _request: HttpRequest, row: ProvisioningCycle) -> list[Section]:
        """Return when it was, and what it changed."""
        whose = Fact("Organization", link(str(row.organization), row_url(row.organization)))
        facts = [whose, *facts_of(row, now=clock.now())]
        return [
            Section(title="Cycle", note=SEEN, facts=facts),
            Section(title="What it did", **table_of(row)),
        ]

    def buttons(self, _request: HttpRequest, row: ProvisioningCycle) -> list[Button]:
        """Return the ways on."""
        return [
            Button("Log of this cycle", log_url(row), "primary"),
            Button("All cycles of the organization", all_url(row)),
            Button("Organization", row_url(row.organization)),
        ]


def newest_section(cycle: ProvisioningCycle | None, *, now: datetime) -> Section:
    """Return an organization's running or newest cycle, for its page."""
    if cycle is None:
        return Section(title="Newest cycle", empty=CyclePage.empty)
    return Section(
        title="Newest cycle" if cycle.ended_at else "Running cycle",
        note=SEEN,
        facts=facts_of(cycle, now=now),
        **table_of(cycle),
        buttons=[Button("Log of this cycle", log_url(cycle)), Button("All cycles", all_url(cycle))],
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


def log_url(cycle: ProvisioningCycle) -> str:
    """Return where the entries of a cycle are listed."""
    return list_url(ProvisioningLogEntry, organization=cycle.organization.slug, cycle=str(cycle.pk))


def all_url(cycle: ProvisioningCycle) -> str:
    """Return where the cycles of the same organization are listed."""
    return list_url(ProvisioningCycle, organization=cycle.organization.slug)
