"""How a connection is, and why, in words: one state machine.

The judgement reads what the watch has gathered and decides nothing twice: the first of `JUDGES` that
has a reason gives the state. Entra's own rules are Microsoft's (Application provisioning
in quarantine status); here they are reported before they are reached.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from django.db.models import Max, Q

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
EASED = 0.8  # of what is reported: below it the risk is over, and figures about a limit tell nothing twice

SILENT_INTERVALS = 3
MOST_PATIENCE = timedelta(hours=4)  # no usual time is longer: a job in quarantine is called about once a day
ABOUT_A_DAY = (timedelta(hours=20), timedelta(hours=28))
DAILY_CYCLES = 3
DEGRADED_SHARE = 0.05
TELLING_OPERATIONS = 20  # while a cycle runs, a share of fewer says nothing
TROUBLES = frozenset({HealthState.DEGRADED, HealthState.SILENT, HealthState.QUARANTINE_RISK})
UNTOLD = [HealthState.OFF, HealthState.WAITING]  # they say nothing of how Entra's side is
REFUSED = {"token_revoked": "was revoked", "token_expired": "has expired"}


@dataclass(frozen=True, kw_only=True)
class Signs:
    """All that a judgement is made from, about one organization at one moment."""

    now: datetime
    connection: ProvisioningConnection
    watch: ProvisioningWatch
    cycle: ProvisioningCycle | None
    telling_cycle: ProvisioningCycle | None
    present: HealthPeriod | None
    starts: list[datetime]
    contact_at: datetime | None
    last_live_until: datetime | None
    last_token: str
    changes_of_last_day: int
    failures_of_last_day: int

    @property
    def patience(self) -> timedelta:
        """How far apart calls may be: the learnt interval, but no less than Entra's own, and no more than hours.

        Cycles that a person starts by hand make the learnt one short, and Entra comes no sooner for it; those
        of a job in quarantine make it long, and are not its usual ones.
        """
        return min(max(cycles.interval_of(self.starts), cycles.USUAL_INTERVAL), MOST_PATIENCE)

    @property
    def is_daily(self) -> bool:
        """Whether the last cycles began about a day apart."""
        shortest, longest = ABOUT_A_DAY
        last = self.starts[:DAILY_CYCLES]
        apart = [later - earlier for later, earlier in pairwise(last)]
        return len(last) == DAILY_CYCLES and all(shortest <= each <= longest for each in apart)

    def is_in(self, state: HealthState) -> bool:
        """Whether that was the state until now."""
        return self.present is not None and self.present.state == state


@dataclass(frozen=True)
class Change:
    """That a connection went from one state into another, and how it was when that was last known."""

    known: HealthPeriod | None
    present: HealthPeriod

    @property
    def is_recovery(self) -> bool:
        """Whether trouble is over, also where provisioning was off in between."""
        was_trouble = self.known is not None and self.known.state in TROUBLES
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
    unrevoked = Q(revoked_at__isnull=True)
    ends = tokens.order_by().aggregate(
        used_at=Max("last_used_at"),
        live_until=Max("expires_at", filter=unrevoked & Q(expires_at__gt=now)),
        expired_at=Max("expires_at", filter=unrevoked & Q(expires_at__lte=now)),
        revoked_at=Max("revoked_at"),
    )
    changes, failures = activity.of_last_day(organization_id, now=now)
    seen_at = None if cycle is None else cycle.last_seen_at
    moments: list[datetime] = [at for at in (ends["used_at"], seen_at) if at is not None]
    return Signs(
        now=now,
        connection=connection,
        watch=watch,
        cycle=cycle,
        telling_cycle=cycles.newest_of(organization_id, operations=TELLING_OPERATIONS),
        present=present_period(organization_id),
        starts=cycles.starts(organization_id),
        contact_at=max(moments, default=None),
        last_live_until=ends["live_until"],
        last_token=ending(expired_at=ends["expired_at"], revoked_at=ends["revoked_at"]),
        changes_of_last_day=changes,
        failures_of_last_day=failures,
    )


def ending(*, expired_at: datetime | None, revoked_at: datetime | None) -> str:
    """Return in words what became of the token that ended last; nothing where none ever did."""
    if revoked_at is None and expired_at is None:
        return ""
    is_revoked = expired_at is None or (revoked_at is not None and revoked_at > expired_at)
    return REFUSED["token_revoked" if is_revoked else "token_expired"]


def judge(signs: Signs) -> tuple[HealthState, str]:
    """Return the state of a connection and the reason in words."""
    for state, reason_of in JUDGES:
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
    if signs.last_live_until is None and signs.last_token:
        return (
            f"The organization's last token {signs.last_token}, and Entra has never called with one. Issue a token "
            "and put it into Entra."
        )
    if signs.last_live_until is None:
        return "No token was issued yet, so Entra can't be connected."
    return "No request with the organization's token has arrived yet: press Test Connection in Entra."


def quarantine_because(signs: Signs) -> str:
    """Say why Entra is about to put its job into quarantine, where it is."""
    refusals_count_at = refused_from(signs)
    if refusals_count_at is not None and signs.now >= refusals_count_at:
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


def refused_from(signs: Signs) -> datetime | None:
    """Return when it is clear that the job itself is refused; None where no refusal came since the last contact.

    A job that is refused beside one that works is no risk to it: an old one after a rotation, say. So the one
    that works has until its next call is due, and a little more.
    """
    refused_at, contact_at = signs.watch.refused_at, signs.contact_at
    if refused_at is None or contact_at is None:
        return refused_at
    return contact_at + signs.patience + cycles.GAP if refused_at > contact_at else None


def quarantine_by_count_because(signs: Signs) -> str:
    """Say how near to Entra's limits the failures of a day are, where they are near, or were and are not far yet."""
    failures, changes = signs.failures_of_last_day, signs.changes_of_last_day
    share = failures / changes if changes else 0.0
    eased = EASED if signs.is_in(HealthState.QUARANTINE_RISK) else 1.0
    is_share_near = failures >= eased * EARLY_FAILURES and share >= eased * EARLY_SHARE
    if not is_share_near and failures < eased * EARLY_MOST:
        return ""
    return (
        f"{failures:,} of {changes:,} changes failed within 24 hours ({share:.0%}). Entra quarantines a job from "
        f"{QUARANTINE_FAILURES:,} failures on when {QUARANTINE_SHARE:.0%} fail, and at {QUARANTINE_MOST:,} in any "
        "case. The log says what to mend."
    )


