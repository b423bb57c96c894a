"""What else a CSM can look at: members, teams, tokens, mails, operators."""

from django.test import Client

from accounts.models import Operator, Organization, Team
from accounts.permissions import Role
from provisioning.models import Notification
from provisioning.tokens import IssuedToken
from tests import factories
from tests.console.conftest import SignedIn


def test_a_member_shows_every_attribute_and_links_to_its_log(console: Client, acme: Organization) -> None:
    other = {"phoneNumbers": [{"type": "work", "value": "+1 604 555 0100"}]}
    member = factories.make_member(acme, "Amelie@acme.example", display_name="Amélie Moreau", other=other)

    page = console.get(f"/admin/accounts/member/{member.id}/change/").text

    for said in ("Amelie@acme.example", "Amélie Moreau", "+1 604 555 0100", "UTC (version 1)"):
        assert said in page
    assert f"?organization=acme&amp;resource={member.id}" in page


def test_members_are_listed_by_organization_or_found_by_name(
    console: Client, acme: Organization, globex: Organization
) -> None:
    factories.make_member(acme, "amelie@acme.example")
    factories.make_member(globex, "gina@globex.example")

    everybody = console.get("/admin/accounts/member/").text
    of_acme = console.get("/admin/accounts/member/", {"organization": "acme"}).text
    named = console.get("/admin/accounts/member/", {"q": "GINA@globex.example"}).text

    assert "Name an organization by its slug" in everybody
    assert ("amelie@" in of_acme, "gina@" in of_acme) == (True, False)
    assert ("amelie@" in named, "gina@globex" in named) == (False, True)


def test_a_team_says_how_many_are_in_it(console: Client, acme: Organization) -> None:
    team = Team.objects.create(organization=acme, display_name="Sales", display_name_key="sales")

    page = console.get(f"/admin/accounts/team/{team.id}/change/").text

    assert "Sales" in page
    assert "0 members" in page


def test_a_token_is_shown_by_its_end_alone(console: Client, acme_token: IssuedToken) -> None:
    page = console.get(f"/admin/provisioning/scimtoken/{acme_token.token.id}/change/").text

    assert f"…{acme_token.secret[-4:]}" in page
    assert acme_token.secret[4:-4] not in page
    assert acme_token.token.digest not in page


def test_tokens_are_found_by_state(console: Client, acme: Organization) -> None:
    factories.make_token(acme, label="Long")
    factories.make_token(acme, label="Short", lifetime_days=10)

    page = console.get("/admin/provisioning/scimtoken/", {"state": "soon"}).text

    assert "Expires in 10 days" in page
    assert "Long (" not in page


def test_a_mail_says_what_became_of_it(console: Client, acme_token: IssuedToken, org_admin: Operator) -> None:
    factories.make_token(acme_token.token.organization)
    mail = Notification.objects.get()

    page = console.get(f"/admin/provisioning/notification/{mail.id}/change/").text

    for said in ("Token issued, to admin@acme.example", "Waiting", "Next attempt", "after 0 attempts"):
        assert said in page


def test_an_owner_sees_who_may_sign_in(signed_in: SignedIn, csm: Operator) -> None:
    owner = signed_in(Role.OWNER)

    page = owner.get("/admin/accounts/operator/", {"q": "csm@"}).text

    assert csm.email in page
    assert "Customer success manager" in page
    assert csm.password not in owner.get(f"/admin/accounts/operator/{csm.id}/change/").text
