"""Remind of tokens that end: at 60, 30, 14, 7 and 1 days, each once."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from provisioning import notifications
from provisioning.models import ScimToken
from provisioning.one_by_one import one_by_one

REMIND_AT_DAYS = (1, 7, 14, 30, 60)


def remind_of_expiry(*, now: datetime) -> int:
    """Tell of every live token that ends soon and has no successor; return how many were looked at.

    Whoever missed days tells of the nearest end alone. Twice a day, or at once, tells once.
    """
    successors = ScimToken.objects.filter(rotated_from=OuterRef("pk"), revoked_at__isnull=True)
    ending = ScimToken.objects.filter(
        ~Exists(successors),
        revoked_at__isnull=True,
        expires_at__gt=now,
        expires_at__lte=now + timedelta(days=max(REMIND_AT_DAYS)),
    )
    tokens = list(
        ending.select_related("organization__success_manager", "issued_by").order_by("expires_at", "id")
    )
    return one_by_one(tokens, lambda each: remind(each, now=now), what="reminder")


def remind(token: ScimToken, *, now: datetime) -> None:
    """Tell of one token, unless it lives shorter than the time it would be told of."""
    days = min(days for days in REMIND_AT_DAYS if token.expires_at - now <= timedelta(days=days))
    if token.expires_at - token.issued_at > timedelta(days=days):
        with transaction.atomic():
            notifications.token_expiring(token=token, days=days, now=now)