def silent_because(signs: Signs) -> str:
    """Say since when Entra has not come, where it should have long ago, or that it is not back for good."""
    overdue_at = silent_at(signs)
    is_overdue = overdue_at is not None and signs.now >= overdue_at
    if overdue_at is None or (not is_overdue and is_back(signs)):
        return ""
    if signs.cycle is None:
        return (
            "Entra tested the connection and has not come back since. Set Provisioning Status to On in Entra, "
            "and see that users are assigned."
        )
    if signs.is_daily:
        return (
            "Entra calls about once a day, as it does while a job is in quarantine. See in Entra why, mend it, and "
            "choose Restart provisioning."
        )
    minutes = round(signs.patience.total_seconds() / 60)
    if not is_overdue:
        return (
            "Entra has called again after a long pause, and counts as back when its next cycle comes in its usual "
            f"{minutes} minutes. If none comes, see in Entra whether provisioning is in quarantine."
        )
    return (
        f"Entra has not called for more than {SILENT_INTERVALS} times its usual {minutes} minutes. See in Entra "
        "whether provisioning is on and not in quarantine, and choose Restart provisioning."
    )


def is_back(signs: Signs) -> bool:
    """Whether Entra, where it was silent, comes in its usual time again: a second cycle, or one that goes on and on.

    A single call may be the daily try of a job in quarantine, or a person's Test Connection.
    """
    if signs.present is None or not signs.is_in(HealthState.SILENT):
        return True
    cycle, starts = signs.cycle, signs.starts
    if cycle is None or cycle.last_seen_at <= signs.present.started_at:
        return False
    is_in_time = len(starts) == 1 or starts[0] - starts[1] < SILENT_INTERVALS * signs.patience
    return is_in_time or cycle.last_seen_at - cycle.started_at >= signs.patience


def silent_at(signs: Signs) -> datetime | None:
    """Return when a connection counts as silent if nothing arrives; None where nothing ever did.

    What was off is waited for from when it was turned on.
    """
    if signs.contact_at is None:
        return None
    since = max(signs.contact_at, signs.connection.status_changed_at)
    return since + SILENT_INTERVALS * signs.patience


def awaited_because(signs: Signs) -> str:
    """Say that Entra is waited for, where it has not come since provisioning was turned on again."""
    connection, contact_at = signs.connection, signs.contact_at
    if contact_at is None or contact_at >= connection.status_changed_at:
        return ""
    return (
        "Provisioning was turned on again, and waits for Entra's next contact. If none comes, see in Entra "
        "whether provisioning is on and not in quarantine."
    )


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


JUDGES: list[tuple[HealthState, Callable[[Signs], str]]] = [
    (HealthState.OFF, off_because),
    (HealthState.WAITING, waiting_because),
    (HealthState.QUARANTINE_RISK, quarantine_because),
    (HealthState.SILENT, silent_because),
    (HealthState.WAITING, awaited_because),
    (HealthState.DEGRADED, degraded_because),
]


def settle(signs: Signs, state: HealthState, reason: str) -> Change | None:
    """Write the state down; return the change where it is another than before."""
    present, organization_id = signs.present, signs.connection.organization_id
    if present is not None and present.state == state:
        if present.reason != reason:
            present.reason = reason
            present.save(update_fields=["reason"])
        return None
    if present is not None:
        present.ended_at = signs.now
        present.save(update_fields=["ended_at"])
    known = last_known(organization_id)
    period = HealthPeriod.objects.create(
        organization_id=organization_id, state=state, reason=reason, started_at=signs.now
    )
    return Change(known=known, present=period)


def last_known(organization_id: UUID) -> HealthPeriod | None:
    """Return the newest state that says how Entra's side was, or is."""
    return HealthPeriod.objects.of_organization(organization_id).exclude(state__in=UNTOLD).first()


def present_period(organization_id: UUID) -> HealthPeriod | None:
    """Return the state a connection is in; None before it was first judged."""
    return HealthPeriod.objects.of_organization(organization_id).filter(ended_at__isnull=True).first()
