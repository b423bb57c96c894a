"""Organizations: the list, one with what can be done about it, and the page that creates one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.access import may
from accounts.admin.pages import FormPage, SeeOther, StaffPage, list_url, row_url
from accounts.admin.questions import NameQuestion
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Fact, Section, ago, counted, hover, moment
from accounts.models import Member, Organization, Team
from accounts.permissions import Ability
from provisioning import connections, cycles
from provisioning.admin.addresses import issue_url, switch_url
from provisioning.admin.cycles import newest_section
from provisioning.admin.health import health_section, history_section
from provisioning.admin.organization_settings import settings_section
from provisioning.admin.recipients import recipients_section
from provisioning.admin.states import connection_badge, health_badge
from provisioning.admin.tokens import tokens_section
from provisioning.models import (
    HealthPeriod,
    HealthState,
    ProvisioningCycle,
    ProvisioningLogEntry,
    ProvisioningStatus,
    ScimToken,
)


class OrganizationQuestion(NameQuestion):
    """Asks for organizations by name or slug, by their switch and by how they are."""

    columns = ("name", "slug")

    status = forms.ChoiceField(
        required=False, label="Provisioning", choices=[("", "On or off"), *ProvisioningStatus.choices]
    )

    health = forms.ChoiceField(
        required=False, label="Health", choices=[("", "Any health"), *HealthState.choices]
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the organizations that answer what was asked."""
        status, health = self.answer("status"), self.answer("health")
        if health:
            rows = rows.filter(health_periods__state=health, health_periods__ended_at__isnull=True)
        return super().narrow(rows.filter(connection__status=status) if status else rows)


@admin.register(Organization, site=staff_site)
class OrganizationPage(StaffPage):
    """Every customer, with its switch, how it is, and when Entra was last heard of."""

    question_class = OrganizationQuestion
    list_display = ["name", "slug", "shown_health", "shown_status", "shown_contact"]
    list_select_related = ["connection"]
    empty = "No organization answers this. Create one with the + above, then issue its first token."

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the role may create an organization."""
        return may(request, Ability.CREATE_ORGANIZATION)

    def add_view(self, request: HttpRequest, *_args: Any, **_options: Any) -> HttpResponseBase:
        """Create an organization."""
        return CreateOrganization.as_view()(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        """Return the organizations, each with its health and the time its tokens were last used."""
        used = ScimToken.objects.filter(organization=OuterRef("pk"), last_used_at__isnull=False)
        last = used.order_by("-last_used_at").values("last_used_at")[:1]
        present = HealthPeriod.objects.filter(organization=OuterRef("pk"), ended_at__isnull=True)
        organizations: QuerySet[Organization] = super().get_queryset(request)
        return organizations.select_related("connection", "success_manager").annotate(
            last_contact_at=Subquery(last), health_state=Subquery(present.order_by().values("state")[:1])
        )

    @admin.display(description="Health")
    def shown_health(self, organization: Any) -> SafeString:
        """Return how its connection is."""
        return health_badge(organization.health_state)

    @admin.display(description="Provisioning")
    def shown_status(self, organization: Organization) -> SafeString:
        """Return the switch."""
        return connection_badge(organization.connection)

    @admin.display(description="Last contact")
    def shown_contact(self, organization: Any) -> SafeString:
        """Return when Entra was last heard of."""
        at = organization.last_contact_at
        return hover(ago(at, now=clock.now()), moment(at))

    def sections(self, request: HttpRequest, row: Any) -> list[Section]:
        """Return how it is, the switch, the newest cycle, the tokens, who is told, and the settings."""
        now, newest = clock.now(), cycles.newest_cycle(row.id)
        return [
            health_section(row, newest, now=now),
            status_section(row),
            newest_section(newest, now=now),
            tokens_section(row),
            recipients_section(request, row),
            settings_section(request, row),
            history_section(row, now=now),
        ]

    def buttons(self, request: HttpRequest, row: Organization) -> list[Button]:
        """Return what can be done about the organization."""
        turn = "Turn provisioning off" if row.connection.is_on else "Turn provisioning on"
        allowed = []
        if may(request, Ability.MANAGE_TOKENS):
            allowed.append(Button("Issue token", issue_url(row), "primary"))
        if may(request, Ability.SWITCH_PROVISIONING):
            allowed.append(Button(turn, switch_url(row)))
        lists = {
            "Tokens": ScimToken,
            "Log": ProvisioningLogEntry,
            "Cycles": ProvisioningCycle,
            "Members": Member,
            "Teams": Team,
        }
        ways = [Button(label, list_url(model, organization=row.slug)) for label, model in lists.items()]
        return [*allowed, *ways]


def status_section(organization: Any) -> Section:
    """Return how an organization's provisioning stands."""
    connection = organization.connection
    state = format_html("{} since {}", connection_badge(connection), moment(connection.status_changed_at))
    facts = [
        Fact("Provisioning", state),
        Fact("Reason", connection.status_reason or "–"),
        Fact("Members", counted(Member.objects.of_organization(organization.id).count(), "member")),
        Fact("Teams", counted(Team.objects.of_organization(organization.id).count(), "team")),
        Fact("Slug", organization.slug, is_code=True),
        Fact("Created", moment(organization.created_at)),
    ]
    return Section(title="Organization", facts=facts)


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
            "cancel_url": list_url(Organization),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Create it, and go to its page. Raises: InvalidValue, SlugTaken."""
        connection = connections.open_connection(success_manager=self.operator, **form.cleaned_data)
        return SeeOther(row_url(connection.organization))
