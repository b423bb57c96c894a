"""Export of what the log's list shows: a page that says what will be in the file, and the file."""

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponseBase, StreamingHttpResponse

from accounts import clock
from accounts.admin.access import visible, visit_of
from accounts.admin.pages import FormPage, framed, list_url
from accounts.admin.sites import organization_site, staff_site
from accounts.backends import is_signed_in
from accounts.permissions import Ability
from provisioning import exports
from provisioning.admin.actors import actor_of
from provisioning.admin.log_question import LogQuestion
from provisioning.errors import ExportRunning
from provisioning.models import ProvisioningLogEntry

BYTE_ORDER_MARK = "\ufeff".encode()  # by it a spreadsheet knows that é is one letter
TOO_MANY = 429
PERSONAL = {"identity"}


class ExportForm(forms.Form):
    """What the file is to be."""

    kind = forms.ChoiceField(
        label="File", choices=exports.Format.choices, initial=exports.Format.CSV, widget=forms.RadioSelect
    )


class ExportLog(FormPage):
    """Streams the entries that a question finds."""

    ability = Ability.VIEW
    form_class = ExportForm
    tab = "log"
    question: LogQuestion

    def load(self, **_captured: UUID) -> None:
        """Read the question from the address: that of the list."""
        self.question = LogQuestion(self.request.GET, scope=visit_of(self.request).organization)
        self.organization = self.question.whose

    def words(self) -> dict[str, Any]:
        """Say what will be in the file, and who will know."""
        whose = f"of {self.organization}" if self.organization else "of every organization"
        asked = "; ".join(self.question.asked.values()) or "every entry that is kept"
        return {
            "title": "Export the provisioning log",
            "intro": [
                f"The file holds the entries {whose}, newest first. {asked}.",
                "They name people and hold old and new values: keep the file as you keep those. Its fields are "
                "named as Microsoft Graph names provisioning logs; every time in it is UTC.",
                "The export is noted in the History. Your browser shows how far the download is; Entra's "
                "requests go on meanwhile.",
            ],
            "submit": "Export",
            "cancel_url": list_url(self.request, ProvisioningLogEntry, **self.question.parameters),
        }

    def page(self, form: forms.Form) -> HttpResponseBase:
        """Return the page. Its button stays usable, for the page stays when the file comes."""
        context = {"form": form, "wrong": self.wrong(), **self.words()}
        return framed(self.request, "console/export.html", context, whose=self.organization, tab=self.tab)

    def wrong(self) -> list[str]:
        """Return what of the question makes no sense: it is not left out in silence."""
        return [str(error) for errors in self.question.errors.values() for error in errors]

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Stream the file, or say that another one is being written."""
        if self.wrong():
            return self.page(form)
        kind, now = exports.Format(form.cleaned_data["kind"]), clock.now()
        rows = visible(self.request, ProvisioningLogEntry.objects.all())
        try:
            export = exports.begin_export(
                found=self.question.narrow(rows),
                order=self.question.order,
                kind=kind,
                organization=self.organization,
                asked=[
                    "one identity" if name in PERSONAL else said for name, said in self.question.asked.items()
                ],
                by=actor_of(self.request),
                may_go_on=partial(is_signed_in, self.request),
                now=now,
            )
        except ExportRunning as refusal:
            return self.busy(form, refusal)
        whose = self.organization.slug if self.organization else "all-organizations"
        name = f"provisioning-log-{whose}-{now:%Y-%m-%d}.{kind}"
        return file_of(export, kind, name)

    def busy(self, form: forms.Form, refusal: ExportRunning) -> HttpResponseBase:
        """Return the page with the reason, and when to try again."""
        form.add_error(None, str(refusal))
        response = self.page(form)
        response.status_code = TOO_MANY
        response["Retry-After"] = str(exports.RETRY_AFTER_SECONDS)
        return response


def file_of(export: exports.Export, kind: exports.Format, name: str) -> StreamingHttpResponse:
    """Return a file that is written while it is sent."""
    if kind == exports.Format.CSV:
        export.chunks = (each for part in ([BYTE_ORDER_MARK], export.chunks) for each in part)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(export, content_type=exports.CONTENT_TYPES[kind], headers=headers)


for site in (staff_site, organization_site):
    site.add_page("log/export/", ExportLog.as_view(), name="export_log")
