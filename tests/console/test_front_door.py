"""Everybody is led to their own console, and told where it is when they stand before the other."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Operator
from accounts.permissions import Role
from tests import factories
from tests.console.conftest import signed_in_as
from tests.console.test_sign_in import STRICT, policy_of


def sign_in(client: Client, console: str, operator: Operator, **more: str) -> Any:
    """Send the form of a console's sign-in page."""
    form = {"username": operator.email, "password": factories.PASSWORD, **more}
    return client.post(f"/{console}/login/", form)


def test_strangers_choose(client: Client, db: None) -> None:
    page = client.get("/")

    assert page.status_code == 200
    assert 'href="/console/"' in page.text
    assert 'href="/admin/"' in page.text
    assert policy_of(page) == STRICT


@pytest.mark.parametrize("role", Role)
def test_whoever_is_signed_in_is_led_home(org_admin: Operator, role: Role) -> None:
    is_admin = role == Role.ORGANIZATION_ADMIN
    browser = signed_in_as(org_admin if is_admin else factories.make_operator(role))

    assert browser.get("/")["Location"] == ("/console/" if is_admin else "/admin/")


def test_an_org_admin_signs_in_and_sees_the_status(client: Client, org_admin: Operator) -> None:
    response = client.get("/console/", follow=True)
    landed = client.post(
        response.redirect_chain[0][0], {"username": org_admin.email, "password": factories.PASSWORD}
    )

    assert landed["Location"] == "/console/"
    assert "Status" in client.get("/console/").text


@pytest.mark.parametrize("more", [{}, {"next": ""}, {"next": "//evil.example"}])
def test_no_sign_in_ends_at_a_page_that_is_not(
    client: Client, org_admin: Operator, more: dict[str, str]
) -> None:
    landed = sign_in(client, "console", org_admin, **more)

    assert landed["Location"] == "/"
    assert client.get("/")["Location"] == "/console/"


def test_staff_are_told_where_their_console_is(client: Client, csm: Operator) -> None:
    page = sign_in(client, "console", csm)

    assert page.status_code == 200
    assert (
        'You are of Hootsuite’s staff: <a href="/admin/login/">sign in to the staff console</a>.' in page.text
    )
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_is_told_nothing_of_that(client: Client, csm: Operator) -> None:
    page = client.post("/console/login/", {"username": csm.email, "password": "wrong"})

    assert "staff" not in page.text
    assert "do not open this console" in page.text


@pytest.mark.parametrize(
    ("console", "told"),
    [("console", "choose “View as org admin”"), ("admin", "who has a console of their own")],
)
def test_whoever_is_signed_in_elsewhere_is_told_the_way(
    csm: Operator, org_admin: Operator, console: str, told: str
) -> None:
    browser = signed_in_as(csm if console == "console" else org_admin)

    page = browser.get(f"/{console}/", follow=True).text

    assert told in page
    assert 'href="/">To your console</a>' in page


def test_signing_out_leads_back_to_the_same_console(org_admin: Operator) -> None:
    page = signed_in_as(org_admin).post("/console/logout/").text

    assert 'href="/console/login/">Sign in again' in page


def test_a_refusal_says_whom_to_ask(org_admin: Operator, csm: Operator) -> None:
    support = signed_in_as(factories.make_operator(Role.SUPPORT))

    page = support.get("/admin/accounts/operator/")

    assert page.status_code == 403
    assert "Ask an Owner if you need it." in page.text


def test_what_is_nowhere_leads_home(client: Client, db: None) -> None:
    page = client.get("/accounts/profile/")

    assert page.status_code == 404
    assert 'href="/">' in page.text
