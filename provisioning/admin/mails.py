"""The outbox: who was told what, what became of the mail, and the page that tries one again."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.safestring import SafeString

from accounts import clock
from accounts.admin.access import may
from accounts.admin.pages import FormPage, SeeOther, StaffPage, found, row_url
from accounts.admin.questions import OrganizationQuestion
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Fact, Section, link, moment
from accounts.permissions import Ability
from provisioning import outbox
from provisioning.admin.addresses import try_again_url
from provisioning.admin.states import kind_of_mail, mail_badge, mail_story
from provisioning.models import Notification

UNSENT = Q(sent_at__isnull=True)
STATES = {
    "sent": Q(sent_at__isnull=False),
    "waiting": UNSENT & Q(gave_up_at__isnull=True),
    "given_up": Q(gave_up_at__isnull=False),
}


class MailQuestion(OrganizationQuestion):
    """Asks for the mails of an organization, and by what became of them."""

    state = forms.ChoiceField(
        required=False,
        label="State",
        choices=[("", "Any state"), ("sent", "Sent"), ("waiting", "Waiting"), ("given_up", "Given up")],
    )

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the mails that answer what was asked."""
        state = self.answer("state")
        return super().narrow(rows.filter(STATES[state]) if state else rows)


@admin.register(Notification, site=staff_site)
class MailPage(StaffPage):
    """Every mail to whoever hears of an organization."""

    question_class = MailQuestion
    list_display = ["shown_time", "organization", "shown_kind", "recipient", "shown_state", "last_error"]
    list_select_related = ["organization"]
    empty = "No mail answers this. One is written whenever something happens that an org admin is to know."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        """Return the mails with their organization."""
        mails: QuerySet[Notification] = super().get_queryset(request)
        return mails.select_related("organization")

    @admin.display(description="Written")
    def shown_time(self, mail: Notification) -> str:
        """Return when what it tells of happened."""
        return moment(mail.created_at)

    @admin.display(description="What")
    def shown_kind(self, mail: Notification) -> str:
        """Return what it tells of."""
        return kind_of_mail(mail.kind)

    @admin.display(description="State")
    def shown_state(self, mail: Notification) -> SafeString:
        """Return what became of it."""
        return mail_badge(mail)

    def heading(self, row: Notification) -> str:
        """Return what it is, and to whom."""
        return f"{kind_of_mail(row.kind)}, to {row.recipient}"

    def sections(self, _request: HttpRequest, row: Notification) -> list[Section]:
        """Return what became of it, and what it tells."""
        facts = [
            Fact("Organization", link(str(row.organization), row_url(row.organization))),
            Fact("State", mail_badge(row)),
            Fact("Story", mail_story(row)),
            Fact("Last error", row.last_error or "–"),
            Fact("Written", moment(row.created_at)),
            Fact("Event", row.event, is_code=True),
        ]
        return [Section(title="Mail", facts=facts), *told_sections(row)]

    def buttons(self, request: HttpRequest, row: Notification) -> list[Button]:
        """Return the ways on."""
        ways = [Button("Organization", row_url(row.organization))]
        if row.gave_up_at is None or not may(request, Ability.MANAGE_NOTIFICATIONS):
            return ways
        return [Button("Try again", try_again_url(row), "primary"), *ways]


def told_sections(mail: Notification) -> list[Section]:
    """Return what a mail tells: its facts, and each of its lists as a table."""
    told = {name.replace("_", " "): value for name, value in sorted(mail.context.items())}
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


class TryAgain(FormPage):
    """Tries a mail again that was given up."""

    ability = Ability.MANAGE_NOTIFICATIONS
    form_class = forms.Form
    mail: Notification

    def load(self, **captured: UUID) -> None:
        """Load the mail. Raises: Http404."""
        self.mail = found(Notification, captured["mail_id"], "organization")

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
            "cancel_url": row_url(self.mail),
        }

    def act(self, _form: forms.Form) -> HttpResponseBase:
        """Let it be tried again."""
        if outbox.try_again(self.mail, now=clock.now()):
            messages.success(self.request, f"The mail to {self.mail.recipient} is tried again.")
        else:
            messages.info(self.request, "This mail was not given up, so nothing was changed.")
        return SeeOther(row_url(self.mail))


staff_site.add_page("mails/<uuid:mail_id>/try-again/", TryAgain.as_view(), name="try_mail_again")
