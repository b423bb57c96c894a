"""Tokens as metadata, in both consoles: how each stands, who issued it, and who uses it from where."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import tokens
from provisioning.history import COMMAND_LINE, Actor
from provisioning.models import ScimToken
from provisioning.tokens import IssuedToken
from tests.console.conftest import SignedIn, signed_in_as
from tests.console.reading import facts_of, rows_of

NOW = datetime(2026, 11, 22, 9, 41, 3, tzinfo=UTC)
LIST = "/{}/provisioning/scimtoken/"


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


def issue(organization: Organization, by: Operator, label: str = "Entra") -> ScimToken:
    """Issue a token ten days ago, by a person."""
    issued_at = NOW - timedelta(days=10)
    return tokens.issue_token(organization=organization, label=label, by=Actor.of(by), now=issued_at).token


def use(token: ScimToken, *, ago: timedelta) -> None:
    """Let a token have been used."""
    ScimToken.objects.filter(id=token.id).update(last_used_at=NOW - ago, last_used_from="192.0.2.1")


def page_of(browser: Client, token: ScimToken, console: str = "admin") -> str:
    """Return a token's page."""
    page: str = browser.get(f"{LIST.format(console)}{token.id}/change/").text
    return page


def test_the_list_says_how_a_token_stands(console: Client, acme: Organization, csm: Operator) -> None:
    token = issue(acme, csm)
    use(token, ago=timedelta(minutes=12))

    page = console.get(LIST.format("admin")).text

    assert rows_of(page, "Tokens") == [
        [
            f"Entra (…{token.last_four})",
            "Acme",
            "Live",
            "2028-11-11 09:41:03 UTC 720 days left",
            "12 minutes ago from 192.0.2.1",
            "2026-11-12 09:41:03 UTC by Customer success manager",
            "Rotate Revoke",
        ]
    ]


def test_support_is_offered_nothing_to_do(signed_in: SignedIn, acme: Organization, csm: Operator) -> None:
    token, browser = issue(acme, csm), signed_in(Role.SUPPORT)

    (row,) = rows_of(browser.get(LIST.format("admin")).text, "Tokens")

    assert row[-1] == "2026-11-12 09:41:03 UTC by Customer success manager"
    assert "/rotate/" not in page_of(browser, token)


def test_an_org_admin_sees_its_own_tokens_without_secrets_and_may_revoke_or_ask(
    org_admin: Operator, acme: Organization, globex: Organization, csm: Operator
) -> None:
    token, browser = issue(acme, csm), signed_in_as(org_admin)
    issue(globex, csm, "Globex")

    page = browser.get(LIST.format("console")).text

    assert rows_of(page, "Tokens") == [
        [
            f"Entra (…{token.last_four})",
            "Live",
            "2028-11-11 09:41:03 UTC 720 days left",
            "never",
            "2026-11-12 09:41:03 UTC by Customer success manager",
            "Revoke",
        ]
    ]
    assert 'href="/console/tokens/ask/">Ask your CSM for a new token</a>' in page
    assert "Globex" not in page
    assert token.digest not in page + page_of(browser, token, "console")


def test_an_org_admin_does_not_open_another_organizations_token(
    org_admin: Operator, acme: Organization, globex: Organization, csm: Operator
) -> None:
    own, foreign, browser = issue(acme, csm), issue(globex, csm), signed_in_as(org_admin)

    statuses = [
        browser.get(f"/console/provisioning/scimtoken/{each.id}/change/").status_code
        for each in (own, foreign)
    ]

    assert statuses == [200, 404]


def end(token: ScimToken) -> None:
    tokens.revoke_token(token_id=token.id, organization=token.organization, by=COMMAND_LINE, now=NOW)


def expire(token: ScimToken) -> None:
    ScimToken.objects.filter(id=token.id).update(expires_at=NOW)


def age(token: ScimToken) -> None:
    ScimToken.objects.filter(id=token.id).update(expires_at=NOW + timedelta(days=9))


