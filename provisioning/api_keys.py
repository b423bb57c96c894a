"""Keys to the management API: issue, revoke, and tell whose a secret is and what it may be used for.

Nobody gives a key more than they may do themselves: each scope stands for abilities, and whoever issues
a key has all of them. The secret is returned once, by the function that makes it: see `provisioning.bearer`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.models import Operator, Organization
from accounts.permissions import Ability
from provisioning import bearer, history
from provisioning.bearer import digest_of
from provisioning.errors import InvalidLabel, InvalidLifetime, InvalidScopes, UnknownToken
from provisioning.history import Actor
from provisioning.models import ApiKey, AuditKind, Scope
from provisioning.redaction import mask_tokens

PREFIX: Final = "hpk_"
STAFF_KEY: Final = "Hootsuite's API key"  # so the history calls a key that reaches every organization
LONGEST_LABEL = 100
DEFAULT_LIFETIME_DAYS = 365
LONGEST_LIFETIME_DAYS = 2 * 365
LAST_USED_RESOLUTION = timedelta(minutes=1)

LOOKING: Final = frozenset({Ability.VIEW})
# What somebody must be able to do to use a scope, and to give it to a key; every other scope only looks.
ABILITIES: Final[dict[Scope, frozenset[Ability]]] = {
    Scope.CONNECTION_WRITE: frozenset({Ability.SWITCH_PROVISIONING}),
    Scope.TOKENS_REVOKE: frozenset({Ability.REVOKE_TOKENS}),
    Scope.TOKENS_WRITE: frozenset({Ability.ISSUE_TOKENS, Ability.REVOKE_TOKENS}),
    Scope.NOTIFICATIONS_WRITE: frozenset({Ability.MANAGE_NOTIFICATIONS}),
    Scope.WEBHOOKS_WRITE: frozenset({Ability.MANAGE_WEBHOOKS}),
}
# Whoever has the first has the second too.
IMPLIED: Final[dict[Scope, Scope]] = {Scope.TOKENS_WRITE: Scope.TOKENS_REVOKE}


@dataclass(frozen=True)
class IssuedKey:
    """A new key with its secret, which exists nowhere else."""

    key: ApiKey
    secret: str

    def __repr__(self) -> str:
        return f"IssuedKey({self.key})"


def issue_key(
    *,
    organization: Organization | None,
    label: str,
    scopes: list[Scope],
    by: Actor,
    now: datetime,
    lifetime_days: int = DEFAULT_LIFETIME_DAYS,
) -> IssuedKey:
    """Issue a key for one organization, or with None for Hootsuite's own programs, which reach every one.

    Raises: InvalidLabel; InvalidLifetime unless it lives 1 to 730 days; InvalidScopes for none, or for one
    that whoever issues it may not use.
    """
    label = label.strip()
    check(label, scopes, lifetime_days, by)
    secret = bearer.new_secret(PREFIX)
    with transaction.atomic():
        key = ApiKey.objects.create(
            organization=organization,
            label=label,
            digest=digest_of(secret),
            last_four=secret[-4:],
            scopes=sorted(map(str, set(scopes))),
            issued_at=now,
            issued_by=by.operator,
            expires_at=now + timedelta(days=lifetime_days),
        )
        history.record(
            AuditKind.API_KEY_ISSUED,
            by=by,
            now=now,
            organization=organization,
            subject=key,
            changes=[("scopes", "", ", ".join(key.scopes)), ("ends", "", key.expires_at.isoformat())],
        )
    return IssuedKey(key=key, secret=secret)


def check(label: str, scopes: list[Scope], lifetime_days: int, by: Actor) -> None:
    """Check what a person chose. Raises: InvalidLabel, InvalidLifetime, InvalidScopes."""
    if not 0 < len(label) <= LONGEST_LABEL or not label.isprintable():
        raise InvalidLabel(
            f"A key needs a label of 1 to {LONGEST_LABEL} visible characters, such as “SIEM poller”."
        )
    if not 1 <= lifetime_days <= LONGEST_LIFETIME_DAYS:
        raise InvalidLifetime(f"A key lives 1 to {LONGEST_LIFETIME_DAYS} days.")
    if not scopes:
        raise InvalidScopes("Choose at least one thing that the key may be used for.")
    allowed = set(Scope) if by.operator is None else scopes_of(by.operator)
    if not set(scopes) <= allowed:
        raise InvalidScopes("You can't give a key what your own role does not include.")


def revoke_key(
    *, key_id: UUID, organization: Organization | None, by: Actor, now: datetime, reason: str = ""
) -> ApiKey:
    """End a key for good; one that is revoked already stays as it is. Raises: UnknownToken."""
    with transaction.atomic():
        keys = ApiKey.objects.select_for_update(of=("self",)).filter(organization=organization)
        key = keys.filter(id=key_id).first()
        if key is None:
            raise UnknownToken("There is no such API key.")
        if key.revoked_at is None:
            key.revoked_at, key.revoked_by = now, by.operator
            key.save(update_fields=["revoked_at", "revoked_by"])
            history.record(
                AuditKind.API_KEY_REVOKED,
                by=by,
                now=now,
                organization=organization,
                subject=key,
                reason=mask_tokens(reason),
            )
    return key


def key_of_secret(secret: str) -> ApiKey | None:
    """Return the key with this secret and its organization, live or not. One query, or none."""
    if not bearer.is_well_formed(secret, PREFIX):
        return None
    return ApiKey.objects.select_related("organization").filter(digest=digest_of(secret)).first()


def note_use(key: ApiKey, *, address: str | None, now: datetime) -> None:
    """Write when and from where a key was used, at most once a minute and outside any lock."""
    if key.last_used_at is None or now - key.last_used_at >= LAST_USED_RESOLUTION:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now, last_used_from=address)


def scopes_of(operator: Operator) -> set[Scope]:
    """Return what somebody may do, in scopes."""
    return {scope for scope in Scope if all(map(operator.can, ABILITIES.get(scope, LOOKING)))}


def with_implied(scopes: set[Scope]) -> frozenset[Scope]:
    """Return the scopes, and those that they imply."""
    return frozenset(scopes | {IMPLIED[each] for each in scopes if each in IMPLIED})
