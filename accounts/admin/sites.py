"""The consoles. Each is an AdminSite of its own, so that what is not registered there does not exist."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.templatetags.static import static
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from unfold.sites import UnfoldAdminSite

from accounts.admin.access import may_view
from accounts.admin.sign_in import SignInForm
from accounts.admin.strict import strict

HIDDEN = {"view_on_site", "autocomplete"}


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold carries no types
    """`/admin/`: Hootsuite's own people, every organization."""

    login_form = SignInForm
    login_template = "registration/sign_in.html"
    logout_template = "registration/signed_out.html"
    index_template = "console/overview.html"
    index_title = "Overview"
    empty_value_display = "–"

    def __init__(self, name: str) -> None:
        self.added_pages: list[URLPattern] = []
        super().__init__(name)

    def add_page(self, route: str, view: Callable[..., HttpResponseBase], *, name: str) -> None:
        """Add a page that belongs to no table: behind the sign-in, under `admin:NAME`."""
        self.added_pages.append(path(route, self.admin_view(view), name=name))

    def extra_urls(self) -> list[URLPattern]:
        """Return the added pages: unfold asks for them when it builds the site's addresses."""
        return self.added_pages

    def get_urls(self) -> list[Any]:
        """Return the site's addresses, without those of Django's that no page of ours uses."""
        return [each for each in super().get_urls() if getattr(each, "name", None) not in HIDDEN]

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether whoever asks may be here at all."""
        return may_view(request)

    @method_decorator(strict)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Sign somebody in, on a page without scripts."""
        response: HttpResponseBase = super().login(request, extra_context)
        return response

    @method_decorator(strict)
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Sign somebody out."""
        response: HttpResponseBase = super().logout(request, extra_context)
        return response


def stylesheet(_request: HttpRequest) -> str:
    """Return the address of our own rules beside unfold's."""
    return static("hp/console.css")


def script(_request: HttpRequest) -> str:
    """Return the address of the few lines of script our forms like to have."""
    return static("hp/console.js")


def favicon(_request: HttpRequest) -> str:
    """Return the address of the icon in a browser's tab."""
    return static("hp/favicon.svg")


staff_site = StaffSite(name="admin")
