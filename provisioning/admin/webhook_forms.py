"""Add, change, test, turn off and remove a webhook; rotate its secret, which is shown once; try a delivery again."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View

from accounts import clock
from accounts.admin.access import found, require
from accounts.admin.pages import FormPage, SeeOther, list_url, organization_named, page_url, row_url
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.strict import strict
from accounts.admin.words import moment
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning import outgoing, signatures, webhooks
from provisioning.admin import secret_once
from provisioning.admin.actors import actor_of
from provisioning.bearer import digest_of
from provisioning.errors import ProvisioningError
from provisioning.models import WebhookDelivery, WebhookEndpoint, WebhookKind


class WebhookForm(forms.Form):
    """Where a webhook is, and what it hears of."""

    url = forms.CharField(
        label="Address",
        max_length=outgoing.LONGEST_URL,
        help_text="It begins with https:// and leads to a public address, such as https://siem.example.com/hootprov.",
        widget=forms.URLInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    kinds = forms.MultipleChoiceField(
        label="Hears of",
        choices=WebhookKind.choices,
        initial=webhooks.EVERYTHING,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one kind of event."},
    )


class RotateForm(forms.Form):
    """How long the old secret signs too."""

    overlap_hours = forms.IntegerField(
        label="Overlap in hours",
        min_value=0,
        max_value=webhooks.LONGEST_OVERLAP_HOURS,
        initial=webhooks.USUAL_OVERLAP_HOURS,
        help_text="0 to 168. So long each message carries both signatures; 0 ends the old one at once.",
    )


class WebhookFormPage(FormPage):
    """A form about one webhook; it leads back to its page."""

    ability = Ability.MANAGE_WEBHOOKS
    refusals = (ProvisioningError,)
    tab = "webhooks"
    organization: Organization
    webhook: WebhookEndpoint

    def load(self, **captured: UUID) -> None:
        """Load the webhook. Raises: Http404."""
        self.webhook = found(self.request, WebhookEndpoint, captured["webhook_id"], "organization")
        self.organization = self.webhook.organization

    def words(self) -> dict[str, Any]:
        """Say what will happen."""
        return {"cancel_url": row_url(self.request, self.webhook), **self.said()}

    def said(self) -> dict[str, Any]:
        """Return the page's words but for where Cancel leads."""
        raise NotImplementedError

    def whom(self) -> dict[str, Any]:
        """Return who does it, and when."""
        return {"by": actor_of(self.request), "now": clock.now()}

    def done(self, message: str) -> HttpResponseBase:
        """Say what was done, on the webhook's page."""
        messages.success(self.request, message)
        return SeeOther(row_url(self.request, self.webhook))

    def show_once(self, made: webhooks.MadeSecret) -> HttpResponseBase:
        """Go to the page that shows the new secret."""
        page = page_url(self.request, "webhook_secret", made.endpoint.id)
        response = SeeOther(page)
        secret_once.keep(
            response,
            secret=made.secret,
            row_id=made.endpoint.id,
            page=page,
            operator_id=self.operator.id,
            now=clock.now(),
        )
        return response


