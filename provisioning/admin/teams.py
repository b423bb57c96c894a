"""Teams, read-only: their names and who is in them."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.admin.pages import StaffPage, row_url
from accounts.admin.questions import OrganizationQuestion
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Fact, Section, counted, link, moment
from accounts.keys import fold
from accounts.models import Member, Team, TeamMembership
from provisioning.admin.log import log_of

MOST_SHOWN = 50


class TeamQuestion(OrganizationQuestion):
    """Asks for the teams of an organization, and for one by its exact name or externalId."""

    q = forms.CharField(required=False, label="Exact name or externalId", widget=forms.SearchInput)

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the teams asked for; none as long as neither organization nor team is named."""
        text = self.answer("q")
        if not text and not self.answer("organization"):
            return rows.none()
        named = Q(display_name_key=fold(text or "")) | Q(external_id=text)
        return super().narrow(rows.filter(named) if text else rows)


@admin.register(Team, site=staff_site)
class TeamPage(StaffPage):
    """The groups that Entra provisioned."""

    question_class = TeamQuestion
    list_display = ["display_name", "organization", "external_id", "shown_change"]
    list_select_related = ["organization"]
    empty = (
        "Name an organization by its slug, or one team. Teams come with Entra's group mapping: see "
        "Provisioning > Mappings there."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        """Return the teams with their organization."""
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.select_related("organization")

    @admin.display(description="Changed")
    def shown_change(self, team: Team) -> str:
        """Return when Entra changed it last."""
        return moment(team.modified_at)

    def sections(self, _request: HttpRequest, row: Team) -> list[Section]:
        """Return every attribute, and who is in it."""
        memberships = TeamMembership.objects.of_organization(row.organization_id).filter(team=row)
        facts = [
            Fact("Organization", link(str(row.organization), row_url(row.organization))),
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
            members_of(row),
            Section(title="Every other attribute, as Entra sent it", text=other),
        ]

    def buttons(self, _request: HttpRequest, row: Team) -> list[Button]:
        """Return the ways on."""
        return [
            Button("Log of this team", log_of(row, row.organization), "primary"),
            Button("Organization", row_url(row.organization)),
        ]


def members_of(team: Team) -> Section:
    """Return the first of the members of a team, by name."""
    members = Member.objects.of_organization(team.organization_id).filter(memberships__team=team)
    shown = members.order_by("user_name_key")[:MOST_SHOWN]
    return Section(
        title="Members",
        note=f"The first {MOST_SHOWN}, by userName.",
        headers=["userName", "displayName", "active"],
        rows=[
            [link(member.user_name, row_url(member)), member.display_name, str(member.is_active)]
            for member in shown
        ],
        empty="Nobody is in this team. Entra adds members after it has created the group.",
    )
