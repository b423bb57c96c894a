"""The line that waits for Entra's Test Connection: seen, or what is wrong with the call that came instead.

`live_context` puts it on any page, by `console/live.html`; the page at its address says the same and
is what the line's script asks every second. Only staff hear of calls that belong to nobody, and of
other organizations.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.views import View

from accounts import clock
from accounts.admin.access import found, may, organization_named, require, visible, visit_of
from accounts.admin.pages import page_url, row_url
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.strict import strict_and_waiting
from accounts.admin.words import Section, Tone
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning import arrivals
from provisioning.arrivals import Call
from provisioning.models import ScimToken

LONGEST_LOOK_BACK = timedelta(hours=1)
MOST_LINES = 3
REFUSED = {"token_revoked": "was revoked", "token_expired": "has expired"}


@dataclass(frozen=True)
class Line:
    """One thing that is to be said: in a word, with its colour, and in a sentence."""

    word: str
    tone: Tone
    text: str


@dataclass(frozen=True)
class Live:
    """What the line says now, and the address that says what it will say."""

    url: str
    lines: list[Line]
    is_seen: bool = False


@dataclass(frozen=True)
class Watch:
    """Who waits, since when, for which organization, and with which token; None: with any of its tokens."""

    request: HttpRequest
    organization: Organization
    token: ScimToken | None
    since: datetime
    now: datetime

    @property
    def url(self) -> str:
        """The address of the page that says the same."""
        page = ("token_live", self.token.id) if self.token else ("live",)
        return f"{page_url(self.request, *page)}?{urlencode({'since': int(self.since.timestamp() * 1000)})}"

    def is_awaited(self, token: ScimToken) -> bool:
        """Whether a call with this token is the one that is waited for."""
        return self.token is None or token.pk == self.token.pk


def live_context(
    request: HttpRequest,
    organization: Organization,
    token: ScimToken | None = None,
    *,
    since: datetime | None = None,
) -> dict[str, Any]:
    """Return {"live": …} for `console/live.html`; without a time, it waits from now on. At most 6 queries."""
    now = clock.now()
    return {"live": live(Watch(request, organization, token, since or now, now))}


def live_section(
    request: HttpRequest,
    organization: Organization,
    token: ScimToken | None = None,
    *,
    since: datetime | None = None,
) -> Section:
    """Return the line as a part of a page of facts."""
    context = live_context(request, organization, token, since=since)
    return Section(title="Test Connection", body=render_to_string("console/live.html", context))


def live(watch: Watch) -> Live:
    """Return what has arrived, in words: the Test Connection, or that it is awaited and what came instead."""
    calls = arrivals.connecting_calls(watch.organization.id, since=watch.since)
    for call in calls:
        if call.is_test and call.is_answered and watch.is_awaited(call.token):
            which = "" if watch.token else f" with the token {named(call.token)}"
            seen = f"Test Connection seen at {clock_time(call.at)}{whence(call.address)}{which}."
            return Live(watch.url, [Line("Seen", Tone.GOOD, seen)], is_seen=True)
    waiting = Line("Waiting", Tone.QUIET, "Waiting for Test Connection…")
    return Live(
        watch.url,
        [
            waiting,
            *switch_lines(watch),
            *test_lines(watch, calls),
            *refusal_lines(calls),
            *use_lines(watch),
            *stranger_lines(watch),
        ],
    )


def switch_lines(watch: Watch) -> Iterator[Line]:
    """Say that provisioning is off, and which call that has cost."""
    if watch.organization.connection.is_on:
        return
    remedy = f"Provisioning of {watch.organization} is off: {who_turns_on(watch.request)}, then press Test Connection again."
    call = arrivals.switched_off_call(watch.organization.id, since=watch.since)
    if call is None:
        yield Line("Off", Tone.CAREFUL, f"Any call is refused with HTTP 403 now. {remedy}")
    else:
        with_token = "" if watch.is_awaited(call.token) else f" with the token {named(call.token)}"
        told = f"A call at {clock_time(call.at)}{whence(call.address)}{with_token} was refused with HTTP 403."
        yield Line("Off", Tone.BAD, f"{told} {remedy}")


def who_turns_on(request: HttpRequest) -> str:
    """Return what this person can do about provisioning that is off."""
    if may(request, Ability.SWITCH_PROVISIONING):
        return "turn it on"
    return f"ask {'your' if visit_of(request).organization else 'its'} CSM to turn it on"


def test_lines(watch: Watch, calls: list[Call]) -> Iterator[Line]:
    """Say what was wrong with the newest Test Connection: that it was refused, or had another token."""
    test = next((each for each in calls if each.is_test), None)
    if test is None:
        return
    told = f"Test Connection at {clock_time(test.at)}{whence(test.address)}"
    if watch.is_awaited(test.token):
        yield Line("Refused", Tone.BAD, f"{told} was answered with HTTP {test.http_status}. {test.detail}")
    else:
        text = f"{told} came with the token {named(test.token)}, not with this one."
        yield Line("Other token", Tone.CAREFUL, text)


def refusal_lines(calls: list[Call]) -> Iterator[Line]:
    """Say of each token that was refused when it came last."""
    refused: dict[UUID, Call] = {}
    for call in calls:
        if call.error_code in REFUSED:
            refused.setdefault(call.token.pk, call)
    for call in list(refused.values())[:MOST_LINES]:
        text = (
            f"A call at {clock_time(call.at)}{whence(call.address)} was refused with HTTP 401: its token "
            f"{named(call.token)} {REFUSED[call.error_code]}. Paste the secret of a live token into Entra, then "
            "press Test Connection again."
        )
        yield Line("Refused", Tone.BAD, text)


def use_lines(watch: Watch) -> Iterator[Line]:
    """Say that the token works although nobody tested it, and which other new tokens came into use."""
    token = watch.token
    if token is not None and token.last_used_at is not None and token.last_used_at >= watch.since:
        told = (
            f"A call with this token came at {clock_time(token.last_used_at)}{whence(token.last_used_from)}"
        )
        if watch.organization.connection.is_on:
            yield Line("Works", Tone.GOOD, f"{told}, and was let in. It was no Test Connection.")
    new = visible(watch.request, ScimToken.objects.all())
    for other in arrivals.first_uses(new, since=watch.since, now=watch.now)[:MOST_LINES]:
        if token is not None and other.pk == token.pk:
            continue
        is_ours = other.organization_id == watch.organization.id
        whose = "" if is_ours else f" of {other.organization}"
        told = f"The token {named(other)}{whose} was used for the first time at "
        told += f"{clock_time(other.first_used_at or watch.now)}{whence(other.last_used_from)}"
        if is_ours and token is not None:
            yield Line("Other token", Tone.CAREFUL, f"{told}.")
        elif is_ours and watch.organization.connection.is_on:
            yield Line("Works", Tone.GOOD, f"{told}, and was let in.")
        elif not is_ours:
            warning = (
                f"If that was {watch.organization}’s Entra, it has the wrong token and would provision into"
            )
            yield Line("Elsewhere", Tone.BAD, f"{told}. {warning} {other.organization}.")


def stranger_lines(watch: Watch) -> Iterator[Line]:
    """Say which calls belong to nobody, to staff alone."""
    if visit_of(watch.request).organization is not None:
        return
    for count in arrivals.stranger_calls(since=watch.since)[:MOST_LINES]:
        text = (
            f"A call at {clock_time(count.last_at)}{whence(count.address)} was refused with HTTP 401: its token "
            "belongs to nobody. If it came from this Entra, the secret was not pasted whole."
        )
        yield Line("Unknown", Tone.CAREFUL, text)


def clock_time(at: datetime) -> str:
    """Return a time of the day to the second, with its zone.

    >>> clock_time(datetime(2026, 11, 22, 9, 41, 3, tzinfo=UTC))
    '09:41:03 UTC'
    """
    return f"{at.astimezone(UTC):%H:%M:%S} UTC"


def whence(address: str | None) -> str:
    """Return where a call came from."""
    return f" from {address}" if address else ""


def named(token: ScimToken) -> str:
    """Return how a line calls a token."""
    return f"“{token.label}” (…{token.last_four})"


def since_of(request: HttpRequest, *, now: datetime) -> datetime:
    """Return since when the query string says that somebody waits: within the last hour, or from now on."""
    text = request.GET.get("since", "")
    if not text.isascii() or not text.isdecimal():
        return now
    earliest = int((now - LONGEST_LOOK_BACK).timestamp() * 1000)
    milliseconds = min(max(int(text[:15]), earliest), int(now.timestamp() * 1000))
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


@method_decorator(strict_and_waiting, name="dispatch")
class LivePage(View):
    """Says what the line says, for its script and for whoever has none."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, token_id: UUID | None = None) -> HttpResponse:
        """Show what has arrived since the time in the query string."""
        require(request, Ability.VIEW)
        token = found(request, ScimToken, token_id, "organization__connection") if token_id else None
        organization = token.organization if token else organization_named(request, None, "connection")
        since = since_of(request, now=clock.now())
        context = {
            **live_context(request, organization, token, since=since),
            "organization": organization,
            "token": token,
            "since": clock_time(since),
            "back_url": row_url(request, token) if token else page_url(request, "index"),
        }
        response = render(request, "console/look.html", context)
        response["Cache-Control"] = "no-store"
        return response


staff_site.add_page("tokens/<uuid:token_id>/live/", LivePage.as_view(), name="token_live")
organization_site.add_page("tokens/<uuid:token_id>/live/", LivePage.as_view(), name="token_live")
organization_site.add_page("live/", LivePage.as_view(), name="live")
