"""Bearer tokens: ask for one, issue, rotate with an overlap, revoke, and tell whose a secret is.

The secret is returned once, by the function that makes it, and kept nowhere: see `provisioning.bearer`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import bearer, history, notifications, outbox, watch
from provisioning.bearer import digest_of
from provisioning.errors import InvalidLabel, InvalidLifetime, TokenNotLive, TokenRequested, UnknownToken
from provisioning.history import Actor
from provisioning.models import AuditEvent, AuditKind, ProvisioningConnection, ScimToken
from provisioning.redaction import mask_tokens
from provisioning.token_states import PREFIX, is_well_formed

LONGEST_LABEL = 100
DEFAULT_LIFETIME_DAYS = 2 * 365
LONGEST_LIFETIME_DAYS = 10 * 365
LONGEST_OVERLAP_DAYS = 30
ONE_REQUEST_IN = timedelta(hours=1)
ENDING = ["revoked_at", "revoked_by", "revoked_by_name"]
ANSWERED_BY = (AuditKind.TOKEN_ISSUED, AuditKind.TOKEN_ROTATED)


@dataclass(frozen=True)
class IssuedToken:
    """A new token with its secret, which exists nowhere else."""

    token: ScimToken
    secret: str

    def __repr__(self) -> str:
        return f"IssuedToken({self.token})"


def issue_token(
    *,
    organization: Organization,
    label: str,
    by: Actor,
    now: datetime,
    lifetime_days: int = DEFAULT_LIFETIME_DAYS,
    reason: str = "",
) -> IssuedToken:
    """Issue a token for an organization and tell its people; the reason goes into the history.

    Raises: InvalidLabel; InvalidLifetime unless it lives 1 to 3650 days.
    """
    with transaction.atomic():
        issued = make_token(
            organization=organization, label=label, by=by, now=now, lifetime_days=lifetime_days
        )
        notifications.token_issued(token=issued.token)
        history.record(
            AuditKind.TOKEN_ISSUED,
            by=by,
            now=now,
            organization=organization,
            subject=issued.token,
            reason=mask_tokens(reason.strip()),
        )
        watch.wake(organization.id)
    return issued


def rotate_token(
    *,
    token_id: UUID,
    organization: Organization,
    by: Actor,
    now: datetime,
    overlap_days: int,
    lifetime_days: int = DEFAULT_LIFETIME_DAYS,
    reason: str = "",
) -> IssuedToken:
    """Issue a successor under the same label; the old token lives on for the overlap at most.

    An overlap of 0 days revokes the old one at once. The reason goes into the history. Raises: UnknownToken; TokenNotLive;
    InvalidLifetime unless the overlap is 0 to 30 days.
    """
    check_overlap(overlap_days)
    with transaction.atomic():
        old = locked_live_token(token_id=token_id, organization=organization, now=now)
        issued = make_token(
            organization=organization,
            label=old.label,
            by=by,
            now=now,
            lifetime_days=lifetime_days,
            rotated_from=old,
        )
        end_after(old, overlap_days, by=by, now=now)
        notifications.token_rotated(token=issued.token, old=old)
        history.record(
            AuditKind.TOKEN_ROTATED,
            by=by,
            now=now,
            organization=organization,
            subject=issued.token,
            reason=mask_tokens(reason.strip()),
            changes=[("old token", str(old), f"ends {(old.revoked_at or old.expires_at).isoformat()}")],
        )
        watch.wake(organization.id)
    return issued


def check_overlap(days: int) -> None:
    """Check for how long an old token may live on. Raises: InvalidLifetime."""
    if not 0 <= days <= LONGEST_OVERLAP_DAYS:
        message = f"An overlap lasts 0 to {LONGEST_OVERLAP_DAYS} days."
        raise InvalidLifetime(message)


def end_after(token: ScimToken, days: int, *, by: Actor, now: datetime) -> None:
    """Let a locked token live for some more days at most; 0 revokes it at once."""
    if days:
        token.expires_at = min(token.expires_at, now + timedelta(days=days))
    else:
        revoke(token, by=by, now=now)
    token.save(update_fields=["expires_at", *ENDING])


def revoke(token: ScimToken, *, by: Actor, now: datetime) -> None:
    """Set the columns that say that a token was ended, and by whom."""
    token.revoked_at, token.revoked_by = now, by.operator
    token.revoked_by_name = by.name_of_no_operator


def revoke_token(
    *, token_id: UUID, organization: Organization, by: Actor, now: datetime, reason: str = ""
) -> ScimToken:
    """End a token for good and tell its people; one that is revoked already stays as it is.

    The reason goes into the history. Raises: UnknownToken.
    """
    return end(
        AuditKind.TOKEN_REVOKED,
        token_id=token_id,
        organization=organization,
        by=by,
        now=now,
        reason=reason,
    )


def report_leaked(
    *, token_id: UUID, organization: Organization, by: Actor, now: datetime, reason: str = ""
) -> ScimToken:
    """End a token whose secret was seen where it should not be; the mail to its people says so.

    One that is revoked already stays as it is. Where it was seen goes into the history. Raises: UnknownToken.
    """
    return end(
        AuditKind.TOKEN_LEAKED,
        token_id=token_id,
        organization=organization,
        by=by,
        now=now,
        reason=reason,
    )


def end(
    kind: AuditKind, *, token_id: UUID, organization: Organization, by: Actor, now: datetime, reason: str
) -> ScimToken:
    """End a token for good, tell its people and write it down, in one transaction; twice is once."""
    with transaction.atomic():
        token = locked_token(token_id=token_id, organization=organization)
        if token.revoked_at is None:
            revoke(token, by=by, now=now)
            token.save(update_fields=ENDING)
            notifications.token_revoked(token=token, at=now, is_leaked=kind == AuditKind.TOKEN_LEAKED)
            history.record(
                kind, by=by, now=now, organization=organization, subject=token, reason=mask_tokens(reason)
            )
            watch.wake(organization.id)
    return token


def token_of_secret(secret: str, *, organization: Organization) -> ScimToken:
    """Return an organization's token with this secret. Raises: UnknownToken, for another organization's too."""
    tokens = ScimToken.objects.of_organization(organization.id)
    token = tokens.filter(digest=digest_of(secret)).first() if is_well_formed(secret) else None
    if token is None:
        raise UnknownToken(f"{organization} has no token with this secret.")
    return token


def request_token(*, organization: Organization, by: Actor, now: datetime, message: str = "") -> AuditEvent:
    """Ask the organization's CSM for a new token by mail; where it has none, every Owner.

    Raises: TokenRequested while a request of the last hour waits for its token.
    """
    with transaction.atomic():
        # Of two requests at once the second one waits here, and sees the first.
        ProvisioningConnection.objects.select_for_update(no_key=True).get(organization=organization)
        open_one = open_request(organization, now=now)
        if open_one is not None:
            when = notifications.moment(open_one.at, organization)
            message = (
                f"{open_one.actor} has asked already, {when}. The mail is on its way: one request an hour is enough. "
                "If it is urgent, call your CSM."
            )
            raise TokenRequested(message)
        request = history.record(
            AuditKind.TOKEN_REQUESTED,
            by=by,
            now=now,
            organization=organization,
            reason=mask_tokens(message.strip()),
        )
        outbox.enqueue(
            organization_id=None,  # to staff, at work: nothing that they can mute
            kind=str(AuditKind.TOKEN_REQUESTED),
            event=f"token:requested:{request.id}",
            recipients=[each.email for each in issuers_for(organization)],
            context={
                "organization": organization.name,
                "organization_id": str(organization.id),
                "by": by.name,
                "message": request.reason,
                "at": notifications.moment(now, organization),
            },
        )
    return request


def open_request(organization: Organization, *, now: datetime) -> AuditEvent | None:
    """Return the request of the last hour that still waits for its token, if there is one."""
    earliest = UUID(int=int((now - ONE_REQUEST_IN).timestamp() * 1000) << 80)  # an id begins with its time
    events = AuditEvent.objects.of_organization(organization.id).filter(
        id__gte=earliest, kind__in=[AuditKind.TOKEN_REQUESTED, *ANSWERED_BY]
    )
    newest = events.order_by("-id").first()
    return newest if newest is not None and newest.kind == AuditKind.TOKEN_REQUESTED else None


def issuers_for(organization: Organization) -> list[Operator]:
    """Return who is asked for a token: the organization's CSM, or every Owner where it has none at work."""
    manager = organization.success_manager
    if manager is not None and manager.is_active:
        return [manager]
    return list(Operator.objects.filter(role=Role.OWNER, is_active=True).order_by("email"))


