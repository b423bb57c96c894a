"""Whoever forgot their password asks for a link; the answer never says whether we know the address."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Operator
from provisioning import people
from provisioning.models import ForgottenPassword, Notification
from tests import factories
from tests.console.test_choose_password import invited
from tests.console.test_sign_in import STRICT, policy_of

__all__ = ["invited"]

ASK = "/password/forgotten/"


def ask(client: Client, email: str) -> Any:
    """Send the form."""
    return client.post(ASK, {"email": email})


def mails() -> list[tuple[str, str]]:
    """Return the kind and recipient of every mail about a password."""
    return list(
        Notification.objects.filter(kind__in=people.KINDS_OF_MAIL)
        .order_by("created_at")
        .values_list("kind", "recipient")
    )


@pytest.mark.parametrize("console", ["admin", "console"])
def test_both_sign_in_pages_lead_here(client: Client, db: None, console: str) -> None:
    assert f'href="{ASK}"' in client.get(f"/{console}/login/").text


def test_a_link_goes_to_whoever_signs_in_by_the_address(client: Client, org_admin: Operator) -> None:
    ask(client, org_admin.email.upper())

    assert mails() == [("password_reset", org_admin.email)]


def test_staff_get_a_mail_of_no_organization(client: Client, csm: Operator) -> None:
    ask(client, csm.email)

    assert mails() == [("password_reset", csm.email)]
    assert Notification.objects.get().organization is None


def test_whoever_has_no_password_yet_gets_the_invitation_again(client: Client, invited: Operator) -> None:
    Notification.objects.all().delete()

    ask(client, invited.email)

    assert mails() == [("invitation", invited.email)]


def test_the_answer_is_the_same_for_everybody(client: Client, org_admin: Operator, csm: Operator) -> None:
    csm.is_active = False
    csm.save()
    answers = [ask(client, email) for email in (org_admin.email, csm.email, "nobody@acme.example")]

    told = [(each.status_code, each["Location"], each.content) for each in answers]
    assert told == [(303, "/password/forgotten/sent/", b"")] * 3
    assert mails() == [("password_reset", org_admin.email)]
    assert "If somebody signs in with this address" in client.get(answers[0]["Location"]).text


def test_an_address_gets_three_mails_an_hour(client: Client, org_admin: Operator) -> None:
    now = clock.now()
    for minutes in range(0, 50, 10):
        with mock.patch("accounts.clock.now", return_value=now + timedelta(minutes=minutes)):
            assert ask(client, org_admin.email).status_code == 303
    within = len(mails())

    with mock.patch("accounts.clock.now", return_value=now + timedelta(minutes=65)):
        ask(client, org_admin.email)

    assert (within, len(mails())) == (3, 4)


def test_a_network_asks_twenty_times_an_hour_for_whomever(client: Client, db: None) -> None:
    answers = [ask(client, f"{number}@acme.example") for number in range(people.MOST_OF_CLIENT)]
    refused = ask(client, "one.more@acme.example")
    client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    elsewhere = ask(client, "one.more@acme.example")

    assert {each.status_code for each in answers} == {303}
    assert (refused.status_code, refused["Retry-After"], elsewhere.status_code) == (429, "3600", 303)
    assert "Too many links were asked for from your network. Try again in an hour." in refused.text


def test_who_asked_is_kept_for_an_hour_and_not_by_name(client: Client, org_admin: Operator) -> None:
    ask(client, org_admin.email)
    stored = str(list(ForgottenPassword.objects.values()))
    later = clock.now() + timedelta(minutes=61)

    with mock.patch("accounts.clock.now", return_value=later):
        ask(client, "nobody@acme.example")

    assert org_admin.email not in stored
    assert ForgottenPassword.objects.count() == 1


def test_what_is_no_address_is_said(client: Client, db: None) -> None:
    page = ask(client, "nobody")

    assert page.status_code == 200
    assert "Enter a valid email address." in page.text


@pytest.mark.parametrize("path", [ASK, f"{ASK}sent/"])
def test_the_pages_are_strict(client: Client, db: None, path: str) -> None:
    assert policy_of(client.get(path)) == STRICT


class TestOnesOwn:
    """Whoever is signed in changes their password."""

    FORM = {
        "old_password": factories.PASSWORD,
        "new_password1": "seven blue lanterns",
        "new_password2": "seven blue lanterns",
    }

    @pytest.fixture
    def browser(self, client: Client, org_admin: Operator) -> Client:
        client.force_login(org_admin, backend="accounts.backends.OperatorBackend")
        return client

    def test_they_stay_signed_in_here_and_nowhere_else(self, browser: Client, org_admin: Operator) -> None:
        other = Client()
        other.force_login(org_admin, backend="accounts.backends.OperatorBackend")

        changed = browser.post("/console/password_change/", self.FORM)

        assert (changed.status_code, changed["Location"]) == (303, "/console/")
        assert browser.get("/console/").status_code == 200
        assert other.get("/console/").status_code == 302

    @pytest.mark.parametrize(
        ("field", "value", "refusal"),
        [
            ("old_password", "wrong", "Your old password was entered incorrectly."),
            ("new_password2", "x", "The two"),
        ],
    )
    def test_a_wrong_form_changes_nothing(
        self, browser: Client, org_admin: Operator, field: str, value: str, refusal: str
    ) -> None:
        page = browser.post("/console/password_change/", {**self.FORM, field: value})

        org_admin.refresh_from_db()
        assert refusal in page.text
        assert org_admin.check_password(factories.PASSWORD)
        assert policy_of(page) == STRICT
