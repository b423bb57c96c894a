"""The line that waits for Test Connection: seen, or what is wrong with the call that came instead."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils.html import strip_tags

from accounts import clock
from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import connections, tokens
from provisioning.counters import counters
from provisioning.history import COMMAND_LINE
from provisioning.models import ScimToken
from provisioning.tokens import IssuedToken
from tests import factories
from tests.cast import ScimClient
from tests.console.conftest import signed_in_as
from tests.console.test_sign_in import STRICT, policy_of

ISSUED_AT = datetime(2026, 11, 22, 9, 40, 0, tzinfo=UTC)
OPENED_AT = datetime(2026, 11, 22, 9, 40, 50, tzinfo=UTC)
WAITING = "Waiting Waiting for Test Connection…"

At = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Set the clock; it begins when tokens are issued."""

    def set_clock(now: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)

    set_clock(ISSUED_AT)
    return set_clock


def later(seconds: int) -> datetime:
    """Return a moment after the page was opened."""
    return OPENED_AT + timedelta(seconds=seconds)


def press_test(secret: str, *, attribute: str = "userName") -> int:
    """Press Test Connection in Entra; return the status."""
    answer = ScimClient(secret).get("/Users", filter=f'{attribute} eq "{uuid4()}"')
    return answer.status_code


def lines(browser: Client, token: ScimToken | None, *, console: str = "admin") -> list[str]:
    """Return what the line says to somebody who has waited since the page was opened."""
    page = f"tokens/{token.id}/live/" if token else "live/"
    response = browser.get(f"/{console}/{page}?since={int(OPENED_AT.timestamp() * 1000)}")
    assert response.status_code == 200
    items = response.text.partition('<ul class="hp-lines">')[2].partition("</ul>")[0].split("<li>")
    return [" ".join(strip_tags(each).split()) for each in items[1:]]


def test_it_waits_while_nothing_comes(console: Client, acme_token: IssuedToken, at: At) -> None:
    at(later(1))

    assert lines(console, acme_token.token) == [WAITING]


def test_it_sees_the_test(console: Client, acme_token: IssuedToken, at: At) -> None:
    at(later(13))
    assert press_test(acme_token.secret) == 200

    assert lines(console, acme_token.token) == ["Seen Test Connection seen at 09:41:03 UTC from 127.0.0.1."]


def test_what_was_seen_ends_the_asking(console: Client, acme_token: IssuedToken, at: At) -> None:
    url = f"/admin/tokens/{acme_token.token.id}/live/?since={int(OPENED_AT.timestamp() * 1000)}"
    before = console.get(url).text

    at(later(1))
    press_test(acme_token.secret)
    after = console.get(url).text

    assert [page.count("data-hp-live=") for page in (before, after)] == [1, 0]
    assert [page.count("hp/live.js") for page in (before, after)] == [1, 0]


def test_a_test_before_the_page_was_opened_is_none(console: Client, acme_token: IssuedToken, at: At) -> None:
    at(later(-1))
    press_test(acme_token.secret)
    at(later(1))

    assert lines(console, acme_token.token) == [WAITING]


def test_a_test_that_was_folded_into_one_of_the_same_minute_is_seen(
    console: Client, acme_token: IssuedToken, at: At
) -> None:
    for seconds in (-5, 5):
        at(later(seconds))
        press_test(acme_token.secret, attribute="externalId")
    counters.flush()

    assert lines(console, acme_token.token) == ["Seen Test Connection seen at 09:40:55 UTC from 127.0.0.1."]


def test_it_tells_of_a_call_with_a_revoked_token(
    console: Client, acme: Organization, acme_token: IssuedToken, at: At
) -> None:
    old = factories.make_token(acme, label="Old")
    tokens.revoke_token(token_id=old.token.id, organization=acme, by=COMMAND_LINE, now=OPENED_AT)
    at(later(5))
    assert press_test(old.secret) == 401

    assert lines(console, acme_token.token) == [
        WAITING,
        f"Refused A call at 09:40:55 UTC from 127.0.0.1 was refused with HTTP 401: its token “Old” "
        f"(…{old.token.last_four}) was revoked. Paste the secret of a live token into Entra, then press Test "
        "Connection again.",
    ]


