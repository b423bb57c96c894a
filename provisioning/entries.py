"""Which entries of the log answer a question: every condition is written so that an index serves it.

Of one organization the log goes by time, across organizations by id, which is the time too (a UUIDv7,
`provisioning.logs`). The two orders differ on purpose: an index across organizations can't tempt PostgreSQL
where one is asked for. A status and an action have whole indexes in both orders (`models/log.py`): what is
common everywhere may be missing, or old, in one organization. An identity or an object is looked up in each
organization by itself: with hundreds of them that is still a matter of milliseconds.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Length

from accounts.models import Organization
from provisioning.models import (
    IS_REFUSAL,
    ProvisioningCycle,
    ProvisioningLogEntry,
)
from provisioning.redaction import identity_key

Entries = QuerySet[ProvisioningLogEntry]
BY_TIME = ("-at", "-id")
BY_ID = ("-id",)
BY_POSITION = ("position",)
MOST_CHARACTERS = 2_000_000
LONGEST_REQUEST = timedelta(hours=1)
LAST_DAY = date(9999, 1, 1)


def with_status(entries: Entries, status: str) -> Entries:
    """Return those that ended so."""
    return entries.filter(status=status)


def with_action(entries: Entries, action: str) -> Entries:
    """Return those that wanted this."""
    return entries.filter(action=action)


def held_at(entries: Entries, value: str, *, column: str) -> Entries:
    """Return those with one value in a column, for one page that orders by the column first.

    It is asked for as a range: no other index than the column's own can then give that order, and no plan walks
    through other entries in the hope of finding some soon. Whoever reads on and on is better off without.
    """
    return entries.filter(**{f"{column}__gte": value, f"{column}__lte": value})


def with_error(entries: Entries, code: str) -> Entries:
    """Return those that were refused for this reason."""
    return entries.filter(IS_REFUSAL, error_code=code)


def about(entries: Entries, identity: str) -> Entries:
    """Return those about whoever bears exactly this userName or displayName, in any spelling."""
    return of_each_organization(entries).filter(identity_key=identity_key(identity))


def of_resource(entries: Entries, resource_id: UUID) -> Entries:
    """Return those about one member or team, also after its deletion."""
    return of_each_organization(entries).filter(resource_id=resource_id)


def of_each_organization(entries: Entries) -> Entries:
    """Return the same entries, looked up organization by organization: their indexes begin with it."""
    return entries.filter(organization__in=Organization.objects.order_by().values("pk"))


def since(entries: Entries, day: date) -> Entries:
    """Return those of a day in UTC or later. Time and id are bounded both: either order's index can use it."""
    start = midnight(day)
    return entries.filter(at__gte=start, id__gte=first_id(start))


def until(entries: Entries, day: date) -> Entries:
    """Return those of a day in UTC or earlier."""
    end = midnight(min(day, LAST_DAY)) + timedelta(days=1)
    return entries.filter(at__lt=end, id__lt=first_id(end))


def of_cycle(entries: Entries, cycle: ProvisioningCycle) -> Entries:
    """Return those from a cycle's beginning to its end that Entra caused."""
    start, end = cycle.started_at, cycle.ended_at
    entries = entries.filter(organization_id=cycle.organization_id, at__gte=start, id__gte=first_id(start))
    entries = entries.filter(token__isnull=False)
    return entries.filter(at__lte=end, id__lt=first_id(end + timedelta(seconds=1))) if end else entries


def cycle_at(organization_id: UUID, at: datetime) -> ProvisioningCycle | None:
    """Return the cycle that a moment belongs to."""
    begun = ProvisioningCycle.objects.of_organization(organization_id).filter(started_at__lte=at)
    cycle = begun.order_by("-started_at", "-id").first()
    return cycle if cycle and (cycle.ended_at is None or at <= cycle.ended_at) else None


def beside(entry: ProvisioningLogEntry) -> tuple[Any, Any]:
    """Return the entries of the same organization before and after one in time; None where there is none."""
    entries = ProvisioningLogEntry.objects.of_organization(entry.organization_id)
    before = entries.filter(at__lte=entry.at, id__lt=entry.id).order_by(*BY_TIME).only("id").first()
    after = entries.filter(at__gte=entry.at, id__gt=entry.id).order_by("at", "id").only("id").first()
    return before, after


def past(order: tuple[str, ...], last: dict[str, Any]) -> Q:
    """Return the condition of the entries after one in an order, written so that its index serves it.

    `last` holds its "at", "id" and "position".
    """
    if order == BY_POSITION:
        return Q(position__gt=last["position"])
    at, id_ = last["at"], last["id"]
    if order == BY_ID:
        return Q(id__lt=id_)
    return Q(at__lte=at) & (Q(at__lt=at) | Q(id__lt=id_))


def fitting(ordered: Entries, most: int) -> tuple[int, int]:
    """Return how many of the first entries are held in memory at once, one at least, and how many there are.

    Both are at most `most`: a few entries can be as large as many.
    """
    sizes = ordered.values_list(Length(Cast("personal", TextField())), flat=True)[:most]
    totals = list(accumulate(sizes))
    return max(sum(total <= MOST_CHARACTERS for total in totals), 1), len(totals)


def midnight(day: date) -> datetime:
    """Return the first moment of a day in UTC."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def first_id(at: datetime) -> UUID:
    """Return the least id an entry of that time or later can have. Source: RFC 9562 §5.7."""
    return UUID(int=max(int(at.timestamp() * 1000), 0) << 80)


def sealed(entries: Entries, *, after: int | None = None, is_newest_first: bool = False) -> Entries:
    """Return the sealed ones past a position, in the direction that is asked for: how a program reads on."""
    if after is None:
        found = entries.filter(position__gt=0)
    else:
        found = entries.filter(**{f"position__{'lt' if is_newest_first else 'gt'}": after})
    return found.order_by("-position" if is_newest_first else "position")


def from_moment(entries: Entries, at: datetime, *, organization_id: UUID) -> Entries:
    """Return those of a moment or later, in one organization; `sealed` goes past the earlier ones at once."""
    bound = position_beside(organization_id, Q(at__lt=at - LONGEST_REQUEST), BY_TIME)
    found = entries.filter(at__gte=at)
    return found if bound is None else found.filter(position__gt=bound)


def before_moment(entries: Entries, at: datetime, *, organization_id: UUID) -> Entries:
    """Return those before a moment, in one organization; `sealed` ends at the later ones."""
    bound = position_beside(organization_id, Q(at__gte=at + LONGEST_REQUEST), ("at", "id"))
    found = entries.filter(at__lt=at)
    return found if bound is None else found.filter(position__lt=bound)


def position_beside(organization_id: UUID, condition: Q, order: tuple[str, ...]) -> int | None:
    """Return the position of the first sealed entry in an order; None where there is none.

    Positions follow the times, but for requests that take long: none takes an hour.
    """
    rows = ProvisioningLogEntry.objects.of_organization(organization_id)
    found = rows.filter(condition, position__isnull=False).order_by(*order)
    position: int | None = found.values_list("position", flat=True).first()
    return position
