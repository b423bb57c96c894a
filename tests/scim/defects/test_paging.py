"""A list is counted, paged, ordered and cut to what is wanted, in SQL."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from tests.cast import ScimClient
from tests.factories import make_member, user_body
from tests.scim.hostile import SEARCH_SCHEMA, group_body


def fill(organization: Organization, count: int, *, prefix: str = "user") -> list[str]:
    """Create that many members; return their ids."""
    return [
        str(make_member(organization, f"{prefix}{n:02}@acme.example", work_email="x").id)
        for n in range(count)
    ]


def statements(entra: ScimClient, address: str, **query: str) -> list[str]:
    """Return the SQL of one read, without the note of a token's use."""
    entra.get("/ServiceProviderConfig")
    with CaptureQueriesContext(connection) as captured:
        assert entra.get(address, **query).status_code == 200
    return [each["sql"] for each in captured]


@pytest.mark.parametrize("query", [{}, {"filter": "active eq true"}])
def test_a_list_is_counted_by_the_database(
    entra: ScimClient, acme: Organization, query: dict[str, str]
) -> None:
    fill(acme, 30)

    page = entra.get("/Users", count="10", **query).json()
    read = [sql for sql in statements(entra, "/Users", count="10", **query) if '"accounts_member"' in sql]

    assert (page["totalResults"], page["itemsPerPage"], len(page["Resources"])) == (30, 10, 10)
    assert len(read) == 2
    assert "LIMIT 10" in read[0]
    assert "COUNT(*)" in read[1]


@pytest.mark.parametrize("address", ["/Users", "/Groups"])
def test_a_longer_list_takes_no_more_queries(entra: ScimClient, acme: Organization, address: str) -> None:
    ids = fill(acme, 12)
    members = [{"value": id_} for id_ in ids]
    entra.post("/Groups", group_body("First", members=members))
    few = len(statements(entra, address, count="1"))

    for number in range(10):
        entra.post("/Groups", group_body(f"Group {number}", members=members))

    assert len(statements(entra, address, count="11")) == few


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"startIndex": "0"}, (1, 3)),
        ({"startIndex": "-7"}, (1, 3)),
        ({"startIndex": "3"}, (3, 1)),
        ({"startIndex": "99"}, (99, 0)),
        ({"count": "-1"}, (1, 0)),
        ({"count": "0"}, (1, 0)),
        ({"count": "2"}, (1, 2)),
    ],
)
def test_paging_out_of_range_is_read_as_the_rfc_says(
    entra: ScimClient, acme: Organization, asked: dict[str, str], expected: tuple[int, int]
) -> None:
    fill(acme, 3)

    page = entra.get("/Users", **asked).json()

    assert (page["startIndex"], page["itemsPerPage"], page["totalResults"]) == (*expected, 3)


def test_a_page_has_an_upper_bound(entra: ScimClient, acme: Organization) -> None:
    fill(acme, 205)

    page = entra.get("/Users", count="1000", attributes="userName").json()

    assert (page["totalResults"], page["itemsPerPage"]) == (205, 200)


def test_paging_that_is_no_number_is_refused_without_words_of_python(entra: ScimClient) -> None:
    refused = entra.get("/Users", startIndex="ten")

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert refused.json()["detail"].startswith("startIndex must be a whole number.")
    assert "int()" not in refused.content.decode()


@pytest.mark.parametrize("address", ["/Users/.search", "/.search"])
def test_a_search_body_pages_sorts_and_projects(entra: ScimClient, acme: Organization, address: str) -> None:
    fill(acme, 5)
    body = {"schemas": [SEARCH_SCHEMA], "sortBy": "userName", "sortOrder": "descending", "startIndex": 2}
    if address == "/.search":
        body = {"schemas": [SEARCH_SCHEMA], "startIndex": 2}

    page = entra.post(address, body | {"count": 2, "attributes": ["userName"]}).json()

    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 2, 2)
    assert all(user.keys() == {"schemas", "id", "userName"} for user in page["Resources"])
    if address == "/Users/.search":
        assert [user["userName"][:6] for user in page["Resources"]] == ["user03", "user02"]


@pytest.mark.parametrize("query", [{}, {"filter": "active eq true"}, {"sortBy": "timezone"}])
def test_the_pages_of_a_list_hold_everybody_once(
    entra: ScimClient, acme: Organization, query: dict[str, str]
) -> None:
    ids = fill(acme, 11)

    seen = [
        user["id"]
        for start in range(1, 12, 3)
        for user in entra.get("/Users", startIndex=str(start), count="3", **query).json()["Resources"]
    ]

    assert sorted(seen) == sorted(ids)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"attributes": "userName"}, {"schemas", "id", "userName"}),
        ({"attributes": "name.givenName,emails.value"}, {"schemas", "id", "name", "emails"}),
        ({"excludedAttributes": "emails,name,groups,meta,id"}, None),
    ],
)
def test_only_what_is_wanted_is_answered(
    entra: ScimClient, asked: dict[str, str], kept: set[str] | None
) -> None:
    user = entra.post("/Users", user_body("amelie@acme.example")).json()
    expected = kept or user.keys() - {"emails", "name", "groups", "meta"}

    one = entra.get(f"/Users/{user['id']}", **asked).json()
    listed = entra.get("/Users", **asked).json()["Resources"][0]

    assert one.keys() == listed.keys() == expected


@pytest.mark.parametrize("query", [{"excludedAttributes": "members"}, {"attributes": "displayName"}])
def test_members_that_are_not_wanted_are_not_read(
    entra: ScimClient, acme: Organization, query: dict[str, str]
) -> None:
    members = [{"value": id_} for id_ in fill(acme, 3)]
    group: dict[str, Any] = entra.post("/Groups", group_body("News", members=members)).json()

    for address in ("/Groups", f"/Groups/{group['id']}"):
        read = statements(entra, address, **query)
        assert not any("accounts_teammembership" in sql for sql in read)


def test_a_list_is_sorted_by_the_attribute_that_is_asked_for(entra: ScimClient, acme: Organization) -> None:
    for name in ("bruno", "amelie", "chiara"):
        make_member(acme, f"{name}@acme.example")

    page = entra.get("/Users", sortBy="userName", attributes="userName").json()

    assert [user["userName"][0] for user in page["Resources"]] == ["a", "b", "c"]
