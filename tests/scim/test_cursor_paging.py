"""A list is walked by cursor: everyone who stays is met once, and a page costs the same however far on it is.

Source: RFC 9865.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.members import MemberValues
from accounts.models import Member, Organization, Team
from tests.cast import ScimClient
from tests.factories import ERROR_SCHEMA, LIST_SCHEMA, USER_SCHEMA, make_member, user_body
from tests.plans import is_bounded, walked_through
from tests.scim.hostile import SEARCH_SCHEMA, group_body

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

ADDRESSES = ["/Users", "/Groups", "/Users/.search", "/Groups/.search", "/.search"]
BESIDE = ("previousCursor", "nextCursor")
BROKEN = ("x", ".", "e30.x", "ﬁ", " ", "a" * 5000, "W10.kXb1-2_x", "%00", "' OR 1=1")


def ask(entra: ScimClient, address: str, **asked: Any) -> "Answer":
    """Ask for a page, in the address or in a body."""
    if address.endswith(".search"):
        return entra.post(address, {"schemas": [SEARCH_SCHEMA], **asked})
    return entra.get(address, **{name: str(value) for name, value in asked.items()})


def pages(entra: ScimClient, address: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """Yield the pages of a list, each by the cursor of the one before."""
    cursor: str | None = ""
    while cursor is not None:
        answer = ask(entra, address, cursor=cursor, **asked)
        assert answer.status_code == 200, answer.content
        yield answer.json()
        cursor = answer.json().get("nextCursor")


def ids(page: dict[str, Any]) -> list[str]:
    """Return who is on a page."""
    return [each["id"] for each in page["Resources"]]


def make(entra: ScimClient, address: str, name: str) -> list[str]:
    """Create what an address lists, of the same name; return where it is."""
    users = [] if address.startswith("/Groups") else [entra.post("/Users", user_body(name))]
    groups = [] if address.startswith("/Users") else [entra.post("/Groups", group_body(name))]
    return [created["Location"].partition("/scim/v2")[2] for created in users + groups]


def known_to_the_planner(organization: Organization, model: Any, count: int) -> str:
    """Create rows a second apart, and let the database look at them; return their table."""
    now = clock.now()
    names = ("user_name", "user_name_key") if model is Member else ("display_name", "display_name_key")
    model.objects.bulk_create(
        model(
            organization=organization,
            created_at=now + timedelta(seconds=number),
            **dict.fromkeys(names, f"name{number}"),
        )
        for number in range(count)
    )
    table: str = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")
    return table


def fill(organization: Organization, count: int, *, name: str = "user") -> None:
    """Create that many members, all in one moment."""
    now = clock.now()
    values = (MemberValues(user_name=f"{name}{number}@acme.example") for number in range(count))
    Member.objects.bulk_create(
        Member(organization=organization, created_at=now, **each.columns()) for each in values
    )


@pytest.fixture
def five(acme: Organization) -> list[str]:
    """Five members of Acme, the oldest first."""
    return [str(make_member(acme, f"user{number}@acme.example").id) for number in range(5)]


@pytest.mark.parametrize("address", ADDRESSES)
def test_everyone_who_stays_is_met_once_while_others_come_and_go(entra: ScimClient, address: str) -> None:
    stay = [path for number in range(4) for path in make(entra, address, f"stays{number}")]
    go = [path for number in range(4) for path in make(entra, address, f"goes{number}")]
    seen: list[str] = []

    for number, page in enumerate(pages(entra, address, count=3)):
        seen += ids(page)
        make(entra, address, f"comes{number}")
        for gone in {*go[:1], *go[-1:]}:
            entra.delete(gone)
        go = go[1:-1]
        assert len(page["Resources"]) == page["itemsPerPage"] <= 3

    assert len(seen) == len(set(seen))
    assert {path.rpartition("/")[2] for path in stay} <= set(seen)


def test_those_of_one_moment_are_met_once(entra: ScimClient, acme: Organization) -> None:
    fill(acme, 7)

    seen = [id_ for page in pages(entra, "/Users", count=2) for id_ in ids(page)]

    assert seen == [str(each.id) for each in Member.objects.order_by("id")]


def test_a_page_says_which_follows_and_which_goes_before(entra: ScimClient, five: list[str]) -> None:
    first, middle, last = pages(entra, "/Users", count=2, attributes="id")

    cursors = [{name: page.pop(name) for name in BESIDE if name in page} for page in (first, middle, last)]
    assert [list(each) for each in cursors] == [
        ["nextCursor"],
        ["previousCursor", "nextCursor"],
        ["previousCursor"],
    ]
    for page, found in ((first, five[:2]), (middle, five[2:4]), (last, five[4:])):
        assert page == {
            "schemas": [LIST_SCHEMA],
            "totalResults": 5,
            "itemsPerPage": len(found),
            "Resources": [{"schemas": [USER_SCHEMA], "id": id_} for id_ in found],
        }


@pytest.mark.parametrize("address", ["/Users", "/.search"])
def test_the_way_back_is_the_same(entra: ScimClient, five: list[str], address: str) -> None:
    for name in ("News", "Sport", "Film"):
        entra.post("/Groups", group_body(name))
    there = list(pages(entra, address, count=2))
    back = [there[-1]]

    while "previousCursor" in back[0]:
        back.insert(0, ask(entra, address, cursor=back[0]["previousCursor"], count=2).json())

    assert [ids(page) for page in back] == [ids(page) for page in there]


def test_the_way_back_ends_with_a_whole_first_page(entra: ScimClient, five: list[str]) -> None:
    first, second, _ = pages(entra, "/Users", count=2)
    entra.delete(f"/Users/{ids(first)[0]}")

    back = ask(entra, "/Users", cursor=second["previousCursor"], count=2).json()

    assert (ids(back), "previousCursor" in back, "nextCursor" in back) == (five[1:3], False, True)


def test_a_filter_holds_on_every_page(entra: ScimClient, acme: Organization, five: list[str]) -> None:
    for number in (1, 3):
        Member.objects.filter(id=five[number]).update(is_active=False)

    found = [
        (page["totalResults"], ids(page)) for page in pages(entra, "/Users", filter="active eq true", count=1)
    ]

    assert found == [(3, [five[0]]), (3, [five[2]]), (3, [five[4]])]


@pytest.mark.parametrize("address", ADDRESSES)
def test_nobody_is_one_empty_page(entra: ScimClient, address: str) -> None:
    expected = {"schemas": [LIST_SCHEMA], "totalResults": 0, "itemsPerPage": 0, "Resources": []}

    assert list(pages(entra, address)) == [expected]


def test_without_a_cursor_pages_go_by_index(entra: ScimClient, five: list[str]) -> None:
    absent = entra.get("/Users", count="2").json()
    null = ask(entra, "/Users/.search", cursor=None, count=2).json()

    assert absent == null
    assert (absent["startIndex"], ids(absent)) == (1, five[:2])
    assert not absent.keys() & set(BESIDE)


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_no_cursor_is_refused(entra: ScimClient, five: list[str], address: str) -> None:
    for cursor in BROKEN:
        refused = ask(entra, address, cursor=cursor)
        assert (refused.status_code, refused.json()) == (
            400,
            {
                "schemas": [ERROR_SCHEMA],
                "status": "400",
                "scimType": "invalidCursor",
                "detail": "The cursor is none of this list. Begin with an empty cursor, and send each nextCursor as "
                "it was answered, with the same filter and at the same address.",
            },
        )
    assert ask(entra, address, cursor="").status_code == 200


def test_a_cursor_that_is_no_text_is_refused(entra: ScimClient) -> None:
    wrong: tuple[Any, ...] = (1, 1.5, True, False, [], {}, [""])
    for cursor in wrong:
        refused = ask(entra, "/Users/.search", cursor=cursor)
        assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidCursor"), cursor
    assert ask(entra, "/Users/.search", cursor="").status_code == 200


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("/Users", {"filter": "active eq true"}),
        ("/Users/.search", {"filter": "userName pr"}),
        ("/Groups", {}),
        ("/.search", {}),
    ],
)
def test_a_cursor_of_another_question_is_refused(
    entra: ScimClient, five: list[str], address: str, asked: dict[str, Any]
) -> None:
    cursor = ask(entra, "/Users", cursor="", count=2).json()["nextCursor"]

    refused = ask(entra, address, cursor=cursor, **asked)

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidCursor")
    assert ids(ask(entra, "/Users/.search", cursor=cursor, count=1).json()) == [five[2]]


def test_a_cursor_that_was_changed_is_refused(entra: ScimClient, five: list[str]) -> None:
    cursor = ask(entra, "/Users", cursor="", count=2).json()["nextCursor"]

    for changed in (cursor[1:], cursor[:-1], cursor.swapcase(), f"{cursor}.x", f".{cursor}", f"{cursor}="):
        refused = ask(entra, "/Users", cursor=changed)
        assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidCursor"), changed
    assert ask(entra, "/Users", cursor=cursor).status_code == 200


def test_a_cursor_may_stand_in_an_address_as_it_is(entra: ScimClient, five: list[str]) -> None:
    page = list(pages(entra, "/Users", count=2))[1]

    for name in BESIDE:
        assert page[name].isascii()
        assert page[name].translate(dict.fromkeys(map(ord, "-._~"))).isalnum()


def test_another_organizations_cursor_is_told_like_a_forged_one(
    entra: ScimClient, stranger: ScimClient, five: list[str]
) -> None:
    cursor = ask(entra, "/Users", cursor="", count=2).json()["nextCursor"]

    foreign, forged = (ask(stranger, "/Users", cursor=each) for each in (cursor, "x.y"))

    assert (foreign.status_code, foreign.content) == (400, forged.content)
    assert ask(stranger, "/Users", cursor="").json()["totalResults"] == 0
    assert ask(entra, "/Users", cursor=cursor, count=2).status_code == 200


def test_a_cursor_holds_as_long_as_is_said_and_no_longer(entra: ScimClient, five: list[str]) -> None:
    seconds = entra.get("/ServiceProviderConfig").json()["pagination"]["cursorTimeout"]
    now = clock.now().replace(microsecond=0)
    with mock.patch("accounts.clock.now", return_value=now):
        cursor = ask(entra, "/Users", cursor="", count=2).json()["nextCursor"]

    answers = []
    for age in (seconds, seconds + 1):
        with mock.patch("accounts.clock.now", return_value=now + timedelta(seconds=age)):
            answers.append(ask(entra, "/Users", cursor=cursor, count=2))

    assert ids(answers[0].json()) == five[2:4]
    assert (answers[1].status_code, answers[1].json()) == (
        400,
        {
            "schemas": [ERROR_SCHEMA],
            "status": "400",
            "scimType": "expiredCursor",
            "detail": "The cursor is older than 3600 seconds. Begin again with an empty cursor, and ask for the next "
            "page sooner.",
        },
    )


@pytest.mark.parametrize("address", ["/Users", "/.search"])
def test_a_count_that_is_none_is_refused_beside_a_cursor(
    entra: ScimClient, five: list[str], address: str
) -> None:
    for count in ("0", "-1", "x", "1.5", "9" * 30):
        refused = ask(entra, address, cursor="", count=count)
        assert (refused.status_code, refused.json()) == (
            400,
            {
                "schemas": [ERROR_SCHEMA],
                "status": "400",
                "scimType": "invalidCount",
                "detail": "Beside a cursor count must be a whole number of 1 or more. Leave it out, or send it so "
                "(RFC 9865 §2).",
            },
        )
    assert len(ids(ask(entra, address, cursor="", count="1").json())) == 1


def test_a_page_is_no_longer_than_is_said(entra: ScimClient, acme: Organization) -> None:
    said = entra.get("/ServiceProviderConfig").json()["pagination"]
    fill(acme, said["maxPageSize"] + 1)

    lengths = [
        ask(entra, "/Users", cursor="", attributes="id", **asked).json()["itemsPerPage"]
        for asked in ({}, {"count": said["maxPageSize"] + 1})
    ]

    assert lengths == [said["defaultPageSize"], said["maxPageSize"]]


@pytest.mark.parametrize("name", ["startIndex", "sortBy"])
@pytest.mark.parametrize("address", ["/Users", "/.search"])
def test_what_asks_for_another_order_is_refused_beside_a_cursor(
    entra: ScimClient, five: list[str], address: str, name: str
) -> None:
    given = {"startIndex": "2", "sortBy": "userName"}[name]

    refused, empty = (ask(entra, address, cursor="", **{name: value}) for value in (given, ""))

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert refused.json()["detail"].startswith(
        f"{name} must be left out beside cursor, whose pages go by the time of creation."
    )
    assert ids(empty.json()) == five


def test_the_configuration_says_how_lists_are_paged(entra: ScimClient) -> None:
    assert entra.get("/ServiceProviderConfig").json()["pagination"] == {
        "cursor": True,
        "index": True,
        "defaultPaginationMethod": "index",
        "defaultPageSize": 100,
        "maxPageSize": 200,
        "cursorTimeout": 3600,
    }


def statements(entra: ScimClient, address: str, **asked: Any) -> list[str]:
    """Return the SQL of one read, without the note of a token's use."""
    entra.get("/ServiceProviderConfig")
    with CaptureQueriesContext(connection) as captured:
        assert ask(entra, address, **asked).status_code == 200
    return [each["sql"] for each in captured]


@pytest.mark.parametrize("way", BESIDE)
@pytest.mark.parametrize("address", ["/Users", "/Groups"])
def test_a_page_is_found_by_the_index_of_the_organization(
    entra: ScimClient, acme: Organization, address: str, way: str
) -> None:
    table = known_to_the_planner(acme, Member if address == "/Users" else Team, 300)
    _, page, *_ = pages(entra, address, count=100)

    read = statements(entra, address, cursor=page[way], count=2)
    found = next(sql for sql in read if f'FROM "{table}"' in sql and "LIMIT 3" in sql)

    assert walked_through(found) == set()
    assert is_bounded(found, "organization_id")
    assert is_bounded(found, "created_at")


@pytest.mark.parametrize("address", ["/Users", "/.search"])
def test_a_page_costs_the_same_however_many_there_are(
    entra: ScimClient, acme: Organization, five: list[str], address: str
) -> None:
    cursor = list(pages(entra, address, count=2))[1]["nextCursor"]
    few = len(statements(entra, address, cursor=cursor, count=2))

    fill(acme, 300, name="more")

    assert len(statements(entra, address, cursor=cursor, count=200)) <= few
    assert few <= {"/Users": 5, "/.search": 7}[address]
