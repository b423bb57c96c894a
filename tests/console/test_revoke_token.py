"""Ending a token: by staff and, in an emergency, by an org admin; it says what will happen, and asks why."""

import pytest
from django.test import Client

from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning.models import AuditEvent, ScimToken
from provisioning.tokens import IssuedToken
from tests import factories
from tests.console.conftest import SignedIn, signed_in_as

FORM = {"label": "Entra", "reason": "Seen in a chat"}
LAST = "It is the last live token of Acme: provisioning stops"


def url_of(issued: IssuedToken, console: str = "admin") -> str:
    """Return the address of the page that revokes a token."""
    return f"/{console}/tokens/{issued.token.id}/revoke/"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"label": "entra"}, "This is not the label. It is: Entra"),
        ({"reason": ""}, "This field is required."),
        ({"reason": "x" * 501}, "at most 500 characters"),
    ],
)
def test_revoking_asks_for_the_label_and_a_reason(
    console: Client, acme_token: IssuedToken, fields: dict[str, str], refusal: str
) -> None:
    refused = console.post(url_of(acme_token), FORM | fields)
    alive = ScimToken.objects.get().revoked_at is None
    done = console.post(url_of(acme_token), FORM)

    assert (refused.status_code, alive, refusal in refused.text) == (200, True, True)
    assert (done.status_code, done["Location"]) == (
        303,
        f"/admin/provisioning/scimtoken/{acme_token.token.id}/change/",
    )
    assert ScimToken.objects.get().revoked_at is not None


def test_an_org_admin_revokes_in_an_emergency(org_admin: Operator, acme_token: IssuedToken) -> None:
    done = signed_in_as(org_admin).post(url_of(acme_token, "console"), FORM, REMOTE_ADDR="192.0.2.7")

    token, event = ScimToken.objects.get(), AuditEvent.objects.get(kind="token_revoked")
    assert done["Location"] == f"/console/provisioning/scimtoken/{token.id}/change/"
    assert token.revoked_by == org_admin
    assert (event.operator, event.address, event.reason) == (org_admin, "192.0.2.7", "Seen in a chat")


def test_a_secret_in_a_reason_is_not_kept(console: Client, acme_token: IssuedToken) -> None:
    console.post(url_of(acme_token), FORM | {"reason": f"Leaked: {acme_token.secret}!"})

    assert AuditEvent.objects.get(kind="token_revoked").reason == "Leaked: hpt_…!"


def test_the_page_says_that_provisioning_stops_with_the_last_one(
    console: Client, acme: Organization, acme_token: IssuedToken
) -> None:
    last = console.get(url_of(acme_token)).text
    factories.make_token(acme)

    one_of_two = console.get(url_of(acme_token)).text

    assert (LAST in last, LAST in one_of_two) == (True, False)
    assert "The other live tokens of Acme go on working: 1." in one_of_two


@pytest.mark.parametrize(
    ("page", "way_back"), [("admin", "issue a new token"), ("console", "ask your CSM for a new token")]
)
def test_the_page_says_how_to_connect_again(
    console: Client, org_admin: Operator, acme_token: IssuedToken, page: str, way_back: str
) -> None:
    browser = console if page == "admin" else signed_in_as(org_admin)

    assert f"to connect again, {way_back}." in browser.get(url_of(acme_token, page)).text


def test_an_org_admin_does_not_reach_another_organizations_token(
    org_admin: Operator, acme_token: IssuedToken, globex_token: IssuedToken
) -> None:
    browser = signed_in_as(org_admin)

    foreign = browser.post(url_of(globex_token, "console"), FORM)
    own = browser.post(url_of(acme_token, "console"), FORM)

    assert (foreign.status_code, own.status_code) == (404, 303)
    assert ScimToken.objects.get(id=globex_token.token.id).revoked_at is None


def test_support_revokes_nothing(signed_in: SignedIn, acme_token: IssuedToken) -> None:
    response = signed_in(Role.SUPPORT).post(url_of(acme_token), FORM)

    assert (response.status_code, ScimToken.objects.get().revoked_at) == (403, None)
