"""How a page says a time, a state or a fact: in words, with the zone, never as a code."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class Tone(StrEnum):
    """The colour of a badge. The badge's text says the same, for whoever sees no colour."""

    GOOD = "good"
    BAD = "bad"
    CAREFUL = "careful"
    QUIET = "quiet"


@dataclass(frozen=True)
class Fact:
    """One line of a page: what it is, and its value in words."""

    label: str
    value: str | SafeString
    is_code: bool = False


@dataclass(frozen=True)
class Button:
    """A way on from a page. The style is "primary", "danger" or "plain"; `is_current` marks where one is."""

    label: str
    url: str
    style: str = "plain"
    is_current: bool = False


@dataclass(frozen=True)
class Tab:
    """One of the pages about the same organization. `name` is what a page calls its own tab."""

    name: str
    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a page under its own heading: facts, or a table, or a text as it is; and what can be done there.

    A small table stays a table on a phone; of others each row becomes a card. `body` is markup that a
    template of ours has made, such as a chart.
    """

    title: str
    note: str = ""
    body: SafeString | str = ""
    facts: list[Fact] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    rows: list[list[str | SafeString]] = field(default_factory=list)
    empty: str = ""
    is_small: bool = False
    text: str = ""
    buttons: list[Button] = field(default_factory=list)

    @property
    def labelled_rows(self) -> list[list[tuple[str, str | SafeString]]]:
        """Return the table with each cell's header beside it, for the cards."""
        return [list(zip(self.headers, row, strict=True)) for row in self.rows]


def moment(at: datetime | None, *, never: str = "never") -> str:
    """Return a time to the second, with its zone.

    >>> moment(datetime(2026, 11, 22, 21, 56, 3, tzinfo=UTC))
    '2026-11-22 21:56:03 UTC'
    """
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else never


def day(at: datetime) -> str:
    """Return a day spelt out, with its zone.

    >>> day(datetime(2028, 11, 5, tzinfo=UTC))
    'Sunday 5 November 2028 (UTC)'
    """
    utc = at.astimezone(UTC)
    return f"{utc:%A} {utc.day} {utc:%B %Y} (UTC)"


def ago(at: datetime | None, *, now: datetime, never: str = "never") -> str:
    """Return how long ago a time was, in its largest unit.

    >>> now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    >>> ago(now - timedelta(minutes=12), now=now)
    '12 minutes ago'
    """
    if at is None:
        return never
    seconds = max(int((now - at).total_seconds()), 0)
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{counted(seconds // length, unit)} ago"
    return "less than a minute ago"


def lasting(length: timedelta) -> str:
    """Return a length of time by its two largest units.

    >>> lasting(timedelta(hours=1, minutes=2, seconds=3)), lasting(timedelta(seconds=61.5))
    ('1 h 2 min', '1 min 1 s')
    """
    rest = max(int(length.total_seconds()), 0)
    parts: list[str] = []
    for unit, seconds in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, rest = divmod(rest, seconds)
        if number or parts:
            parts.append(f"{number} {unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 ")) or "less than a second"


def days_until(at: datetime, *, now: datetime) -> int:
    """Return how many days are left, begun ones counted whole."""
    return -((now - at) // timedelta(days=1))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "member"), counted(1200, "member")
    ('1 member', '1,200 members')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def badge(text: str, tone: Tone) -> SafeString:
    """Return a state as a coloured word."""
    return format_html('<span class="hp-badge hp-{}">{}</span>', tone, text)


def bar(share: float, label: str) -> SafeString:
    """Return how far something is, from 0 to 1, as a bar and in figures."""
    percent = round(share * 100)
    return format_html(
        '<progress class="hp-bar" max="100" value="{0}" aria-label="{1}">{0} %</progress> {0} %',
        percent,
        label,
    )


def links(buttons: Iterable[Button]) -> SafeString:
    """Return ways on as links beside each other, for a cell of a table."""
    shown = ((button.url, button.label) for button in buttons)
    return format_html_join(" ", '<a class="hp-link hp-way" href="{}">{}</a>', shown)


def link(text: str, url: str) -> SafeString:
    """Return a link within the console."""
    return format_html('<a class="hp-link" href="{}">{}</a>', url, text)


def hover(text: str, exact: str) -> SafeString:
    """Return a rough time that shows the exact one on hover."""
    return format_html('<span title="{}">{}</span>', exact, text)
