"""Thousands of requests that no well-meaning client sends: each is refused, and nothing moves.

A refusal is a SCIM error that an admin can act on, within a second, and tells nothing of our insides.
What is only odd is answered as it was meant; that too is said here.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import Member
from tests.cast import ScimClient
from tests.factories import ENTERPRISE_SCHEMA, user_body
from tests.scim import hostile_addresses, hostile_bodies, hostile_costs, hostile_filters, hostile_messages
from tests.scim.hostile import (
    MOST_SECONDS,
    SEARCH_SCHEMA,
    Canaries,
    Hostile,
    check_refused,
    group_body,
    patch_body,
)

FAMILIES: dict[str, Callable[[], Iterator[Hostile]]] = {
    "texts of a user that are none": hostile_bodies.wrong_user_texts,
    "objects and truth values of a user that are none": hostile_bodies.wrong_user_objects,
    "lists of a user that are none": hostile_bodies.wrong_user_lists,
    "parts of a list's values": hostile_bodies.wrong_items,
    "attributes of a group": hostile_bodies.wrong_groups,
    "members who are nobody": hostile_bodies.wrong_members,
    "names that can't be seen": hostile_bodies.invisible_names,
    "characters that can't be kept": hostile_bodies.unkeepable_texts,
    "the same attribute twice": hostile_bodies.duplicate_keys,
    "messages that are no PATCH": hostile_messages.wrong_patches,
    "paths that are none": hostile_messages.wrong_paths,
    "what is required, taken away": hostile_messages.required_away,
    "schemas that are another's": hostile_messages.wrong_schemas,
    "bombs": hostile_messages.bombs,
    "values without end": hostile_messages.large_values,
    "operations without end": hostile_costs.many_operations,
    "paths without end": hostile_costs.long_paths,
    "lists without end": hostile_costs.many_values,
    "orders without end": hostile_costs.endless_searches,
    "messages that are no search": hostile_messages.wrong_searches,
    "filters that can't be answered": hostile_filters.broken_filters,
    "pages that mean nothing": hostile_addresses.absurd_pages,
    "cursors of nobody": hostile_addresses.forged_cursors,
    "addresses without end": hostile_addresses.long_addresses,
    "ids that nothing has": hostile_addresses.wrong_ids,
    "addresses of nothing": hostile_addresses.wrong_paths,
    "verbs of nobody": hostile_addresses.wrong_verbs,
    "other media types": hostile_addresses.wrong_media_types,
    "other hosts": hostile_addresses.forged_hosts,
    "entity tags of nothing": hostile_addresses.wrong_preconditions,
}
SPECIALS = (
    "%",
    "_",
    "%%",
    "can%",
    "canar_",
    "*",
    "?",
    "[a-z]",
    "\\\\",
    "' OR '1'='1",
    "'; DROP TABLE users; --",
    "%s",
    "$1",
    "{0}",
)

EMPTY: tuple[Any, ...] = (None, "", [], {})


@pytest.fixture
def canaries(entra: ScimClient) -> Canaries:
    """A user with something in every corner, and a group they are in."""
    extension = {ENTERPRISE_SCHEMA: {"department": "News", "manager": "26118915"}}
    user = entra.post("/Users", user_body("canary@acme.example", title="Editor", **extension)).json()
    members = [{"value": user["id"]}]
    group = entra.post("/Groups", group_body("Canaries", externalId="c-1", members=members)).json()
    return Canaries(entra, user=user["id"], group=group["id"])


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_hostile_request_is_refused_and_nothing_moves(
    canaries: Canaries, family: Callable[[], Iterator[Hostile]]
) -> None:
    check_refused(canaries, family())


def test_there_are_more_than_a_thousand_hostile_requests() -> None:
    assert sum(1 for family in FAMILIES.values() for _ in family()) >= 1000


@pytest.mark.parametrize("address", ["/Users", "/Groups"])
@pytest.mark.parametrize("operator", ["eq", "co", "sw", "ew"])
def test_what_is_special_to_a_database_is_plain_text_in_a_filter(
    canaries: Canaries, address: str, operator: str
) -> None:
    for special in SPECIALS:
        for attribute in ("displayName", "externalId"):
            found = canaries.entra.get(address, filter=f'{attribute} {operator} "{special}"')
            assert (found.status_code, found.json()["totalResults"]) == (200, 0), special


@pytest.mark.parametrize(
    "asked",
    [
        {"startIndex": "0"},
        {"startIndex": "-9999999999999999999"},
        {"count": "9999999999999999999"},
        {"count": " 7 "},
        {"startIndex": "", "count": ""},
        {"sortBy": "displayName", "sortOrder": "sideways"},
        {"attributes": ",,,", "excludedAttributes": ","},
        {"excludedAttributes": "id"},
        {"excludedAttributes": "shoe.size," * 300},
        {"excludedAttributes": "a]b[c].d,(),\0,\ud7ff,urn:x:y"},
        {"aadOptscim062020": "", "callback": "alert", "format": "xml", "_method": "DELETE"},
        {"filter": " \t "},
    ],
)
@pytest.mark.parametrize("address", ["/Users", "/Groups"])
def test_an_odd_question_is_answered_as_the_plain_one(
    canaries: Canaries, address: str, asked: dict[str, str]
) -> None:
    plain, odd = canaries.entra.get(address), canaries.entra.get(address, **asked)

    assert (odd.status_code, odd["Content-Type"]) == (200, "application/scim+json")
    assert odd.json() == plain.json()


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/html; charset=latin-1"},
        {"Accept": "text/html"},
        {"Accept": "\r\n"},
        {"If-None-Match": '"9", W/"8", nonsense'},
        {"If-Modified-Since": "yesterday"},
        {"Range": "bytes=0-1"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example"},
        {"X-Original-URL": "/admin/"},
        {"Cookie": "session=\x00; " * 100},
        {"X-Long": "x" * 10_000},
    ],
)
def test_a_header_that_means_nothing_here_changes_nothing(
    canaries: Canaries, headers: dict[str, str]
) -> None:
    before = canaries.photograph()

    odd = canaries.entra.http.get(f"/scim/v2/Users/{canaries.user}?attributes=userName,meta", headers=headers)

    assert (odd.status_code, odd["Content-Type"]) == (200, "application/scim+json")
    assert "evil" not in odd.content.decode() + str(odd.headers)
    assert canaries.photograph() == before


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "a" * 5000, "value": "x"},
        {"op": "replace", "path": "shoeSize", "value": 44},
        {"op": "add", "value": {"op": "replace", "path": "title", "value": "x"}},
        {"op": "replace", "value": {"id": "x", "meta": {"version": "9"}, "schemas": [], "password": "x"}},
        *({"op": "add", "path": "title", "value": empty} for empty in EMPTY),
        *({"op": "add", "path": "emails", "value": empty} for empty in EMPTY),
        {"op": "replace", "value": {}},
    ],
)
def test_an_operation_on_what_is_not_kept_here_is_skipped(
    canaries: Canaries, operation: dict[str, Any]
) -> None:
    before = canaries.photograph()

    answer = canaries.entra.request("PATCH", f"/Users/{canaries.user}", patch_body(operation))

    assert answer.status_code == 200
    assert canaries.photograph() == before


STUDIO = "urn:ietf:params:scim:schemas:extension:MapleStudio:2.0:User"
LARGE = {
    "500 operations": [{"op": "replace", "path": "title", "value": f"{number}"} for number in range(500)],
    "500 attributes of the extension": [
        {"op": "replace", "path": f"{ENTERPRISE_SCHEMA}:department", "value": f"{number}"}
        for number in range(500)
    ],
    "500 attributes of another extension": [
        {"op": "add", "path": f"{STUDIO}:k{number}", "value": number} for number in range(500)
    ],
    "34 addresses, each by its type": [
        {"op": "add", "path": f'emails[type eq "t{number}"].value', "value": "x"} for number in range(34)
    ],
    "500 addresses": [
        {"op": "replace", "path": "emails", "value": [{"value": f"{number}"} for number in range(500)]}
    ],
    "400 names of attributes": [
        {"op": "replace", "path": 'emails[type eq "t"]', "value": {f"k{number}": 1 for number in range(400)}}
    ],
    "110 roles, nine of them named": [
        {"op": "replace", "path": "roles", "value": [{"value": f"{number}"} for number in range(110)]},
        *({"op": "replace", "path": f'roles[value eq "{n}"].display', "value": "x"} for n in range(9)),
    ],
}


@pytest.mark.parametrize("operations", LARGE.values(), ids=LARGE)
def test_the_largest_patch_that_is_taken_takes_less_than_a_second(
    canaries: Canaries, operations: list[dict[str, Any]]
) -> None:
    answer, seconds = canaries.send(
        Hostile("a large one", "PATCH", f"/Users/{canaries.user}", patch_body(*operations))
    )

    assert answer.status_code == 200
    assert seconds < MOST_SECONDS


def test_names_without_end_are_passed_over_in_less_than_a_second(canaries: Canaries) -> None:
    plain = canaries.entra.get("/Users").json()
    for name in ("[" * 500_000, "[a" * 300_000, "a." * 300_000, "urn:" * 200_000, "a," * 300_000):
        body = {"schemas": [SEARCH_SCHEMA], "excludedAttributes": [name]}

        answer, seconds = canaries.send(Hostile("long names", "POST", "/Users/.search", body))

        assert (answer.status_code, answer.json()) == (200, plain)
        assert seconds < MOST_SECONDS


@pytest.mark.parametrize(
    "value",
    ["x", "{{user}}", "urn:uuid:{user}", "{group}", "3e59e27b-7d5c-4f0b-9d6a-0f3c5a1b2c3d", "' OR 1=1"],
)
def test_whoever_is_nobody_leaves_a_group_as_it_is(canaries: Canaries, value: str) -> None:
    before = canaries.photograph()
    leaver = canaries.placed(value)

    for operation in (
        {"op": "Remove", "path": "members", "value": [{"value": leaver}]},
        {"op": "remove", "path": f'members[value eq "{leaver}"]'},
    ):
        answer = canaries.entra.request("PATCH", f"/Groups/{canaries.group}", patch_body(operation))
        assert answer.status_code == 204

    assert canaries.photograph() == before


@pytest.mark.parametrize(
    "value",
    [
        "Robert'); DROP TABLE users; --",
        "<script>alert(1)</script>",
        "{{7*7}} ${7*7} %s %(x)s",
        "=cmd|' /C calc'!A0",
        "\u202eevil\u202c",
        "👩🏽‍🚀 العربية 中文",
        "a\r\nSet-Cookie: a=b",
        "..\\..\\etc\\passwd",
        "\\u0000",
        "".join(chr(0x1D15E + number * number % 7) for number in range(320)),
    ],
)
def test_a_text_that_looks_dangerous_is_kept_as_sent(canaries: Canaries, value: str) -> None:
    before = canaries.photograph()

    created = canaries.entra.post("/Users", user_body("new@acme.example", displayName=value, nickName=value))

    assert (created.status_code, created.json()["displayName"], created.json()["nickName"]) == (
        201,
        value,
        value,
    )
    assert canaries.entra.get("/Users", filter=f'id eq "{created.json()["id"]}"').json()["totalResults"] == 1
    assert canaries.photograph() == before


def test_a_name_that_grows_while_it_is_folded_is_kept(canaries: Canaries) -> None:
    name = "".join(chr(0x1D15E + number * number % 7) for number in range(320))

    created = canaries.entra.post("/Users", user_body(name, emails=[]))

    assert created.status_code == 201
    assert Member.objects.get(id=created.json()["id"]).user_name == name
