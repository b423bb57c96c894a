"""Deleted members and teams, for the days in which a member can be restored."""

import json
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import clock
from accounts.admin.access import may
from accounts.admin.pages import Cells, RowsPage, page_url, whose_facts
from accounts.admin.questions import OrganizationQuestion, Question
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Button, Fact, Section, counted, days_until, moment
from accounts.models import ResourceKind, Team, Tombstone
from accounts.permissions import Ability
from accounts.tombstones import KEPT_DAYS, oldest, restorable_until
from provisioning import entries
from provisioning.admin.directory import ways_between
from provisioning.admin.log import log_of
from provisioning.by_hand import NAMES
from provisioning.models import Action, ProvisioningLogEntry

MOST_FOUND = 200


class DeletedQuestion(OrganizationQuestion):
    """Asks for what an organization has deleted, and for one by the exact name it had."""

    q = forms.CharField(
        required=False,
        label="Exact userName or displayName",
        widget=forms.SearchInput({"autocapitalize": "none"}),
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return what was deleted; nothing as long as neither organization nor name is told.

        By name the log knows which deletion it was, by an index and in any spelling.
        """
        text = self.answer("q")
        if not text and not self.whose:
            return rows.none()
        rows = super().narrow(rows)
        if not text:
            return rows
        log = ProvisioningLogEntry.objects.order_by()
        log = log.filter(organization=self.whose) if self.whose else log
        deletions = entries.about(log, text).filter(action=Action.DELETE).order_by("-id")
        return rows.filter(
            pk__in=[id_ for id_ in deletions.values_list("resource_id", flat=True)[:MOST_FOUND] if id_]
        )


@admin.register(Tombstone, site=staff_site)
@admin.register(Tombstone, site=organization_site)
class DeletedPage(RowsPage):
    """What Entra deleted, and until when it can be undone."""

    question_class = DeletedQuestion
    related = ("organization",)
    tab = "directory"
    note = (
        f"What Entra deleted is gone for Entra at once, and kept here for {KEPT_DAYS} days. A deleted member "
        "can be restored by your customer success manager."
    )
    empty = (
        "Nothing was deleted within 30 days, or name an organization by its slug. Whoever is merely out of "
        "scope in Entra is disabled first, and stands under Members."
    )

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        """Return what can still be restored."""
        return super().rows(request).filter(deleted_at__gte=oldest(now=clock.now()))

    def ordering_for(self, _question: Question) -> tuple[str, ...]:
        """Return the order for which there is an index."""
        return ("-deleted_at", "id")

    def list_title(self) -> str:
        """Return what they are."""
        return "Deleted members and teams"

    def list_buttons(self, request: HttpRequest, question: Question) -> list[Button]:
        """Return the other lists of the directory."""
        return ways_between(request, question, Tombstone)

    def cells(self, request: HttpRequest, row: Tombstone) -> Cells:
        """Return what it was, and for how long it is kept."""
        return {
            "Name": row.identity,
            **self.whose(request, row.organization),
            "Kind": row.get_kind_display(),
            "Deleted": moment(row.deleted_at),
            "Kept": left_of(row, now=clock.now()),
        }

    def heading(self, row: Tombstone) -> str:
        """Return what it was."""
        return f"{row.get_kind_display()} {row.identity}, deleted {moment(row.deleted_at)}"

    def sections(self, request: HttpRequest, row: Tombstone) -> list[Section]:
        """Return what is remembered."""
        facts = [
            *whose_facts(request, row.organization),
            Fact("Kind", row.get_kind_display()),
            Fact("Deleted", moment(row.deleted_at)),
            Fact("Kept until", f"{moment(restorable_until(row))} ({left_of(row, now=clock.now())})"),
            Fact("id", str(row.id), is_code=True),
        ]
        return [Section(title="Deleted", facts=facts), *teams_section(row), *attributes_sections(row)]

    def buttons(self, request: HttpRequest, row: Tombstone) -> list[Button]:
        """Return the ways on."""
        log = Button(f"Log of this {row.kind}", log_of(request, row, row.organization))
        if row.kind != ResourceKind.MEMBER or not may(request, Ability.BREAK_GLASS):
            return [log]
        return [Button("Restore by hand", page_url(request, "restore_member", row.id), "primary"), log]


def attributes_sections(tombstone: Tombstone) -> list[Section]:
    """Return every attribute that is remembered, under Entra's names."""
    snapshot = tombstone.snapshot
    facts = [
        Fact(name, str(snapshot[column])) for name, column in NAMES.items() if snapshot.get(column, "") != ""
    ]
    other = json.dumps(snapshot.get("other", {}), ensure_ascii=False, indent=2, sort_keys=True)
    return [
        Section(title="As it was", facts=facts),
        Section(title="Every other attribute, as Entra sent it", text=other),
    ]


def teams_section(tombstone: Tombstone) -> list[Section]:
    """Return the teams that a deleted member was in and that still exist; nothing for a team."""
    if tombstone.kind != ResourceKind.MEMBER:
        return []
    was_in = tombstone.snapshot.get("team_ids", [])
    names = Team.objects.of_organization(tombstone.organization_id).filter(id__in=was_in)
    still = [[name] for name in names.order_by("display_name_key").values_list("display_name", flat=True)]
    note = (
        f"The member was in {counted(len(was_in), 'team')}; those that still exist are here."
        if was_in
        else ""
    )
    return [
        Section(
            title="Teams",
            note=note,
            headers=["displayName"],
            rows=[*still],
            empty="None of them exists any more." if was_in else "The member was in no team.",
        )
    ]


def left_of(tombstone: Tombstone, *, now: datetime) -> str:
    """Return how many days something deleted is still kept."""
    return f"{counted(days_until(restorable_until(tombstone), now=now), 'day')} left"
