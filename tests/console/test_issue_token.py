"""A CSM issues, rotates and revokes tokens; a secret is shown once and never again."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.cookies import Morsel
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import clock
from accounts.admin.words import moment
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import bearer, tokens
from provisioning.history import COMMAND_LINE
from provisioning.models import AuditEvent, ScimToken
from provisioning.token_states import is_well_formed
from provisioning.tokens import IssuedToken
from tests import factories
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
    assert policy_of(page) == STRICT | {"connect-src 'self'"}
    assert page.text.count("<script") == page.text.count('<script src="') == 2


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
    assert bearer.digest_of(secret_in(console.get(redirect["Location"]))) == new.digest
    assert old.expires_at == new.issued_at + timedelta(days=3)


def choices_of(page: Any) -> list[str]:
    """Return the tokens that may be replaced, in words."""
    fieldset: str = page.text.partition("<fieldset")[2].partition("</fieldset>")[0]
    return [" ".join(each.split()) for each in re.findall(r"<input[^>]*>([^<]*)<", fieldset)]


def test_a_first_token_replaces_none(console: Client, acme: Organization) -> None:
    page = console.get(f"/admin/organizations/{acme.id}/issue-token/")

    assert choices_of(page) == []
    assert 'name="overlap_days"' not in page.text


def test_the_form_offers_to_replace_a_live_token(console: Client, acme: Organization) -> None:
    now = clock.now()
    used, revoked = factories.make_token(acme, label="Used").token, factories.make_token(acme).token
    ScimToken.objects.filter(id=used.id).update(last_used_at=now - timedelta(minutes=3, seconds=1))
    tokens.revoke_token(token_id=revoked.id, organization=acme, by=COMMAND_LINE, now=now)

    page = console.get(f"/admin/organizations/{acme.id}/issue-token/")

    assert choices_of(page) == [
        "None: it works beside the others",
        f"Used (…{used.last_four}), last used 3 minutes ago, ends {moment(used.expires_at)}",
    ]


def test_a_token_is_replaced_with_an_overlap_from_the_same_page(
    console: Client, acme: Organization, acme_token: IssuedToken
) -> None:
    old_id = acme_token.token.id

    redirect = issue(console, acme, replaces=str(old_id), overlap_days="3", label="")

    old, new = ScimToken.objects.get(id=old_id), ScimToken.objects.get(rotated_from_id=old_id)
    assert (redirect.status_code, redirect["Location"]) == (303, f"/admin/tokens/{new.id}/secret/")
    assert (new.label, old.expires_at) == ("Entra", new.issued_at + timedelta(days=3))


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"replaces": "none", "overlap_days": "", "label": ""}, "A token of its own needs a label."),
        ({"replaces": "{id}", "overlap_days": ""}, "Say how long the old token goes on working."),
        ({"replaces": "{other}", "overlap_days": "3"}, "Select a valid choice."),
        ({"replaces": "x", "overlap_days": "3"}, "Select a valid choice."),
    ],
)
def test_what_does_not_go_together_issues_nothing(
    console: Client,
    acme: Organization,
    acme_token: IssuedToken,
    globex_token: IssuedToken,
    fields: dict[str, str],
    refusal: str,
) -> None:
    ids = {"id": acme_token.token.id, "other": globex_token.token.id}

    page = issue(console, acme, **{name: value.format(**ids) for name, value in fields.items()})
    fine = issue(console, acme, replaces="none", overlap_days="")

    assert (page.status_code, refusal in page.text, ScimToken.objects.count()) == (200, True, 3)
    assert fine.status_code == 303


@pytest.mark.parametrize("page", ["organizations/{organization}/issue-token", "tokens/{token}/rotate"])
def test_a_live_token_ends_at_once_for_whoever_says_so_twice(
    console: Client, acme: Organization, acme_token: IssuedToken, page: str
) -> None:
    old, url = acme_token.token, f"/admin/{page}/".format(organization=acme.id, token=acme_token.token.id)
    form = FORM | {"replaces": str(old.id), "overlap_days": "0", "reason": f"Leaked: {acme_token.secret}"}

    asked = [console.post(url, form | more) for more in ({}, {"confirmed": str(UUID(int=1))})]
    issued = ScimToken.objects.count()
    redirect = console.post(url, form | {"confirmed": str(old.id)})

    for each in asked:
        assert f"End {old} at once: Entra is refused with 401" in each.text
        assert 'class="hp-button hp-danger">Issue, and end the old one at once<' in each.text
    assert (issued, redirect.status_code) == (1, 303)
    old.refresh_from_db()
    assert old.revoked_at is not None
    assert AuditEvent.objects.get(kind="token_rotated").reason == "Leaked: hpt_…"


def test_the_history_says_why_a_token_was_issued(console: Client, acme: Organization) -> None:
    issue(console, acme, reason=" Ticket 12 ")

    assert AuditEvent.objects.get(kind="token_issued").reason == "Ticket 12"


def test_a_secret_that_was_lost_is_revoked_and_issued_again(console: Client, acme: Organization) -> None:
    first = console.get(issue(console, acme)["Location"])
    lost = ScimToken.objects.get()
    again = f"/admin/tokens/{lost.id}/rotate/?overlap_days=0"
    form = console.get(again)

    redirect = console.post(again, {"overlap_days": "0", "lifetime_days": "365"})

    assert first.text.count(f'href="{again}"') == 2
    assert f"Revoke Entra production (…{lost.last_four}) and issue it again" in form.text
    assert 'value="365"' in form.text
    assert is_well_formed(secret_in(console.get(redirect["Location"])))
    assert ScimToken.objects.get(id=lost.id).revoked_at is not None


def test_who_reloads_is_offered_to_issue_it_again(console: Client, acme: Organization) -> None:
    url = issue(console, acme)["Location"]
    console.get(url)

    gone = console.get(url).text

    assert f'href="/admin/tokens/{ScimToken.objects.get().id}/rotate/?overlap_days=0"' in gone
    assert "Waiting for Test Connection…" in gone


def test_an_unknown_token_or_organization_is_not_found(console: Client) -> None:
    nobody = UUID(int=1)

    paths = [
        f"organizations/{nobody}/issue-token",
        *(f"tokens/{nobody}/{page}" for page in ("rotate", "revoke", "secret")),
    ]

    assert {console.get(f"/admin/{path}/").status_code for path in paths} == {404}
