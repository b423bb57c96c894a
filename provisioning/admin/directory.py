"""What the pages of members, teams and the deleted share: the way between them, and what was said when."""

from typing import Any

from django.http import HttpRequest

from accounts.admin.access import visit_of
from accounts.admin.pages import list_url, row_url
from accounts.admin.questions import Question
from accounts.admin.words import Button, Section, link, moment
from accounts.models import Member, Team, Tombstone
from provisioning.admin.entry import value_of
from provisioning.admin.sentences import who_did
from provisioning.models import LogStatus, ProvisioningLogEntry

MOST_ENTRIES = 200
LISTS = {Member: "Members", Team: "Teams", Tombstone: "Deleted"}


def ways_between(request: HttpRequest, question: Question, current: type[Any]) -> list[Button]:
    """Return the lists of the directory, of the same organization where one is named."""
    is_named = question.whose is not None and visit_of(request).organization is None
    whose = {"organization": question.whose.slug} if question.whose and is_named else {}
    return [
        Button(label, list_url(request, model, **whose), is_current=model is current)
        for model, label in LISTS.items()
    ]


def history_section(request: HttpRequest, row: Member | Team) -> Section:
    """Return the latest change of each attribute: what was said, when, and by which request.

    From the newest MOST_ENTRIES entries of the object, in one query.
    """
    log = ProvisioningLogEntry.objects.of_organization(row.organization_id).filter(resource_id=row.id)
    newest = list(log.order_by("-at", "-id")[:MOST_ENTRIES])
    latest: dict[str, list[Any]] = {}
    for entry in newest:
        if entry.status == LogStatus.FAILURE:
            continue
        for each in entry.personal.get("modifiedProperties", []):
            latest.setdefault(
                each["displayName"],
                [
                    each["displayName"],
                    value_of(each["oldValue"], "old"),
                    value_of(each["newValue"], "new"),
                    link(moment(entry.at), row_url(request, entry)),
                    f"{who_did(entry)} {entry.method}".strip()
                    if entry.token_id
                    else f"{who_did(entry)}, by hand",
                ],
            )
    reach = f"From the newest {MOST_ENTRIES} entries of the log. " if len(newest) == MOST_ENTRIES else ""
    return Section(
        title="What was said last, attribute by attribute",
        note=f"{reach}The time leads to the request.",
        headers=["Attribute", "Was", "Is", "Changed", "By"],
        rows=[latest[name] for name in sorted(latest, key=str.casefold)],
        empty="No change is in the log: what stands here is older than the log reaches.",
    )
