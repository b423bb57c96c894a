"""One entry of the log told in full: why, what to do, what it changed, its steps, and the request as it was.

What is said of the steps is what the entry knows: HootProv keeps when a request arrived and how long it
took as a whole, and no body.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.pages import list_url, row_url, whose_facts
from accounts.admin.words import Button, Fact, Section, link, moment
from accounts.models import Member, Team
from accounts.tombstones import kept
from provisioning import entries, problems
from provisioning.admin.sentences import sentence_of, who_did
from provisioning.admin.states import status_badge
from provisioning.models import Action, LogStatus, ProvisioningLogEntry

OTHERS_SHOWN = 8
MASKED = "Bearer hpt_…"
KINDS: dict[str, type[Member | Team]] = {"User": Member, "Group": Team}

# Where a refusal came about: these before the object was looked at, these while it was changed.
AUTHENTICATED, MATCHED, VALIDATED, APPLIED = "Authenticated", "Matched", "Validated", "Applied"
ORDER = [AUTHENTICATED, MATCHED, VALIDATED, APPLIED]
STOPPED_AT = {
    "unauthorized": AUTHENTICATED,
    "token_revoked": AUTHENTICATED,
    "token_expired": AUTHENTICATED,
    "provisioning_off": AUTHENTICATED,
    "not_found": MATCHED,
    "no_such_endpoint": MATCHED,
    "user_name_taken": APPLIED,
    "display_name_taken": APPLIED,
    "unknown_member": APPLIED,
    "internal_error": APPLIED,
    "unavailable": APPLIED,
    "log_unavailable": APPLIED,
}


def sections_of(request: HttpRequest, entry: ProvisioningLogEntry) -> list[Section]:
    """Return everything about an entry, what helps first."""
    return [
        *refusal_sections(entry),
        modified_section(entry),
        steps_section(request, entry),
        request_section(request, entry),
        *answer_section(entry),
        *others_section(request, entry),
    ]


def refusal_sections(entry: ProvisioningLogEntry) -> list[Section]:
    """Return why it failed and what to change in Entra, from the table of problems; nothing for a success."""
    if entry.status != LogStatus.FAILURE:
        return []
    problem = problems.BY_CODE.get(entry.error_code)
    facts = [Fact("Entra was told", entry.detail)] if entry.detail else []
    if problem is None:
        return [Section(title="Why it failed", facts=facts)]
    facts += [
        Fact("What it means", problem.why),
        Fact("What Entra does now", problems.consequence_of(entry.http_status)),
        Fact("Error code", problem.code, is_code=True),
    ]
    steps = render_to_string("console/points.html", {"points": problem.steps})
    return [Section(title="Why it failed", facts=facts), Section(title="What to do in Entra", body=steps)]


def modified_section(entry: ProvisioningLogEntry) -> Section:
    """Return Entra's table of modified properties."""
    properties = entry.personal.get("modifiedProperties", [])
    return Section(
        title="Modified properties",
        headers=["Attribute", "Old value", "New value"],
        rows=[
            [each["displayName"], value_of(each["oldValue"], "old"), value_of(each["newValue"], "new")]
            for each in properties
        ],
        empty="This request changed nothing that is stored.",
    )


def steps_section(request: HttpRequest, entry: ProvisioningLogEntry) -> Section:
    """Return the steps that a request went through, and where it stopped."""
    if entry.token_id is None:
        done = [["Done by hand", f"{who_did(entry)}, in the staff console", instant(entry.at)]]
        return Section(title="Steps", headers=["Step", "What happened", "When"], rows=[*done])
    stop = STOPPED_AT.get(entry.error_code, VALIDATED) if entry.status == LogStatus.FAILURE else ""
    end = entry.at + timedelta(milliseconds=entry.duration_ms)
    rows: list[list[str | SafeString]] = [["Received", f"{entry.method} {entry.path}", instant(entry.at)]]
    for step in ORDER:
        said = f"Refused: {entry.error_code}" if step == stop else done_at(request, entry, step)
        rows.append([step, said, ""])
        if step == stop:
            break
    rows.append(
        ["Answered and logged", f"HTTP {entry.http_status}, {entry.duration_ms:.1f} ms in all", instant(end)]
    )
    return Section(
        title="Steps",
        note="The time is measured when the request comes in and when its answer is ready, not in between.",
        headers=["Step", "What happened", "When"],
        rows=rows,
    )


def done_at(request: HttpRequest, entry: ProvisioningLogEntry, step: str) -> str | SafeString:
    """Return what a step that went well came to."""
    if step == AUTHENTICATED:
        return link(str(entry.token), row_url(request, entry.token)) if entry.token else "–"
    if step == MATCHED:
        is_new = entry.action == Action.CREATE or entry.resource_id is None
        return "Nothing to match" if is_new else f"{entry.resource_type} {entry.resource_id}"
    if step == VALIDATED:
        return "Every value fits"
    number = len(entry.personal.get("modifiedProperties", []))
    return (
        f"{number:,} modified {'property' if number == 1 else 'properties'}"
        if number
        else "Nothing to change"
    )


