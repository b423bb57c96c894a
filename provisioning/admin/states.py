"""States of connections, cycles, tokens, entries, recipients and mails in words, with the tone of their badges."""

from datetime import datetime, timedelta

from django.utils.safestring import SafeString

from accounts.admin.words import Tone, badge, counted, days_until, moment
from provisioning.models import (
    ApiKey,
    EventKind,
    HealthState,
    LogStatus,
    Notification,
    ProvisioningConnection,
    ProvisioningCycle,
    Recipient,
    ScimToken,
)

SOON = timedelta(days=30)

STATUS_TONES = {
    LogStatus.SUCCESS: Tone.GOOD,
    LogStatus.FAILURE: Tone.BAD,
    LogStatus.SKIPPED: Tone.QUIET,
    LogStatus.WARNING: Tone.CAREFUL,
}

HEALTH_TONES = {
    HealthState.OFF: Tone.QUIET,
    HealthState.WAITING: Tone.QUIET,
    HealthState.QUARANTINE_RISK: Tone.BAD,
    HealthState.SILENT: Tone.BAD,
    HealthState.DEGRADED: Tone.CAREFUL,
    HealthState.HEALTHY: Tone.GOOD,
}

KINDS_OF_MAIL = {str(kind): str(kind.label) for kind in EventKind} | {
    "digest": "Daily digest",
    "confirm_recipient": "Question to a new address",
    "test": "Test",
    "invitation": "Invitation",
    "password_reset": "Link to a new password",
}


def status_badge(status: str) -> SafeString:
    """Return how a request ended."""
    known = LogStatus(status)
    return badge(str(known.label), STATUS_TONES[known])


def connection_badge(connection: ProvisioningConnection) -> SafeString:
    """Return whether changes from Entra are taken."""
    return badge("On", Tone.GOOD) if connection.is_on else badge("Off", Tone.CAREFUL)


def health_badge(state: str | None) -> SafeString:
    """Return how a connection is; without a state, that nobody has looked yet."""
    if state is None:
        return badge("Not judged yet", Tone.QUIET)
    known = HealthState(state)
    return badge(str(known.label), HEALTH_TONES[known])


def cycle_badge(cycle: ProvisioningCycle) -> SafeString:
    """Return whether a cycle still runs."""
    return badge("Running", Tone.CAREFUL) if cycle.ended_at is None else badge("Ended", Tone.QUIET)


def recipient_badge(recipient: Recipient) -> SafeString:
    """Return whether mails go to an address."""
    if recipient.muted_at is not None:
        return badge("Muted", Tone.QUIET)
    if recipient.confirmed_at is None:
        return badge("Not confirmed", Tone.CAREFUL)
    return badge("Confirmed", Tone.GOOD)


def token_badge(token: ScimToken | ApiKey, *, now: datetime) -> SafeString:
    """Return whether a token opens the door, and for how much longer."""
    if token.revoked_at is not None:
        return badge("Revoked", Tone.QUIET)
    if token.expires_at <= now:
        return badge("Expired", Tone.BAD)
    left = counted(days_until(token.expires_at, now=now), "day")
    if token.expires_at <= now + SOON:
        return badge(f"Expires in {left}", Tone.CAREFUL)
    return badge("Live", Tone.GOOD)


def mail_badge(notification: Notification) -> SafeString:
    """Return what became of a mail."""
    if notification.sent_at is not None:
        return badge("Sent", Tone.GOOD)
    if notification.gave_up_at is not None:
        return badge("Given up", Tone.BAD)
    if notification.dropped_at is not None:
        return badge("Not sent", Tone.QUIET)
    return badge("Retrying" if notification.attempts else "Waiting", Tone.CAREFUL)


def mail_story(notification: Notification) -> str:
    """Return what became of a mail, with the time."""
    if notification.sent_at is not None:
        return f"Sent {moment(notification.sent_at)}"
    tries = counted(notification.attempts, "attempt")
    if notification.gave_up_at is not None:
        return f"Given up after {tries}, {moment(notification.gave_up_at)}"
    if notification.dropped_at is not None:
        return f"Not sent, since nobody wanted it any more, {moment(notification.dropped_at)}"
    return f"Next attempt {moment(notification.next_try_at)}, after {tries}"


def kind_of_mail(kind: str) -> str:
    """Return what a mail tells of."""
    return KINDS_OF_MAIL.get(kind) or kind.replace("_", " ").capitalize()