class AddWebhook(WebhookFormPage):
    """Adds a webhook."""

    form_class = WebhookForm

    def load(self, **captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = organization_named(self.request, captured.get("organization_id"))

    def words(self) -> dict[str, Any]:
        """Say what is sent there."""
        return {
            "title": f"Add a webhook for {self.organization}",
            "intro": [
                f"From now on the address is told what happens to {self.organization}, names of people included: "
                "make sure that it is the customer's own.",
                "Each message is signed. The secret for it is shown once, on the next page, for a minute.",
            ],
            "submit": "Add webhook",
            "cancel_url": list_url(self.request, WebhookEndpoint),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Add it. Raises: InvalidWebhook."""
        return self.show_once(
            webhooks.add(organization=self.organization, **form.cleaned_data, **self.whom())
        )


class ChangeWebhook(WebhookFormPage):
    """Sets where a webhook is, and what it hears of."""

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form, filled with what holds."""
        return WebhookForm(data, initial={"url": self.webhook.url, "kinds": self.webhook.kinds})

    def said(self) -> dict[str, Any]:
        """Say when it holds."""
        return {
            "title": f"Change {self.webhook}",
            "intro": [
                "It holds for what was not sent yet. The secret stays the same: rotate it too if the old "
                "address is somebody else's now.",
            ],
            "submit": "Save",
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Set it. Raises: InvalidWebhook, NothingToDo."""
        webhooks.change(self.webhook, **form.cleaned_data, **self.whom())
        return self.done("The webhook is changed.")


class RotateWebhook(WebhookFormPage):
    """Makes a webhook a new secret."""

    form_class = RotateForm

    def said(self) -> dict[str, Any]:
        """Say what becomes of the old secret, and of the one before where it signs still."""
        is_overlapping = len(self.webhook.salts(clock.now())) > 1
        until = moment(self.webhook.old_secret_until)
        return {
            "title": f"Rotate the secret of {self.webhook}",
            "intro": [
                "The new secret is shown once, on the next page, for a minute: give it to the receiver before the "
                "overlap is over, or it can verify nothing any more.",
                f"The present secret was made {moment(self.webhook.secret_made_at)}.",
                *([f"The one before signs until {until}, and would end at once."] if is_overlapping else []),
            ],
            "submit": "Rotate secret",
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Rotate it. Raises: InvalidWebhook, NothingToDo."""
        return self.show_once(webhooks.rotate(self.webhook, **form.cleaned_data, **self.whom()))


class SwitchForm(forms.Form):
    """Which way to turn it: chosen by whoever saw the page, for somebody else may have turned it since."""

    state = forms.ChoiceField(choices=[("on", "On"), ("off", "Off")], widget=forms.HiddenInput)


class SwitchWebhook(WebhookFormPage):
    """Turns a webhook off or on, whichever it is not."""

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form that turns it the other way."""
        return SwitchForm(data, initial={"state": "off" if self.webhook.is_on else "on"})

    def said(self) -> dict[str, Any]:
        """Say what happens meanwhile, and what then."""
        if self.webhook.is_on:
            return {
                "title": f"Turn off {self.webhook}",
                "intro": [
                    "Nothing is sent to it any more. What happens meanwhile waits: when it is turned on again it "
                    "is told first what it missed, as far as the log goes back.",
                ],
                "submit": "Turn off",
                "style": "danger",
            }
        return {
            "title": f"Turn on {self.webhook}",
            "intro": [
                f"It is off since {moment(self.webhook.off_at)}. {self.webhook.off_reason}",
                "It is told first what it missed, as far as the log goes back, and then what happens.",
            ],
            "submit": "Turn on",
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Turn it. Raises: NothingToDo."""
        turn = {"on": webhooks.turn_on, "off": webhooks.turn_off}[form.cleaned_data["state"]]
        turn(self.webhook, **self.whom())
        return self.done(f"The webhook is {form.cleaned_data['state']}.")


class RemoveWebhook(WebhookFormPage):
    """Forgets a webhook."""

    def said(self) -> dict[str, Any]:
        """Say what goes with it."""
        return {
            "title": f"Remove {self.webhook}",
            "intro": [
                "Nothing is sent to it any more, and what still waits for it never is. Its secret and the record "
                "of its deliveries go with it. To stop it for a while, turn it off instead.",
            ],
            "submit": "Remove",
            "style": "danger",
        }

    def act(self, _form: forms.Form) -> HttpResponseBase:
        """Remove it. Raises: NothingToDo."""
        webhooks.remove(self.webhook, **self.whom())
        messages.success(self.request, f"{self.webhook} is removed.")
        return SeeOther(list_url(self.request, WebhookEndpoint))


class SendMessage(WebhookFormPage):
    """Sends a test."""

    def said(self) -> dict[str, Any]:
        """Say what is sent."""
        return {
            "title": f"Send a test to {self.webhook}",
            "intro": [
                "This sends one message of the type webhook.test within a few seconds, before everything that "
                "waits, and once. The next page shows what came back.",
            ],
            "submit": "Send a test",
        }

    def act(self, _form: forms.Form) -> HttpResponseBase:
        """Send it. Raises: NothingToDo."""
        delivery = webhooks.send_test(self.webhook, now=clock.now())
        messages.success(self.request, "The test is on its way: load this page again in a few seconds.")
        return SeeOther(row_url(self.request, delivery))


class TryDeliveryAgain(WebhookFormPage):
    """Tries a delivery again that was given up."""

    delivery: WebhookDelivery

    def load(self, **captured: UUID) -> None:
        """Load the delivery. Raises: Http404."""
        self.delivery = found(
            self.request, WebhookDelivery, captured["delivery_id"], "endpoint__organization"
        )
        self.webhook, self.organization = self.delivery.endpoint, self.delivery.endpoint.organization

    def said(self) -> dict[str, Any]:
        """Say what happened, and what will."""
        return {
            "title": f"Try again: {self.delivery.type}, to {self.webhook}",
            "intro": [
                f"It was given up {moment(self.delivery.gave_up_at)}, after {self.delivery.attempts} attempts.",
                "It is sent at once, before what waits, and tried for another day until it is taken.",
            ],
            "submit": "Try again",
            "cancel_url": row_url(self.request, self.delivery),
        }

    def act(self, _form: forms.Form) -> HttpResponseBase:
        """Let it be tried again. Raises: NothingToDo."""
        webhooks.try_again(self.delivery, now=clock.now())
        messages.success(self.request, "The delivery is tried again.")
        return SeeOther(row_url(self.request, self.delivery))


@method_decorator(strict, name="dispatch")
class ShowSecret(View):
    """Shows a new secret once. A HEAD must not use that once up, so there is none."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Show the secret, or say that it is gone; this page makes none."""
        operator = require(request, Ability.MANAGE_WEBHOOKS)
        webhook = found(request, WebhookEndpoint, webhook_id, "organization")
        secret = secret_once.take(
            request,
            row_id=webhook.id,
            digest=digest_of(signatures.secret_of(webhook.salt)),
            operator_id=operator.id,
            now=clock.now(),
        )
        context = {
            "secret": secret,
            "webhook": webhook,
            "webhook_url": row_url(request, webhook),
            "rotate_url": page_url(request, "rotate_webhook", webhook.id),
        }
        response = render(request, "console/webhook_secret.html", context, status=200 if secret else 410)
        secret_once.forget(response, page=request.path)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response


PAGES = {
    "change": ("change_webhook", ChangeWebhook),
    "rotate": ("rotate_webhook", RotateWebhook),
    "switch": ("switch_webhook", SwitchWebhook),
    "remove": ("remove_webhook", RemoveWebhook),
    "test": ("test_webhook", SendMessage),
    "secret": ("webhook_secret", ShowSecret),
}
staff_site.add_page(
    "organizations/<uuid:organization_id>/webhooks/add/", AddWebhook.as_view(), name="add_webhook"
)
organization_site.add_page("webhooks/add/", AddWebhook.as_view(), name="add_webhook")
for site in (staff_site, organization_site):
    for route, (name, page) in PAGES.items():
        site.add_page(f"webhooks/<uuid:webhook_id>/{route}/", page.as_view(), name=name)
    site.add_page(
        "deliveries/<int:delivery_id>/try-again/", TryDeliveryAgain.as_view(), name="try_delivery_again"
    )
