"""Teams, read-only: what Entra said of each, when, and who is in them."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.pages import Cells, RowsPage, row_url, whose_facts
from accounts.admin.questions import OrganizationQuestion, Question
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Button, Fact, Section, counted, link, moment
from accounts.finding import called
from accounts.models import Member, Team, TeamMembership
from provisioning.admin.directory import history_section, ways_between
from provisioning.admin.log import log_of

MOST_SHOWN = 50


class TeamQuestion(OrganizationQuestion):
    """Asks for the teams of an organization, and for some by name or externalId."""

    q = forms.CharField(
        required=False, label="displayName or its beginning, or externalId", widget=forms.SearchInput
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the teams asked for; none as long as neither organization nor team is named."""
        text = self.answer("q")
        if not text and not self.whose:
            return rows.none()
        rows = super().narrow(rows)
        return called(rows, text, names=("display_name_key",), exact=("external_id",)) if text else rows


@admin.register(Team, site=staff_site)
@admin.register(Team, site=organization_site)
class TeamPage(RowsPage):
    """The groups that Entra provisioned."""

    question_class = TeamQuestion
    related = ("organization",)
    tab = "directory"
    searched_as, search_rank, icon = "Team", 4, "groups"
    empty = (
        "Name an organization by its slug, or one team. Teams come with Entra's group mapping: see "
        "Provisioning > Mappings there."
    )

    def ordering_for(self, _question: Question) -> tuple[str, ...]:
        """Return the order for which there is an index."""
        return ("created_at", "id")

    def cells(self, request: HttpRequest, row: Team) -> Cells:
        """Return what it is called."""
        return {
            "displayName": row.display_name,
            **self.whose(request, row.organization),
            "externalId": row.external_id or "–",
            "Changed": moment(row.modified_at),
        }

    def list_buttons(self, request: HttpRequest, question: Question) -> list[Button]:
        """Return the other lists of the directory."""
        return ways_between(request, question, Team)

    def sections(self, request: HttpRequest, row: Team) -> list[Section]:
        """Return every attribute, and who is in it."""
        memberships = TeamMembership.objects.of_organization(row.organization_id).filter(team=row)
        facts = [
            *whose_facts(request, row.organization),
            Fact("displayName", row.display_name),
            Fact("externalId", row.external_id or "–"),
            Fact("Members", counted(memberships.count(), "member")),
            Fact("Created", moment(row.created_at)),
            Fact("Changed", f"{moment(row.modified_at)} (version {row.version})"),
            Fact("id", str(row.id), is_code=True),
        ]
        other = json.dumps(row.other, ensure_ascii=False, indent=2, sort_keys=True)
        return [
            Section(title="Team", facts=facts),
            members_of(request, row),
            history_section(request, row),
            Section(title="Every other attribute, as Entra sent it", text=other),
        ]

    def buttons(self, request: HttpRequest, row: Team) -> list[Button]:
        """Return the ways on."""
        return [
            Button("Log of this team", log_of(request, row, row.organization), "primary"),
        ]


def members_of(request: HttpRequest, team: Team) -> Section:
    """Return the first of the members of a team, by name."""
    members = Member.objects.of_organization(team.organization_id).filter(memberships__team=team)
    shown = members.order_by("user_name_key")[:MOST_SHOWN]
    return Section(
        title="Members",
        note=f"The first {MOST_SHOWN}, by userName.",
        headers=["userName", "displayName", "active"],
        rows=[
            [link(member.user_name, row_url(request, member)), member.display_name, str(member.is_active)]
            for member in shown
        ],
        empty="Nobody is in this team. Entra adds members after it has created the group.",
    )
