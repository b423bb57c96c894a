"""The outbox, read-only: who was told what, and what became of the mail."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin.pages import StaffPage, row_url
from accounts.admin.questions import OrganizationQuestion
from accounts.admin.sites import staff_site
from accounts.admin.words import Button, Fact, Section, link, moment
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
    """Every mail to an organization's admins."""

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

    def sections(self, row: Notification) -> list[Section]:
        """Return what became of it, and what it tells."""
        facts = [
            Fact("Organization", link(str(row.organization), row_url(row.organization))),
            Fact("State", mail_badge(row)),
            Fact("Story", mail_story(row)),
            Fact("Last error", row.last_error or "–"),
            Fact("Written", moment(row.created_at)),
            Fact("Event", row.event, is_code=True),
        ]
        told = [Fact(name.replace("_", " "), str(value)) for name, value in sorted(row.context.items())]
        return [Section(title="Mail", facts=facts), Section(title="What it tells", facts=told)]

    def buttons(self, _request: HttpRequest, row: Notification) -> list[Button]:
        """Return the ways on."""
        return [Button("Organization", row_url(row.organization))]