def request_section(request: HttpRequest, entry: ProvisioningLogEntry) -> Section:
    """Return the request; of its secret the end alone, of its body nothing."""
    facts = [
        Fact("Status", status_badge(entry.status)),
        Fact("When", moment(entry.at)),
        *whose_facts(request, entry.organization),
        Fact("Action", entry.get_action_display()),
        Fact("Source identity", entry.personal.get("source") or "–"),
        Fact("Target identity", entry.personal.get("target") or "–"),
    ]
    if entry.token is not None:
        facts += [
            Fact("Request", f"{entry.method} {entry.path}", is_code=True),
            Fact("Authorization", f"{MASKED}{entry.token.last_four}", is_code=True),
            Fact("Token", link(str(entry.token), row_url(request, entry.token))),
            Fact("From", entry.client_address or "–"),
        ]
    copyable = render_to_string("console/request_id.html", {"request_id": entry.id})
    facts += [
        Fact("Request id", copyable),
        Fact("Position in the log", f"{entry.position:,}" if entry.position else "given within a second"),
    ]
    note = "Bodies are not kept: what came of them is under Modified properties."
    return Section(title="Request", note=note if entry.token_id else "", facts=facts)


def answer_section(entry: ProvisioningLogEntry) -> list[Section]:
    """Return the answer, with the body of an error as it was sent."""
    if entry.token_id is None:
        return []
    facts = [
        Fact("Answered", f"HTTP {entry.http_status} {entry.scim_type}".strip()),
        Fact("Took", f"{entry.duration_ms:.1f} ms"),
    ]
    if entry.status != LogStatus.FAILURE or entry.method == "HEAD":
        return [Section(title="Answer", facts=facts)]
    body = problems.answered(
        code=entry.error_code, status=entry.http_status, scim_type=entry.scim_type, detail=entry.detail
    )
    return [Section(title="Answer", facts=facts, text=json.dumps(body, ensure_ascii=False, indent=2))]


def others_section(request: HttpRequest, entry: ProvisioningLogEntry) -> list[Section]:
    """Return the newest other entries of the same member or team."""
    if entry.resource_id is None:
        return []
    log = ProvisioningLogEntry.objects.of_organization(entry.organization_id)
    newest = log.filter(resource_id=entry.resource_id).order_by("-at", "-id")[: OTHERS_SHOWN + 1]
    others = [each for each in newest if each.pk != entry.pk][:OTHERS_SHOWN]
    rows: list[list[str | SafeString]] = [
        [link(moment(each.at), row_url(request, each)), sentence_of(each), status_badge(each.status)]
        for each in others
    ]
    return [
        Section(
            title=f"Other entries of the same {noun_of(entry)}",
            headers=["When", "What happened", "Status"],
            rows=rows,
            empty="There is no other as far as the log reaches.",
            buttons=[Button("All of them", all_url(request, entry))] if rows else [],
        )
    ]


def ways_on(request: HttpRequest, entry: ProvisioningLogEntry) -> list[Button]:
    """Return the ways on: the object, the cycle, the entries beside it, the whole log."""
    cycle = entries.cycle_at(entry.organization_id, entry.at) if entry.token_id else None
    older, newer = entries.beside(entry)
    return [
        *object_button(request, entry),
        *([Button("Its cycle", row_url(request, cycle))] if cycle else []),
        *([Button("← Newer entry", row_url(request, newer))] if newer else []),
        *([Button("Older entry →", row_url(request, older))] if older else []),
        Button(
            "Log of the organization", list_url(request, type(entry), organization=entry.organization.slug)
        ),
    ]


def object_button(request: HttpRequest, entry: ProvisioningLogEntry) -> list[Button]:
    """Return the way to the member or team, or to what is left of it."""
    kind = KINDS.get(entry.resource_type)
    if kind is None or entry.resource_id is None:
        return []
    noun = noun_of(entry)
    living: Any = kind.objects.all()
    for rows, label in ((living, f"Open the {noun}"), (kept(now=clock.now()), f"The deleted {noun}")):
        row = rows.filter(organization_id=entry.organization_id, pk=entry.resource_id).only("pk").first()
        if row is not None:
            return [Button(label, row_url(request, row), "primary")]
    return []


def all_url(request: HttpRequest, entry: ProvisioningLogEntry) -> str:
    """Return where every entry of the same object is listed."""
    slug = entry.organization.slug
    return list_url(request, ProvisioningLogEntry, organization=slug, resource=str(entry.resource_id))


def noun_of(entry: ProvisioningLogEntry) -> str:
    """Return what the object of an entry is here."""
    return "team" if entry.resource_type == "Group" else "member"


def shown(value: Any) -> str:
    """Return a value of JSON as a person reads it."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def value_of(value: Any, age: str) -> str | SafeString:
    """Return a value of JSON that is "old" or "new", in the colour of that; its column says the same."""
    return shown(value) if value is None else format_html('<span class="hp-{}">{}</span>', age, shown(value))


def instant(at: datetime) -> str:
    """Return a time to the millisecond, with its zone.

    >>> instant(datetime(2026, 11, 22, 21, 56, 3, 120000, tzinfo=UTC))
    '2026-11-22 21:56:03.120 UTC'
    """
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M:%S}.{utc.microsecond // 1000:03d} UTC"
