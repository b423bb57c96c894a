"""A filter means what RFC 7644 says, or is refused; it is never quietly another one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from tests.cast import ScimClient
from tests.factories import make_member, user_body

NAMES = ("amelie@acme.example", "bruno@acme.example", "chiara@acme.example")


@pytest.fixture
def people(acme: Organization) -> None:
    """Three people: Amélie is active in Vancouver, Bruno is disabled, Chiara has no time zone."""
    make_member(acme, NAMES[0], timezone="America/Vancouver", external_id="A1", display_name="Amélie")
    make_member(acme, NAMES[1], timezone="America/Toronto", external_id="B2", is_active=False)
    make_member(acme, NAMES[2], external_id="C3", display_name='Chiara "CC" 100%_\\')


def found(entra: ScimClient, query: str) -> list[str]:
    """Return the first letters of whom a filter finds."""
    answer = entra.get("/Users", filter=query)
    assert answer.status_code == 200, answer.content
    return [user["userName"][0] for user in answer.json()["Resources"]]


@pytest.mark.parametrize(
    ("query", "people_found"),
    [
        ('userName sw "a" or userName sw "b" and active eq true', "a"),
        ('active eq true and userName sw "b" or userName sw "a"', "a"),
        ('(userName sw "a" or userName sw "b") and active eq false', "b"),
        ('not (userName sw "a") and active eq true', "c"),
    ],
)
def test_and_binds_closer_than_or(entra: ScimClient, people: None, query: str, people_found: str) -> None:
    assert found(entra, query) == list(people_found)


@pytest.mark.parametrize(
    "query",
    [
        'shoeSize eq "44"',
        'userName eq "amelie@acme.example" and shoeSize eq "44"',
        'userName eq "amelie@acme.example" or shoeSize pr',
        'name.shoe eq "44"',
        'emails[shoe eq "44"]',
    ],
)
def test_an_unknown_attribute_is_refused_and_not_left_out(
    entra: ScimClient, people: None, query: str
) -> None:
    refused = entra.get("/Users", filter=query)

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidFilter")


@pytest.mark.parametrize(
    "query",
    [
        'USERNAME EQ "AMELIE@acme.example"',
        'urn:ietf:params:scim:schemas:core:2.0:User:username eq "amelie@acme.example"',
        'externalId eq "A1"',
        'emails[type eq "work" and value eq "a@work.example"]',
        'emails[type eq "work"].value eq "a@work.example"',
        'emails.value eq "a@home.example"',
        'nickName eq "ami"',
        'name.familyName eq "moreau"',
    ],
)
def test_every_attribute_is_found_by_its_name_in_any_spelling(entra: ScimClient, query: str) -> None:
    emails = [{"type": "home", "value": "a@home.example"}, {"type": "work", "value": "a@work.example"}]
    body = user_body(NAMES[0], externalId="A1", nickName="Ami", emails=emails)
    entra.post("/Users", body)
    entra.post("/Users", user_body(NAMES[1], name={"familyName": "Other"}))

    assert found(entra, query) == ["a"]


@pytest.mark.parametrize(
    ("query", "people_found"),
    [
        ('userName sw "%@acme"', ""),
        ('userName co "_"', ""),
        ('displayName co "100%_"', "c"),
        ('displayName ew "%_\\\\"', "c"),
        ('displayName co "\\"CC\\""', "c"),
        ("active eq true", "ac"),
        ("active eq false", "b"),
        ("timezone eq null", "c"),
        ("timezone ne null", "ab"),
        (" or ".join(f'userName eq "x{number}"' for number in range(30)) + ' or externalId eq "B2"', "b"),
        ("(" * 500 + 'externalId eq "B2"' + ")" * 500, "b"),
    ],
)
def test_a_value_is_compared_as_it_was_written(
    entra: ScimClient, people: None, query: str, people_found: str
) -> None:
    assert found(entra, query) == list(people_found)


@pytest.mark.parametrize("query", [" or ".join(["userName pr"] * 600), "not (" * 600 + "id pr" + ")" * 600])
def test_a_filter_without_end_is_refused_as_one(entra: ScimClient, query: str) -> None:
    refused = entra.get("/Users", filter=query[:4000])

    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidFilter")


@pytest.mark.parametrize("spelling", ["AMELIE@ACME.EXAMPLE", "amelie@acme.example"])
def test_names_are_compared_without_case_in_a_column_that_has_an_index(
    entra: ScimClient, people: None, spelling: str
) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert found(entra, f'userName eq "{spelling}"') == ["a"]

    statement = next(query["sql"] for query in captured if 'FROM "accounts_member"' in query["sql"])
    assert "accounts_member.user_name_key = 'amelie@acme.example'" in statement
    assert "UPPER(" not in statement


def test_other_texts_are_compared_without_case_too(entra: ScimClient, people: None) -> None:
    assert found(entra, 'displayName eq "AMÉLIE"') == ["a"]
