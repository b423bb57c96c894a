"""See an organization's console as its admins see it: read-only, and written in its history."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.admin.pages import FormPage, SeeOther, organization_named, row_url
from accounts.admin.sites import VIEWED, organization_site, staff_site, viewed_organization
from accounts.models import Operator, Organization
from accounts.permissions import Ability
from provisioning import history
from provisioning.admin.actors import actor_of
from provisioning.models import AuditKind


class ViewAsForm(forms.Form):
    """Why, for whoever reads the history."""

    reason = forms.CharField(
        max_length=history.LONGEST_REASON,
        required=False,
        label="Why (optional)",
        help_text="The organization's admins read it in their History.",
    )


class ViewAs(FormPage):
    """Opens an organization's console for a member of the staff who looks."""

    ability = Ability.VIEW_AS
    form_class = ViewAsForm
    tab = "status"
    organization: Organization

    def load(self, **captured: UUID) -> None:
        """Load the organization. Raises: Http404."""
        self.organization = organization_named(self.request, captured["organization_id"])

    def words(self) -> dict[str, Any]:
        """Say what it does, and that it is seen."""
        return {
            "title": f"See the console of {self.organization}",
            "intro": [
                f"You see what the admins of {self.organization} see, and can change nothing there.",
                "That you looked stands in the organization's History, with your name.",
                "It ends when you choose Stop looking, or sign out.",
            ],
            "submit": "View as org admin",
            "cancel_url": row_url(self.request, self.organization),
        }

    def act(self, form: forms.Form) -> HttpResponseBase:
        """Write it down, and open the console."""
        history.record(
            AuditKind.VIEWED_AS,
            by=actor_of(self.request),
            now=clock.now(),
            organization=self.organization,
            subject=self.organization,
            reason=form.cleaned_data["reason"],
        )
        self.request.session[VIEWED] = str(self.organization.pk)
        return SeeOther(reverse("admin:index", current_app=organization_site.name))


staff_site.add_page("organizations/<uuid:organization_id>/view-as/", ViewAs.as_view(), name="view_as")


@require_POST
def stop_looking(request: HttpRequest) -> HttpResponseBase:
    """Look no longer, and go back to the organization's page on the staff console."""
    organization = viewed_organization(request)
    request.session.pop(VIEWED, None)
    if organization is None or not isinstance(request.user, Operator):
        return SeeOther(reverse("admin:index", current_app=staff_site.name))
    page = "admin:accounts_organization_change"
    return SeeOther(reverse(page, args=[organization.pk], current_app=staff_site.name))
