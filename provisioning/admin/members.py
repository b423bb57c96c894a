"""Members: what Entra said of each, when, and by which request. Read-only but for the glass that staff break."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.access import may
from accounts.admin.pages import Cells, RowsPage, page_url, row_url, whose_facts
from accounts.admin.questions import OrganizationQuestion, Question
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Button, Fact, Section, Tone, badge, link, moment
from accounts.finding import called
from accounts.models import Member, Team
from accounts.permissions import Ability
from provisioning.admin.directory import history_section, ways_between
from provisioning.admin.log import log_of

MOST_SHOWN = 50
NAMES = ("user_name_key", "work_email_key")


class MemberQuestion(OrganizationQuestion):
    """Asks for the members of an organization, and for some by userName, address or externalId."""

    q = forms.CharField(
        required=False,
        label="userName or its beginning, work e-mail or externalId",
        widget=forms.SearchInput({"autocapitalize": "none"}),
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the members asked for; none as long as neither organization nor person is named."""
        text = self.answer("q")
        if not text and not self.whose:
            return rows.none()
        rows = super().narrow(rows)
        return called(rows, text, names=NAMES, exact=("external_id",)) if text else rows


@admin.register(Member, site=staff_site)
@admin.register(Member, site=organization_site)
class MemberPage(RowsPage):
    """The people whom Entra provisioned."""

    question_class = MemberQuestion
    related = ("organization",)
    tab = "directory"
    searched_as, search_rank, icon = "Member", 3, "group"
    empty = (
        "Name an organization by its slug, or one member. An organization without members waits for "
        "Entra's first cycle: its log says whether one has come."
    )

    def ordering_for(self, _question: Question) -> tuple[str, ...]:
        """Return the order for which there is an index."""
        return ("created_at", "id")

    def cells(self, request: HttpRequest, row: Member) -> Cells:
        """Return who it is, and whether Entra has them active."""
        return {
            "userName": row.user_name,
            "displayName": row.display_name or "–",
            **self.whose(request, row.organization),
            "State": badge("Active", Tone.GOOD) if row.is_active else badge("Disabled", Tone.QUIET),
            "Changed": moment(row.modified_at),
        }

    def list_buttons(self, request: HttpRequest, question: Question) -> list[Button]:
        """Return the other lists of the directory."""
        return ways_between(request, question, Member)

    def sections(self, request: HttpRequest, row: Member) -> list[Section]:
        """Return every attribute."""
        other = json.dumps(row.other, ensure_ascii=False, indent=2, sort_keys=True)
        return [
            Section(title="Member", facts=facts_of(request, row)),
            teams_of(request, row),
            history_section(request, row),
            Section(title="Every other attribute, as Entra sent it", text=other),
        ]

    def buttons(self, request: HttpRequest, row: Member) -> list[Button]:
        """Return the ways on."""
        return [
            Button("Log of this member", log_of(request, row, row.organization), "primary"),
            *by_hand_button(request, row),
        ]


def by_hand_button(request: HttpRequest, member: Member) -> list[Button]:
    """Return what staff may do by hand: the opposite of how the member is."""
    if not may(request, Ability.BREAK_GLASS):
        return []
    if member.is_active:
        return [Button("Deactivate by hand", page_url(request, "deactivate_member", member.id))]
    return [Button("Activate by hand", page_url(request, "activate_member", member.id))]


def teams_of(request: HttpRequest, member: Member) -> Section:
    """Return the teams a member is in, by name."""
    teams = Team.objects.of_organization(member.organization_id).filter(memberships__member=member)
    shown = teams.order_by("display_name_key")[:MOST_SHOWN]
    return Section(
        title="Teams",
        headers=["displayName"],
        rows=[[link(team.display_name, row_url(request, team))] for team in shown],
        empty="This member is in no team.",
    )


def facts_of(request: HttpRequest, member: Member) -> list[Fact]:
    """Return the attributes that have a column, under Entra's names."""
    return [
        *whose_facts(request, member.organization),
        Fact("userName", member.user_name),
        Fact("active", "True" if member.is_active else "False"),
        Fact("externalId", member.external_id or "–"),
        Fact("displayName", member.display_name or "–"),
        Fact("name.givenName", member.given_name or "–"),
        Fact("name.familyName", member.family_name or "–"),
        Fact("Work e-mail", member.work_email or "–"),
        Fact("preferredLanguage", member.preferred_language or "–"),
        Fact("timezone", member.timezone or "–"),
        Fact("Created", moment(member.created_at)),
        Fact("Changed", f"{moment(member.modified_at)} (version {member.version})"),
        Fact("id", str(member.id), is_code=True),
    ]
