"""Signing in to a console by e-mail address and password, and what happens after too many tries.

django-axes counts the failures per address and person (`AXES_*` in the settings names the two
functions below).
"""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.forms import EmailInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.strict import strict
from accounts.keys import fold
from accounts.models import Operator


class SignInForm(AuthenticationForm):
    """E-mail address and password of somebody who belongs into this console.

    Whoever has the right password, but another console, is told so; whoever has not is told no more.
    """

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "This e-mail address and password do not open this console. Mind capital letters in the "
        "password.",
    }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["username"]
        field.label = "E-mail address"
        field.widget = EmailInput(
            attrs={
                "autocomplete": "username",
                "autofocus": True,
                "maxlength": field.widget.attrs["maxlength"],
            }
        )

    def confirm_login_allowed(self, user: Operator) -> None:
        """Refuse who belongs elsewhere, and say where. Raises: ValidationError."""
        super().confirm_login_allowed(user)
        if not self.admits(user):
            raise ValidationError(self.way(), code="elsewhere")

    def way(self) -> SafeString:
        """Return where somebody belongs, as a link."""
        raise NotImplementedError

    def admits(self, operator: Operator) -> bool:
        """Whether somebody belongs into this console."""
        raise NotImplementedError


class StaffSignInForm(SignInForm):
    """For Hootsuite's own."""

    def admits(self, operator: Operator) -> bool:
        """Admit staff."""
        return operator.is_staff

    def way(self) -> SafeString:
        """Lead to the organizations' console."""
        text = 'You belong to an organization: <a href="{}">sign in to its console</a>.'
        return format_html(text, reverse("admin:login", current_app="console"))


class OrganizationSignInForm(SignInForm):
    """For an organization's admins."""

    def admits(self, operator: Operator) -> bool:
        """Admit whoever belongs to an organization."""
        return not operator.is_staff

    def way(self) -> SafeString:
        """Lead to the staff's console."""
        text = (
            'You are of Hootsuite’s staff: <a href="{}">sign in to the staff console</a>. From an organization’s '
            "page there “View as org admin” leads here."
        )
        return format_html(text, reverse("admin:login", current_app="admin"))


def tried_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return whose sign-in was tried, folded: another spelling is not another ten tries."""
    given = (credentials or {}).get("username") or request.POST.get("username") or ""
    return fold(str(given).strip())


@strict
def locked_out(request: HttpRequest, *_others: Any) -> HttpResponse:
    """Say that there were too many tries, and when the next is possible."""
    return render(request, "registration/locked_out.html", status=429)
