"""Create and find organizations: the only writer of that table."""

import re
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction

from accounts.errors import InvalidValue, SlugTaken, UnknownOrganization, violated
from accounts.models import Operator, Organization
from accounts.texts import check_line

LONGEST_NAME = 200
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def create_organization(*, slug: str, name: str, success_manager: Operator | None = None) -> Organization:
    """Create a customer, and say which CSM looks after it.

    Raises: InvalidValue for a slug or name that can't be one; SlugTaken when the slug is in use.
    """
    if not SLUG.fullmatch(slug):
        message = "A slug is 1 to 63 small letters, digits and inner hyphens, such as acme-corp."
        raise InvalidValue(message)
    check_line("name", name, longest=LONGEST_NAME)
    try:
        with transaction.atomic():
            return Organization.objects.create(slug=slug, name=name.strip(), success_manager=success_manager)
    except IntegrityError as error:
        if violated(error, constraint="accounts_organization_slug_key", columns="accounts_organization.slug"):
            message = f"There is an organization {slug} already."
            raise SlugTaken(message) from None
        raise


def change_organization(
    organization: Organization, *, time_zone: str, success_manager: Operator | None
) -> None:
    """Set the zone in which its people read times, and the CSM who hears what they hear.

    Raises: InvalidValue for a zone that is none, or a CSM who is not of the staff.
    """
    if time_zone not in available_timezones() - {"localtime", "Factory"}:
        message = "This is no time zone. One is called Europe/Paris, America/Vancouver or UTC, for instance."
        raise InvalidValue(message)
    if success_manager is not None and not (success_manager.is_staff and success_manager.is_active):
        message = "An organization is looked after by one of our own people, who can sign in."
        raise InvalidValue(message)
    organization.time_zone, organization.success_manager = time_zone, success_manager
    organization.save(update_fields=["time_zone", "success_manager"])


def organization_by_slug(*, slug: str) -> Organization:
    """Return the organization. Raises: UnknownOrganization, naming what exists."""
    try:
        return Organization.objects.select_related("success_manager").get(slug=slug)
    except Organization.DoesNotExist:
        known = list(Organization.objects.order_by("slug").values_list("slug", flat=True)[:10])
        message = f"There is no organization {slug}. There are: {', '.join(known) or 'none yet'}."
        raise UnknownOrganization(message) from None
