"""Signing in to a console by e-mail address and password, and what happens after too many tries.

django-axes counts the failures per address and person (`AXES_*` in the settings names the two
functions below).
"""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.forms import EmailInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.admin.strict import strict
from accounts.keys import fold


class SignInForm(AdminAuthenticationForm):
    """E-mail address and password of one of Hootsuite's own."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": (
            "This e-mail address and password do not open the staff console. "
            "Mind capital letters in the password."
        ),
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


def tried_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return whose sign-in was tried, folded: another spelling is not another ten tries."""
    given = (credentials or {}).get("username") or request.POST.get("username") or ""
    return fold(str(given).strip())


@strict
def locked_out(request: HttpRequest, *_others: Any) -> HttpResponse:
    """Say that there were too many tries, and when the next is possible."""
    return render(request, "registration/locked_out.html", status=429)
