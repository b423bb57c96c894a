"""The two consoles. Each is an AdminSite of its own, so that what is not registered there does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from unfold.sites import UnfoldAdminSite

from accounts.admin.access import Visit
from accounts.admin.sign_in import OrganizationSignInForm, StaffSignInForm
from accounts.admin.strict import strict
from accounts.admin.words import Tab
from accounts.models import Operator, Organization
from accounts.permissions import Ability

HIDDEN = {"view_on_site", "autocomplete", "app_list", "jsi18n", "password_change_done"}
VIEWED = "viewed_organization"
MOST_FOUND = 5
Tabs = Callable[[HttpRequest, Organization], list[Tab]]


def no_tabs(_request: HttpRequest, _organization: Organization) -> list[Tab]:
    """Return nothing: the menu leads everywhere."""
    return []


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold carries no types
    """What both consoles share: their door, their added pages, and the search of Ctrl-K."""

    login_template = "registration/sign_in.html"
    logout_template = "registration/signed_out.html"
    empty_value_display = "–"
    greeting: ClassVar[str]

    def __init__(self, name: str) -> None:
        self.added_pages: list[URLPattern] = []
        self.tabs: Tabs = no_tabs
        super().__init__(name)

    def visit(self, request: HttpRequest) -> Visit | None:
        """Return who asks, as this console sees them; None for whoever may not be here."""
        raise NotImplementedError

    def add_page(self, route: str, view: Callable[..., HttpResponseBase], *, name: str) -> None:
        """Add a page that belongs to no table: behind the sign-in, under `admin:NAME`."""
        self.added_pages.append(path(route, self.admin_view(view), name=name))

    def extra_urls(self) -> list[URLPattern]:
        """Return the added pages: unfold asks for them when it builds the site's addresses."""
        return self.added_pages

    def get_urls(self) -> list[Any]:
        """Return the site's addresses, without those of Django's that no page of ours uses."""
        return [each for each in super().get_urls() if getattr(each, "name", None) not in HIDDEN]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:  # noqa: ARG002 - Django's signature
        """Return nothing: the menu is in the settings."""
        return []

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Put the door before a view: the visit is made here, and nowhere else."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def entered(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
            request.current_app = self.name  # by it `reverse` stays in this console
            request.visit = self.visit(request)  # type: ignore[attr-defined]  # read through accounts.admin.access
            response: HttpResponseBase = guarded(request, *args, **options)
            return response

        return entered

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether whoever asks may be here at all."""
        return self.visit(request) is not None

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002 - unfold's signature
        """Find rows for Ctrl-K: a few of each table that is searched, from what exists for whoever asks."""
        term = request.GET.get("s", "").strip()
        if not term:
            return HttpResponse()
        pages = sorted(
            (each for each in self._registry.values() if each.searched_as), key=lambda each: each.search_rank
        )
        results = [
            {
                "title": str(row),
                "description": page.searched_as,
                "link": page.row_url(request, row),
                "icon": page.icon,
            }
            for page in pages
            for row in page.find(request, term)[:MOST_FOUND]
        ]
        return render(request, "console/found.html", {"results": results})

    @method_decorator(strict)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Sign somebody in, on a page without scripts."""
        context = {"greeting": self.greeting, **(extra_context or {})}
        response: HttpResponseBase = super().login(request, context)
        return response

    @method_decorator(strict)
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Sign somebody out."""
        response: HttpResponseBase = super().logout(request, extra_context)
        return response


class StaffSite(ConsoleSite):
    """`/admin/`: Hootsuite's own people, every organization."""

    login_form = StaffSignInForm
    index_template = "console/overview.html"
    index_title = "Overview"
    greeting = "Sign in to the staff console"

    def visit(self, request: HttpRequest) -> Visit | None:
        """Let Hootsuite's own people in."""
        operator = request.user
        if isinstance(operator, Operator) and operator.is_staff and operator.can(Ability.VIEW):
            return Visit(operator, self)
        return None


class OrganizationSite(ConsoleSite):
    """`/console/`: an organization's own admins, and staff who look at it as they do."""

    settings_name = "UNFOLD_CONSOLE"
    login_form = OrganizationSignInForm
    index_template = "console/status.html"
    index_title = "Status"
    greeting = "Sign in to your organization’s console"

    def visit(self, request: HttpRequest) -> Visit | None:
        """Let an organization's own people in, and staff who said whose console they look at."""
        operator = request.user
        if not isinstance(operator, Operator) or not operator.can(Ability.VIEW):
            return None
        if not operator.is_staff:
            return Visit(operator, self, operator.organization)
        if not operator.can(Ability.VIEW_AS):
            return None
        viewed = viewed_organization(request)
        return Visit(operator, self, viewed, is_looking=True) if viewed else None

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Show how provisioning is."""
        response: HttpResponseBase = require_safe(super().index)(request, extra_context)
        return response


def viewed_organization(request: HttpRequest) -> Organization | None:
    """Return whose console a member of the staff looks at, if they do."""
    try:
        id_ = UUID(request.session.get(VIEWED, ""))
    except ValueError:
        return None
    return Organization.objects.filter(pk=id_).first()


def organization_name(request: HttpRequest) -> str:
    """Return whose console this is."""
    visit = getattr(request, "visit", None)
    return str(visit.organization) if isinstance(visit, Visit) and visit.organization else ""


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
organization_site = OrganizationSite(name="console")
