"""Links in mails that work without a sign-in: signed, for one address of one organization, or one person.

Nothing is stored for them, and one can't be made or changed without the product's key. A person's link
sets their password once: their old password and their last sign-in are part of what is signed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.utils.http import base36_to_int, urlsafe_base64_encode

from accounts import clock
from accounts.models import Operator

CONFIRM_WITHIN = timedelta(days=14)
INVITED_WITHIN = timedelta(days=7)  # no longer than settings.PASSWORD_RESET_TIMEOUT
RESET_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Addressee:
    """Whom a link speaks for."""

    organization_id: UUID
    address: str


def confirm_url(addressee: Addressee) -> str:
    """Return the link by which an address says that it wants the mails."""
    return f"{settings.BASE_URL}/mails/confirm/{signed(addressee, purpose='confirm')}/"


def mute_url(addressee: Addressee) -> str:
    """Return the link by which an address says that it wants no more of them."""
    return f"{settings.BASE_URL}/mails/mute/{signed(addressee, purpose='mute')}/"


def log_url(organization_slug: str, **question: str) -> str:
    """Return the address of an organization's log, with what is asked of it, whoever opens it."""
    return f"{settings.BASE_URL}/log/?{urlencode({'organization': organization_slug, **question})}"


def signed(addressee: Addressee, *, purpose: str) -> str:
    """Return what a link carries."""
    told = [str(addressee.organization_id), addressee.address]
    return signing.dumps(told, salt=f"hootprov.mails.{purpose}")


def addressee_of(text: str, *, purpose: str, within: timedelta | None = None) -> Addressee | None:
    """Return whom a link speaks for; None for one that is forged, cut, too old or for another purpose."""
    try:
        organization_id, address = signing.loads(text, salt=f"hootprov.mails.{purpose}", max_age=within)
    except signing.BadSignature:
        return None
    return Addressee(UUID(organization_id), address)


class PasswordTokens(PasswordResetTokenGenerator):
    """Makes and checks what a person's link carries, for one purpose and for so long."""

    def __init__(self, purpose: str, *, within: timedelta) -> None:
        super().__init__()
        self.key_salt = f"hootprov.password.{purpose}"
        self.within = within

    def check_token(self, user: Any, token: str | None) -> bool:
        """Whether a token is this person's, unused and young enough; nobody's once their sign-in was ended."""
        if not token or not super().check_token(user, token):
            return False
        made = base36_to_int(token.partition("-")[0])
        return self._num_seconds(self._now()) - made <= self.within.total_seconds() and user.may_sign_in

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        """Return what is signed: Django's, and what ending a sign-in changes."""
        return f"{super()._make_hash_value(user, timestamp)}{user.era}"

    def _now(self) -> datetime:
        """Return this moment as Django counts here: without its zone."""
        return clock.now().replace(tzinfo=None)


PASSWORD_TOKENS = {
    "invitation": PasswordTokens("invitation", within=INVITED_WITHIN),
    "password_reset": PasswordTokens("password_reset", within=RESET_WITHIN),
}
PASSWORD_PATHS = {"invitation": "welcome", "password_reset": "password"}


def password_url(operator: Operator, *, purpose: str) -> str:
    """Return the link by which a person sets their password ("invitation", "password_reset"): it works once."""
    person = urlsafe_base64_encode(str(operator.pk).encode())
    token = PASSWORD_TOKENS[purpose].make_token(operator)
    return f"{settings.BASE_URL}/{PASSWORD_PATHS[purpose]}/{person}/{token}/"
