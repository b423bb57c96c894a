"""Organizations: the list, one with what can be done about it, and the page that creates one."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.access import may
from accounts.admin.pages import Cells, FormPage, RowsPage, SeeOther, list_url, page_url, row_url
from accounts.admin.questions import NameQuestion, Question
from accounts.admin.sites import staff_site
from accounts.admin.words import (
    Button,
    Fact,
    Section,
    Tab,
    Tone,
    ago,
    badge,
    counted,
    days_until,
    hover,
    link,
    links,
    moment,
)
from accounts.models import Member, Operator, Organization
from accounts.permissions import Ability
from provisioning import connections, cycles, figures
from provisioning.admin.actors import actor_of
from provisioning.admin.cycles import newest_section
from provisioning.admin.health import (
    day_of,
    figures_section,
    health_section,
    health_sentence,
    history_section,
    latest_failures_section,
    tenant_url_fact,
    tracker_section,
)
from provisioning.admin.organization_settings import settings_section
from provisioning.admin.states import connection_badge, health_badge
from provisioning.models import (
    AuditEvent,
    HealthState,
    ProvisioningLogEntry,
    ProvisioningStatus,
    ScimToken,
    WebhookEndpoint,
)


def organization_tabs(request: HttpRequest, organization: Organization) -> list[Tab]:
    """Return the pages about an organization on the staff console."""
    slug = organization.slug
    people = [Tab("people", "People", list_url(request, Operator, organization=slug))]
    return [
        Tab("status", "Status", row_url(request, organization)),
        Tab("tokens", "Tokens", list_url(request, ScimToken, organization=slug)),
        Tab("log", "Log", list_url(request, ProvisioningLogEntry, organization=slug)),
        Tab("directory", "Members & Teams", list_url(request, Member, organization=slug)),
        Tab("notifications", "Notifications", page_url(request, "notifications", organization.id)),
        Tab("webhooks", "Webhooks", list_url(request, WebhookEndpoint, organization=slug)),
        *(people if may(request, Ability.MANAGE_PEOPLE) else []),
        Tab("history", "History", list_url(request, AuditEvent, organization=slug)),
    ]


staff_site.tabs = organization_tabs


UNJUDGED = ("unjudged", "Not judged yet")
SAVED: list[tuple[str, dict[str, str]]] = [
    ("All", {}),
    ("Needs attention", {"attention": "on"}),
    ("Silent", {"health": HealthState.SILENT}),
    ("Token expiring", {"token": "soon"}),
    ("Off", {"status": ProvisioningStatus.OFF}),
]


class OrganizationQuestion(NameQuestion):
    """Asks for organizations by name or slug, by their switch, by how they are, and by their last token."""

    columns = ("name", "slug")

    status = forms.ChoiceField(
        required=False, label="Provisioning", choices=[("", "On or off"), *ProvisioningStatus.choices]
    )
    health = forms.ChoiceField(
        required=False, label="Health", choices=[("", "Any health"), *HealthState.choices, UNJUDGED]
    )
    token = forms.ChoiceField(
        required=False,
        label="Last token",
        choices=[("", "Any"), ("soon", "Ends within 30 days, or has"), ("none", "No token")],
    )
    attention = forms.BooleanField(required=False, label="Needs attention")

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the organizations that answer what was asked."""
        now, asked = clock.now(), self.answer
        conditions = {
            "status": Q(connection__status=asked("status")),
            "health": Q(present__state=asked("health")),
            "token": Q(token_until=None)
            if asked("token") == "none"
            else Q(token_until__lte=now + figures.SOON),
            "attention": figures.needing_attention(now=now),
        }
        if asked("health") == UNJUDGED[0]:
            conditions["health"] = Q(present__state=None)
        for name, condition in conditions.items():
            rows = rows.filter(condition) if asked(name) else rows
        return super().narrow(rows)


