"""Where the links of our mails lead: confirm an address, mute one, open the log. Nobody need sign in here.

A GET changes nothing, since mail scanners follow links; the mute link also takes the POST that a mail
program sends by itself. Source: RFC 8058.
"""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.addresses import client_address
from accounts.admin.strict import strict
from accounts.models import Operator, Organization
from provisioning import links, telling
from provisioning.links import Addressee


class MailLink(View):
    """A link of a mail: says what it does, asks, does it."""

    http_method_names = ["get", "post"]
    purpose: ClassVar[str]
    title: ClassVar[str]
    text: ClassVar[str]
    submit: ClassVar[str]

    def get(self, request: HttpRequest, signed: str) -> HttpResponse:
        """Ask."""
        addressee = self.addressee(signed)
        if addressee is None:
            return self.gone(request)
        return self.page(request, self.title, self.text, addressee, submit=self.submit)

    def post(self, request: HttpRequest, signed: str) -> HttpResponse:
        """Do it."""
        addressee = self.addressee(signed)
        if addressee is None:
            return self.gone(request)
        title, text = self.act(addressee)
        return self.page(request, title, text, addressee)

    def addressee(self, signed: str) -> Addressee | None:
        """Return whom the link speaks for; None when it speaks for nobody (any more)."""
        return links.addressee_of(signed, purpose=self.purpose)

    def act(self, addressee: Addressee) -> tuple[str, str]:
        """Do what the link is for; return a title and a text that say so."""
        raise NotImplementedError

    def gone(self, request: HttpRequest) -> HttpResponse:
        """Say that the link does not work, and what does."""
        text = "It is cut off or too old. Ask your customer success manager to send you a new one."
        context = {"title": "This link does not work", "text": text}
        return render(request, "mails/ask.html", context, status=410)

    def page(
        self, request: HttpRequest, title: str, text: str, addressee: Addressee, **more: str
    ) -> HttpResponse:
        """Return the page, with the facts put into its words."""
        organization = Organization.objects.filter(id=addressee.organization_id).first()
        facts = {"address": addressee.address, "organization": organization or "your organization"}
        context: dict[str, Any] = {"title": title, "text": text.format(**facts), **more}
        return render(request, "mails/ask.html", context)


@method_decorator(strict, name="dispatch")
class ConfirmAddress(MailLink):
    """Confirms that an address wants the mails."""

    purpose = "confirm"
    title = "Send mails to this address?"
    text = "Mails about the provisioning of {organization} go to {address}."
    submit = "Yes, send them"

    def addressee(self, signed: str) -> Addressee | None:
        """Return whom the link speaks for, for as long as it may."""
        return links.addressee_of(signed, purpose=self.purpose, within=links.CONFIRM_WITHIN)

    def act(self, addressee: Addressee) -> tuple[str, str]:
        """Confirm the address."""
        confirmed = telling.confirm(
            organization_id=addressee.organization_id,
            address=addressee.address,
            client=client_address(self.request),
            now=clock.now(),
        )
        if confirmed is None:
            return "This address was removed", "No mail goes to {address}. Ask to have it added again."
        return (
            "It is confirmed",
            "Mails about the provisioning of {organization} go to {address} from now on.",
        )


@method_decorator([csrf_exempt, strict], name="dispatch")
class MuteAddress(MailLink):
    """Ends the mails to an address."""

    purpose = "mute"
    title = "No more of these mails?"
    text = "{address} then hears nothing more about the provisioning of {organization}."
    submit = "No more mails"

    def act(self, addressee: Addressee) -> tuple[str, str]:
        """Mute the address."""
        telling.mute(
            organization_id=addressee.organization_id,
            address=addressee.address,
            client=client_address(self.request),
            now=clock.now(),
        )
        return "No more mails", "{address} hears nothing more about the provisioning of {organization}."


@require_safe
def open_log(request: HttpRequest) -> HttpResponse:
    """Lead to the log of whichever console this person has, asked what the link asks."""
    operator = request.user
    console = "console" if isinstance(operator, Operator) and not operator.is_staff else "admin"
    asked = request.GET.dict()
    if console == "console":
        asked.pop("organization", None)
    log = reverse("admin:provisioning_provisioninglogentry_changelist", current_app=console)
    return HttpResponseRedirect(f"{log}?{urlencode(asked)}")
