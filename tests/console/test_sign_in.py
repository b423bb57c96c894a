"""Signing in to the staff console and out of it."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Operator, Organization
from tests import factories

SIGN_IN = "/admin/login/"
FRONT_DOOR = "/"  # it leads each to their console
STRICT = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


def sign_in(client: Client, email: str, password: str = factories.PASSWORD, **more: str) -> Any:
    """Send the form."""
    return client.post(SIGN_IN, {"username": email, "password": password, **more})


def policy_of(response: Any) -> set[str]:
    """Return the directives of a page's Content Security Policy."""
    return set(response["Content-Security-Policy"].split("; "))


def test_a_csm_signs_in_and_sees_the_overview(client: Client, csm: Operator) -> None:
    response = sign_in(client, csm.email)

    assert (response.status_code, response["Location"]) == (302, FRONT_DOOR)
    assert client.get("/admin/").status_code == 200


def test_the_address_may_be_spelt_with_capitals(client: Client, csm: Operator) -> None:
    response = sign_in(client, csm.email.upper())

    assert response["Location"] == FRONT_DOOR


def test_whoever_asked_for_a_page_gets_it_after_signing_in(client: Client, csm: Operator) -> None:
    asked = client.get("/admin/accounts/organization/")

    response = client.post(asked["Location"], {"username": csm.email, "password": factories.PASSWORD})

    assert response["Location"] == "/admin/accounts/organization/"


def test_signing_in_never_leads_to_another_host(client: Client, csm: Operator) -> None:
    response = sign_in(client, csm.email, next="https://evil.example/")

    assert response["Location"] == FRONT_DOOR


def test_a_wrong_password_is_refused_without_saying_which_half_is_wrong(
    client: Client, csm: Operator
) -> None:
    known = sign_in(client, csm.email, "wrong")
    unknown = sign_in(client, "nobody@hootprov.example", "wrong")

    assert "do not open this console" in known.text
    assert known.text.count("hp-error") == unknown.text.count("hp-error") == 1


def test_an_org_admin_does_not_get_in(client: Client, org_admin: Operator) -> None:
    response = sign_in(client, org_admin.email)

    assert 'You belong to an organization: <a href="/console/login/">' in response.text
    assert client.get("/admin/").status_code == 302


def test_an_operator_who_may_not_sign_in_any_more_is_out_at_once(console: Client, csm: Operator) -> None:
    csm.is_active = False
    csm.save()

    assert console.get("/admin/")["Location"].startswith(SIGN_IN)


def test_ten_failures_lock_the_address_out_whatever_the_spelling(client: Client, csm: Operator) -> None:
    for number in range(10):
        sign_in(client, csm.email.upper() if number % 2 else csm.email, "wrong")

    response = sign_in(client, csm.email)

    assert response.status_code == 429
    assert "Too many attempts" in response.text
    assert policy_of(response) == STRICT


def test_behind_a_proxy_an_address_is_the_one_the_proxy_saw(
    client: Client, csm: Operator, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = 1
    client.defaults["HTTP_X_FORWARDED_FOR"] = "198.51.100.1, 192.0.2.1"
    for _ in range(10):
        sign_in(client, csm.email, "wrong")
    client.defaults["HTTP_X_FORWARDED_FOR"] = "192.0.2.1"
    locked_out = sign_in(client, csm.email)

    client.defaults["HTTP_X_FORWARDED_FOR"] = "192.0.2.1, 192.0.2.2"
    elsewhere = sign_in(client, csm.email)

    assert (locked_out.status_code, elsewhere.status_code) == (429, 302)


def test_a_password_that_was_tried_is_stored_nowhere(client: Client, csm: Operator) -> None:
    sign_in(client, csm.email, "my other password")

    stored = str(list(AccessAttempt.objects.values()))

    assert csm.email in stored
    assert "my other password" not in stored


@pytest.mark.parametrize("path", [SIGN_IN, "/admin/logout/"])
def test_the_pages_of_signing_in_and_out_have_a_strict_policy(console: Client, path: str) -> None:
    response = console.post(path)

    assert policy_of(response) == STRICT
    assert "<script" not in response.text
    assert "style=" not in response.text


def test_signing_out_ends_the_session(console: Client, acme: Organization) -> None:
    response = console.post("/admin/logout/")

    assert "You are signed out" in response.text
    assert console.get("/admin/")["Location"].startswith(SIGN_IN)
