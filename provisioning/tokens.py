"""Bearer tokens: issue, rotate with an overlap, revoke, and tell whose a secret is.

The secret is returned once, by the function that makes it. What is stored is an HMAC-SHA-256 under
a key of its own: 256 random bits need no slow hash, and a stolen table opens nothing without the
key. The last six characters are a checksum, so that a mistyped secret costs no query.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID
from zlib import crc32

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import Operator, Organization
from provisioning import notifications, watch
from provisioning.errors import InvalidLabel, InvalidLifetime, TokenNotLive, UnknownToken
from provisioning.models import ProvisioningStatus, ScimToken

PREFIX = "hpt_"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 43  # 62 ** 43 > 2 ** 256
CHECKSUM_LENGTH = 6
SECRET_LENGTH = len(PREFIX) + RANDOM_LENGTH + CHECKSUM_LENGTH
LONGEST_LABEL = 100
DEFAULT_LIFETIME_DAYS = 2 * 365
LONGEST_LIFETIME_DAYS = 10 * 365
LONGEST_OVERLAP_DAYS = 30
LAST_USED_RESOLUTION = timedelta(minutes=1)


@dataclass(frozen=True)
class IssuedToken:
    """A new token with its secret, which exists nowhere else."""

    token: ScimToken
    secret: str

    def __repr__(self) -> str:
        return f"IssuedToken({self.token})"


class TokenState(NamedTuple):
    """What a known secret says of itself at one moment, in one row."""

    token_id: UUID
    organization_id: UUID
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    status: str
    status_reason: str

    def is_live(self, now: datetime) -> bool:
        """Whether it opens the door."""
        return self.revoked_at is None and self.expires_at > now

    @property
    def is_on(self) -> bool:
        """Whether the organization's provisioning is on."""
        return self.status == ProvisioningStatus.ON


def issue_token(
    *,
    organization: Organization,
    label: str,
    issued_by: Operator | None,
    now: datetime,
    lifetime_days: int = DEFAULT_LIFETIME_DAYS,
) -> IssuedToken:
    """Issue a token for an organization and tell its people.

    Raises: InvalidLabel; InvalidLifetime unless it lives 1 to 3650 days.
    """
    with transaction.atomic():
        issued = make_token(
            organization=organization, label=label, issued_by=issued_by, now=now, lifetime_days=lifetime_days
        )
        notifications.token_issued(token=issued.token)
        watch.wake(organization.id)
    return issued


def rotate_token(
    *,
    token_id: UUID,
    organization: Organization,
    issued_by: Operator | None,
    now: datetime,
    overlap_days: int,
    lifetime_days: int = DEFAULT_LIFETIME_DAYS,
) -> IssuedToken:
    """Issue a successor under the same label; the old token lives on for the overlap at most.

    An overlap of 0 days revokes the old one at once. Raises: UnknownToken; TokenNotLive;
    InvalidLifetime unless the overlap is 0 to 30 days.
    """
    if not 0 <= overlap_days <= LONGEST_OVERLAP_DAYS:
        message = f"An overlap lasts 0 to {LONGEST_OVERLAP_DAYS} days."
        raise InvalidLifetime(message)
    with transaction.atomic():
        old = locked_token(token_id=token_id, organization=organization)
        if not old.is_live(now):
            message = f"{old} is not live any more; issue a new token instead."
            raise TokenNotLive(message)
        issued = make_token(
            organization=organization,
            label=old.label,
            issued_by=issued_by,
            now=now,
            lifetime_days=lifetime_days,
            rotated_from=old,
        )
        if overlap_days:
            old.expires_at = min(old.expires_at, now + timedelta(days=overlap_days))
        else:
            old.revoked_at, old.revoked_by = now, issued_by
        old.save(update_fields=["expires_at", "revoked_at", "revoked_by"])
        notifications.token_rotated(token=issued.token, old=old)
        watch.wake(organization.id)
    return issued


def revoke_token(
    *, token_id: UUID, organization: Organization, revoked_by: Operator | None, now: datetime
) -> ScimToken:
    """End a token for good and tell its people; one that is revoked already stays as it is.

    Raises: UnknownToken.
    """
    with transaction.atomic():
        token = locked_token(token_id=token_id, organization=organization)
        if token.revoked_at is None:
            token.revoked_at, token.revoked_by = now, revoked_by
            token.save(update_fields=["revoked_at", "revoked_by"])
            notifications.token_revoked(token=token, at=now)
            watch.wake(organization.id)
    return token


