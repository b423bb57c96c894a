"""Links in mails that work without a sign-in: signed, for one address of one organization.

Nothing is stored for them, and one can't be made or changed without the product's key.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core import signing

CONFIRM_WITHIN = timedelta(days=14)


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
