"""A page by startIndex, from whichever end it is read (RFC 7644 §3.4.2.4)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from tests.cast import ScimClient
from tests.factories import make_member
from tests.plans import is_bounded, walked_through

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


@pytest.mark.usefixtures("seven")
def test_no_user_of_a_far_page_is_found_by_walking_through_the_table(entra: ScimClient) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert entra.get("/Users?startIndex=7&count=2&excludedAttributes=groups").status_code == 200

    [statement] = [each["sql"] for each in asked if "WITH total" in each["sql"]]
    assert "accounts_member" not in walked_through(statement)
    assert is_bounded(statement, "organization_id")
    assert is_bounded(statement, "id")
