"""POST /Users: Entra's creations, stored and answered as sent (RFC 7644 §3.3)."""

from uuid import UUID

import pytest
from django.conf import settings

from accounts.models import Member, Organization
from tests.cast import ScimClient
from tests.factories import ENTERPRISE_SCHEMA, ERROR_SCHEMA, USER_SCHEMA, user_body


def test_entra_creates_a_user_and_reads_it_back_whole(entra: ScimClient) -> None:
    body = user_body("Amelie@Acme.Example", externalId="8f1b", title="Editor")

    created = entra.post("/Users", body)

    user = created.json()
    location = f"{settings.TENANT_URL}/Users/{user['id']}"
    moment = user["meta"]["created"]
    assert created.status_code == 201
    assert created["Location"] == location
    assert created["Content-Type"] == "application/scim+json"
    assert UUID(user["id"]).version == 4
    assert user == {
        "schemas": [USER_SCHEMA],
        "id": user["id"],
        "externalId": "8f1b",
        "userName": "Amelie@Acme.Example",
        "displayName": "Amélie Moreau",
        "name": {"givenName": "Amélie", "familyName": "Moreau"},
        "active": True,
        "preferredLanguage": "fr-CA",
        "timezone": "America/Vancouver",
        "title": "Editor",
        "emails": [{"value": "Amelie@Acme.Example", "type": "work", "primary": True}],
        "meta": {
            "resourceType": "User",
            "created": moment,
            "lastModified": moment,
            "location": location,
            "version": 'W/"1"',
        },
    }
    assert entra.get(f"/Users/{user['id']}").json() == user


def test_the_tutorials_eight_attributes_become_columns(entra: ScimClient, acme: Organization) -> None:
    entra.post("/Users", user_body("Amelie@Acme.Example"))

    member = Member.objects.of_organization(acme.id).get()

    assert (member.user_name, member.user_name_key) == ("Amelie@Acme.Example", "amelie@acme.example")
    assert (member.work_email, member.work_email_key) == ("Amelie@Acme.Example", "amelie@acme.example")
    assert (member.display_name, member.given_name, member.family_name) == (
        "Amélie Moreau",
        "Amélie",
        "Moreau",
    )
    assert (member.preferred_language, member.timezone) == ("fr-CA", "America/Vancouver")
    assert member.is_active is True


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        pytest.param(True, True, id="the truth value true"),
        pytest.param(False, False, id="the truth value false"),
        pytest.param("True", True, id="Entra's text True"),
        pytest.param("False", False, id="Entra's text False"),
        pytest.param("false", False, id="the text false"),
    ],
)
def test_active_is_read_in_both_dialects(entra: ScimClient, sent: object, stored: bool) -> None:
    created = entra.post("/Users", user_body(active=sent))

    assert created.status_code == 201
    assert created.json()["active"] is stored


def test_attribute_names_are_read_without_case(entra: ScimClient) -> None:
    body = {
        "SCHEMAS": [USER_SCHEMA],
        "USERNAME": "amelie@acme.example",
        "Emails": [{"VALUE": "a@b", "Type": "work"}],
    }

    user = entra.post("/Users", body).json()

    assert user["userName"] == "amelie@acme.example"
    assert user["emails"] == [{"value": "a@b", "type": "work"}]


def test_what_has_no_value_is_left_out(entra: ScimClient) -> None:
    body = user_body(preferredLanguage=None, title=None, roles=[], addresses=None, displayName="")

    user = entra.post("/Users", body).json()

    assert {"preferredLanguage", "title", "roles", "addresses", "displayName"}.isdisjoint(user)


def test_extensions_are_kept_as_sent_whether_known_or_not(entra: ScimClient) -> None:
    studio = "urn:ietf:params:scim:schemas:extension:MapleStudio:2.0:User"
    body = user_body(
        **{ENTERPRISE_SCHEMA: {"department": "News", "manager": "26118915"}, studio: {"desk": "4-West"}}
    )

    user = entra.post("/Users", body).json()

    assert user["schemas"] == [USER_SCHEMA, ENTERPRISE_SCHEMA, studio]
    assert user[ENTERPRISE_SCHEMA] == {"department": "News", "manager": {"value": "26118915"}}
    assert user[studio] == {"desk": "4-West"}


def test_what_only_the_service_may_set_is_ignored(entra: ScimClient) -> None:
    chosen = {"id": "chosen", "meta": {"version": "9"}, "groups": [{"value": "x"}], "password": "hunter2"}

    user = entra.post("/Users", user_body(**chosen)).json()

    assert user["id"] != "chosen"
    assert user["meta"]["version"] == 'W/"1"'
    assert {"groups", "password"}.isdisjoint(user)
    assert not Member.objects.filter(other__has_key="password").exists()


@pytest.mark.parametrize(
    "spelling",
    ["amelie@acme.example", "AMELIE@ACME.EXAMPLE", "aMeLiE@acme.example"],
)
def test_the_same_user_name_in_any_spelling_is_a_conflict(entra: ScimClient, spelling: str) -> None:
    entra.post("/Users", user_body("Amelie@acme.example"))

    refused = entra.post("/Users", user_body(spelling))

    assert refused.status_code == 409
    assert refused.json() == {
        "schemas": [ERROR_SCHEMA],
        "status": "409",
        "scimType": "uniqueness",
        "detail": (
            "Another user of your organization has this userName, whatever its spelling; it may be disabled. "
            "Match on userName in Entra's attribute mappings, or give one of the two another user principal name."
        ),
    }


def test_a_decomposed_accent_is_the_same_letter(entra: ScimClient) -> None:
    entra.post("/Users", user_body("amélie@acme.example"))

    refused = entra.post("/Users", user_body("ame\u0301lie@acme.example"))

    assert refused.status_code == 409


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        pytest.param({"userName": None}, "userName", id="no userName"),
        pytest.param({"userName": ""}, "userName", id="an empty userName"),
        pytest.param({"userName": "\u200b\u2060"}, "userName", id="an invisible userName"),
        pytest.param({"userName": 5}, "userName", id="a userName that is a number"),
        pytest.param({"userName": "a" * 321}, "userName", id="a userName too long"),
        pytest.param({"active": "perhaps"}, "active", id="an active that is neither"),
        pytest.param({"active": 1}, "active", id="an active that is a number"),
        pytest.param({"name": "Amélie"}, "name", id="a name that is text"),
        pytest.param({"emails": ["a@b"]}, "emails", id="addresses that are texts"),
        pytest.param({"emails": {"value": "a@b"}}, "emails", id="addresses that are no list"),
        pytest.param({"displayName": "x" * 321}, "displayName", id="a displayName too long"),
        pytest.param({"schemas": ["urn:x"]}, "schemas", id="schemas without the User's"),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused_by_name(
    entra: ScimClient, attributes: dict[str, object], named: str
) -> None:
    refused = entra.post("/Users", user_body(**attributes))

    error = refused.json()
    assert refused.status_code == 400
    assert (error["status"], error["scimType"]) == ("400", "invalidValue")
    assert error["detail"].startswith(named)
    assert not Member.objects.exists()