def token_by_secret_or_id(text: str) -> ScimToken:
    """Return the token with this secret or id. Raises: UnknownToken."""
    try:
        found = Q(digest=digest_of(text)) if is_well_formed(text) else Q(id=UUID(text))
        return ScimToken.objects.select_related("organization").get(found)
    except (ValueError, ScimToken.DoesNotExist):
        message = "No token has this secret or id. `/admin/` lists the ids of an organization's tokens."
        raise UnknownToken(message) from None


def state_of_secret(secret: str) -> TokenState | None:
    """Return whose secret this is and how it stands; nothing when it is nobody's. One query, or none."""
    if not is_well_formed(secret):
        return None
    return state_where(digest=digest_of(secret))


def state_of_token(token_id: UUID) -> TokenState | None:
    """Return how a token stands now: what a write asks again inside its transaction."""
    return state_where(id=token_id)


def state_where(**condition: object) -> TokenState | None:
    """Return the state of the one token that fits, in one indexed query."""
    row = (
        ScimToken.objects.filter(**condition)
        .order_by()
        .values_list(
            "id",
            "organization_id",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "organization__connection__status",
            "organization__connection__status_reason",
        )
        .first()
    )
    return TokenState(*row) if row else None


def note_use(*, state: TokenState, address: str | None, now: datetime) -> None:
    """Write when and from where a token was used, at most once a minute and outside any lock."""
    if state.last_used_at is not None and now - state.last_used_at < LAST_USED_RESOLUTION:
        return
    ScimToken.objects.filter(id=state.token_id).update(last_used_at=now, last_used_from=address)


def make_token(
    *,
    organization: Organization,
    label: str,
    issued_by: Operator | None,
    now: datetime,
    lifetime_days: int,
    rotated_from: ScimToken | None = None,
) -> IssuedToken:
    """Make and store a token, inside the caller's transaction."""
    label = label.strip()
    if not 0 < len(label) <= LONGEST_LABEL or not label.isprintable():
        message = (
            f"A token needs a label of 1 to {LONGEST_LABEL} visible characters, such as “Entra production”."
        )
        raise InvalidLabel(message)
    if not 1 <= lifetime_days <= LONGEST_LIFETIME_DAYS:
        message = f"A token lives 1 to {LONGEST_LIFETIME_DAYS} days."
        raise InvalidLifetime(message)
    secret = new_secret()
    token = ScimToken.objects.create(
        organization=organization,
        label=label,
        digest=digest_of(secret),
        last_four=secret[-4:],
        issued_at=now,
        issued_by=issued_by,
        rotated_from=rotated_from,
        expires_at=now + timedelta(days=lifetime_days),
    )
    return IssuedToken(token=token, secret=secret)


def locked_token(*, token_id: UUID, organization: Organization) -> ScimToken:
    """Return an organization's token, locked until the transaction ends. Raises: UnknownToken."""
    tokens = ScimToken.objects.of_organization(organization.id).select_for_update(of=("self",))
    try:
        return tokens.select_related("organization__success_manager").get(id=token_id)
    except ScimToken.DoesNotExist:
        message = f"{organization} has no such token."
        raise UnknownToken(message) from None


def new_secret() -> str:
    """Make a secret: prefix, 43 characters from the system's random source, checksum."""
    body = PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return body + checksum_of(body)


def checksum_of(body: str) -> str:
    """Return the CRC-32 of a secret without its end, as six base-62 digits."""
    number, digits = crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def is_well_formed(secret: str) -> bool:
    """Whether a text can be a secret at all: ASCII, its length, prefix and checksum."""
    if len(secret) != SECRET_LENGTH or not secret.isascii() or not secret.startswith(PREFIX):
        return False
    body, checksum = secret[:-CHECKSUM_LENGTH], secret[-CHECKSUM_LENGTH:]
    return hmac.compare_digest(checksum_of(body), checksum)


def digest_of(secret: str) -> str:
    """Return what is stored in place of a secret."""
    return hmac.new(settings.TOKEN_KEY.encode(), secret.encode(), sha256).hexdigest()
