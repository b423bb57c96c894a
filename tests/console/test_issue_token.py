"""A CSM issues, rotates and revokes tokens; a secret is shown once and never again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.cookies import Morsel
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import tokens
from provisioning.models import ScimToken
from provisioning.tokens import IssuedToken, is_well_formed
from tests.cast import ScimClient
from tests.console.conftest import SignedIn
from tests.console.test_sign_in import STRICT, policy_of

FORM = {"label": "Entra production", "lifetime_days": "365"}


def issue(console: Client, organization: Organization, **fields: str) -> Any:
    """Send the form."""
    return console.post(f"/admin/organizations/{organization.id}/issue-token/", FORM | fields)


def secret_in(response: Any) -> str:
    """Return the secret that a page shows."""
    page: str = response.text
    return page.partition('aria-labelledby="secret-label">')[2].partition("<")[0]


def cookie_of(console: Client) -> Morsel[str]:
    """Return the cookie that holds the browser's half of a secret."""
    return console.cookies["hp-once"]


def test_the_form_says_when_the_default_lifetime_ends(
    console: Client, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, tzinfo=UTC))

    page = console.get(f"/admin/organizations/{acme.id}/issue-token/")

    assert "730 days end on Tuesday 21 November 2028 (UTC)." in page.text


def test_a_csm_issues_a_token_and_sees_its_secret(console: Client, csm: Operator, acme: Organization) -> None:
    redirect = issue(console, acme)
    page = console.get(redirect["Location"])

    token = ScimToken.objects.get()
    assert (redirect.status_code, redirect["Location"]) == (303, f"/admin/tokens/{token.id}/secret/")
    assert (page.status_code, is_well_formed(secret_in(page))) == (200, True)
    assert "http://127.0.0.1:8000/scim/v2" in page.text
    assert (token.label, token.issued_by, token.last_four) == ("Entra production", csm, secret_in(page)[-4:])
    assert token.expires_at == token.issued_at + timedelta(days=365)


def test_the_secret_that_was_shown_opens_the_door(console: Client, acme: Organization) -> None:
    page = console.get(issue(console, acme)["Location"])

    answer = ScimClient(secret_in(page)).get("/ServiceProviderConfig")

    assert answer.status_code == 200


def test_a_reload_shows_nothing_and_issues_nothing(console: Client, acme: Organization) -> None:
    url = issue(console, acme)["Location"]
    secret = secret_in(console.get(url))

    again = console.get(url)

    assert again.status_code == 410
    assert "This secret was shown once and is gone" in again.text
    assert secret not in again.text
    assert ScimToken.objects.count() == 1


def test_a_second_reader_with_the_same_cookie_sees_nothing(console: Client, acme: Organization) -> None:
    url = issue(console, acme)["Location"]
    cookies = {name: morsel.value for name, morsel in console.cookies.items()}
    console.get(url)

    for name, value in cookies.items():
        console.cookies[name] = value

    assert console.get(url).status_code == 410


def test_the_secret_is_gone_after_a_minute(
    console: Client, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = issue(console, acme)["Location"]
    later = clock.now() + timedelta(seconds=61)

    monkeypatch.setattr(clock, "now", lambda: later)

    assert console.get(url).status_code == 410


def test_another_operator_does_not_see_it_even_with_the_cookie(
    console: Client, acme: Organization, signed_in: SignedIn
) -> None:
    url = issue(console, acme)["Location"]
    owner = signed_in(Role.OWNER)
    owner.cookies["hp-once"] = cookie_of(console).value

    stolen = owner.get(url)

    assert stolen.status_code == 410
    assert console.get(url).status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _value: "",
        lambda value: value[:40],
        lambda value: value.replace(".", "~"),
        lambda value: value[:-8] + "AAAAAAA=",
        lambda value: ("y" if value[0] == "x" else "x") + value[1:],
        lambda _value: "\\000.\\000",
        lambda _value: "é.é",
    ],
)
def test_a_cookie_that_is_not_whole_shows_nothing(
    console: Client, acme: Organization, spoil: Callable[[str], str]
) -> None:
    url = issue(console, acme)["Location"]

    console.cookies["hp-once"] = spoil(cookie_of(console).value)

    assert console.get(url).status_code == 410


def test_the_cookie_goes_to_that_page_alone(console: Client, acme: Organization) -> None:
    url = issue(console, acme)["Location"]

    cookie = cookie_of(console)

    assert (cookie["path"], cookie["max-age"], cookie["samesite"]) == (url, 60, "Strict")
    assert cookie["httponly"]


def test_asking_with_head_does_not_use_the_secret_up(console: Client, acme: Organization) -> None:
    url = issue(console, acme)["Location"]

    assert console.head(url).status_code == 405
    assert console.get(url).status_code == 200


def test_the_page_is_kept_by_nobody_and_told_to_nobody(console: Client, acme: Organization) -> None:
    page = console.get(issue(console, acme)["Location"])

    assert page["Cache-Control"].startswith("no-store")
    assert page["Referrer-Policy"] == "no-referrer"
    assert policy_of(page) == STRICT
    assert page.text.count("<script") == page.text.count('<script src="') == 1


def test_neither_half_of_a_secret_says_anything_of_it(console: Client, acme: Organization) -> None:
    url = issue(console, acme)["Location"]
    kept = [row.get_decoded() for row in Session.objects.order_by("pk")]
    cookie = cookie_of(console).value

    secret = secret_in(console.get(url))

    assert secret not in str(kept) + cookie + console.cookies.output()
    assert not any("half" in row.get_decoded() for row in Session.objects.order_by("pk"))


def test_a_lifetime_out_of_bounds_issues_nothing(console: Client, acme: Organization) -> None:
    page = issue(console, acme, lifetime_days="3651")

    assert (page.status_code, ScimToken.objects.count()) == (200, 0)
    assert "less than or equal to 3650" in page.text


def test_a_rotation_shows_the_successor_and_ends_the_old_token_after_the_overlap(
    console: Client, acme_token: IssuedToken
) -> None:
    form = {"overlap_days": "3", "lifetime_days": "730"}

    redirect = console.post(f"/admin/tokens/{acme_token.token.id}/rotate/", form)

    old, new = (
        ScimToken.objects.get(id=acme_token.token.id),
        ScimToken.objects.get(rotated_from_id=acme_token.token.id),
    )
    assert redirect["Location"] == f"/admin/tokens/{new.id}/secret/"
    assert tokens.digest_of(secret_in(console.get(redirect["Location"]))) == new.digest
    assert old.expires_at == new.issued_at + timedelta(days=3)


def test_revoking_asks_for_the_label(console: Client, acme_token: IssuedToken) -> None:
    url = f"/admin/tokens/{acme_token.token.id}/revoke/"

    refused = console.post(url, {"label": "entra"})
    alive = ScimToken.objects.get().revoked_at is None
    done = console.post(url, {"label": "Entra"})

    assert (refused.status_code, alive) == (200, True)
    assert "This is not the label." in refused.text
    assert done["Location"] == f"/admin/provisioning/scimtoken/{acme_token.token.id}/change/"
    assert ScimToken.objects.get().revoked_at is not None


def test_an_unknown_token_or_organization_is_not_found(console: Client) -> None:
    nobody = UUID(int=1)

    paths = [
        f"organizations/{nobody}/issue-token",
        *(f"tokens/{nobody}/{page}" for page in ("rotate", "revoke", "secret")),
    ]

    assert {console.get(f"/admin/{path}/").status_code for path in paths} == {404}