def test_it_tells_of_a_call_with_an_expired_token(
    console: Client, acme: Organization, acme_token: IssuedToken, at: At
) -> None:
    old = factories.make_token(acme, label="Old", lifetime_days=1)
    ScimToken.objects.filter(id=old.token.id).update(expires_at=OPENED_AT)
    at(later(5))
    assert press_test(old.secret) == 401

    said = lines(console, acme_token.token)

    assert f"its token “Old” (…{old.token.last_four}) has expired." in said[1]


def test_a_second_refusal_within_the_minute_is_noticed(
    console: Client, acme: Organization, acme_token: IssuedToken, at: At
) -> None:
    old = factories.make_token(acme, label="Old")
    tokens.revoke_token(token_id=old.token.id, organization=acme, by=COMMAND_LINE, now=OPENED_AT)
    at(later(-5))
    press_test(old.secret)
    at(later(5))
    before = lines(console, acme_token.token)

    press_test(old.secret)
    counters.flush()

    assert before == [WAITING]
    assert "Refused A call at 09:40:55 UTC from 127.0.0.1 was refused" in lines(console, acme_token.token)[1]


def test_it_tells_staff_of_a_call_that_belongs_to_nobody(
    console: Client, acme_token: IssuedToken, at: At
) -> None:
    at(later(5))
    assert press_test(tokens.new_secret()) == 401
    counters.flush()

    assert lines(console, acme_token.token) == [
        WAITING,
        "Unknown A call at 09:40:55 UTC from 127.0.0.1 was refused with HTTP 401: its token belongs to nobody. If "
        "it came from this Entra, the secret was not pasted whole.",
    ]


def test_it_tells_of_a_call_while_provisioning_is_off(
    console: Client, acme: Organization, acme_token: IssuedToken, at: At
) -> None:
    connections.turn_off(organization=acme, reason="Merger", by=COMMAND_LINE, now=ISSUED_AT)
    remedy = "Provisioning of Acme is off: turn it on, then press Test Connection again."
    before = lines(console, acme_token.token)

    at(later(5))
    assert press_test(acme_token.secret) == 403

    assert before == [WAITING, f"Off Any call is refused with HTTP 403 now. {remedy}"]
    assert lines(console, acme_token.token) == [
        WAITING,
        f"Off A call at 09:40:55 UTC from 127.0.0.1 was refused with HTTP 403. {remedy}",
    ]


def test_it_tells_that_the_token_works_when_it_was_not_tested(
    console: Client, acme_token: IssuedToken, at: At
) -> None:
    at(later(5))
    ScimClient(acme_token.secret).get("/Users")

    assert lines(console, acme_token.token) == [
        WAITING,
        "Works A call with this token came at 09:40:55 UTC from 127.0.0.1, and was let in. It was no Test "
        "Connection.",
    ]


@pytest.mark.parametrize(("role", "whose"), [(Role.ORGANIZATION_ADMIN, "your"), (Role.SUPPORT, "its")])
def test_whoever_may_not_turn_it_on_is_told_to_ask_a_csm(
    acme: Organization, acme_token: IssuedToken, at: At, role: Role, whose: str
) -> None:
    is_admin = role == Role.ORGANIZATION_ADMIN
    browser = signed_in_as(factories.make_operator(role, organization=acme if is_admin else None))
    connections.turn_off(organization=acme, reason="Merger", by=COMMAND_LINE, now=ISSUED_AT)
    at(later(5))

    assert lines(browser, acme_token.token, console="console" if is_admin else "admin") == [
        WAITING,
        "Off Any call is refused with HTTP 403 now. Provisioning of Acme is off: ask "
        f"{whose} CSM to turn it on, then press Test Connection again.",
    ]


def test_where_any_token_is_awaited_the_first_use_of_one_is_good(
    org_admin: Operator, acme_token: IssuedToken, at: At
) -> None:
    at(later(5))
    ScimClient(acme_token.secret).get("/Users")

    assert lines(signed_in_as(org_admin), None, console="console") == [
        WAITING,
        f"Works The token “Entra” (…{acme_token.token.last_four}) was used for the first time at 09:40:55 UTC from "
        "127.0.0.1, and was let in.",
    ]


