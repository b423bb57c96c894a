"""The one place that asks what time it is, so that a test can say."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """Return this moment, in UTC."""
    return timezone.now()
