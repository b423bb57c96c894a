"""Filters on `schemas`, on `meta` and on what is compared with case (RFC 7644 §3.4.2.2)."""

import pytest

from tests.cast import ScimClient
from tests.factories import ENTERPRISE_SCHEMA, USER_SCHEMA, user_body

STUDIO = "urn:ietf:params:scim:schemas:extension:MapleStudio:2.0:User"
PHOTO = "https://Acme.example/A"


@pytest.fixture
def people(entra: ScimClient) -> None:
    """Amélie with every extension, Bruno with none."""
    extensions = {ENTERPRISE_SCHEMA: {"department": "News"}, STUDIO: {"desk": "4-West"}}
    entra.post("/Users", user_body("amelie", photos=[{"type": "Photo", "value": PHOTO}], **extensions))
    entra.post("/Users", user_body("bruno", photos=[{"type": "photo", "value": PHOTO.lower()}]))


def found(entra: ScimClient, query: str) -> str:
    """Return the first letters of whom a filter finds."""
    answer = entra.get("/Users", filter=query)
    assert answer.status_code == 200, answer.content
    return "".join(user["userName"][0] for user in answer.json()["Resources"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f'schemas eq "{ENTERPRISE_SCHEMA}"', "a"),
        (f'SCHEMAS eq "{ENTERPRISE_SCHEMA}"', "a"),
        (f'schemas eq "{STUDIO}"', "a"),
        (f'schemas ne "{STUDIO}"', "b"),
        (f'schemas eq "{USER_SCHEMA}"', "ab"),
        (f'schemas ne "{USER_SCHEMA}"', ""),
        ('schemas eq "urn:acme:nothing:User"', ""),
        ("schemas pr", "ab"),
        ("meta pr", "ab"),
        ("meta.version pr", "ab"),
        ("meta.location pr", "ab"),
        ("not (meta.version pr)", ""),
        (f'photos[value eq "{PHOTO}"]', "a"),
        (f'photos[value eq "{PHOTO.lower()}"]', "b"),
        (f'photos[type eq "PHOTO" and value eq "{PHOTO}"]', "a"),
        ('photos[type eq "PHOTO"]', "ab"),
        (f'photos[not (value eq "{PHOTO}")]', "b"),
        ('photos[value sw "https://A"]', "a"),
    ],
)
def test_it_finds_who_fulfils_it(entra: ScimClient, people: None, query: str, expected: str) -> None:
    assert found(entra, query) == expected


def test_an_id_is_found_as_it_is_read(entra: ScimClient) -> None:
    id_ = entra.post("/Users", user_body("amelie")).json()["id"]
    entra.post("/Users", user_body("bruno"))

    assert entra.get(f"/Users/{id_.upper()}").json()["id"] == id_
    assert found(entra, f'id eq "{id_.upper()}"') == found(entra, f'id eq "{id_}"') == "a"
    assert found(entra, f'id ne "{id_.upper()}"') == "b"
