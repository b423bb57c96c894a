"""How a connection is, and why, in words: one state machine.

The judgement reads what the watch has gathered and decides nothing twice: the first state of
`JUDGES` that has a reason is the state. Entra's own rules are Microsoft's (Application provisioning
in quarantine status); here they are reported before they are reached.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max

from provisioning import activity, cycles
from provisioning.models import (
    HealthPeriod,
    HealthState,
    ProvisioningConnection,
    ProvisioningCycle,
    ProvisioningWatch,
    ScimToken,
)

# Entra quarantines a job from 5,000 failures on when more than 40 % of it fails, and at 40,000 failures in
# any case. It is reported at three quarters of each.
QUARANTINE_FAILURES, EARLY_FAILURES = 5_000, 3_750
QUARANTINE_SHARE, EARLY_SHARE = 0.40, 0.30
QUARANTINE_MOST, EARLY_MOST = 40_000, 30_000

SILENT_INTERVALS = 3
DEGRADED_SHARE = 0.05
TELLING_OPERATIONS = 20  # while a cycle runs, a share of fewer says nothing
TROUBLES = frozenset({HealthState.DEGRADED, HealthState.SILENT, HealthState.QUARANTINE_RISK})
REFUSED = {"token_revoked": "was revoked", "token_expired": "has expired"}


@dataclass(frozen=True, kw_only=True)
class Signs:
    """All that a judgement is made from, about one organization at one moment."""

    now: datetime
    connection: ProvisioningConnection
    watch: ProvisioningWatch
    cycle: ProvisioningCycle | None
    telling_cycle: ProvisioningCycle | None
    interval: timedelta
    contact_at: datetime | None
    last_live_until: datetime | None
    changes_of_last_day: int
    failures_of_last_day: int


@dataclass(frozen=True)
class Change:
    """That a connection went from one state into another."""

    before: HealthPeriod | None
    present: HealthPeriod

    @property
    def is_recovery(self) -> bool:
        """Whether trouble is over; that somebody turned provisioning on again is not its end."""
        was_trouble = self.before is not None and self.before.state in TROUBLES
        return was_trouble and self.present.state == HealthState.HEALTHY


def signs_of(
    connection: ProvisioningConnection,
    watch: ProvisioningWatch,
    cycle: ProvisioningCycle | None,
    *,
    now: datetime,
) -> Signs:
    """Gather what a judgement needs."""
    organization_id = connection.organization_id
    tokens = ScimToken.objects.of_organization(organization_id)
    live = tokens.filter(revoked_at__isnull=True, expires_at__gt=now)
    changes, failures = activity.of_last_day(organization_id, now=now)
    used_at = tokens.order_by().aggregate(at=Max("last_used_at"))["at"]
    seen_at = None if cycle is None else cycle.last_seen_at
    moments: list[datetime] = [at for at in (used_at, seen_at) if at is not None]
    return Signs(
        now=now,
        connection=connection,
        watch=watch,
        cycle=cycle,
        telling_cycle=cycles.newest_of(organization_id, operations=TELLING_OPERATIONS),
        interval=cycles.interval(organization_id),
        contact_at=max(moments, default=None),
        last_live_until=live.order_by().aggregate(at=Max("expires_at"))["at"],
        changes_of_last_day=changes,
        failures_of_last_day=failures,
    )


def judge(signs: Signs) -> tuple[HealthState, str]:
    """Return the state of a connection and the reason in words."""
    for state, reason_of in JUDGES.items():
        reason = reason_of(signs)
        if reason:
            return state, reason
    return HealthState.HEALTHY, healthy_because(signs)


def off_because(signs: Signs) -> str:
    """Say why provisioning is off, where it is."""
    connection = signs.connection
    if connection.is_on:
        return ""
    return f"Provisioning was turned off: {connection.status_reason} Entra's changes are refused with 403."


def waiting_because(signs: Signs) -> str:
    """Say that Entra has never come, where it has not."""
    if signs.contact_at is not None or signs.watch.refused_at is not None:
        return ""
    if signs.last_live_until is None:
        return "No token was issued yet, so Entra can't be connected."
    return "No request with the organization's token has arrived yet: press Test Connection in Entra."


def quarantine_because(signs: Signs) -> str:
    """Say why Entra is about to put its job into quarantine, where it is.

    A job that is refused beside one that works is no risk to it: an old one after a rotation, say.
    """
    refused_at, contact_at = signs.watch.refused_at, signs.contact_at
    if refused_at and (contact_at is None or refused_at >= contact_at + signs.interval):
        return (
            f"Entra calls with a token that {REFUSED[signs.watch.refused_code]}, and is refused with 401. Put a "
            "live token into Secret Token under Provisioning > Admin Credentials in Entra, and press Test "
            "Connection."
        )
    if signs.last_live_until is None:
        return (
            "No token of the organization works any more, so Entra's next call is refused with 401. Issue a "
            "token and put it into Entra."
        )
    return quarantine_by_count_because(signs)


def quarantine_by_count_because(signs: Signs) -> str:
    """Say how near to Entra's limits the failures of a day are, where they are near."""
    failures, changes = signs.failures_of_last_day, signs.changes_of_last_day
    share = failures / changes if changes else 0.0
    is_share_near = failures >= EARLY_FAILURES and share >= EARLY_SHARE
    if not is_share_near and failures < EARLY_MOST:
        return ""
    return (
        f"{failures:,} of {changes:,} changes failed within 24 hours ({share:.0%}). Entra quarantines a job from "
        f"{QUARANTINE_FAILURES:,} failures on when {QUARANTINE_SHARE:.0%} fail, and at {QUARANTINE_MOST:,} in any "
        "case. The log says what to mend."
    )


