"""A fleet as the overview sees it: hours of work, states and tokens."""

import re
from datetime import timedelta

from accounts.models import Organization
from provisioning.activity import hour_of
from provisioning.models import Action, HealthPeriod, HealthState, HourlyActivity, LogStatus
from tests.console.conftest import NOW

LIST = "/admin/accounts/organization/"
LOG = "/admin/provisioning/provisioninglogentry/"
FIGURE = re.compile(
    r'<li class="hp-figure">\s*<a href="(.*?)">.*?label">(.*?)<.*?value">(.*?)<.*?aside">(.*?)<', re.DOTALL
)


def work(
    organization: Organization,
    *,
    ago: timedelta = timedelta(0),
    done: int = 0,
    failed: int = 0,
    code: str = "",
) -> None:
    """Let an organization have work in the hour so long ago."""
    hour = hour_of(NOW - ago)
    sorts = [(LogStatus.SUCCESS, "", done), (LogStatus.FAILURE, code or "user_name_taken", failed)]
    HourlyActivity.objects.bulk_create(
        HourlyActivity(
            organization=organization,
            hour=hour,
            resource_type="User",
            action=Action.CREATE,
            status=status,
            error_code=error,
            count=count,
        )
        for status, error, count in sorts
        if count
    )


def is_now(organization: Organization, state: HealthState, *, since: timedelta, why: str = "R") -> None:
    """Put an organization into a state."""
    HealthPeriod.objects.create(organization=organization, state=state, reason=why, started_at=NOW - since)


def figures_of(page: str) -> dict[str, tuple[str, str, str]]:
    """Return the figures of a page: label → value, what is said beside it, where it leads."""
    return {
        label: (value, aside, url.replace("&amp;", "&")) for url, label, value, aside in FIGURE.findall(page)
    }
