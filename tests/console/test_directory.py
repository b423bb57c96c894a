"""Members, teams and the deleted: found by what they are called, each with what was said of it and when."""

import re
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Member, Operator, Organization, Team, Tombstone
from provisioning.models import ProvisioningLogEntry
from provisioning.tokens import IssuedToken
from tests import factories
from tests.cast import ScimClient
from tests.console.conftest import NOW, signed_in_as
from tests.console.reading import rows_of
from tests.factories import user_body
from tests.plans import plan_of, walked_through
from tests.scim.hostile import group_body, patch_body

MEMBERS, TEAMS, DELETED = "/admin/accounts/member/", "/admin/accounts/team/", "/admin/accounts/tombstone/"
SAID = "What was said last, attribute by attribute"


def names(browser: Client, url: str, title: str = "Members", **question: str) -> list[str]:
    """Return the first column of a list."""
    return [row[0] for row in rows_of(browser.get(url, question).text, title)]


@pytest.fixture
def people(acme: Organization, globex: Organization) -> None:
    """Amelie and Bruno of Acme, Amelia of Globex."""
    factories.make_member(acme, "Amelie@acme.example", work_email="a.moreau@acme.example", external_id="8F1b")
    factories.make_member(acme, "bruno@acme.example")
    factories.make_member(globex, "amelia@globex.example")


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("AMELIE@acme.example", ["Amelie@acme.example"]),
        ("A.Moreau@acme.example", ["Amelie@acme.example"]),
        ("8F1b", ["Amelie@acme.example"]),
        ("ameli", ["Amelie@acme.example", "amelia@globex.example"]),
        ("am", []),
        ("moreau", []),
        ("%me", []),
    ],
)
def test_a_member_is_found_by_name_its_beginning_address_or_external_id(
    console: Client, people: None, q: str, found: list[str]
) -> None:
    assert names(console, MEMBERS, q=q) == found


def test_a_search_stays_within_the_organization_that_is_named(
    console: Client, org_admin: Operator, people: None
) -> None:
    own = signed_in_as(org_admin)

    assert names(console, MEMBERS, q="amel", organization="globex") == ["amelia@globex.example"]
    assert names(own, "/console/accounts/member/", q="amel", organization="globex") == ["Amelie@acme.example"]


def test_a_team_is_found_by_its_beginning(console: Client, acme: Organization) -> None:
    for name in ("Newsroom", "Sales"):
        Team.objects.create(organization=acme, display_name=name, display_name_key=name.lower())

    assert names(console, TEAMS, "Teams", q="NEWS") == ["Newsroom"]