def test_it_tells_of_a_test_with_another_token(
    console: Client, acme: Organization, acme_token: IssuedToken, at: At
) -> None:
    other = factories.make_token(acme, label="Other")
    name = f"“Other” (…{other.token.last_four})"
    at(later(5))
    press_test(other.secret)

    assert lines(console, acme_token.token) == [
        WAITING,
        f"Other token Test Connection at 09:40:55 UTC from 127.0.0.1 came with the token {name}, not with this one.",
        f"Other token The token {name} was used for the first time at 09:40:55 UTC from 127.0.0.1.",
    ]


def test_it_names_the_organization_in_which_a_new_token_was_first_used(
    console: Client, acme_token: IssuedToken, globex_token: IssuedToken, at: At
) -> None:
    at(later(5))
    press_test(globex_token.secret)

    assert lines(console, acme_token.token) == [
        WAITING,
        f"Elsewhere The token “Entra” (…{globex_token.token.last_four}) of Globex was used for the first time at "
        "09:40:55 UTC from 127.0.0.1. If that was Acme’s Entra, it has the wrong token and would provision into "
        "Globex.",
    ]


@pytest.mark.parametrize("issued_ago", [timedelta(days=2), timedelta()])
def test_a_token_in_use_for_long_is_no_news(
    console: Client, acme_token: IssuedToken, globex_token: IssuedToken, at: At, issued_ago: timedelta
) -> None:
    ScimToken.objects.filter(id=globex_token.token.id).update(issued_at=ISSUED_AT - issued_ago)
    if not issued_ago:
        press_test(globex_token.secret)
    at(later(15))
    press_test(globex_token.secret)

    assert lines(console, acme_token.token) == [WAITING]


def test_an_org_admin_hears_nothing_of_strangers_and_other_organizations(
    org_admin: Operator, acme_token: IssuedToken, globex_token: IssuedToken, at: At
) -> None:
    browser = signed_in_as(org_admin)
    at(later(5))
    press_test(globex_token.secret)
    press_test(tokens.new_secret())
    counters.flush()
    before = [lines(browser, token, console="console") for token in (acme_token.token, None)]

    at(later(6))
    press_test(acme_token.secret)

    seen = "Seen Test Connection seen at 09:40:56 UTC from 127.0.0.1"
    assert before == [[WAITING], [WAITING]]
    assert lines(browser, acme_token.token, console="console") == [f"{seen}."]
    assert lines(browser, None, console="console") == [
        f"{seen} with the token “Entra” (…{acme_token.token.last_four})."
    ]


def test_another_organizations_token_is_not_found(
    org_admin: Operator, acme_token: IssuedToken, globex_token: IssuedToken
) -> None:
    browser = signed_in_as(org_admin)

    statuses = [
        browser.get(f"/console/tokens/{each}/live/").status_code
        for each in (acme_token.token.id, globex_token.token.id, UUID(int=1))
    ]

    assert statuses == [200, 404, 404]


def test_the_page_is_strict_and_kept_by_nobody(console: Client, acme_token: IssuedToken) -> None:
    page = console.get(f"/admin/tokens/{acme_token.token.id}/live/")

    assert page["Cache-Control"].startswith("no-store")
    assert policy_of(page) == STRICT | {"connect-src 'self'"}
    assert page.text.count("<script") == page.text.count('<script src="') == 1


@pytest.mark.parametrize("since", ["", "0", "9" * 40, "-1", "²", "now", "\0"])
def test_a_time_that_makes_no_sense_is_now_or_an_hour_ago(
    console: Client, acme_token: IssuedToken, since: str
) -> None:
    page = console.get(f"/admin/tokens/{acme_token.token.id}/live/", {"since": since})

    assert page.status_code == 200
    assert ("since 08:40:00 UTC" if since == "0" else "since 09:40:00 UTC") in page.text


@pytest.mark.parametrize(
    ("page", "shown"), [("admin", "Test Connection seen at 09:40:55"), ("console", "Test Connection seen")]
)
def test_it_is_on_the_tokens_own_page(
    console: Client, org_admin: Operator, acme_token: IssuedToken, at: At, page: str, shown: str
) -> None:
    browser = console if page == "admin" else signed_in_as(org_admin)
    url = f"/{page}/provisioning/scimtoken/{acme_token.token.id}/change/"
    at(later(5))
    before = browser.get(url).text
    press_test(acme_token.secret)

    assert "Waiting for Test Connection…" in before
    assert shown in browser.get(url).text