def live_tokens(organization: Organization, *, now: datetime) -> QuerySet[ScimToken]:
    """Return the organization's tokens that open the door now, newest first."""
    tokens = ScimToken.objects.of_organization(organization.id)
    return tokens.filter(revoked_at__isnull=True, expires_at__gt=now)


def token_by_secret_or_id(text: str) -> ScimToken:
    """Return the token with this secret or id. Raises: UnknownToken."""
    try:
        found = Q(digest=digest_of(text)) if is_well_formed(text) else Q(id=UUID(text))
        return ScimToken.objects.select_related("organization").get(found)
    except (ValueError, ScimToken.DoesNotExist):
        message = "No token has this secret or id. `/admin/` lists the ids of an organization's tokens."
        raise UnknownToken(message) from None


def make_token(
    *,
    organization: Organization,
    label: str,
    by: Actor,
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
        issued_by=by.operator,
        issued_by_name=by.name_of_no_operator,
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


def locked_live_token(*, token_id: UUID, organization: Organization, now: datetime) -> ScimToken:
    """Return the same where it opens the door. Raises: UnknownToken, TokenNotLive."""
    token = locked_token(token_id=token_id, organization=organization)
    if not token.is_live(now):
        message = f"{token} is not live any more; issue a new token instead."
        raise TokenNotLive(message)
    return token


def new_secret() -> str:
    """Make the secret of a token."""
    return bearer.new_secret(PREFIX)