@admin.register(Organization, site=staff_site)
class OrganizationPage(RowsPage):
    """Every customer, with its switch, how it is, and when Entra was last heard of."""

    question_class = OrganizationQuestion
    related = ("connection", "success_manager")
    tab = "status"
    searched_as, search_rank, icon = "Organization", 1, "apartment"
    empty = "No organization answers this. Choose Create organization, then issue its first token."

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the role may create an organization."""
        return may(request, Ability.CREATE_ORGANIZATION)

    def add_view(self, request: HttpRequest, *_args: Any, **_options: Any) -> HttpResponseBase:
        """Create an organization."""
        return CreateOrganization.as_view()(request)

    def rows(self, request: HttpRequest) -> QuerySet[Organization]:
        """Return the organizations, each with its health, its last token's end and its last contact."""
        organizations = figures.with_present(super().rows(request))
        return organizations.annotate(
            last_contact_at=figures.last_contact("pk"),
            token_until=figures.token_until("pk"),
            health_state=F("present__state"),
            health_reason=F("present__reason"),
            health_since=F("present__started_at"),
        )

    def ordering_for(self, _question: Question) -> tuple[str, ...]:
        """Return the order: by name."""
        return ("name", "slug")

    def cells(self, request: HttpRequest, row: Any) -> Cells:
        """Return how it is, its switch, when Entra was last heard of, and how long its last token lasts."""
        now, at = clock.now(), row.last_contact_at
        return {
            "Name": row.name,
            "Slug": row.slug,
            "Health": health_cell(row),
            "Provisioning": switch_cell(request, row),
            "Last contact": hover(ago(at, now=now), moment(at)),
            "Token": last_token_badge(row.token_until, now=now),
        }

    def saved_questions(self, _request: HttpRequest, question: Question) -> list[Button]:
        """Return the filters that are often wanted."""
        asked = {name: str(value) for name, value in question.cleaned_data.items() if value}
        return [
            Button(label, f"?{urlencode(filters)}", "saved", is_current=asked == same)
            for label, filters in SAVED
            for same in [{name: "True" if name == "attention" else value for name, value in filters.items()}]
        ]

    def list_buttons(self, request: HttpRequest, _question: Question) -> list[Button]:
        """Return the way to a new one."""
        if not may(request, Ability.CREATE_ORGANIZATION):
            return []
        return [Button("Create organization", page_url(request, "accounts_organization_add"), "primary")]

    def heading(self, row: Any) -> str:
        """Return how it is, in a sentence."""
        return health_sentence(
            row.health_state, is_on=row.connection.is_on, contact_at=row.last_contact_at, now=clock.now()
        )

    def sections(self, request: HttpRequest, row: Any) -> list[Section]:
        """Return how it is and was, what is done for it, and its settings."""
        now, newest = clock.now(), cycles.newest_cycle(row.id)
        hours = day_of(row, now=now)
        return [
            health_section(row, newest, now=now),
            connection_section(request, row, now=now),
            figures_section(request, row, now=now, hours=hours),
            tracker_section(request, row, now=now, hours=hours),
            newest_section(request, newest, now=now),
            latest_failures_section(request, row, now=now),
            settings_section(request, row),
            history_section(row, now=now),
        ]

    def buttons(self, request: HttpRequest, row: Organization) -> list[Button]:
        """Return what can be done about the organization."""
        ways = [
            (Ability.ISSUE_TOKENS, "Issue token", "issue_token", "primary"),
            (Ability.SWITCH_PROVISIONING, turn_in_words(row), "switch_provisioning", "plain"),
            (Ability.VIEW_AS, "View as org admin", "view_as", "plain"),
        ]
        return [
            Button(label, page_url(request, page, row.id), style)
            for ability, label, page, style in ways
            if may(request, ability)
        ]


def turn_in_words(organization: Any) -> str:
    """Return what turning the switch does, as a button says it."""
    return f"Turn provisioning {'off' if organization.connection.is_on else 'on'}…"


def health_cell(row: Any) -> SafeString:
    """Return how an organization is; the reason opens on a press, and shows on hover."""
    shown = health_badge(row.health_state)
    if not row.health_reason:
        return shown
    return format_html(
        '<details class="hp-why"><summary title="{0}">{1}</summary><p>{0}</p></details>',
        row.health_reason,
        shown,
    )


def switch_cell(request: HttpRequest, row: Any) -> SafeString:
    """Return how the switch stands, with the way to the page that turns it."""
    shown = connection_badge(row.connection)
    if not may(request, Ability.SWITCH_PROVISIONING):
        return shown
    turn = Button(
        "Turn off…" if row.connection.is_on else "Turn on…", page_url(request, "switch_provisioning", row.id)
    )
    return format_html("{} {}", shown, links([turn]))


def last_token_badge(until: datetime | None, *, now: datetime) -> SafeString:
    """Return how long an organization's last token lasts."""
    if until is None:
        return badge("No token", Tone.QUIET)
    if until <= now:
        return badge("Expired", Tone.BAD)
    left = counted(days_until(until, now=now), "day")
    return hover(badge(left, Tone.CAREFUL if until <= now + figures.SOON else Tone.GOOD), moment(until))


def connection_section(request: HttpRequest, organization: Any, *, now: datetime) -> Section:
    """Return the switch, the address for Entra, and how long Entra can come in."""
    connection = organization.connection
    state = format_html("{} since {}", connection_badge(connection), moment(connection.status_changed_at))
    if may(request, Ability.SWITCH_PROVISIONING):
        url = page_url(request, "switch_provisioning", organization.id)
        state = format_html(
            "{} {}", state, links([Button("Turn off…" if connection.is_on else "Turn on…", url)])
        )
    until = organization.token_until
    tokens = link("All tokens", list_url(request, ScimToken, organization=organization.slug))
    token = (
        "No token yet: Entra can't connect. Choose Issue token."
        if until is None
        else format_html("{} until {}. {}", last_token_badge(until, now=now), moment(until), tokens)
    )
    facts = [
        Fact("Provisioning", state),
        Fact("Reason", connection.status_reason or "–"),
        tenant_url_fact(),
        Fact("Last token", token),
        Fact("Slug", organization.slug, is_code=True),
        Fact("Created", moment(organization.created_at)),
    ]
    return Section(title="Connection", facts=facts)


class OrganizationForm(forms.Form):
    """What an organization is called, to people and in addresses."""

    name = forms.CharField(max_length=200, help_text="As the customer writes it.")
    slug = forms.CharField(
        max_length=63,
        help_text=(
            "1 to 63 small letters, digits and inner hyphens, such as acme-corp. "
            "It names the organization on the command line and never changes."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )


class CreateOrganization(FormPage):
    """Creates an organization that Entra can be connected to."""

    ability = Ability.CREATE_ORGANIZATION
    form_class = OrganizationForm

    def words(self) -> dict[str, Any]:
        """Say what is created."""
        return {
            "title": "Create organization",
            "intro": [
                "This creates a customer whose provisioning is on, with no members and no token.",
                "Issue its first token on the next page. You become its CSM, and hear what its admins hear.",
            ],
            "submit": "Create organization",
            "cancel_url": list_url(self.request, Organization),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Create it, and go to its page. Raises: InvalidValue, SlugTaken."""
        connection = connections.open_connection(
            by=actor_of(self.request), now=clock.now(), **form.cleaned_data
        )
        return SeeOther(row_url(self.request, connection.organization))
