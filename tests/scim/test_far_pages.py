"""A page by startIndex, from whichever end it is read (RFC 7644 §3.4.2.4)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from provisioning.scim.queries import MESSAGE
from provisioning.scim.resources import GROUP_SCHEMA
from tests.cast import ScimClient
from tests.factories import make_member, make_members
from tests.plans import effort_of, walked_through

NAMES = [f"user{number}@acme.example" for number in range(7)]


@pytest.fixture
def seven(acme: Organization, globex: Organization) -> None:
    """Seven users, every third of whom has a time zone, among those of another organization."""
    for number, name in enumerate(NAMES):
        make_member(acme, name, timezone="" if number % 3 else "Europe/Berlin")
        make_member(globex, name)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 9])
@pytest.mark.parametrize(
    ("query", "names"), [("", NAMES), ('timezone eq "Europe/Berlin"', NAMES[::3]), ('userName eq "x"', [])]
)
@pytest.mark.usefixtures("seven")
def test_every_page_is_that_part_of_the_whole(
    entra: ScimClient, query: str, names: list[str], count: int
) -> None:
    for start in range(2, len(NAMES) + 3):
        page = entra.get("/Users", filter=query, startIndex=str(start), count=str(count)).json()

        found = [user["userName"] for user in page["Resources"]]
        assert (page["totalResults"], found) == (len(names), names[start - 1 : start - 1 + count])


@pytest.mark.parametrize("count", [1, 3, 9])
def test_groups_have_such_pages_too(entra: ScimClient, count: int) -> None:
    names = [f"Sales {number}" for number in range(5)]
    for name in names:
        entra.post("/Groups", {"schemas": [GROUP_SCHEMA], "displayName": name, "externalId": name[-1]})

    for start in range(2, len(names) + 3):
        body = {"schemas": [MESSAGE], "filter": 'externalId ne "2"', "startIndex": start, "count": count}
        page = entra.post("/Groups/.search", body).json()

        found = [group["displayName"] for group in page["Resources"]]
        kept = [name for name in names if name != "Sales 2"]
        assert (page["totalResults"], found) == (len(kept), kept[start - 1 : start - 1 + count])


def statement_of(entra: ScimClient, start: int) -> str:
    """Return the statement that finds a page of ten."""
    with CaptureQueriesContext(connection) as asked:
        assert entra.get(f"/Users?startIndex={start}&count=10&excludedAttributes=groups").status_code == 200
    [statement] = [each["sql"] for each in asked if "WITH total" in each["sql"]]
    return str(statement)


def test_what_is_skipped_is_what_lies_between_a_page_and_the_nearer_end(
    entra: ScimClient, acme: Organization
) -> None:
    make_members(acme, 3000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_member")

    first, middle, last, none = (
        effort_of(statement_of(entra, start), "accounts_member") for start in (2, 1500, 2991, 5000)
    )

    assert max(first, last, none) * 1.2 < middle


@pytest.mark.usefixtures("seven")
def test_no_user_of_a_far_page_is_found_by_walking_through_the_table(entra: ScimClient) -> None:
    assert "accounts_member" not in walked_through(statement_of(entra, 7))
