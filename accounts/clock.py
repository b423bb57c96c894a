"""The one place that asks what time it is, so that a test can say; and how a program is told a time."""

from datetime import UTC, datetime

from django.utils import timezone


def now() -> datetime:
    """Return this moment, in UTC."""
    return timezone.now()


def timestamp(at: datetime) -> str:
    """Return a time in UTC with milliseconds, as Microsoft Graph writes it.

    >>> timestamp(datetime(2026, 11, 22, 21, 56, 3, 120000, tzinfo=UTC))
    '2026-11-22T21:56:03.120Z'
    """
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{utc.isoformat(timespec='milliseconds')[:23]}Z"
