"""The people who sign in: the organizations' admins, and to Owners Hootsuite's own."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin.access import may, visit_of
from accounts.admin.pages import Cells, RowsPage, page_url, whose_facts
from accounts.admin.questions import NameQuestion, OrganizationQuestion, Question
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Button, Fact, Section, Tone, badge, moment
from accounts.models import Operator, Organization
from accounts.permissions import Ability


def may_open(request: HttpRequest) -> bool:
    """Whether to list the page. The menus name it in `hootprov/settings/consoles.py`."""
    return may(request, Ability.MANAGE_PEOPLE)


class PeopleQuestion(NameQuestion, OrganizationQuestion):
    """Asks for people by name, address or organization."""

    columns = ("name", "email")


@admin.register(Operator, site=staff_site)
@admin.register(Operator, site=organization_site)
class PeoplePage(RowsPage):
    """Hootsuite's staff and the customers' admins."""

    view_ability = Ability.MANAGE_PEOPLE
    question_class = PeopleQuestion
    related = ("organization", "member")
    tab = "people"
    empty = "Nobody answers this. Whoever is to sign in is invited by e-mail: choose Invite."

    def rows(self, request: HttpRequest) -> QuerySet[Operator]:
        """Return the people whom this person may know of: staff only to whoever manages staff."""
        rows: QuerySet[Operator] = super().rows(request)
        return rows if may(request, Ability.MANAGE_STAFF) else rows.filter(organization__isnull=False)

    def ordering_for(self, _question: Question) -> tuple[str, ...]:
        """Return the order: by name."""
        return ("name", "email")

    def list_title(self) -> str:
        """Return what they are called."""
        return "People"

    def list_buttons(self, request: HttpRequest, question: Question) -> list[Button]:
        """Return the ways to invite somebody."""
        buttons, organization = [], question.whose
        if visit_of(request).organization:
            buttons.append(Button("Invite an admin", page_url(request, "invite_person"), "primary"))
        elif organization is not None:
            url = page_url(request, "invite_person", organization.pk)
            buttons.append(Button(f"Invite an admin of {organization}", url, "primary"))
        if may(request, Ability.MANAGE_STAFF):
            buttons.append(Button("Invite one of our staff", page_url(request, "invite_staff")))
        return buttons

    def cells(self, request: HttpRequest, row: Operator) -> Cells:
        """Return who it is, and whether they may sign in."""
        return {
            "Name": row.name,
            "E-mail address": row.email,
            "Role": row.get_role_display(),
            **self.whose(request, row.organization),
            "May sign in": may_sign_in(row),
            "Last sign-in": moment(row.last_login),
        }

    def whose(self, request: HttpRequest, organization: Organization | None) -> Cells:
        """Return the cell that names whose they are; in their own console there is none."""
        return {} if visit_of(request).organization else {"Organization": str(organization or "Hootsuite")}

    def sections(self, request: HttpRequest, row: Operator) -> list[Section]:
        """Return who it is, and what they may do."""
        ended = [Fact("Sign-in ended", moment(row.ended_at))] if row.ended_at and not row.is_active else []
        facts = [
            Fact("E-mail address", row.email),
            Fact("Role", row.get_role_display()),
            *(whose_facts(request, row.organization) if row.organization else []),
            Fact("May sign in", may_sign_in(row)),
            *ended,
            Fact("May", "; ".join(each.label for each in Ability if row.can(each)) or "nothing"),
            Fact("Last sign-in", moment(row.last_login)),
            Fact("Created", moment(row.created_at)),
        ]
        return [Section(title="Person", facts=facts)]

    def buttons(self, request: HttpRequest, row: Operator) -> list[Button]:
        """Return what can be done about a person as they are."""
        names = {"change_person": "Change"}
        if row.may_sign_in:
            names["send_person_link"] = (
                "Send a link to a new password" if row.has_joined else "Send the link again"
            )
        if not row.is_active:
            names["restore_person"] = "Allow the sign-in again"
        elif row.pk != visit_of(request).operator.pk:
            names["end_person"] = "End the sign-in"
        styles = {"end_person": "danger", "restore_person": "primary"}
        return [
            Button(label, page_url(request, name, row.pk), styles.get(name, "plain"))
            for name, label in names.items()
        ]


def may_sign_in(operator: Operator) -> SafeString:
    """Return whether somebody may sign in, and has done what that takes."""
    if not operator.is_active:
        return badge("No: ended", Tone.QUIET)
    if not operator.may_sign_in:
        return badge("No: deactivated by Entra", Tone.QUIET)
    return badge("Yes", Tone.GOOD) if operator.has_joined else badge("Invited", Tone.CAREFUL)
