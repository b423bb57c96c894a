"""GET /Users: how Entra matches, and how it tests the connection (RFC 7644 §3.4)."""

import pytest

from accounts.models import Organization
from provisioning.models import Action, LogStatus, ProvisioningLogEntry
from tests.cast import ScimClient
from tests.factories import ERROR_SCHEMA, LIST_SCHEMA, make_member, make_team, user_body

NOBODY = {"schemas": [LIST_SCHEMA], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []}


@pytest.mark.parametrize(
    "query",
    [
        'userName eq "amelie@acme.example"',
        'USERNAME EQ "AMELIE@ACME.EXAMPLE"',
        'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "amelie@acme.example"',
        'externalId eq "8f1b"',
        'emails[type eq "work"].value eq "Amelie@acme.example"',
        'emails[type eq "work" and value eq "amelie@acme.example"]',
    ],
)
def test_entra_finds_the_user_it_matches(entra: ScimClient, query: str) -> None:
    user = entra.post("/Users", user_body("amelie@acme.example", externalId="8f1b")).json()

    found = entra.get("/Users", filter=query)

    assert found.status_code == 200
    assert found.json() == NOBODY | {"totalResults": 1, "itemsPerPage": 1, "Resources": [user]}


def test_the_groups_of_a_user_are_the_same_however_they_are_found(
    entra: ScimClient, acme: Organization, globex: Organization
) -> None:
    make_member(acme, "bruno")
    amelie = make_member(acme, "amelie")
    make_team(globex, [make_member(globex, "amelie")])
    names = ['Équipe "B" %s', "equipe b", "Aïe\\\u2028", "zoo", "Zoé 😀"]
    ids = [
        entra.post("/Groups", {"displayName": name, "members": [{"value": str(amelie.id)}]}).json()["id"]
        for name in names
    ]

    alone = entra.get(f"/Users/{amelie.id}").json()
    matched = entra.get("/Users", filter='userName eq "amelie"').json()["Resources"]
    listed = entra.get("/Users").json()["Resources"]

    [there] = [user for user in listed if user["userName"] == "amelie"]
    assert [alone, *matched] == [there, there]
    assert {(group["value"], group["display"]) for group in alone["groups"]} == set(
        zip(ids, names, strict=True)
    )


def test_an_external_id_is_compared_with_case(entra: ScimClient) -> None:
    entra.post("/Users", user_body(externalId="8f1b"))

    assert entra.get("/Users", filter='externalId eq "8F1B"').json() == NOBODY


def test_nobody_found_is_an_empty_list_and_never_404(entra: ScimClient) -> None:
    found = entra.get("/Users", filter='userName eq "nobody@acme.example"')

    assert found.status_code == 200
    assert found["Content-Type"] == "application/scim+json"
    assert found.json() == NOBODY


@pytest.mark.parametrize("attribute", ["userName", "externalId"])
def test_test_connection_is_told_from_other_misses(entra: ScimClient, attribute: str) -> None:
    query = f'{attribute} eq "3e59e27b-7d5c-4f0b-9d6a-0f3c5a1b2c3d"'

    answers = [entra.get("/Users", filter=query), entra.get("/Users", filter=f'{attribute} eq "nobody"')]

    assert [answer.json() for answer in answers] == [NOBODY, NOBODY]
    entry = ProvisioningLogEntry.objects.get()
    assert (entry.action, entry.status, entry.http_status) == (Action.TEST_CONNECTION, LogStatus.SUCCESS, 200)


@pytest.mark.parametrize(
    "query",
    [
        "shoeSize eq 5",
        "userName",
        "userName eq x",
        'userName eq "x',
        "()",
        'userName eq "x" nor active eq true',
    ],
)
def test_a_filter_that_cannot_be_answered_is_refused_and_not_empty(entra: ScimClient, query: str) -> None:
    refused = entra.get("/Users", filter=query)

    error = refused.json()
    assert refused.status_code == 400
    assert (error["schemas"], error["status"], error["scimType"]) == ([ERROR_SCHEMA], "400", "invalidFilter")


def test_a_list_comes_page_by_page_in_a_stable_order(entra: ScimClient, acme: Organization) -> None:
    names = [f"user{number}@acme.example" for number in range(5)]
    for name in names:
        make_member(acme, name)

    pages = [entra.get("/Users", startIndex=str(start), count="2").json() for start in (1, 3, 5, 7)]

    assert [[user["userName"] for user in page["Resources"]] for page in pages] == [
        names[0:2],
        names[2:4],
        names[4:5],
        [],
    ]
    assert [(page["totalResults"], page["startIndex"], page["itemsPerPage"]) for page in pages] == [
        (5, 1, 2),
        (5, 3, 2),
        (5, 5, 1),
        (5, 7, 0),
    ]


@pytest.mark.parametrize(
    ("asked", "start_index", "items"),
    [
        ({"startIndex": "0"}, 1, 3),
        ({"startIndex": "-4"}, 1, 3),
        ({"count": "-1"}, 1, 0),
        ({"count": "0"}, 1, 0),
        ({"count": "99999"}, 1, 3),
    ],
)
def test_paging_out_of_range_means_the_nearest_possible(
    entra: ScimClient, acme: Organization, asked: dict[str, str], start_index: int, items: int
) -> None:
    for name in ("a", "b", "c"):
        make_member(acme, name)

    page = entra.get("/Users", **asked).json()

    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, start_index, items)


def test_paging_that_is_no_number_is_refused(entra: ScimClient) -> None:
    refused = entra.get("/Users", count="ten")

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")


def test_unknown_parameters_are_ignored(entra: ScimClient) -> None:
    assert entra.get("/Users", aadOptscim062020="").json() == NOBODY
