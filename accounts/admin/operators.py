"""The people who sign in. Owners alone see them; they are created on the command line for now."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.pages import StaffPage
from accounts.admin.questions import NameQuestion
from accounts.admin.sites import staff_site
from accounts.admin.words import Fact, Section, Tone, badge, moment
from accounts.models import Operator
from accounts.permissions import Ability


class OperatorQuestion(NameQuestion):
    """Asks for people by name, address or organization."""

    columns = ("name", "email", "organization__name", "organization__slug")


@admin.register(Operator, site=staff_site)
class OperatorPage(StaffPage):
    """Hootsuite's staff and the customers' admins."""

    view_ability = Ability.MANAGE_OPERATORS
    question_class = OperatorQuestion
    list_display = ["name", "email", "role", "shown_organization", "shown_state", "shown_sign_in"]
    list_select_related = ["organization"]
    empty = "No operator answers this. `manage.py create_operator` creates one."

    @admin.display(description="Organization")
    def shown_organization(self, operator: Operator) -> str:
        """Return whose admin it is."""
        return str(operator.organization or "Hootsuite")

    @admin.display(description="May sign in")
    def shown_state(self, operator: Operator) -> str:
        """Return whether they may sign in."""
        return badge("Yes", Tone.GOOD) if operator.is_active else badge("No", Tone.QUIET)

    @admin.display(description="Last sign-in")
    def shown_sign_in(self, operator: Operator) -> str:
        """Return when they signed in last."""
        return moment(operator.last_login)

    def sections(self, _request: HttpRequest, row: Operator) -> list[Section]:
        """Return who it is, and what they may do."""
        facts = [
            Fact("E-mail address", row.email),
            Fact("Role", row.get_role_display()),
            Fact("Organization", self.shown_organization(row)),
            Fact("May sign in", self.shown_state(row)),
            Fact("May", "; ".join(each.label for each in Ability if row.can(each)) or "nothing"),
            Fact("Last sign-in", self.shown_sign_in(row)),
            Fact("Created", moment(row.created_at)),
        ]
        return [Section(title="Operator", facts=facts)]
