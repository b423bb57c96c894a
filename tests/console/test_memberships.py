"""Who is in which team, on both pages."""

import pytest
from django.test import Client

from accounts.models import Member, Operator, Organization, Team, TeamMembership
from tests.factories import make_member


@pytest.fixture
def console(csm: Operator) -> Client:
    client = Client()
    client.force_login(csm)
    return client


@pytest.fixture
def news(acme: Organization) -> Team:
    team = Team.objects.create(organization=acme, display_name="News desk", display_name_key="news desk")
    for name in ("amelie@acme.example", "bruno@acme.example"):
        member = make_member(acme, name)
        TeamMembership.objects.create(organization=acme, team=team, member=member)
    return team


def test_a_team_shows_who_is_in_it(console: Client, news: Team) -> None:
    page = console.get(f"/admin/accounts/team/{news.id}/change/").content.decode()

    assert page.index("amelie@acme.example") < page.index("bruno@acme.example")
    assert "2 members" in page


def test_an_empty_team_says_why_it_may_be_so(console: Client, acme: Organization) -> None:
    team = Team.objects.create(organization=acme, display_name="Empty", display_name_key="empty")

    page = console.get(f"/admin/accounts/team/{team.id}/change/").content.decode()

    assert "Nobody is in this team." in page


def test_a_member_shows_its_teams(console: Client, news: Team) -> None:
    member = Member.objects.get(user_name="amelie@acme.example")

    page = console.get(f"/admin/accounts/member/{member.id}/change/").content.decode()

    assert "News desk" in page
