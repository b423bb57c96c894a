"""Keys to the API: issued in a console, shown once, hashed, limited, revoked."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import api_keys, bearer
from provisioning.errors import InvalidLabel, InvalidLifetime, InvalidScopes, UnknownToken
from provisioning.history import COMMAND_LINE, Actor
from provisioning.models import ApiKey, AuditEvent, ScimToken, Scope
from tests import factories
from tests.api.conftest import Program
from tests.console.conftest import signed_in_as

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
FORM = {"label": "SIEM poller", "scopes": ["logs:read", "members:read"], "lifetime_days": "90"}


def secret_in(page: str) -> str:
    start = page.index("hpk_")
    return page[start : start + 53]


def test_only_a_keyed_hash_is_stored(acme: Organization) -> None:
    issued = factories.make_api_key(acme, Scope.LOGS_READ)
    stored = ApiKey.objects.values().get()

    assert bearer.is_well_formed(issued.secret, "hpk_")
    assert not any(issued.secret in str(value) for value in stored.values())
    assert stored["digest"] == bearer.digest_of(issued.secret)
    assert repr(issued) == f"IssuedKey({issued.key})"


def test_an_org_admin_issues_a_key_that_is_shown_once(org_admin: Operator) -> None:
    browser = signed_in_as(org_admin)

    redirect = browser.post("/console/api-keys/issue/", FORM)
    shown, again = (browser.get(redirect["Location"]) for _ in range(2))

    secret = secret_in(shown.text)
    key = ApiKey.objects.get()
    assert (redirect.status_code, shown.status_code, again.status_code) == (303, 200, 410)
    assert ("no-store" in shown["Cache-Control"], secret in again.text) == (True, False)
    assert (key.organization, key.issued_by, key.scopes) == (
        org_admin.organization,
        org_admin,
        ["logs:read", "members:read"],
    )
    assert Program(secret).get("/organizations/acme/members").status_code == 200
    assert AuditEvent.objects.get(kind="api_key_issued").actor == str(org_admin)


def test_nobody_gives_a_key_more_than_they_may_do(org_admin: Operator) -> None:
    browser = signed_in_as(org_admin)
    page = browser.get("/console/api-keys/issue/").text

    refused = browser.post("/console/api-keys/issue/", FORM | {"scopes": ["tokens:write"]})

    assert ("tokens:revoke" in page, "tokens:write" in page) == (True, False)
    assert "not one of the available choices" in refused.text
    with pytest.raises(InvalidScopes):
        api_keys.issue_key(
            organization=org_admin.organization,
            label="X",
            scopes=[Scope.TOKENS_WRITE],
            by=Actor.of(org_admin),
            now=NOW,
        )


def test_an_owner_alone_issues_a_key_that_reaches_every_organization(
    acme: Organization, globex: Organization
) -> None:
    owner = signed_in_as(factories.make_operator(Role.OWNER))
    redirect = owner.post("/admin/api-keys/issue/", FORM | {"scopes": ["organizations:read"]})
    program = Program(secret_in(owner.get(redirect["Location"]).text))

    assert [each["slug"] for each in program.get("/organizations").json()["items"]] == ["acme", "globex"]
    assert (
        signed_in_as(factories.make_operator(Role.CSM)).post("/admin/api-keys/issue/", FORM).status_code
        == 403
    )


def test_a_csm_does_not_end_a_staff_key(csm: Operator) -> None:
    key = factories.make_api_key(None).key

    answer = signed_in_as(csm).post(f"/admin/api-keys/{key.id}/revoke/", {"label": key.label, "reason": "R"})

    assert (answer.status_code, ApiKey.objects.get().revoked_at) == (403, None)


def test_a_revoked_or_expired_key_opens_nothing(acme: Organization, org_admin: Operator) -> None:
    issued = factories.make_api_key(acme)
    program = Program(issued.secret)
    before = program.get("/me").status_code

    answer = signed_in_as(org_admin).post(
        f"/console/api-keys/{issued.key.id}/revoke/", {"label": "Poller", "reason": "Gone."}
    )
    revoked = program.get("/me").status_code
    ApiKey.objects.update(
        revoked_at=None, issued_at=NOW - timedelta(days=2), expires_at=NOW - timedelta(days=1)
    )

    assert (before, answer.status_code, revoked, program.get("/me").status_code) == (200, 303, 401, 401)
    assert AuditEvent.objects.get(kind="api_key_revoked").reason == "Gone."


def test_its_last_use_is_noted_once_a_minute(acme: Organization, django_assert_num_queries: object) -> None:
    issued = factories.make_api_key(acme)

    Program(issued.secret).get("/me")
    first = ApiKey.objects.get()
    Program(issued.secret).get("/me")

    assert (first.last_used_from, first.last_used_at is None) == ("127.0.0.1", False)
    assert ApiKey.objects.get().last_used_at == first.last_used_at


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"label": " "}, InvalidLabel),
        ({"label": "x" * 101}, InvalidLabel),
        ({"lifetime_days": 731}, InvalidLifetime),
        ({"lifetime_days": 0}, InvalidLifetime),
        ({"scopes": []}, InvalidScopes),
    ],
)
def test_what_makes_no_sense_is_refused(
    acme: Organization, wrong: dict[str, object], error: type[Exception]
) -> None:
    given: dict[str, object] = {"label": "X", "scopes": [Scope.LOGS_READ], "lifetime_days": 730} | wrong

    with pytest.raises(error):
        api_keys.issue_key(organization=acme, by=COMMAND_LINE, now=NOW, **given)  # type: ignore[arg-type]  # wrong on purpose
    assert not ApiKey.objects.exists()


def test_a_key_is_revoked_in_its_own_organization_alone(acme: Organization, globex: Organization) -> None:
    key = factories.make_api_key(acme).key

    for other in (globex, None):
        with pytest.raises(UnknownToken):
            api_keys.revoke_key(key_id=key.id, organization=other, by=COMMAND_LINE, now=NOW)

    assert ApiKey.objects.get().revoked_at is None


def test_what_a_key_did_is_told_by_its_name(
    program: Program, acme: Organization, org_admin: Operator
) -> None:
    issued = program.post("/organizations/acme/tokens", {"label": "Entra"}).json()
    name = AuditEvent.objects.get(kind="token_issued").actor
    page = signed_in_as(org_admin).get(f"/console/provisioning/scimtoken/{issued['id']}/change/").text
    mail = acme.notifications.get(kind="token_issued")

    assert name.startswith("API key Poller (…")
    assert issued["issuedBy"] == ScimToken.objects.get().issued_by_name == mail.context["by"] == name
    assert f"by {name}" in page


def test_where_a_staff_program_calls_from_is_none_of_a_customers_business(
    staff_program: Program, program: Program, acme: Organization, org_admin: Operator
) -> None:
    staff_program.post("/organizations/acme/tokens", {"label": "Entra"})
    path = "/organizations/acme/audit-events?kind=token_issued"
    page = signed_in_as(org_admin).get("/console/provisioning/auditevent/").text

    shown = [each.get(path).json()["items"][0]["address"] for each in (staff_program, program)]

    assert shown == ["127.0.0.1", None]
    assert "127.0.0.1" not in page