@pytest.mark.parametrize("console_name", ["admin", "console"])
@pytest.mark.parametrize(
    ("state", "make", "badge"),
    [
        ("live", lambda _token: None, "Live"),
        ("soon", age, "Expires in 9 days"),
        ("expired", expire, "Expired"),
        ("revoked", end, "Revoked"),
    ],
)
def test_tokens_are_found_by_their_state(
    signed_in: SignedIn,
    acme: Organization,
    csm: Operator,
    state: str,
    make: Callable[[ScimToken], None],
    badge: str,
    console_name: str,
) -> None:
    browser = signed_in(Role.ORGANIZATION_ADMIN if console_name == "console" else Role.OWNER)
    others = {"live": end, "soon": end, "expired": end, "revoked": age}
    make(issue(acme, csm, "This one"))
    others[state](issue(acme, csm, "Another"))

    rows = rows_of(browser.get(LIST.format(console_name), {"state": state}).text, "Tokens")

    assert [(row[0].partition(" (")[0], badge in row) for row in rows] == [("This one", True)]


@pytest.mark.parametrize(
    ("path", "empty"),
    [
        ("/admin/provisioning/scimtoken/", "Open an organization and choose Issue token."),
        ("/admin/provisioning/scimtoken/?state=live", "No token answers this. Choose Show all."),
        ("/console/provisioning/scimtoken/", "Ask your CSM for one."),
    ],
)
def test_an_empty_list_says_what_to_do(console: Client, org_admin: Operator, path: str, empty: str) -> None:
    browser = signed_in_as(org_admin) if path.startswith("/console/") else console

    assert empty in browser.get(path).text


def test_the_tokens_of_an_organization_offer_to_issue_one(console: Client, acme: Organization) -> None:
    page = console.get(LIST.format("admin"), {"organization": "acme"}).text

    assert f'href="/admin/organizations/{acme.id}/issue-token/">Issue token</a>' in page


def rotate(token: ScimToken) -> IssuedToken:
    """Issue a successor five days ago."""
    return tokens.rotate_token(
        token_id=token.id,
        organization=token.organization,
        by=COMMAND_LINE,
        now=NOW - timedelta(days=5),
        overlap_days=7,
    )


@pytest.mark.parametrize(
    ("used_ago", "said"),
    [
        (timedelta(minutes=3), "Still used 3 minutes ago from 192.0.2.1 Entra has not got the successor"),
        (timedelta(days=6), "6 days ago from 192.0.2.1 Not used since its successor was issued"),
    ],
)
def test_the_old_token_of_a_rotation_says_whether_it_is_still_used(
    console: Client, acme: Organization, csm: Operator, used_ago: timedelta, said: str
) -> None:
    old = issue(acme, csm)
    new = rotate(old).token
    use(old, ago=used_ago)

    facts, of_new = facts_of(page_of(console, old), "Token"), facts_of(page_of(console, new), "Token")

    assert facts["Last used"] == said
    assert facts["Successor"] == f"Entra (…{new.last_four}) Live last used never"
    assert of_new["Successor of"].startswith(f"Entra (…{old.last_four}) Expires in 2 days last used ")


def test_a_tokens_page_says_everything_but_the_secret(
    console: Client, acme: Organization, csm: Operator
) -> None:
    token = issue(acme, csm)
    tokens.revoke_token(token_id=token.id, organization=acme, by=Actor.of(csm), now=NOW)

    page = page_of(console, token)

    assert facts_of(page, "Token") == {
        "Organization": "Acme",
        "State": "Revoked",
        "Secret": f"hpt_…{token.last_four}",
        "Issued": "2026-11-12 09:41:03 UTC by Customer success manager",
        "Expires": "2028-11-11 09:41:03 UTC",
        "Last used": "never",
        "Revoked": "2026-11-22 09:41:03 UTC by Customer success manager (csm@hootprov.example)",
        "Successor of": "–",
        "Successor": "–",
        "Id": str(token.id),
    }
    assert f'href="/admin/organizations/{acme.id}/issue-token/">Issue another token</a>' in page
    assert "Waiting for Test Connection" not in page