def test_each_way_of_a_search_is_served_by_an_index(console: Client, acme: Organization) -> None:
    Member.objects.bulk_create(
        Member(
            organization=acme,
            user_name=f"m{number}",
            user_name_key=f"m{number}",
            work_email_key=f"e{number}",
            external_id=f"x{number}",
        )
        for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    with CaptureQueriesContext(connection) as queries:
        assert names(console, MEMBERS, q="m2999") == ["m2999"]

    searches = [each["sql"] for each in queries if 'FROM "accounts_member"' in each["sql"]]
    indexes = [set(re.findall(r"member_\w+", " ".join(plan_of(each)))) for each in searches[:4]]
    assert [walked_through(each) & {"accounts_member"} for each in searches] == [set()] * 5
    begins = "member_user_name_beginning" if connection.vendor == "postgresql" else "member_user_name_unique"
    assert [sorted(each) for each in indexes[1:3]] == [["member_work_email"], ["member_external_id"]]
    assert begins in indexes[3] or connection.vendor == "sqlite"


@pytest.fixture
def renamed(entra: ScimClient) -> UUID:
    """A member whom Entra created at noon, renamed a minute later and refused to rename a minute after."""
    with mock.patch("accounts.clock.now", return_value=NOW):
        id_ = entra.post("/Users", user_body("amelie@acme.example", displayName="Pat")).json()["id"]
    for minute, name in ((1, "Pat Q."), (2, 5)):
        with mock.patch("accounts.clock.now", return_value=NOW + timedelta(minutes=minute)):
            change = patch_body({"op": "replace", "path": "displayName", "value": name})
            entra.request("PATCH", f"/Users/{id_}", change)
    return UUID(id_)


def test_a_member_shows_what_was_said_of_each_attribute_when_and_by_which_request(
    console: Client, renamed: UUID
) -> None:
    page = console.get(f"{MEMBERS}{renamed}/change/").text

    rows = {row[0]: row[1:] for row in rows_of(page, SAID)}
    assert rows["displayName"] == ["Pat", "Pat Q.", "2026-11-26 12:31:00 UTC", "Entra PATCH"]
    assert rows["userName"] == ["–", "amelie@acme.example", "2026-11-26 12:30:00 UTC", "Entra POST"]
    change = ProvisioningLogEntry.objects.get(action="update", status="success")
    assert f'href="/admin/provisioning/provisioninglogentry/{change.id}/change/"' in page


def test_a_team_shows_who_came_last_and_when(console: Client, entra: ScimClient) -> None:
    user = entra.post("/Users", user_body("amelie@acme.example")).json()
    with mock.patch("accounts.clock.now", return_value=NOW):
        group = entra.post("/Groups", group_body("News", members=[{"value": user["id"]}])).json()

    rows = {row[0]: row[1:] for row in rows_of(console.get(f"{TEAMS}{group['id']}/change/").text, SAID)}

    assert rows["displayName"] == ["–", "News", "2026-11-26 12:30:00 UTC", "Entra POST"]
    assert "amelie@acme.example" in rows["members"][1]


def test_a_member_takes_as_many_queries_however_long_its_log(
    console: Client, renamed: UUID, acme_token: IssuedToken
) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            console.get(f"{MEMBERS}{renamed}/change/")
        counts.append(len(queries))
        for _ in range(40):
            factories.make_entry(acme_token, resource_id=renamed)

    assert counts[0] == counts[1] <= 12


def test_the_lists_of_the_directory_lead_to_each_other(console: Client, acme: Organization) -> None:
    page = console.get(TEAMS, {"organization": "acme"}).text

    ways = re.findall(r'href="([^"]*)"( aria-current="true")?>(Members|Teams|Deleted)<', page)
    assert [(label, url, bool(current)) for url, current, label in ways if "?" in url] == [
        ("Members", f"{MEMBERS}?organization=acme", False),
        ("Teams", f"{TEAMS}?organization=acme", True),
        ("Deleted", f"{DELETED}?organization=acme", False),
    ]


@pytest.fixture
def gone(entra: ScimClient) -> Tombstone:
    """What is left of Amelie, who was in the newsroom."""
    id_ = entra.post("/Users", user_body("Amelie@acme.example")).json()["id"]
    entra.post("/Groups", group_body("Newsroom", members=[{"value": id_}]))
    entra.delete(f"/Users/{id_}")
    return Tombstone.objects.get()


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({"organization": "acme"}, ["Amelie@acme.example"]),
        ({"q": "AMELIE@acme.example"}, ["Amelie@acme.example"]),
        ({"q": "AMELIE@acme.example", "organization": "acme"}, ["Amelie@acme.example"]),
        ({"q": "bruno"}, []),
        ({}, []),
    ],
)
def test_the_deleted_are_listed_by_organization_or_found_by_name(
    console: Client, gone: Tombstone, question: dict[str, str], found: list[str]
) -> None:
    assert names(console, DELETED, "Deleted members and teams", **question) == found


def test_whom_nobody_can_restore_any_more_is_listed_no_longer(console: Client, gone: Tombstone) -> None:
    url = f"{DELETED}{gone.id}/change/"
    assert "30 days left" in console.get(url).text

    Tombstone.objects.update(deleted_at=clock.now() - timedelta(days=30, seconds=1))

    assert names(console, DELETED, "Deleted members and teams", organization="acme") == []
    assert console.get(url).status_code == 404


def test_a_deleted_member_shows_what_there_was(console: Client, gone: Tombstone) -> None:
    page: Any = console.get(f"{DELETED}{gone.id}/change/").text

    assert rows_of(page, "Teams") == [["Newsroom"]]
    assert "fr-CA" in page
