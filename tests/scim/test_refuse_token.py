"""Every kind of wrong token is answered alike, and only the log knows better (RFC 6750 §3)."""

from base64 import b64encode
from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Organization
from provisioning import tokens
from provisioning.history import COMMAND_LINE
from provisioning.models import LogStatus, ProvisioningLogEntry, ScimToken
from provisioning.tokens import IssuedToken
from tests.cast import SCIM, ScimClient
from tests.factories import ERROR_SCHEMA, make_token

REFUSAL = {
    "schemas": [ERROR_SCHEMA],
    "status": "401",
    "detail": (
        "The bearer token is missing, unknown, expired or revoked. Ask your customer success manager for a new "
        "token and paste it into Secret Token under Provisioning > Admin Credentials in Entra, then press Test "
        "Connection."
    ),
}


def headers_of_wrong_tokens(organization: Organization, live: str) -> dict[str, dict[str, str]]:
    """Return each kind of wrong credentials as request headers."""
    expired, revoked = make_token(organization), make_token(organization)
    past = clock.now() - timedelta(days=1)
    ScimToken.objects.filter(id=expired.token.id).update(issued_at=past, expires_at=past + timedelta(hours=1))
    tokens.revoke_token(
        token_id=revoked.token.id, organization=organization, by=COMMAND_LINE, now=clock.now()
    )
    basic = b64encode(f"scim:{live}".encode()).decode()
    return {
        "no header": {},
        "unknown": {"Authorization": f"Bearer {tokens.new_secret()}"},
        "malformed": {"Authorization": f"Bearer {live[:-1]}"},
        "wrong checksum": {"Authorization": f"Bearer {live[:-1]}{'0' if live[-1] != '0' else '1'}"},
        "not ASCII": {"Authorization": "Bearer hpt_é"},
        "empty": {"Authorization": "Bearer "},
        "Basic": {"Authorization": f"Basic {basic}"},
        "no scheme": {"Authorization": live},
        "expired": {"Authorization": f"Bearer {expired.secret}"},
        "revoked": {"Authorization": f"Bearer {revoked.secret}"},
    }


def test_wrong_tokens_are_told_apart_by_nothing(
    acme: Organization, entra: ScimClient, acme_token: IssuedToken
) -> None:
    assert entra.get("/Users").status_code == 200
    client = ScimClient(None)

    for kind, headers in headers_of_wrong_tokens(acme, acme_token.secret).items():
        refused = client.http.get(f"{SCIM}/Users", headers=headers)

        assert (refused.status_code, refused.json()) == (401, REFUSAL), kind
        assert refused["WWW-Authenticate"] == 'Bearer realm="HootProv SCIM"', kind
        assert refused["Content-Type"] == "application/scim+json", kind


@pytest.mark.parametrize("parameter", ["access_token", "token", "Authorization"])
def test_a_token_in_the_address_opens_nothing(acme_token: IssuedToken, parameter: str) -> None:
    refused = ScimClient(None).get("/Users", **{parameter: acme_token.secret})

    assert refused.status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_without_case(acme_token: IssuedToken, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {acme_token.secret}"}

    assert ScimClient(None).http.get(f"{SCIM}/Users", headers=headers).status_code == 200


@pytest.mark.parametrize("ending", ["expired", "revoked"])
def test_the_log_says_which_token_ended_once_a_minute(
    acme: Organization, acme_token: IssuedToken, ending: str
) -> None:
    headers = headers_of_wrong_tokens(acme, acme_token.secret)[ending]

    for _ in range(5):
        ScimClient(None).http.get(f"{SCIM}/Users", headers=headers)

    codes = set(ProvisioningLogEntry.objects.values_list("status", "http_status", "error_code"))
    assert codes == {(LogStatus.FAILURE, 401, f"token_{ending}")}
    assert ProvisioningLogEntry.objects.count() <= 2  # a minute may end in between


def test_a_secret_with_a_wrong_checksum_costs_no_query(
    acme_token: IssuedToken, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    mistyped = f"{acme_token.secret[:-1]}{'0' if acme_token.secret[-1] != '0' else '1'}"

    with django_assert_num_queries(0):  # type: ignore[operator]  # pytest-django's own
        assert ScimClient(mistyped).get("/Users").status_code == 401


def test_a_token_opens_nothing_but_scim(acme_token: IssuedToken) -> None:
    headers = {"Authorization": f"Bearer {acme_token.secret}"}

    answer = ScimClient(None).http.get("/admin/", headers=headers)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")
