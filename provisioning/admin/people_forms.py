"""What can be done about the people who sign in: invite one, change, end and allow again, send the link again."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseBase

from accounts import clock
from accounts.admin.access import found, may, organization_named, visit_of
from accounts.admin.pages import FormPage, SeeOther, list_url, row_url
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.words import counted
from accounts.errors import AccountsError
from accounts.models import Operator, Organization
from accounts.operators import LONGEST_NAME
from accounts.permissions import ABILITIES, STAFF_ROLES, Ability, Role
from provisioning import history, links, people
from provisioning.admin.actors import actor_of
from provisioning.admin.form_parts import Why
from provisioning.errors import ProvisioningError

STAFF_CHOICES = [(role.value, role.label) for role in Role if role in STAFF_ROLES]


class InviteForm(forms.Form):
    """Whom to invite."""

    name = forms.CharField(max_length=LONGEST_NAME, help_text="As their colleagues know them.")
    email = forms.EmailField(
        label="E-mail address",
        help_text="Their own, not a group's: whoever reads its mail can sign in.",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    reason = Why()


class InviteStaffForm(InviteForm):
    """Whom to invite, and as what."""

    role = forms.ChoiceField(choices=STAFF_CHOICES, initial=Role.SUPPORT, widget=forms.RadioSelect)
    reason = Why(help_text="It stands in the History.")
    field_order = ["name", "email", "role", "reason"]


class PeopleFormPage(FormPage):
    """A form about people; it leads back to them."""

    ability = Ability.MANAGE_PEOPLE
    refusals = (AccountsError, ProvisioningError)
    tab = "people"

    def list_url(self) -> str:
        """Return where the same people are listed."""
        question = (
            {"organization": self.organization.slug}
            if self.organization and not visit_of(self.request).organization
            else {}
        )
        return list_url(self.request, Operator, **question)


class InvitePerson(PeopleFormPage):
    """Invites an admin of an organization."""

    form_class = InviteForm
    organization: Organization

    def load(self, **captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = organization_named(
            self.request, captured.get("organization_id"), "success_manager"
        )

    def words(self) -> dict[str, Any]:
        """Say what the person gets, and what they may do then."""
        abilities = [each.label for each in Ability if each in ABILITIES[Role.ORGANIZATION_ADMIN]]
        return {
            "title": f"Invite an admin of {self.organization}",
            "intro": [
                f"They get an e-mail with a link, by which they choose a password. It works once, for "
                f"{counted(links.INVITED_WITHIN.days, 'day')}.",
                f"Then they see how {self.organization} is provisioned, and may: {'; '.join(abilities)}.",
            ],
            "submit": "Send the invitation",
            "cancel_url": self.list_url(),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Invite them. Raises: InvalidValue, EmailTaken, TooManyPeople."""
        person = people.invite(
            role=Role.ORGANIZATION_ADMIN,
            organization=self.organization,
            by=actor_of(self.request),
            now=clock.now(),
            **form.cleaned_data,
        )
        messages.success(self.request, f"{person} is invited: the link is on its way to them.")
        return SeeOther(row_url(self.request, person))


