"""Keys to the management API as metadata: never a secret. What is done about one stands in `api_key_forms.py`."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.access import may, visit_of
from accounts.admin.pages import Cells, RowsPage, page_url, whose_facts
from accounts.admin.paging import Leaf
from accounts.admin.questions import OrganizationQuestion, Question
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Button, Fact, Section, ago, hover, links, moment
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning.admin.states import token_badge
from provisioning.models import ApiKey, Scope

EVERYONE = "Every organization"


@admin.register(ApiKey, site=staff_site)
@admin.register(ApiKey, site=organization_site)
class ApiKeyPage(RowsPage):
    """Every key's metadata, and what can be done about it."""

    question_class = OrganizationQuestion
    related = ("organization", "issued_by", "revoked_by")
    icon = "key"
    note = "A key lets a program use the management API. Its secret is shown once, and is kept nowhere."

    def list_title(self) -> str:
        """Return what it is called."""
        return "API keys"

    def ordering_for(self, _question: Question) -> tuple[str, ...]:
        """Return the order for which there is an index."""
        return ("-issued_at", "id")

    def list_section(self, request: HttpRequest, leaf: Leaf) -> Section:
        """Return the table; without a key, what to do next."""
        section = super().list_section(request, leaf)
        if any(request.GET.values()):
            return replace(section, empty="No key answers this. Choose Show all.")
        start = (
            "Choose Issue API key" if self.list_buttons(request, self.question(request, {})) else "Issue one"
        )
        return replace(section, empty=f"No API key yet. {start} to let a program read the log, for instance.")

    def list_buttons(self, request: HttpRequest, question: Question) -> list[Button]:
        """Return the ways to a new key: in an organization's console of it, on the staff's of the one asked for."""
        whose = question.whose
        if whose is not None and may(request, Ability.MANAGE_API_KEYS):
            return [
                Button("Issue API key", page_url(request, "issue_api_key", *of(request, whose)), "primary")
            ]
        if whose is None and may(request, Ability.MANAGE_STAFF_KEYS):
            return [Button("Issue staff API key", page_url(request, "issue_staff_api_key"), "primary")]
        return []

    def whose(self, request: HttpRequest, organization: Organization | None) -> Cells:
        """Return the cell that names the organization; a key of our own staff reaches every one."""
        return super().whose(request, organization) if organization else {"Organization": EVERYONE}

    def cells(self, request: HttpRequest, row: ApiKey) -> Cells:
        """Return what it is called, what it may, how it stands and when it was used."""
        now = clock.now()
        ways = self.buttons(request, row)
        return {
            "Key": format_html('{} <span class="hp-whole">(…{})</span>', row.label, row.last_four),
            **self.whose(request, row.organization),
            "Scopes": ", ".join(row.scopes),
            "State": token_badge(row, now=now),
            "Expires": moment(row.expires_at),
            "Last used": last_use(row, now),
            **({"What you can do": links(ways) if ways else "–"} if may_manage_any(request) else {}),
        }

    def sections(self, request: HttpRequest, row: ApiKey) -> list[Section]:
        """Return what is known of the key, and what it may be used for."""
        labels = {str(value): str(label) for value, label in Scope.choices}
        scopes = [[each, labels.get(each, "–")] for each in row.scopes]
        return [
            Section(title="API key", note=self.note, facts=facts_of(request, row)),
            Section(title="What it may be used for", headers=["Scope", "It lets a program"], rows=[*scopes]),
        ]

    def buttons(self, request: HttpRequest, row: ApiKey) -> list[Button]:
        """Return what can be done about a key while it lives."""
        if not row.is_live(clock.now()) or not may_manage(request, row):
            return []
        return [Button("Revoke", page_url(request, "revoke_api_key", row.id), "danger")]


def of(request: HttpRequest, organization: Organization) -> list[Any]:
    """Return what an address says of an organization: in its own console nothing."""
    return [] if visit_of(request).organization else [organization.pk]


def may_manage(request: HttpRequest, key: ApiKey) -> bool:
    """Whether this person may end a key: one that reaches every organization only who may issue such."""
    ability = Ability.MANAGE_API_KEYS if key.organization_id else Ability.MANAGE_STAFF_KEYS
    return may(request, ability)


def may_manage_any(request: HttpRequest) -> bool:
    """Whether this person may end some key."""
    return may(request, Ability.MANAGE_API_KEYS)


def facts_of(request: HttpRequest, key: ApiKey) -> list[Fact]:
    """Return everything that may be said of a key."""
    now = clock.now()
    whose = whose_facts(request, key.organization) if key.organization else [Fact("Organization", EVERYONE)]
    ended = f"{moment(key.revoked_at)} by {key.revoked_by or 'the command line'}"
    return [
        *whose,
        Fact("State", token_badge(key, now=now)),
        Fact("Secret", f"hpk_…{key.last_four}", is_code=True),
        Fact("Issued", f"{moment(key.issued_at)} by {key.issued_by or 'the command line'}"),
        Fact("Expires", moment(key.expires_at)),
        Fact("Last used", last_use(key, now)),
        Fact("Revoked", ended if key.revoked_at else "no"),
        Fact("Id", str(key.id), is_code=True),
    ]


def last_use(key: ApiKey, now: datetime) -> SafeString:
    """Return when and from where a key was used last."""
    where = f" from {key.last_used_from}" if key.last_used_from else ""
    return hover(ago(key.last_used_at, now=now) + where, moment(key.last_used_at))
