"""Filters of a query, as SQL inside one organization.

scim2-models parses the grammar, binds the attributes and reads the values; here every comparison
becomes a condition on a column or on folded JSON, so that SQL says what the library would say in
memory. An unknown attribute is refused: an empty answer would make Entra create a duplicate.
Source: RFC 7644 §3.4.2.2.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from scim2_models import SCIMException as LibraryError
from scim2_models import ScimFilter
from scim2_models.path import (
    AttributeBinding,
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    Not,
    Present,
    ValuePath,
    coerce_value,
)

from accounts.keys import fold
from provisioning.scim import errors
from provisioning.scim.columns import Columns
from provisioning.scim.resources import ENTERPRISE_NAMES, ENTERPRISE_SCHEMA, User
from provisioning.scim.sql import (
    FALSE,
    ITEM,
    TRUE,
    Scalar,
    Sql,
    any_item,
    counterpart,
    has_items,
    joined,
)
from provisioning.scim.wire import check_text

LONGEST_FILTER = 4096
MOST_TERMS = 100


@dataclass(frozen=True)
class Conditions(FilterVisitor[Sql]):
    """Turns the tree of a filter into a condition on the rows of one kind of resource."""

    model: Any
    columns: Columns
    elsewhere: tuple[Any, ...] = ()  # the other kinds that are looked through by the same filter

    def visit(self, node: FilterNode) -> Sql:
        """Turn one node; an attribute that only another kind has counts as one without a value."""
        if isinstance(node, Comparison | Present | ValuePath) and self.is_foreign(node.attr_path):
            return Sql(TRUE if is_true_without(node) else FALSE)
        return super().visit(node)

    def is_foreign(self, path: AttrPath) -> bool:
        """Whether an attribute is none of this kind's but another's (RFC 7644 §3.4.2.1)."""
        return not knows(self.model, path) and any(knows(model, path) for model in self.elsewhere)

    def visit_comparison(self, node: Comparison) -> Sql:
        """Compare one attribute; any of its values where it has several, each of them for `ne`."""
        binding = self.bound(node.attr_path)
        value = operand(binding, node)
        if binding.field_name == "schemas":
            return self.schema(node.op, value)
        if is_readonly_list(binding):
            if binding.sub_field_name not in (None, "value"):
                raise errors.invalid_filter(
                    reason=f"{name_of(binding, binding.field_name)} are found by their value alone"
                )
            return self.columns.related(binding.field_name, node.op.value, value)
        if not binding.is_multivalued:
            return self.scalar(binding).compare(node.op.value, value)
        document, path = self.columns.document(binding, is_exact=binding.case_exact)
        item = Scalar.within(ITEM, (name_of(binding, binding.sub_field_name),), is_truth=is_truth(binding))
        absent = Sql("NOT " + has_items(document, path).text, has_items(document, path).parameters)
        if node.op == CompareOperator.ne:
            equal = ~any_item(document, path, ~item.compare("ne", value))
            return equal if value is not None else joined("AND", [equal, ~absent])
        found = any_item(document, path, item.compare(node.op.value, value))
        is_null = node.op == CompareOperator.eq and value is None
        return joined("OR", [found, absent]) if is_null else found

    def visit_present(self, node: Present) -> Sql:
        """Tell whether an attribute has a value."""
        binding = self.bound(node.attr_path, is_comparison=False)
        if binding.field_name in ("schemas", "meta"):
            return Sql(TRUE)
        if is_readonly_list(binding):
            return self.columns.related(binding.field_name, "pr", None)
        if not binding.is_multivalued:
            return joined("OR", [scalar.is_present() for scalar in self.scalars(binding)])
        document, path = self.columns.document(binding, is_exact=False)
        if binding.sub_field_name is None:
            return has_items(document, path)
        name = name_of(binding, binding.sub_field_name)
        return any_item(document, path, Scalar.within(ITEM, (name,), is_truth=False).is_present())

    def visit_not(self, node: Not) -> Sql:
        """Negate."""
        return ~self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> Sql:
        """Join terms."""
        return joined(node.op.value.upper(), [self.visit(term) for term in node.terms])

    def visit_value_path(self, node: ValuePath) -> Sql:
        """Tell whether one value of an attribute fulfils a filter of its own."""
        binding = self.bound(node.attr_path, is_comparison=False)
        if is_readonly_list(binding):
            return self.columns.related_where(related_by_value(self.columns, binding, node.val_filter))
        if is_work_email(binding, node.val_filter):
            return Scalar.column("work_email_key", is_always_there=True).compare(
                "eq", work_value(node.val_filter)
            )
        document, path = self.columns.document(binding, is_exact=False)
        return any_item(document, path, self.of_item(binding).visit(node.val_filter))

    def of_item(self, binding: AttributeBinding) -> "ItemConditions":
        """Return what turns a filter in brackets. Raises: ScimError for an attribute with one value."""
        if not binding.is_multivalued or not has_parts(binding):
            raise errors.invalid_filter(
                reason=f"{name_of(binding, binding.field_name)} has no values to select from"
            )
        as_sent = counterpart(*self.columns.document(binding, is_exact=True))
        return ItemConditions(binding.field_type, as_sent)

    def schema(self, operator: CompareOperator, value: Any) -> Sql:
        """Return whether a resource has a schema. Raises: ScimError for any other question."""
        if operator not in (CompareOperator.eq, CompareOperator.ne):
            raise errors.invalid_filter(reason="schemas are found by “eq” and “ne” alone")
        found = Sql(FALSE) if value is None else self.columns.has_schema(value)
        return found if operator == CompareOperator.eq else ~found

    def bound(self, path: AttrPath, *, is_comparison: bool = True) -> AttributeBinding:
        """Bind an attribute of the filter to the class it is of. Raises: LibraryError, ScimError."""
        binding = bound(self.model, path, is_comparison=is_comparison)
        if is_comparison and has_parts(binding) and not binding.sub_field_name:
            binding = bound(self.model, replace(path, sub_attr="value"))
        return binding

    def scalar(self, binding: AttributeBinding) -> Scalar:
        """Return the one value of an attribute."""
        return self.columns.scalar(binding, is_truth=is_truth(binding))

    def scalars(self, binding: AttributeBinding) -> list[Scalar]:
        """Return the values whose presence makes an attribute present."""
        if not has_parts(binding) or binding.sub_field_name:
            return [self.scalar(binding)]
        parts = [name for name in binding.field_type.model_fields if name != "ref"]  # type: ignore[union-attr]  # has_parts
        return [self.scalar(replace(binding, sub_field_name=name, sub_field_type=str)) for name in parts]


@dataclass(frozen=True)
class ItemConditions(FilterVisitor[Sql]):
    """Turns the filter in brackets into a condition on one value of a list: folded, and as it was sent."""

    model: Any
    as_sent: Sql

    def visit_comparison(self, node: Comparison) -> Sql:
        """Compare one sub-attribute."""
        binding = self.bound(node.attr_path)
        return self.scalar(binding).compare(node.op.value, operand(binding, node))

    def visit_present(self, node: Present) -> Sql:
        """Tell whether a sub-attribute has a value."""
        return self.scalar(self.bound(node.attr_path)).is_present()

    def visit_not(self, node: Not) -> Sql:
        """Negate."""
        return ~self.visit(node.expr)

    def visit_logical_expr(self, node: LogicalExpr) -> Sql:
        """Join terms."""
        return joined(node.op.value.upper(), [self.visit(term) for term in node.terms])

    def visit_value_path(self, _node: ValuePath) -> Sql:
        """Refuse brackets in brackets (RFC 7644 §3.4.2.2)."""
        return Sql(FALSE)

    def bound(self, path: AttrPath) -> AttributeBinding:
        """Bind a sub-attribute. Raises: LibraryError."""
        found: AttributeBinding = ScimFilter.__class_getitem__(self.model)("type pr").resolve_comparison(path)
        return found

    def scalar(self, binding: AttributeBinding) -> Scalar:
        """Return the value of a sub-attribute of `item`."""
        name = name_of(binding, binding.field_name)
        item = self.as_sent if binding.case_exact else ITEM
        return Scalar.within(item, (name,), is_truth=is_truth(binding))


def operand(binding: AttributeBinding, node: Comparison) -> Any:
    """Return what an attribute is compared with, folded as the attribute is. Raises: LibraryError, ScimError."""
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        raise errors.invalid_filter(reason="it compares with a number, and no attribute here is one")
    value = coerce_value(binding, node.value, node.op)
    if binding.target_type is datetime and value is not None:
        return moment(value)
    if isinstance(value, str):
        check_text(value)
        return value if binding.case_exact else fold(value)
    if value is None or isinstance(value, bool):
        return value
    raise errors.invalid_filter(reason=f"values of {name_of(binding, binding.field_name)} can't be compared")


def moment(value: Any) -> Any:
    """Return a time as the database compares it. Raises: ScimError for a part of one, or one of no year."""
    if not isinstance(value, datetime):
        raise errors.invalid_filter(reason="it looks for a part of a time")
    try:
        return connection.ops.adapt_datetimefield_value(value)
    except OverflowError:
        raise errors.invalid_filter(reason="it compares with a time outside of the years 1 to 9999") from None


def is_truth(binding: AttributeBinding) -> bool:
    """Whether an attribute is true or false."""
    return binding.target_type is bool


def has_parts(binding: AttributeBinding) -> bool:
    """Whether an attribute has sub-attributes."""
    return hasattr(binding.field_type, "model_fields")


def is_readonly_list(binding: AttributeBinding) -> bool:
    """Whether an attribute is kept as memberships: `groups` of a user, `members` of a group."""
    return binding.field_name in ("groups", "members")


def bound(model: Any, path: AttrPath, *, is_comparison: bool = True) -> AttributeBinding:
    """Bind an attribute to the class it is of, with its URN or without. Raises: LibraryError."""
    if model is User and not path.uri and path.attr.lower() in ENTERPRISE_NAMES:
        path = replace(path, uri=ENTERPRISE_SCHEMA)
    resolver = ScimFilter.__class_getitem__(model)("id pr")
    bind = resolver.resolve_comparison if is_comparison else resolver.resolve
    binding: AttributeBinding = bind(path)
    return binding


def knows(model: Any, path: AttrPath) -> bool:
    """Whether a class has an attribute."""
    try:
        bound(model, path)
    except LibraryError:
        return False
    return True


def is_true_without(node: FilterNode) -> bool:
    """Whether a comparison holds of an attribute that has no value."""
    wanted = CompareOperator.eq if getattr(node, "value", None) is None else CompareOperator.ne
    return isinstance(node, Comparison) and node.op == wanted


def name_of(binding: AttributeBinding, field: str | None) -> str:
    """Return a field's name on the wire."""
    model = binding.field_type if field == binding.sub_field_name and has_parts(binding) else binding.model
    fields: Any = getattr(model, "model_fields", {})
    alias = fields[field].serialization_alias if field in fields else None
    return alias or str(field)


