"""What a CSM sees first: what to do next. Plain for now, from a few bounded queries."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts import clock
from accounts.admin.access import may
from accounts.admin.pages import list_url, row_url
from accounts.admin.words import Section, counted, link, moment
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning.admin.log import first_id
from provisioning.admin.sentences import sentence_of
from provisioning.admin.states import token_badge
from provisioning.admin.tokens import in_state
from provisioning.models import LogStatus, ProvisioningLogEntry, ScimToken

MOST_SHOWN = 10
LOOK_BACK = timedelta(days=7)


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the first page. Registered as UNFOLD["DASHBOARD_CALLBACK"]."""
    organizations = Organization.objects.count()
    return context | {
        "organizations": counted(organizations, "organization"),
        "is_empty": organizations == 0,
        "organizations_url": list_url(Organization),
        "create_url": reverse("admin:accounts_organization_add")
        if may(request, Ability.CREATE_ORGANIZATION)
        else "",
        "sections": [expiring_section(), failures_section()] if organizations else [],
    }


def expiring_section() -> Section:
    """Return the live tokens that end soon."""
    now = clock.now()
    tokens = ScimToken.objects.filter(in_state("soon", now)).select_related("organization")
    return Section(
        title="Tokens to renew",
        note="They expire within 30 days. Open one and choose Rotate: the old one works on meanwhile.",
        headers=["Organization", "Token", "State", "Expires"],
        rows=[
            [
                link(str(each.organization), row_url(each.organization)),
                link(str(each), row_url(each)),
                token_badge(each, now=now),
                moment(each.expires_at),
            ]
            for each in tokens.order_by("expires_at", "id")[:MOST_SHOWN]
        ],
        empty="No token expires within 30 days.",
    )


def failures_section() -> Section:
    """Return the newest refusals of the last days."""
    entries = ProvisioningLogEntry.objects.filter(
        status=LogStatus.FAILURE, id__gte=first_id(clock.now() - LOOK_BACK)
    ).select_related("organization")
    return Section(
        title="Latest failures",
        note="Of the last 7 days. Each says what is wrong and what to do in Entra.",
        headers=["When", "Organization", "What happened"],
        rows=[
            [
                moment(each.at),
                link(str(each.organization), row_url(each.organization)),
                link(sentence_of(each), row_url(each)),
            ]
            for each in entries.order_by("-id")[:MOST_SHOWN]
        ],
        empty="Nothing was refused in the last 7 days.",
    )
