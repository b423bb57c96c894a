"""The set-up guide of an organization's console: its Tenant URL, and Entra's own pages step by step.

What stands here about Entra is Microsoft's (Configure Hootsuite for automatic user provisioning; How
provisioning works; Application provisioning in quarantine status), in our own words.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views import View

from accounts.admin.access import require, visit_of
from accounts.admin.pages import framed, organization_named, page_url
from accounts.admin.sites import organization_site
from accounts.admin.words import Button, Section
from accounts.permissions import Ability
from provisioning.admin.live import live_context

MATCHING = "Yes: the matching property"
USERS = [
    ["userName", "String", "userPrincipalName", MATCHING],
    ["active", "Boolean", "Switch on IsSoftDeleted, as Entra suggests it", "No"],
    ["displayName", "String", "displayName", "No"],
    ['emails[type eq "work"].value', "String", "mail", "Possible"],
    ["preferredLanguage", "String", "preferredLanguage", "No"],
    ["timezone", "String", "Whichever attribute of yours holds a name such as Europe/Paris", "No"],
    ["name.givenName", "String", "givenName", "No"],
    ["name.familyName", "String", "surname", "No"],
]
GROUPS = [
    ["displayName", "String", "displayName", MATCHING],
    ["externalId", "String", "objectId", "Possible"],
    ["members", "Reference", "members", "No"],
]
HEADERS = ["Hootsuite attribute", "Type", "Usually from, in Entra", "Matching"]


def mappings(title: str, rows: list[list[str]]) -> Section:
    """Return a table of attribute mappings."""
    return Section(title=title, headers=HEADERS, rows=[list(row) for row in rows], is_small=True)


class Guide(View):
    """How to connect Entra, in the order of its own pages."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show it. Raises: Http404."""
        require(request, Ability.VIEW)
        organization = organization_named(request, None, "connection", "success_manager")
        context: dict[str, Any] = {
            "title": "Set-up guide",
            "organization": organization,
            "manager": organization.success_manager,
            "tenant_url": settings.TENANT_URL,
            "users": mappings("Users", USERS),
            "groups": mappings("Groups", GROUPS),
            "ways": ways(request),
            **live_context(request, organization),
        }
        return framed(request, "console/guide.html", context, whose=organization, tab="guide")


def ways(request: HttpRequest) -> dict[str, Button]:
    """Return the pages of this console that the guide names."""
    site = visit_of(request).site

    def of(label: str, name: str) -> Button:
        return Button(label, reverse(f"admin:{name}", current_app=site.name))

    return {
        "tokens": of("Tokens", "provisioning_scimtoken_changelist"),
        "log": of("Provisioning log", "provisioning_provisioninglogentry_changelist"),
        "cycles": of("Cycles", "provisioning_provisioningcycle_changelist"),
        "status": of("Status", "index"),
        "notifications": Button("Notifications", page_url(request, "notifications")),
    }


organization_site.add_page("guide/", Guide.as_view(), name="guide")
