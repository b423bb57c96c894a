"""The order of a list, as SQL: by a column, or by what lies in the JSON of a row.

Source: RFC 7644 §3.4.2.3.
"""

from typing import Any

from django.db.models.expressions import OrderBy, RawSQL
from scim2_models import Path
from scim2_models import SCIMException as LibraryError
from scim2_models.path import AttributeBinding, FilterNode, ValuePath

from accounts.compiled import is_postgresql
from provisioning.scim import errors
from provisioning.scim.filters import Conditions, is_readonly_list, name_of
from provisioning.scim.messages import LONGEST_PATH
from provisioning.scim.queries import Query
from provisioning.scim.sql import ITEM, TRUE, Scalar, Sql, first_item


def order(query: Query, conditions: Conditions) -> list[OrderBy]:
    """Return the order a client wants; who lacks the attribute comes last, or first when descending.

    Raises: ScimError invalid_parameter.
    """
    try:
        node: Any = Path(query.sort_by if len(query.sort_by) <= LONGEST_PATH else "").ast
        if conditions.is_foreign(node.attr_path if isinstance(node, ValuePath) else node):
            return []
        binding, sql = sorted_by(node, conditions)
    except (LibraryError, AttributeError, ValueError, errors.ScimError):
        raise errors.invalid_parameter(
            parameter="sortBy", form="the name of a searchable attribute"
        ) from None
    is_text = binding.target_type is str and is_postgresql()
    expression = RawSQL(f'{sql.text} COLLATE "C"' if is_text else sql.text, sql.parameters)  # noqa: S611 - parameters apart
    is_descending = query.is_descending
    return [
        OrderBy(
            expression,
            descending=is_descending,
            nulls_first=is_descending or None,
            nulls_last=not is_descending or None,
        )
    ]


def sorted_by(node: Any, conditions: Conditions) -> tuple[AttributeBinding, Sql]:
    """Return the attribute that a path names, and its value: of several, the primary or else the first.

    Raises: LibraryError, ScimError, AttributeError where it names none.
    """
    path = node
    if isinstance(node, ValuePath):
        path = type(node.attr_path)(node.attr_path.attr, node.sub_attr, node.attr_path.uri)
    binding = conditions.bound(path)
    if not binding.is_multivalued and path is node:
        return binding, conditions.scalar(binding).sql
    if is_readonly_list(binding):
        raise errors.invalid_filter(reason=f"nothing is sorted by {binding.field_name}")
    return binding, of_one_item(binding, node.val_filter if isinstance(node, ValuePath) else None, conditions)


def of_one_item(binding: AttributeBinding, chosen: FilterNode | None, conditions: Conditions) -> Sql:
    """Return a part of the primary value of an attribute, or else of its first one. Raises: ScimError."""
    condition = conditions.of_item(binding).visit(chosen) if chosen is not None else Sql(TRUE)
    document, place = conditions.columns.document(binding, is_exact=binding.case_exact)
    shown = Scalar.within(ITEM, (name_of(binding, binding.sub_field_name),), is_truth=False)
    primary = Scalar.within(ITEM, ("primary",), is_truth=True).compare("eq", value=True)
    return first_item(document, place, shown=shown.sql, condition=condition, preferred=primary)
