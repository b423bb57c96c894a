"""The outbox: who was told what, what became of the mail, and the page that tries one again."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts import clock
from accounts.admin.access import may, visit_of
from accounts.admin.pages import (
    Cells,
    FormPage,
    RowsPage,
    SeeOther,
    found,
    list_url,
    page_url,
    row_url,
    whose_facts,
)
from accounts.admin.questions import OrganizationQuestion, Question
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Button, Fact, Section, link, moment
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning import outbox
from provisioning.admin.states import kind_of_mail, mail_badge, mail_story
from provisioning.models import Notification

UNSENT = Q(sent_at__isnull=True)
STATES = {
    "sent": Q(sent_at__isnull=False),
    "waiting": UNSENT & Q(gave_up_at__isnull=True, dropped_at__isnull=True),
    "given_up": Q(gave_up_at__isnull=False),
    "dropped": Q(dropped_at__isnull=False),
}
FEW = 10


class MailQuestion(OrganizationQuestion):
    """Asks for the mails of an organization, and by what became of them."""

    state = forms.ChoiceField(
        required=False,
        label="State",
        choices=[
            ("", "Any state"),
            ("sent", "Sent"),
            ("waiting", "Waiting"),
            ("given_up", "Given up"),
            ("dropped", "Not sent: no longer wanted"),
        ],
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the mails that answer what was asked."""
        state = self.answer("state")
        return super().narrow(rows.filter(STATES[state]) if state else rows)


@admin.register(Notification, site=staff_site)
@admin.register(Notification, site=organization_site)
class MailPage(RowsPage):
    """Every mail to whoever hears of an organization."""

    question_class = MailQuestion
    related = ("organization",)
    tab = "notifications"
    empty = "No mail answers this. One is written whenever something happens that an org admin is to know."

    def rows(self, request: HttpRequest) -> QuerySet[Notification]:
        """Return the mails that exist for whoever asks; those to our own staff for whoever manages staff."""
        rows: QuerySet[Notification] = super().rows(request)
        return rows if may(request, Ability.MANAGE_STAFF) else rows.filter(organization__isnull=False)

    def ordering_for(self, _question: Question) -> tuple[str, ...]:
        """Return the order for which there is an index."""
        return ("-created_at", "id")

    def list_title(self) -> str:
        """Return what they are called."""
        return "Mails"

    def cells(self, request: HttpRequest, row: Notification) -> Cells:
        """Return what it tells, to whom, and what became of it."""
        return {
            "Written": moment(row.created_at),
            **self.whose(request, row.organization),
            "What": kind_of_mail(row.kind),
            "Recipient": row.recipient,
            "State": mail_badge(row),
            "Last error": row.last_error or "–",
        }

    def whose(self, request: HttpRequest, organization: Organization | None) -> Cells:
        """Return the cell that names the organization; a mail to our own staff has none."""
        return super().whose(request, organization) if organization else {"Organization": "Hootsuite"}

    def heading(self, row: Notification) -> str:
        """Return what it is, and to whom."""
        return f"{kind_of_mail(row.kind)}, to {row.recipient}"

    def sections(self, request: HttpRequest, row: Notification) -> list[Section]:
        """Return what became of it, and what it tells."""
        facts = [
            *(whose_facts(request, row.organization) if row.organization else []),
            Fact("State", mail_badge(row)),
            Fact("Story", mail_story(row)),
            Fact("Last error", row.last_error or "–"),
            Fact("Written", moment(row.created_at)),
            Fact("Event", row.event, is_code=True),
        ]
        return [Section(title="Mail", facts=facts), *told_sections(row)]

    def buttons(self, request: HttpRequest, row: Notification) -> list[Button]:
        """Return the ways on."""
        if row.gave_up_at is None or not may(request, Ability.MANAGE_NOTIFICATIONS):
            return []
        return [Button("Try again", page_url(request, "try_mail_again", row.id), "primary")]


def told_sections(mail: Notification) -> list[Section]:
    """Return what a mail tells: its facts, and each of its lists as a table."""
    told = {
        name.replace("_", " "): value for name, value in sorted(mail.context.items()) if name != "operator"
    }
    lists = {name: value for name, value in told.items() if isinstance(value, list) and value}
    facts = [Fact(name, str(value)) for name, value in told.items() if name not in lists]
    tables = [
        Section(
            title=f"What it tells: {name}",
            headers=list(lines[0]),
            rows=[[str(cell) for cell in line.values()] for line in lines],
        )
        for name, lines in lists.items()
    ]
    return [Section(title="What it tells", facts=facts), *tables]


def newest_mails_section(request: HttpRequest, organization: Organization) -> Section:
    """Return an organization's newest mails, for its page about them."""
    newest = Notification.objects.of_organization(organization.pk).order_by("-created_at", "id")[:FEW]
    whose = {} if visit_of(request).organization else {"organization": organization.slug}
    rows = [
        [
            link(moment(each.created_at), row_url(request, each)),
            kind_of_mail(each.kind),
            each.recipient,
            mail_badge(each),
        ]
        for each in newest
    ]
    return Section(
        title="Newest mails",
        headers=["Written", "What", "Recipient", "State"],
        rows=rows,
        empty="No mail was written yet. One is whenever something happens that somebody listed above is to know.",
        buttons=[Button("All mails", list_url(request, Notification, **whose))] if rows else [],
    )


class TryAgain(FormPage):
    """Tries a mail again that was given up."""

    ability = Ability.MANAGE_NOTIFICATIONS
    tab = "notifications"
    mail: Notification

    def load(self, **captured: UUID) -> None:
        """Load the mail. Raises: Http404, for one to our own staff too unless one manages staff."""
        self.mail = found(self.request, Notification, captured["mail_id"], "organization")
        self.organization = self.mail.organization
        if self.organization is None and not may(self.request, Ability.MANAGE_STAFF):
            raise Http404

    def words(self) -> dict[str, Any]:
        """Say what happened, and what will."""
        return {
            "title": f"Try again: {kind_of_mail(self.mail.kind)}, to {self.mail.recipient}",
            "intro": [
                f"{mail_story(self.mail)}. The last error was: {self.mail.last_error or 'none'}",
                f"The mail is sent at once, and gets up to {outbox.MOST_ATTEMPTS} attempts anew. It tells what it "
                "told when it was written.",
            ],
            "submit": "Try again",
            "cancel_url": row_url(self.request, self.mail),
        }

    def act(self, _form: forms.Form) -> HttpResponseBase:
        """Let it be tried again."""
        if outbox.try_again(self.mail, now=clock.now()):
            messages.success(self.request, f"The mail to {self.mail.recipient} is tried again.")
        else:
            messages.info(self.request, "This mail was not given up, so nothing was changed.")
        return SeeOther(row_url(self.request, self.mail))


for site in (staff_site, organization_site):
    site.add_page("mails/<uuid:mail_id>/try-again/", TryAgain.as_view(), name="try_mail_again")
