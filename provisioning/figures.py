"""Figures over every organization, or of one: read from the hours' sums, never from the log.

A figure that is shown in two places comes from one function here. What counts as an operation is said
once, in `provisioning.activity`: a request that asked for a change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, FilteredRelation, Max, OuterRef, Q, QuerySet, Subquery, Sum

from accounts.models import Member, Organization
from provisioning.activity import NO_WORK, hour_of
from provisioning.models import (
    HealthPeriod,
    HealthState,
    HourlyActivity,
    LogStatus,
    ProvisioningStatus,
    ScimToken,
)

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
SOON = timedelta(days=30)
LONGEST_WAIT = timedelta(days=7)
TROUBLES = [HealthState.QUARANTINE_RISK, HealthState.SILENT, HealthState.DEGRADED]  # the worst first


@dataclass(frozen=True)
class Work:
    """How many operations there were, and how many of them failed. Skipped ones succeeded."""

    operations: int = 0
    failed: int = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(self.operations + other.operations, self.failed + other.failed)

    @property
    def succeeded(self) -> int:
        """How many did not fail."""
        return self.operations - self.failed

    @property
    def rate(self) -> float | None:
        """Which share succeeded, from 0 to 1; None where there was nothing."""
        return self.succeeded / self.operations if self.operations else None


Hours = dict[datetime, Work]


def work_by_hour(*, since: datetime, organization_id: UUID | None = None) -> Hours:
    """Return the work of each hour from `since` on that had any, of one organization or of all."""
    rows = HourlyActivity.objects.filter(hour__gte=hour_of(since)).exclude(NO_WORK)
    if organization_id is not None:
        rows = rows.filter(organization_id=organization_id)
    summed = (
        rows.order_by()
        .values_list("hour")
        .annotate(operations=Sum("count"), failed=Sum("count", filter=Q(status=LogStatus.FAILURE), default=0))
    )
    return {hour: Work(operations, failed) for hour, operations, failed in summed}


def total(works: Iterable[Work]) -> Work:
    """Return the sum."""
    return sum(works, Work())


def hours_of_last_day(hours: Hours, *, now: datetime) -> list[tuple[datetime, Work]]:
    """Return the last 24 hours one by one, oldest first; the last is the one that has begun."""
    starts = [hour_of(now) - HOUR * back for back in range(23, -1, -1)]
    return [(start, hours.get(start, Work())) for start in starts]


def work_of_last_day(hours: Hours, *, now: datetime) -> Work:
    """Return the work of the last 24 hours together."""
    return total(work for _, work in hours_of_last_day(hours, now=now))


def days_of(hours: Hours, *, now: datetime, days: int) -> list[tuple[date, Work]]:
    """Return the last days one by one, today among them, oldest first. Days begin at midnight, UTC."""
    summed = {(now - DAY * back).date(): Work() for back in range(days - 1, -1, -1)}
    for hour, work in hours.items():
        if hour.date() in summed:
            summed[hour.date()] += work
    return list(summed.items())


def first_of_days(*, now: datetime, days: int) -> datetime:
    """Return the midnight at which the last so many days begin, today among them."""
    return datetime.combine((now - DAY * (days - 1)).date(), time.min, tzinfo=now.tzinfo)


def members_of(*, organization_id: UUID) -> tuple[int, int]:
    """Return how many members an organization has, and how many of them are active."""
    members = Member.objects.of_organization(organization_id).order_by()
    counts = members.aggregate(all=Count("pk"), active=Count("pk", filter=Q(is_active=True)))
    return counts["all"], counts["active"]


@dataclass(frozen=True)
class Cause:
    """How often an organization's changes failed for one reason."""

    organization: str
    slug: str
    code: str
    count: int


def causes_of_last_day(*, now: datetime, most: int) -> list[Cause]:
    """Return why changes failed in the last 24 hours, the commonest first; those that the failed ones count."""
    failed = HourlyActivity.objects.filter(hour__gt=hour_of(now) - DAY, status=LogStatus.FAILURE).exclude(
        NO_WORK
    )
    named = failed.order_by().values_list("organization__name", "organization__slug", "error_code")
    summed = named.annotate(failures=Sum("count")).order_by("-failures", "organization__slug", "error_code")
    return [Cause(*row) for row in summed[:most]]


def fleet() -> dict[str, int]:
    """Return how many organizations there are in each state; "" counts those nobody has looked at yet."""
    joined = with_present(Organization.objects.order_by()).annotate(state=F("present__state"))
    return {state or "": count for state, count in joined.values_list("state").annotate(Count("pk"))}


def with_present(organizations: QuerySet[Organization]) -> QuerySet[Organization]:
    """Join each organization with the period it is in, as `present`; there is one at most."""
    is_present = Q(health_periods__ended_at__isnull=True)
    return organizations.annotate(present=FilteredRelation("health_periods", condition=is_present))


def last_contact(organization: str) -> Subquery:
    """Return when an organization's tokens were last used; `organization` is the outer column of its id."""
    used = ScimToken.objects.filter(organization=OuterRef(organization), last_used_at__isnull=False)
    return Subquery(used.order_by("-last_used_at").values("last_used_at")[:1])


def last_contact_of(organization_id: UUID, *, seen_at: datetime | None) -> datetime | None:
    """Return when Entra was last heard of: by a token's last use, or in a cycle, which was last seen then."""
    tokens = ScimToken.objects.of_organization(organization_id).order_by()
    used_at = tokens.aggregate(at=Max("last_used_at"))["at"]
    return max((at for at in (used_at, seen_at) if at is not None), default=None)


def token_until(organization: str) -> Subquery:
    """Return when an organization's last token ends that was not revoked; nothing where there is none."""
    tokens = ScimToken.objects.filter(organization=OuterRef(organization), revoked_at__isnull=True)
    return Subquery(tokens.order_by("-expires_at").values("expires_at")[:1])


def troubled(*, now: datetime) -> QuerySet[HealthPeriod]:
    """Return the present periods that somebody has to see to: trouble, or a first contact awaited for a week."""
    waits_long = Q(state=HealthState.WAITING, started_at__lte=now - LONGEST_WAIT)
    present = HealthPeriod.objects.filter(ended_at__isnull=True)
    return present.filter(Q(state__in=TROUBLES) | waits_long)


def last_tokens_ending(*, now: datetime) -> QuerySet[ScimToken]:
    """Return the tokens that have ended or soon will, where no other goes on: one at most of an organization.

    What is turned off needs none.
    """
    tokens = ScimToken.objects.filter(revoked_at__isnull=True)
    later = Q(expires_at__gt=OuterRef("expires_at")) | Q(
        expires_at=OuterRef("expires_at"), id__gt=OuterRef("id")
    )
    others = tokens.filter(later, organization=OuterRef("organization"))
    soon = tokens.filter(expires_at__lte=now + SOON)
    return soon.filter(~Q(organization__connection__status=ProvisioningStatus.OFF), ~Exists(others))


def to_renew(*, now: datetime) -> Q:
    """Return the condition of tokens that end within SOON, and that no live successor has replaced."""
    live = Q(revoked_at__isnull=True, expires_at__gt=now)
    successors = ScimToken.objects.filter(live, rotated_from=OuterRef("pk"))
    return live & Q(expires_at__lte=now + SOON) & Q(~Exists(successors))


def needing_attention(*, now: datetime) -> Q:
    """Return the condition of organizations that somebody has to see to."""
    return Q(pk__in=troubled(now=now).order_by().values("organization")) | Q(
        pk__in=last_tokens_ending(now=now).order_by().values("organization")
    )
