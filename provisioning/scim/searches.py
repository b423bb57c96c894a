"""Users or Groups of one organization that a filter names: what is asked, and the rows that it finds.

A first page, which is nearly all that is ever asked for, is found by SQL that is compiled once for each form of
a filter; and what Entra matches by is read by one expression, where the grammar takes ten times as long.
Registered as django-scim2's USER_FILTER_PARSER and GROUP_FILTER_PARSER. Must not import `adapters`.
"""

import re
from functools import partial
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest

from accounts import members
from accounts.compiled import Compiled
from accounts.keys import fold
from accounts.models import Member, Team
from accounts.querysets import TenantQuerySet
from provisioning.scim.columns import GROUP_COLUMNS, USER_COLUMNS, Columns
from provisioning.scim.exchange import exchange_of
from provisioning.scim.filters import condition_of
from provisioning.scim.resources import Group, User
from provisioning.scim.sql import TRUE, Sql

MOST_FORMS = 200
EVERYTHING = Sql(TRUE)
EQUALITY = re.compile(r'([A-Za-z]+) eq "([^"\\\x00-\x1f\ud800-\udfff]{1,320})"')
FORMS: dict[tuple[Any, str, int], Compiled] = {}


class Search(NamedTuple):
    """A condition on the rows of one organization; one by key is fulfilled by one row at most."""

    model: Any
    organization_id: UUID
    condition: Sql
    is_by_key: bool = False

    def rows(self) -> TenantQuerySet[Any]:
        """Return the rows, oldest first."""
        return found_by(self.model, self.condition.text, self.organization_id, *self.condition.parameters)

    def first(self, count: int) -> list[Any]:
        """Return the first rows, oldest first, by SQL of this form."""
        return self.form(count).all(self.organization_id, *self.condition.parameters)

    def form(self, count: int) -> Compiled:
        """Return how as many rows are asked for by a filter of this form; forgotten when there are too many forms."""
        key = (self.model, self.condition.text, count)
        form = FORMS.get(key)
        if form is None:
            if len(FORMS) >= MOST_FORMS:
                FORMS.clear()
            examples = ["" if isinstance(each, str) else each for each in self.condition.parameters]
            first = partial(first_of if not self.is_by_key else only_of, *key)
            form = FORMS[key] = Compiled(first, UUID(int=0), *examples, is_by_key=self.is_by_key)
        return form


class ResourceFilter:
    """Finds rows by a filter. `attr_map` is what django-scim2 reads while it is imported."""

    attr_map: ClassVar[dict[Any, Any]] = {}
    model: ClassVar[Any]
    resource: ClassVar[Any]
    columns: ClassVar[Columns]
    named: ClassVar[str]  # the field that names a resource: compared without case, as externalId is not

    @classmethod
    def search(cls, query: str, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of the caller's organization that a filter names. Raises: ScimError."""
        return cls.search_of(query, exchange_of(request).organization_id).rows()

    @classmethod
    def search_of(cls, query: str, organization_id: UUID, *, elsewhere: tuple[Any, ...] = ()) -> Search:
        """Return the search for what a filter names in an organization; for everything where it is empty.

        Raises: ScimError invalid_filter.
        """
        condition = cls.equality(query) or condition_of(
            query, model=cls.resource, columns=cls.columns, elsewhere=elsewhere
        )
        return Search(cls.model, organization_id, condition, condition.text == cls.name_equal("x").text)

    @classmethod
    def equality(cls, query: str) -> Sql | None:
        """Return the condition of what Entra matches by, as `condition_of` would; None for any other filter."""
        if not query:
            return EVERYTHING
        found = EQUALITY.fullmatch(query)
        name, value = found.groups() if found else ("", "")
        if name.lower() == cls.named.replace("_", ""):
            return cls.name_equal(value)
        if name.lower() == "externalid":
            return cls.columns.columns["external_id",].compare("eq", value)
        return None

    @classmethod
    def name_equal(cls, value: str) -> Sql:
        """Return the condition of a name that one resource of an organization has at most."""
        return cls.columns.columns[cls.named,].compare("eq", fold(value))


class MemberFilter(ResourceFilter):
    """Finds members by a filter."""

    model = Member
    resource = User
    columns = USER_COLUMNS
    named = "user_name"


class TeamFilter(ResourceFilter):
    """Finds teams by a filter."""

    model = Team
    resource = Group
    columns = GROUP_COLUMNS
    named = "display_name"


def found_by(model: Any, condition: str, organization_id: UUID, *parameters: object) -> TenantQuerySet[Any]:
    """Return the rows of an organization that a condition finds.

    They can't be part of another query of Django's, which would call the table otherwise than the condition does.
    """
    expression = RawSQL(f"({condition})", parameters, output_field=BooleanField())  # noqa: S611 - parameters apart
    rows: TenantQuerySet[Any] = model.objects.of_organization(organization_id).filter(expression)
    return rows


def only_of(model: Any, condition: str, count: int, *parameters: Any) -> QuerySet[Any]:
    """Return the same where they are one at most: a member comes with their teams."""
    found = first_of(model, condition, count, *parameters)
    return members.with_teams(found) if model is Member else found


def first_of(model: Any, condition: str, count: int, *parameters: Any) -> QuerySet[Any]:
    """Return the first rows of an organization that a condition finds; the organization is the first parameter."""
    return found_by(model, condition, *parameters).defer("folded")[:count]