def silent_because(signs: Signs) -> str:
    """Say since when Entra has not come, where it should have long ago."""
    overdue_at = silent_at(signs)
    if overdue_at is None or signs.now < overdue_at:
        return ""
    if signs.cycle is None:
        return (
            "Entra tested the connection and has not come back since. Set Provisioning Status to On in Entra, "
            "and see that users are assigned."
        )
    minutes = round(signs.interval.total_seconds() / 60)
    return (
        f"Entra has not called for more than {SILENT_INTERVALS} times its usual {minutes} minutes. See in Entra "
        "whether provisioning is on and not in quarantine, and choose Restart provisioning."
    )


def silent_at(signs: Signs) -> datetime | None:
    """Return when a connection counts as silent if nothing arrives; None where nothing ever did."""
    if signs.contact_at is None:
        return None
    since = max(signs.contact_at, signs.connection.status_changed_at)
    return since + SILENT_INTERVALS * signs.interval


def degraded_because(signs: Signs) -> str:
    """Say how much failed of the last cycle that can be judged by, where it is more than a little."""
    cycle = signs.telling_cycle
    if cycle is None:
        return ""
    failed, operations = cycles.counted(cycle, "failed"), cycles.operations_of(cycle)
    if not failed or failed / operations < DEGRADED_SHARE:
        return ""
    return f"{failed:,} of {operations:,} changes of the last cycle failed. The log says why, and what to change."


def healthy_because(signs: Signs) -> str:
    """Say what is well."""
    if signs.cycle is None:
        return "Entra has tested the connection; its first cycle is awaited."
    return "Entra calls as usual, and its changes are taken."


JUDGES: dict[HealthState, Callable[[Signs], str]] = {
    HealthState.OFF: off_because,
    HealthState.WAITING: waiting_because,
    HealthState.QUARANTINE_RISK: quarantine_because,
    HealthState.SILENT: silent_because,
    HealthState.DEGRADED: degraded_because,
}


def settle(organization_id: UUID, state: HealthState, reason: str, *, now: datetime) -> Change | None:
    """Write the state down; return the change where it is another than before."""
    present = present_period(organization_id)
    if present is not None and present.state == state:
        if present.reason != reason:
            present.reason = reason
            present.save(update_fields=["reason"])
        return None
    if present is not None:
        present.ended_at = now
        present.save(update_fields=["ended_at"])
    period = HealthPeriod.objects.create(
        organization_id=organization_id, state=state, reason=reason, started_at=now
    )
    return Change(before=present, present=period)


def present_period(organization_id: UUID) -> HealthPeriod | None:
    """Return the state a connection is in; None before it was first judged."""
    return HealthPeriod.objects.of_organization(organization_id).filter(ended_at__isnull=True).first()