def terms_of(node: FilterNode) -> dict[str, Any]:
    """Return the equalities that a filter joins by `and`; empty when it is anything else."""
    terms = node.terms if isinstance(node, LogicalExpr) and node.op.value == "and" else ()
    if not all(isinstance(term, Comparison) and term.op == CompareOperator.eq for term in terms):
        return {}
    return {term.attr_path.attr.lower(): term.value for term in terms if isinstance(term, Comparison)}


def is_work_email(binding: AttributeBinding, node: FilterNode) -> bool:
    """Whether a filter is Entra's match by work address, for which there is an index."""
    terms = terms_of(node)
    is_work = str(terms.get("type", "")).lower() == "work" and isinstance(terms.get("value"), str)
    return (
        binding.field_name == "emails"
        and terms.keys() == {"type", "value"}
        and terms_in(node) == len(terms)
        and is_work
        and bool(terms["value"])
    )


def work_value(node: FilterNode) -> str:
    """Return the address such a filter looks for. Raises: ValueError for one that no database can keep."""
    address: str = terms_of(node)["value"]
    check_text(address)
    return fold(address)


def related_by_value(columns: Columns, binding: AttributeBinding, node: FilterNode) -> Sql:
    """Return whether a membership is one that `members[value eq "id"]` names. Raises: ScimError."""
    if isinstance(node, LogicalExpr):
        return joined(
            node.op.value.upper(), [related_by_value(columns, binding, term) for term in node.terms]
        )
    if isinstance(node, Not):
        return ~related_by_value(columns, binding, node.expr)
    is_equality = isinstance(node, Comparison) and node.op == CompareOperator.eq
    if not isinstance(node, Comparison) or not is_equality or node.attr_path.attr.lower() != "value":
        raise errors.invalid_filter(
            reason=f"{name_of(binding, binding.field_name)} are found by their value alone"
        )
    return columns.is_with(binding.field_name, node.value)


