"""Filters of a query, as SQL inside one organization.

scim2-models parses the grammar and binds the attributes; here each comparison becomes an indexed
column. What has no column yet is refused, for an empty answer would make Entra create a duplicate.
Registered as django-scim2's USER_FILTER_PARSER. Must not import `adapters` (its import needs this).
Source: RFC 7644 §3.4.2.2.
"""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from scim2_models import SCIMException as LibraryError
from scim2_models import ScimFilter
from scim2_models.path import CompareOperator, Comparison, FilterVisitor, LogicalExpr, ValuePath

from accounts.keys import fold
from accounts.models import Member
from accounts.querysets import TenantQuerySet
from provisioning.scim import errors
from provisioning.scim.exchange import exchange_of
from provisioning.scim.resources import User

LONGEST_FILTER = 4096


class MemberConditions(FilterVisitor[Q]):
    """Turns the tree of a filter on Users into a condition on Member."""

    def __init__(self, scim_filter: ScimFilter[User]) -> None:
        self.scim_filter = scim_filter

    def visit_comparison(self, node: Comparison) -> Q:
        """Compare one attribute."""
        attribute = self.scim_filter.resolve_comparison(node.attr_path)
        condition = EQUALITIES.get(attribute.target_field_name) if attribute else None
        if condition is None or node.op != CompareOperator.eq or not isinstance(node.value, str):
            raise errors.invalid_filter(reason=f"it uses “{node}”, which is not searched here")
        return condition(node.value)

    def visit_value_path(self, node: ValuePath) -> Q:
        """Find a work e-mail address, the one selection Entra matches by."""
        terms = node.val_filter.terms if isinstance(node.val_filter, LogicalExpr) else ()
        wanted = {
            term.attr_path.attr.lower(): term.value
            for term in terms
            if isinstance(term, Comparison) and term.op == CompareOperator.eq
        }
        is_work = str(wanted.get("type", "")).lower() == "work"
        value = wanted.get("value")
        if node.attr_path.attr.lower() != "emails" or not is_work or not isinstance(value, str):
            raise errors.invalid_filter(reason=f"it uses “{node}”, which is not searched here")
        return Q(work_email_key=fold(value))


def id_is(value: str) -> Q:
    """Compare the id; what is no id of ours is nobody's."""
    try:
        return Q(id=UUID(value))
    except ValueError:
        return Q(pk__in=[])


EQUALITIES = {
    "user_name": lambda value: Q(user_name_key=fold(value)),
    "external_id": lambda value: Q(external_id=value),
    "id": id_is,
}


class MemberFilter:
    """Finds members by a filter. `attr_map` is what django-scim2 reads while it is imported."""

    attr_map: ClassVar[dict[Any, Any]] = {}

    @classmethod
    def search(cls, query: str, request: HttpRequest) -> TenantQuerySet[Member]:
        """Return the members of the caller's organization that a filter names.

        Raises: ScimError invalid_filter.
        """
        members = Member.objects.of_organization(exchange_of(request).organization_id)
        return members.filter(condition_of(query))


def condition_of(query: str) -> Q:
    """Return the condition that a filter on Users means. Raises: ScimError invalid_filter."""
    if len(query) > LONGEST_FILTER:
        raise errors.invalid_filter(reason=f"it is longer than {LONGEST_FILTER} characters")
    try:
        scim_filter = ScimFilter[User](query)
        condition: Q = MemberConditions(scim_filter).visit(scim_filter.ast)
    except LibraryError as error:
        raise errors.invalid_filter(reason=str(error)) from None
    except NotImplementedError:
        raise errors.invalid_filter(reason="it uses an operator that is not offered here") from None
    return condition
