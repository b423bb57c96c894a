"""Who may open what, on every page: the console they are in, their role, and nothing else.

A `Visit` is made once a request, at the door of a console. It says whose rows exist for whoever asks:
`visible` and `found` are the only ways from a page to a row.
"""

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from accounts.models import Operator, Organization
from accounts.permissions import LOOKING, Ability

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Visit:
    """Who is in which console, and whose rows exist for them there: of one organization, or of all (None).

    Staff who see a console as its org admins do are looking: they change nothing there.
    """

    operator: Operator
    site: Any
    organization: Organization | None = None
    is_looking: bool = False

    def may(self, ability: Ability) -> bool:
        """Whether this person may do something here."""
        return self.operator.can(ability) and (not self.is_looking or ability in LOOKING)


def visit_of(request: HttpRequest) -> Visit:
    """Return who asks, and from where. Raises: PermissionDenied for a request that came through no door."""
    visit = getattr(request, "visit", None)
    if not isinstance(visit, Visit):
        raise PermissionDenied("Sign in first.")
    return visit


def may(request: HttpRequest, ability: Ability) -> bool:
    """Whether whoever asks may do something here."""
    visit = getattr(request, "visit", None)
    return isinstance(visit, Visit) and visit.may(ability)


def may_view(request: HttpRequest) -> bool:
    """Whether to list the pages that everybody may see."""
    return may(request, Ability.VIEW)


def require(request: HttpRequest, ability: Ability) -> Operator:
    """Return the operator who asks. Raises: PermissionDenied unless they may do it here."""
    if not may(request, ability):
        raise PermissionDenied(f"Your role does not include: {ability.label}.")
    return visit_of(request).operator


def visible(request: HttpRequest, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return those of the rows that exist for whoever asks."""
    organization = visit_of(request).organization
    if organization is None:
        return rows
    return (
        rows.filter(pk=organization.pk)
        if rows.model is Organization
        else rows.filter(organization=organization)
    )


def found(request: HttpRequest, model: type[Row], id_: UUID, *related: str) -> Row:
    """Return a row by its id, with its relations. Raises: Http404, for another organization's too."""
    rows: QuerySet[Row] = model._default_manager.select_related(*related)  # noqa: SLF001 - public in all but name
    row = visible(request, rows).filter(pk=id_).first()
    if row is None:
        raise Http404
    return row


def organization_named(request: HttpRequest, id_: UUID | None, *related: str) -> Organization:
    """Return the organization that a page is about: in its own console no address names it. Raises: Http404."""
    organization = visit_of(request).organization
    if organization is None and id_ is None:
        raise Http404
    return found(request, Organization, id_ if organization is None else organization.pk, *related)  # type: ignore[arg-type]  # one of the two is there