def condition_of(query: str, *, model: Any, columns: Columns, elsewhere: tuple[Any, ...] = ()) -> Sql:
    """Return the condition that a filter means. Raises: ScimError invalid_filter."""
    if len(query) > LONGEST_FILTER:
        raise errors.invalid_filter(reason=f"it is longer than {LONGEST_FILTER} characters")
    try:
        tree = ScimFilter.__class_getitem__(model)(query).ast
        if terms_in(tree) > MOST_TERMS:
            raise errors.invalid_filter(reason=f"it compares more than {MOST_TERMS} times")
        return Conditions(model, columns, elsewhere).visit(tree)
    except LibraryError as error:
        raise errors.invalid_filter(reason=reason_of(error)) from None
    except ValueError as error:
        raise errors.invalid_filter(reason=str(error)) from None


def reason_of(error: LibraryError) -> str:
    """Return why the library refuses a filter, in our words and without what the client sent."""
    said = str(error)
    if said.startswith("Field not found"):
        return f"it uses an attribute that is not known here: {said.partition(':')[2].strip()[:60]}"
    if said.startswith("invalid syntax"):
        return said
    if said.startswith("operator"):
        return "it uses an operator that its attribute does not have"
    if said.startswith("value"):
        return "it compares an attribute with a value of another type"
    return "it selects values of an attribute that has none"


def terms_in(node: FilterNode) -> int:
    """Return how many comparisons a filter makes."""
    if isinstance(node, LogicalExpr):
        return sum(terms_in(term) for term in node.terms)
    if isinstance(node, Not):
        return terms_in(node.expr)
    return terms_in(node.val_filter) if isinstance(node, ValuePath) else 1
