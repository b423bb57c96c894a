"""Choosing a password: by a link in a mail, by asking for one, and whoever is signed in their own.

All of it stands on plain pages without scripts. The link's secret leaves the address bar at once: it is
kept in the session, and the page that takes the password has an address that says nothing. That page sends
its address to nobody but us: with no referrer at all a browser hides its origin, and the form is refused.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.addresses import client_address
from accounts.admin.access import require, visit_of
from accounts.admin.pages import SeeOther, page_url
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.strict import strict
from accounts.errors import AccountsError
from accounts.models import Operator
from accounts.permissions import Ability
from provisioning import links, people
from provisioning.admin.actors import actor_of
from provisioning.errors import LinkIsDead, TooManyQuestions

BACKEND = "accounts.backends.OperatorBackend"
HELP = "At least 12 characters. A few words that do not belong together are strong, and easy to keep in mind."


def told(form: Any) -> None:
    """Put our words on the fields of Django's forms."""
    form.fields["new_password1"].label, form.fields["new_password1"].help_text = "New password", HELP
    form.fields["new_password2"].label, form.fields["new_password2"].help_text = "The same again", ""


class ChooseForm(SetPasswordForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """A new password, twice."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        told(self)


class ChangeForm(PasswordChangeForm):
    """The password so far, and a new one, twice."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        told(self)
        self.fields["old_password"].label = "Your password so far"


@method_decorator(strict, name="dispatch")
class ChoosePassword(PasswordResetConfirmView):
    """Takes the password of whoever holds a link, and signs them in to their console."""

    http_method_names = ["get", "post", "head", "options"]
    purpose: ClassVar[str]
    form_class = ChooseForm
    template_name = "registration/choose_password.html"
    user: Operator | None

    def form_valid(self, form: Any) -> HttpResponse:
        """Set it, and let the person in; or say that the link is used."""
        if self.user is None:
            return self.dead()
        try:
            person = people.set_password(
                person_id=self.user.pk,
                purpose=self.purpose,
                token=self.request.session.get(INTERNAL_RESET_SESSION_TOKEN),
                password=form.cleaned_data["new_password1"],
                address=client_address(self.request),
                now=clock.now(),
            )
        except LinkIsDead:
            return self.dead()
        except AccountsError as refusal:
            form.add_error("new_password1", str(refusal))
            return self.form_invalid(form)
        self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN, None)
        login(self.request, person, backend=BACKEND)
        return SeeOther(home_of(person))

    def dead(self) -> HttpResponse:
        """Say that the link does not work any more."""
        self.validlink = False
        return self.render_to_response({})

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        """Show the form; for a dead link the way to another one."""
        status = 200 if self.validlink else 410
        said = {"person": self.user if self.validlink else None, "is_new": self.purpose == people.INVITATION}
        return super().render_to_response(context | said, status=status, **options)


class Welcome(ChoosePassword):
    """Lets an invited person choose their first password."""

    purpose = people.INVITATION
    token_generator: PasswordResetTokenGenerator = links.PASSWORD_TOKENS[people.INVITATION]


class ResetPassword(ChoosePassword):
    """Lets a person choose a new password."""

    purpose = people.PASSWORD_RESET
    token_generator: PasswordResetTokenGenerator = links.PASSWORD_TOKENS[people.PASSWORD_RESET]


def home_of(operator: Operator) -> str:
    """Return the console of a person."""
    site = staff_site if operator.is_staff else organization_site
    return reverse("admin:index", current_app=site.name)


class AskForm(forms.Form):
    """Whose password it is."""

    email = forms.EmailField(
        label="E-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


@method_decorator([strict, never_cache], name="dispatch")
class Forgotten(View):
    """Takes the address of whoever forgot their password; the answer does not say whether we know it."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for the address."""
        return render(request, "registration/forgotten.html", {"form": AskForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send a link to the address, if somebody signs in with it."""
        form = AskForm(request.POST)
        if not form.is_valid():
            return render(request, "registration/forgotten.html", {"form": form})
        try:
            people.ask_for_link(
                email=form.cleaned_data["email"], client=client_address(request), now=clock.now()
            )
        except TooManyQuestions as refusal:
            form.add_error(None, str(refusal))
            answer = render(request, "registration/forgotten.html", {"form": form}, status=429)
            answer["Retry-After"] = str(int(people.ASKED_WITHIN.total_seconds()))
            return answer
        return SeeOther(reverse("forgotten_sent"))


@strict
@require_safe
def forgotten_sent(request: HttpRequest) -> HttpResponse:
    """Say the same to everybody."""
    return render(request, "registration/forgotten_sent.html")


@method_decorator([strict, never_cache, sensitive_post_parameters()], name="dispatch")
class ChangePassword(View):
    """Changes the password of whoever is signed in; their other sessions end. Whoever only looks can't."""

    http_method_names = ["get", "head", "post", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        """Let in whoever acts for themselves. Raises: PermissionDenied."""
        require(request, Ability.VIEW)
        if visit_of(request).is_looking:
            message = "Change your password in the staff console."
            raise PermissionDenied(message)
        return super().dispatch(request, *args, **options)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for it."""
        return self.page(request, ChangeForm(visit_of(request).operator))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Set it, and go back to the console."""
        operator = visit_of(request).operator
        form = ChangeForm(operator, request.POST)
        if not form.is_valid():
            return self.page(request, form)
        password = form.cleaned_data["new_password1"]
        try:
            people.change_password(person=operator, password=password, by=actor_of(request), now=clock.now())
        except AccountsError as refusal:
            form.add_error("new_password1", ValidationError(str(refusal)))
            return self.page(request, form)
        update_session_auth_hash(request, operator)
        messages.success(
            request, "Your password is changed. Wherever else you were signed in, you are no more."
        )
        return SeeOther(home_of(operator))

    def page(self, request: HttpRequest, form: ChangeForm) -> HttpResponse:
        """Return the page with the form on it."""
        context = {"form": form, "cancel_url": page_url(request, "index")}
        return render(request, "registration/change_password.html", context)


for site in (staff_site, organization_site):
    site.add_page("password_change/", ChangePassword.as_view(), name="password_change")
