"""Who gets an organization's mails: the table on its page, and a page for each change."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views import View

from accounts import clock
from accounts.admin.access import may, require, visit_of
from accounts.admin.pages import FormPage, SeeOther, framed, organization_named, page_url
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import Button, Section, links, moment
from accounts.keys import fold
from accounts.models import Organization
from accounts.permissions import Ability
from provisioning import recipients, telling
from provisioning.admin.actors import actor_of
from provisioning.admin.mails import newest_mails_section
from provisioning.admin.states import recipient_badge
from provisioning.errors import ProvisioningError
from provisioning.models import Delivery, EventKind, Recipient

FEW = 3


def recipients_section(request: HttpRequest, organization: Organization) -> Section:
    """Return who hears what, with what this person may do about it."""
    is_allowed = may(request, Ability.MANAGE_NOTIFICATIONS)
    roles = {fold(each.email): each.get_role_display() for each in recipients.operators_of(organization)}
    everybody = recipients.everybody(organization)
    rows = [
        [
            each.address,
            roles.get(fold(each.address), "Added"),
            heard_by(each),
            each.get_delivery_display(),
            recipient_badge(each),
            *([links(ways_of(request, each))] if is_allowed else []),
        ]
        for each in everybody
    ]
    return Section(
        title="Recipients",
        note=(
            "Who is told by e-mail what happens. The organization's admins and its CSM hear everything at once, "
            "unless something else was chosen."
        ),
        headers=["Address", "Who", "Hears of", "Delivery", "State", *(["Actions"] if is_allowed else [])],
        rows=rows,
        empty="Nobody is told anything. Add a recipient, or set a CSM in the settings.",
        buttons=ways_on(request, organization, everybody) if is_allowed else [],
    )


def ways_on(request: HttpRequest, organization: Organization, everybody: list[Recipient]) -> list[Button]:
    """Return how to add somebody, and how whoever asks sees that mails reach them."""
    own = fold(visit_of(request).operator.email)
    tests = [
        Button("Send me a test", recipient_url(request, "test", each))
        for each in everybody
        if each.address_key == own and each.confirmed_at and each.muted_at is None
    ]
    return [Button("Add recipient", of_organization(request, "add_recipient", organization.id)), *tests]


def ways_of(request: HttpRequest, recipient: Recipient) -> list[Button]:
    """Return what can be done about a recipient as it is."""
    names = ["change"]
    if recipient.muted_at is None:  # a muted one stays, so that nobody sends it anything again
        names.append("test" if recipient.confirmed_at else "ask")
        names += ["remove"] if recipients.has_chosen(recipient) else []
    labels = {"change": "Change", "test": "Send a test", "ask": "Ask again", "remove": "Remove"}
    return [Button(labels[name], recipient_url(request, name, recipient)) for name in names]


def of_organization(request: HttpRequest, name: str, organization_id: UUID, *arguments: UUID) -> str:
    """Return the address of a page about an organization, which its own console does not name."""
    whose = () if visit_of(request).organization else (organization_id,)
    return page_url(request, name, *whose, *arguments)


def recipient_url(request: HttpRequest, what: str, recipient: Recipient) -> str:
    """Return where a recipient is changed, removed, asked again or sent a test ("change", "remove", "ask", "test")."""
    return of_organization(request, f"{what}_recipient", recipient.organization_id, recipient.id)


def heard_by(recipient: Recipient) -> str | SafeString:
    """Return what an address hears of, in words."""
    heard = [str(kind.label) for kind in EventKind if kind in recipient.kinds]
    missing = [str(kind.label) for kind in EventKind if kind not in recipient.kinds]
    if not missing:
        return format_html('<span class="hp-word">{}</span>', "Everything")
    return f"Everything but: {', '.join(missing)}" if len(missing) <= FEW else ", ".join(heard)


class ChoiceForm(forms.Form):
    """What an address hears, and when."""

    kinds = forms.MultipleChoiceField(
        label="Hears of",
        choices=EventKind.choices,
        initial=recipients.EVERYTHING,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one kind of event."},
    )
    delivery = forms.ChoiceField(
        label="Delivery",
        choices=Delivery.choices,
        initial=Delivery.AT_ONCE,
        widget=forms.RadioSelect,
        help_text="Once a day: one mail at eight in the morning, in the organization's time zone.",
    )


class AddForm(ChoiceForm):
    """An address, and what it hears."""

    address = forms.EmailField(
        label="E-mail address",
        help_text="Of a person or a group.",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    field_order = ["address", "kinds", "delivery"]


class ChangeForm(ChoiceForm):
    """What an address hears, and whether it hears anything for now."""

    is_muted = forms.BooleanField(
        required=False,
        label="Muted: no mails for now",
        help_text="A link in every mail mutes too: have whoever pressed it ask before you unmute the address.",
    )


class RecipientFormPage(FormPage):
    """A form about an organization's recipients; it leads back to the organization's page."""

    ability = Ability.MANAGE_NOTIFICATIONS
    tab = "notifications"
    refusals = (ProvisioningError,)
    organization: Organization

    def load(self, **captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = organization_named(
            self.request, captured.get("organization_id"), "success_manager"
        )

    def words(self) -> dict[str, Any]:
        """Say what will happen."""
        return {
            **self.said(),
            "cancel_url": of_organization(self.request, "notifications", self.organization.id),
        }

    def said(self) -> dict[str, Any]:
        """Return the page's words but for where Cancel leads."""
        raise NotImplementedError

    def done(self, message: str) -> HttpResponseBase:
        """Say what was done, on the organization's page."""
        messages.success(self.request, message)
        return SeeOther(of_organization(self.request, "notifications", self.organization.id))


