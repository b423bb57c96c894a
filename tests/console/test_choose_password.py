"""A link in a mail lets a person choose their password, once, and signs them in to their console."""

import re
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import people, tasks
from provisioning.history import Actor
from provisioning.models import AuditEvent, Notification
from tests.console.test_sign_in import STRICT, policy_of

NEW = {"new_password1": "seven blue lanterns", "new_password2": "seven blue lanterns"}
GONE = "This link does not work"


def link_in(message: mail.EmailMessage) -> str:
    """Return the path of the link by which a password is chosen."""
    links: list[str] = re.findall(r"http://[^/]+(/(?:welcome|password)/\S+/\S+/)", str(message.body))
    return links[0]


def arrived(mailoutbox: list[mail.EmailMessage]) -> str:
    """Send what waits; return the path of the link of the one mail that arrived."""
    tasks.relay_notifications()
    [message] = mailoutbox
    mailoutbox.clear()
    return link_in(message)


@pytest.fixture
def invited(acme: Organization, csm: Operator) -> Operator:
    """Somebody whom the CSM has invited to Acme's console."""
    return people.invite(
        email="kim@acme.example",
        name="Kim",
        role=Role.ORGANIZATION_ADMIN,
        organization=acme,
        by=Actor.of(csm),
        now=clock.now(),
    )


@pytest.fixture
def link(invited: Operator, mailoutbox: list[mail.EmailMessage]) -> str:
    """Their link."""
    return arrived(mailoutbox)


def choose(client: Client, link: str, form: dict[str, str] = NEW) -> Any:
    """Follow a link, and send the form."""
    opened = client.get(link)
    return client.post(opened["Location"], form) if opened.status_code == 302 else opened


def test_the_link_lies_in_no_row(link: str) -> None:
    token = link.rstrip("/").rpartition("/")[2]

    assert token not in str(list(Notification.objects.values()))
    assert token not in str(list(AuditEvent.objects.values()))


def test_whoever_was_invited_chooses_a_password_and_is_in_their_console(
    client: Client, invited: Operator, link: str
) -> None:
    response = choose(client, link)

    invited.refresh_from_db()
    assert (response.status_code, response["Location"]) == (303, "/console/")
    assert client.get("/console/").status_code == 200
    assert invited.check_password(NEW["new_password1"])


def test_one_of_the_staff_lands_in_the_staff_console(
    client: Client, csm: Operator, mailoutbox: list[mail.EmailMessage]
) -> None:
    people.send_link(person=csm, by=Actor.of(csm), now=clock.now())

    assert choose(client, arrived(mailoutbox))["Location"] == "/admin/"


def test_the_secret_leaves_the_address_bar(client: Client, link: str) -> None:
    opened = client.get(link)
    page = client.get(opened["Location"])

    token = link.rstrip("/").rpartition("/")[2]
    assert (opened.status_code, page.status_code) == (302, 200)
    assert token not in opened["Location"]
    assert token not in page.text


def test_the_page_is_strict_and_kept_nowhere(client: Client, link: str) -> None:
    page = client.get(client.get(link)["Location"])

    assert policy_of(page) == STRICT
    assert "<script" not in page.text
    assert "no-store" in page["Cache-Control"]
    assert (
        page["Referrer-Policy"] == "same-origin"
    )  # its address says nothing; none at all would hide our origin


def test_following_the_link_changes_nothing(client: Client, invited: Operator, link: str) -> None:
    before = invited.password

    client.get(client.get(link)["Location"])

    invited.refresh_from_db()
    assert invited.password == before


def test_a_link_works_once(client: Client, invited: Operator, link: str) -> None:
    thief = Client()
    thief.get(link)
    choose(client, link)
    invited.refresh_from_db()

    again = choose(Client(), link)
    kept_open = thief.post(f"{link.rpartition('/')[0].rpartition('/')[0]}/set-password/", NEW)

    assert (again.status_code, kept_open.status_code) == (410, 410)
    assert GONE in again.text
    assert thief.get("/console/").status_code == 302


@pytest.mark.parametrize(("days", "status"), [(6.9, 303), (7.1, 410)])
def test_an_invitation_is_good_for_seven_days(client: Client, link: str, days: float, status: int) -> None:
    later = clock.now() + timedelta(days=days)

    with mock.patch("accounts.clock.now", return_value=later):
        assert choose(client, link).status_code == status


@pytest.mark.parametrize(("minutes", "status"), [(59, 303), (61, 410)])
def test_a_link_to_a_new_password_is_good_for_an_hour(
    client: Client, org_admin: Operator, mailoutbox: list[mail.EmailMessage], minutes: int, status: int
) -> None:
    people.ask_for_link(email=org_admin.email, client="127.0.0.1", now=clock.now())
    link, later = arrived(mailoutbox), clock.now() + timedelta(minutes=minutes)

    with mock.patch("accounts.clock.now", return_value=later):
        assert choose(client, link).status_code == status


def test_a_link_for_one_purpose_serves_no_other(client: Client, link: str) -> None:
    assert choose(client, link.replace("/welcome/", "/password/")).status_code == 410


def test_a_link_for_one_person_serves_no_other(
    client: Client, link: str, org_admin: Operator, mailoutbox: list[mail.EmailMessage]
) -> None:
    people.ask_for_link(email=org_admin.email, client="127.0.0.1", now=clock.now())
    own = arrived(mailoutbox).split("/")
    foreign = link.split("/")

    assert choose(client, "/".join([*foreign[:2], own[2], *foreign[3:]])).status_code == 410
    assert choose(client, "/welcome/bm9ib2R5/x-y/").status_code == 410


@pytest.mark.parametrize("is_allowed_again", [False, True])
def test_a_link_is_dead_once_the_sign_in_was_ended(
    client: Client, invited: Operator, csm: Operator, link: str, is_allowed_again: bool
) -> None:
    people.end(person=invited, reason="Left.", by=Actor.of(csm), now=clock.now())
    if is_allowed_again:
        people.restore(person=invited, by=Actor.of(csm), now=clock.now())

    assert choose(client, link).status_code == 410


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ({"new_password1": "short", "new_password2": "short"}, "This password is too short."),
        ({"new_password1": "seven blue lanterns", "new_password2": "other"}, "The two password fields"),
        (
            {"new_password1": "kim@acme.example", "new_password2": "kim@acme.example"},
            "too similar to the email",
        ),
    ],
)
def test_a_weak_password_is_refused_and_the_link_stays_good(
    client: Client, link: str, form: dict[str, str], refusal: str
) -> None:
    refused = choose(client, link, form)

    assert refused.status_code == 200
    assert refusal in refused.text
    assert choose(client, link).status_code == 303


def test_what_was_done_stands_in_the_history_with_where_from(client: Client, link: str) -> None:
    choose(client, link)

    events = [(each.kind, each.subject, each.actor, each.address) for each in AuditEvent.objects.all()]
    who = "Kim (kim@acme.example)"
    assert events[:2] == [
        ("person_joined", who, who, "127.0.0.1"),
        ("person_invited", who, "Customer success manager (csm@hootprov.example)", None),
    ]


def test_a_new_password_ends_the_sessions_of_the_old_one(
    client: Client, org_admin: Operator, mailoutbox: list[mail.EmailMessage]
) -> None:
    client.force_login(org_admin, backend="accounts.backends.OperatorBackend")
    people.ask_for_link(email=org_admin.email, client=None, now=clock.now())

    choose(Client(), arrived(mailoutbox))

    assert client.get("/console/")["Location"].startswith("/console/login/")
