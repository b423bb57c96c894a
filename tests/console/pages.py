"""Every page of the product, found by walking its addresses, each with an example to open it with.

A page that is added is found by itself. What it needs: an example for a parameter that no other page
has (`EXAMPLES`), or a line in `NOT_PAGES` when what it answers is no page.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.http import urlsafe_base64_encode

from accounts.models import Member, Operator, Organization, Tombstone
from accounts.permissions import Role
from provisioning import links
from provisioning.models import ApiKey, Notification, Recipient, ScimToken, WebhookDelivery, WebhookEndpoint

# Who opens the pages of a site: whoever sees the most on them. None: whoever comes, not signed in.
WHO: dict[str, Role | None] = {"admin": Role.OWNER, "console": Role.ORGANIZATION_ADMIN, "": None}
SIGNED_OUT = {"login"}
FOR_PROGRAMS = {"scim", "api"}
NOT_PAGES = {
    "healthz": "JSON",
    "readyz": "JSON",
    "jsi18n": "a script",
    "search": "a part of a page",
    "logout": "takes a form alone",
    "stop_looking": "takes a form alone",
    "log": "leads elsewhere",
    "front_door": "leads elsewhere",
    "openapi_scim": "JSON",
    "": "leads elsewhere",
}
ADDED_HERE = {"accounts_organization_add"}  # Django names a page to add a row for every table
PURPOSES = {"welcome": "invitation", "reset_password": "password_reset"}
HIDES_ITS_ADDRESS = set(PURPOSES)  # leads on to an address that holds no secret
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class Page(NamedTuple):
    """A page, and who opens it."""

    name: str
    url: str
    who: Role | None


def first(model: type[Model]) -> Any:
    """Return the row that pages are opened with."""
    return model._default_manager.order_by("pk")[0].pk


def invited() -> Operator:
    """Return the person of an organization whom pages are about."""
    return Operator.objects.filter(organization__isnull=False).order_by("pk")[0]


def signed(page: str) -> str:
    """Return the part of a mail's link that says whom it speaks for."""
    recipient = Recipient.objects.order_by("pk")[0]
    addressee = links.Addressee(recipient.organization_id, recipient.address)
    return links.signed(addressee, purpose=page.removesuffix("_address"))


EXAMPLES: dict[str, Callable[[str], Any]] = {
    "organization_id": lambda _page: first(Organization),
    "token_id": lambda _page: first(ScimToken),
    "mail_id": lambda _page: first(Notification),
    "recipient_id": lambda _page: first(Recipient),
    "uidb64": lambda _page: urlsafe_base64_encode(str(invited().pk).encode()),
    "token": lambda page: links.PASSWORD_TOKENS[PURPOSES[page]].make_token(invited()),
    "key_id": lambda _page: first(ApiKey),
    "webhook_id": lambda _page: first(WebhookEndpoint),
    "delivery_id": lambda _page: first(WebhookDelivery),
    "member_id": lambda _page: first(Member),
    "tombstone_id": lambda _page: first(Tombstone),
    "person_id": lambda _page: invited().pk,
    "object_id": lambda page: first(apps.get_model(".".join(page.split("_")[:2]))),
    "signed": signed,
}


def addresses(
    patterns: list[URLPattern | URLResolver], route: str = "/", site: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Return site, name and route of every address outside of SCIM and the API."""
    for each in patterns:
        if not isinstance(each, URLResolver):
            yield site, each.name or "", route + str(each.pattern)
        elif each.namespace not in {"scim", "api"}:
            yield from addresses(each.url_patterns, route + str(each.pattern), each.namespace or site)


def filled(name: str, route: str) -> str:
    """Return an address with an example for each of its parameters. Raises: LookupError without one."""
    if route.endswith("/$"):  # Django's list of an application's pages
        return re.sub(r"\^\(\?P<app_label>(\w+)[^)]*\)/\$", r"\1/", route)
    missing = set(PARAMETER.findall(route)) - set(EXAMPLES)
    if missing:
        raise LookupError(f"The page {name!r} needs an example for {missing}: see {__name__}.EXAMPLES.")
    return PARAMETER.sub(lambda found: str(EXAMPLES[found[1]](name)), route)


def every_page() -> list[Page]:
    """Return every page, for the rows that are there."""
    return [
        Page(name, filled(name, route), None if name in SIGNED_OUT else WHO[site])
        for site, name, route in addresses(get_resolver().url_patterns)
        if name not in NOT_PAGES and (not name.endswith("_add") or name in ADDED_HERE)
    ]