class AddRecipient(RecipientFormPage):
    """Adds an address."""

    form_class = AddForm

    def said(self) -> dict[str, Any]:
        """Say what becomes of the address."""
        return {
            "title": f"Add a recipient for {self.organization}",
            "intro": [
                "The address gets one mail with a link now, and nothing else until somebody there has pressed it. "
                "The link works for 14 days.",
            ],
            "submit": "Add recipient",
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Add it. Raises: InvalidRecipient."""
        recipient = telling.add(
            organization=self.organization,
            by=actor_of(self.request),
            now=clock.now(),
            **form.cleaned_data,
        )
        if recipient.confirmed_at is not None:
            return self.done(f"{recipient} signs in here and need not confirm: it hears what you chose.")
        return self.done(f"{recipient} was asked to confirm, and hears nothing until it has.")


class OneRecipientPage(RecipientFormPage):
    """A form about one address: of a row, or of an operator who chose nothing yet."""

    needs_row = False
    recipient: Recipient

    def load(self, **captured: UUID) -> None:
        """Load the organization and the recipient. Raises: Http404."""
        super().load(**captured)
        listed = {each.id: each for each in recipients.everybody(self.organization)}
        recipient = listed.get(captured["recipient_id"])
        if recipient is None or (self.needs_row and not recipients.has_chosen(recipient)):
            raise Http404
        self.recipient = recipient


class ChangeRecipient(OneRecipientPage):
    """Sets what an address hears, and whether it is muted."""

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form, filled with what holds."""
        kinds, delivery = self.recipient.kinds, self.recipient.delivery
        is_muted = self.recipient.muted_at is not None
        return ChangeForm(data, initial={"kinds": kinds, "delivery": delivery, "is_muted": is_muted})

    def said(self) -> dict[str, Any]:
        """Say whose choice it is."""
        muted_at = self.recipient.muted_at
        return {
            "title": f"What {self.recipient} hears",
            "intro": [
                f"Mails about the provisioning of {self.organization}. What is chosen holds for what happens from "
                "now on.",
                *([f"It is muted since {moment(muted_at)}."] if muted_at else []),
            ],
            "submit": "Save",
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Set it. Raises: InvalidRecipient."""
        telling.change(self.recipient, by=actor_of(self.request), now=clock.now(), **form.cleaned_data)
        return self.done(f"What {self.recipient} hears is changed.")


class RemoveRecipient(OneRecipientPage):
    """Forgets an address, or what an operator chose."""

    needs_row = True

    def said(self) -> dict[str, Any]:
        """Say what the address hears afterwards."""
        if recipients.is_operators(self.organization, self.recipient.address):
            after = "It belongs to somebody who signs in here, and hears everything at once again: mute it to end that."
        else:
            after = "It hears nothing more. If it is added again, it has to confirm again."
        return {
            "title": f"Remove {self.recipient}",
            "intro": [f"What the address chose is forgotten, for {self.organization} alone.", after],
            "submit": "Remove",
            "style": "danger",
        }

    def act(self, _form: forms.Form) -> HttpResponseBase:
        """Remove it."""
        telling.remove(self.recipient, by=actor_of(self.request), now=clock.now())
        return self.done(f"{self.recipient} is removed.")


class AskRecipient(OneRecipientPage):
    """Sends the question to an address once more."""

    needs_row = True

    def said(self) -> dict[str, Any]:
        """Say what is sent."""
        return {
            "title": f"Ask {self.recipient} again",
            "intro": [
                f"It was added {moment(self.recipient.added_at)} and has not confirmed. This sends it another mail "
                "with a link that works for 14 days.",
            ],
            "submit": "Ask again",
        }

    def act(self, _form: forms.Form) -> HttpResponseBase:
        """Ask."""
        recipients.ask(self.recipient, now=clock.now())
        if self.recipient.confirmed_at is not None:
            return self.done(f"{self.recipient} has confirmed meanwhile.")
        if self.recipient.muted_at is not None:
            return self.done(f"{self.recipient} is muted, so it was not asked.")
        return self.done(f"{self.recipient} is asked again.")


class SendTest(OneRecipientPage):
    """Sends a test."""

    def said(self) -> dict[str, Any]:
        """Say what is sent."""
        return {
            "title": f"Send a test to {self.recipient}",
            "intro": ["This sends one mail that says nothing but that mails arrive."],
            "submit": "Send a test",
        }

    def act(self, _form: forms.Form) -> HttpResponseBase:
        """Send it. Raises: InvalidRecipient."""
        recipients.send_test(organization=self.organization, address=self.recipient.address, now=clock.now())
        return self.done(
            f"A test is on its way to {self.recipient}: see Notifications for what becomes of it."
        )


class ShowNotifications(View):
    """Who is told what, and what became of the newest mails."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, organization_id: UUID | None = None) -> HttpResponseBase:
        """Show it. Raises: Http404."""
        require(request, Ability.VIEW)
        organization = organization_named(request, organization_id, "success_manager")
        context = {
            "title": "Notifications",
            "heading": f"Who hears of {organization}",
            "sections": [
                recipients_section(request, organization),
                newest_mails_section(request, organization),
            ],
        }
        return framed(request, "console/facts.html", context, whose=organization, tab="notifications")


PAGES = {
    "": ("notifications", ShowNotifications),
    "add/": ("add_recipient", AddRecipient),
    "<uuid:recipient_id>/change/": ("change_recipient", ChangeRecipient),
    "<uuid:recipient_id>/remove/": ("remove_recipient", RemoveRecipient),
    "<uuid:recipient_id>/ask/": ("ask_recipient", AskRecipient),
    "<uuid:recipient_id>/test/": ("test_recipient", SendTest),
}
for route, (name, page) in PAGES.items():
    staff_site.add_page(
        f"organizations/<uuid:organization_id>/notifications/{route}", page.as_view(), name=name
    )
    organization_site.add_page(f"notifications/{route}", page.as_view(), name=name)