class InviteStaff(PeopleFormPage):
    """Invites one of Hootsuite's own people."""

    ability = Ability.MANAGE_STAFF
    form_class = InviteStaffForm

    def words(self) -> dict[str, Any]:
        """Say what each role may do."""
        return {
            "title": "Invite one of our staff",
            "intro": [
                f"They get an e-mail with a link, by which they choose a password. It works once, for "
                f"{counted(links.INVITED_WITHIN.days, 'day')}.",
                "Support sees every organization and changes nothing. A CSM also creates organizations, issues and "
                "revokes tokens, and invites organizations' admins. An Owner also invites staff.",
            ],
            "submit": "Send the invitation",
            "cancel_url": self.list_url(),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Invite them. Raises: InvalidValue, EmailTaken."""
        role = Role(form.cleaned_data.pop("role"))
        person = people.invite(
            role=role, organization=None, by=actor_of(self.request), now=clock.now(), **form.cleaned_data
        )
        messages.success(self.request, f"{person} is invited: the link is on its way to them.")
        return SeeOther(row_url(self.request, person))


class PersonPage(PeopleFormPage):
    """A form about one person: of one's own organization, of any, or of the staff."""

    person: Operator

    def load(self, **captured: UUID) -> None:
        """Load the person. Raises: Http404, for staff too unless one manages staff."""
        self.person = found(self.request, Operator, captured["person_id"], "organization", "member")
        self.organization = self.person.organization
        if self.organization is None and not may(self.request, Ability.MANAGE_STAFF):
            raise Http404

    def words(self) -> dict[str, Any]:
        """Say what will happen."""
        return {**self.said(), "cancel_url": row_url(self.request, self.person)}

    def said(self) -> dict[str, Any]:
        """Return the page's words but for where Cancel leads."""
        raise NotImplementedError

    def done(self, message: str) -> HttpResponseBase:
        """Say what was done, on the person's page."""
        messages.success(self.request, message)
        return SeeOther(row_url(self.request, self.person))


class ChangePerson(PersonPage):
    """Sets what a person is called; of staff the role as well."""

    def make_form(self, data: Any = None) -> forms.Form:
        """Return the form, filled with what holds."""
        form = forms.Form(data, initial={"name": self.person.name, "role": self.person.role})
        form.fields["name"] = forms.CharField(max_length=LONGEST_NAME)
        if self.person.is_staff:
            form.fields["role"] = forms.ChoiceField(choices=STAFF_CHOICES, widget=forms.RadioSelect)
        return form

    def said(self) -> dict[str, Any]:
        """Say what can't be changed."""
        return {
            "title": f"Change {self.person}",
            "intro": [
                "An e-mail address stays as it is: invite the new one, then end the sign-in of the old one."
            ],
            "submit": "Save",
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Change it. Raises: InvalidValue, PersonStays."""
        role = Role(form.cleaned_data.get("role", self.person.role))
        people.change(
            person=self.person,
            name=form.cleaned_data["name"],
            role=role,
            by=actor_of(self.request),
            now=clock.now(),
        )
        return self.done("The change is saved.")


class EndForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        max_length=history.LONGEST_REASON,
        label="Why",
        help_text="It stands in the History. The person does not see it.",
    )


class EndPerson(PersonPage):
    """Ends a person's sign-in."""

    form_class = EndForm

    def said(self) -> dict[str, Any]:
        """Say what ends, and what stays."""
        looked_after = Organization.objects.filter(success_manager=self.person).count()
        mails = (
            f"They look after {counted(looked_after, 'organization')}, which they hear nothing of any more: name "
            "another CSM in the settings of each."
            if looked_after
            else "Mails about the organization go to them no more."
        )
        return {
            "title": f"End the sign-in of {self.person}",
            "intro": [
                "They are out at once, on every page they have open, and links that were sent to them are dead.",
                mails,
                "What they did stays in the History, and tokens they issued go on working. The sign-in can be "
                "allowed again.",
            ],
            "submit": "End the sign-in",
            "style": "danger",
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """End it. Raises: PersonStays."""
        people.end(
            person=self.person,
            reason=form.cleaned_data["reason"],
            by=actor_of(self.request),
            now=clock.now(),
        )
        return self.done(f"{self.person} may not sign in any more.")


class RestoreForm(forms.Form):
    """Why, whoever wants to say so."""

    reason = Why(help_text="It stands in the History.")


class RestorePerson(PersonPage):
    """Allows a person's sign-in again."""

    form_class = RestoreForm

    def said(self) -> dict[str, Any]:
        """Say how they get in."""
        how = (
            "They sign in by the password they had; sessions they had open stay dead."
            if self.person.has_joined
            else "They have chosen no password yet: send them the link again afterwards."
        )
        return {
            "title": f"Allow {self.person} to sign in again",
            "intro": [how],
            "submit": "Allow the sign-in again",
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Allow it."""
        people.restore(
            person=self.person, by=actor_of(self.request), now=clock.now(), reason=form.cleaned_data["reason"]
        )
        return self.done(f"{self.person} may sign in again.")


class SendPersonLink(PersonPage):
    """Sends a person a link again."""

    def said(self) -> dict[str, Any]:
        """Say which link it is."""
        what = (
            "They get a link by which they choose a new password. It works once, for an hour; until then the old one "
            "stays."
            if self.person.has_joined
            else f"They get the link of their invitation again. It works once, for "
            f"{counted(links.INVITED_WITHIN.days, 'day')}."
        )
        return {
            "title": f"Send {self.person} a link",
            "intro": [what, f"It goes to {self.person.email}, one a minute at most."],
            "submit": "Send the link",
        }

    def act(self, _form: forms.Form) -> HttpResponseBase:
        """Send it. Raises: LinkIsDead."""
        people.send_link(person=self.person, by=actor_of(self.request), now=clock.now())
        return self.done(f"The link is on its way to {self.person.email}.")


PAGES = {
    "change": ("change_person", ChangePerson),
    "end": ("end_person", EndPerson),
    "restore": ("restore_person", RestorePerson),
    "link": ("send_person_link", SendPersonLink),
}
for site in (staff_site, organization_site):
    for route, (name, page) in PAGES.items():
        site.add_page(f"people/<uuid:person_id>/{route}/", page.as_view(), name=name)
staff_site.add_page("people/invite/", InviteStaff.as_view(), name="invite_staff")
staff_site.add_page(
    "organizations/<uuid:organization_id>/people/invite/", InvitePerson.as_view(), name="invite_person"
)
organization_site.add_page("people/invite/", InvitePerson.as_view(), name="invite_person")
