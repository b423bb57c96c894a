"""Members, read-only: what Entra said of each, as it stands now."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin.pages import StaffPage, row_url
from accounts.admin.questions import OrganizationQuestion
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Fact, Section, Tone, badge, link, moment
from accounts.keys import fold
from accounts.models import Member, Team
from provisioning.admin.log import log_of

MOST_SHOWN = 50


class MemberQuestion(OrganizationQuestion):
    """Asks for the members of an organization, and for one by an exact userName, address or externalId."""

    q = forms.CharField(
        required=False, label="Exact userName, work e-mail or externalId", widget=forms.SearchInput
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the members asked for; none as long as neither organization nor person is named."""
        text = self.answer("q")
        if not text and not self.answer("organization"):
            return rows.none()
        key = fold(text or "")
        named = Q(user_name_key=key) | Q(work_email_key=key) | Q(external_id=text)
        return super().narrow(rows.filter(named) if text else rows)


@admin.register(Member, site=staff_site)
class MemberPage(StaffPage):
    """The people whom Entra provisioned."""

    question_class = MemberQuestion
    list_display = ["user_name", "display_name", "organization", "shown_state", "shown_change"]
    list_select_related = ["organization"]
    empty = (
        "Name an organization by its slug, or one member. An organization without members waits for "
        "Entra's first cycle: its log says whether one has come."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Return the members with their organization."""
        members: QuerySet[Member] = super().get_queryset(request)
        return members.select_related("organization")

    @admin.display(description="State")
    def shown_state(self, member: Member) -> SafeString:
        """Return whether Entra has them active."""
        return badge("Active", Tone.GOOD) if member.is_active else badge("Disabled", Tone.QUIET)

    @admin.display(description="Changed")
    def shown_change(self, member: Member) -> str:
        """Return when Entra changed them last."""
        return moment(member.modified_at)

    def sections(self, _request: HttpRequest, row: Member) -> list[Section]:
        """Return every attribute."""
        other = json.dumps(row.other, ensure_ascii=False, indent=2, sort_keys=True)
        return [
            Section(title="Member", facts=facts_of(row)),
            teams_of(row),
            Section(title="Every other attribute, as Entra sent it", text=other),
        ]

    def buttons(self, _request: HttpRequest, row: Member) -> list[Button]:
        """Return the ways on."""
        return [
            Button("Log of this member", log_of(row, row.organization), "primary"),
            Button("Organization", row_url(row.organization)),
        ]


def teams_of(member: Member) -> Section:
    """Return the teams a member is in, by name."""
    teams = Team.objects.of_organization(member.organization_id).filter(memberships__member=member)
    shown = teams.order_by("display_name_key")[:MOST_SHOWN]
    return Section(
        title="Teams",
        headers=["displayName"],
        rows=[[link(team.display_name, row_url(team))] for team in shown],
        empty="This member is in no team.",
    )


def facts_of(member: Member) -> list[Fact]:
    """Return the attributes that have a column, under Entra's names."""
    return [
        Fact("Organization", link(str(member.organization), row_url(member.organization))),
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
