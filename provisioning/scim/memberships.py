"""Who is to be in a group, from every shape in which Entra says so. No rows here.

Read: `members` with a list of objects, one object or ids; `members[value eq "id"]`; members inside of a
value without a path. Remove with a list takes those out; Remove without anything empties the group.
Source: RFC 7644 §3.5.2; Entra's page on SCIM compatibility.
"""

from typing import Any
from uuid import UUID

from scim2_models import Path, SCIMException
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator, ValuePath

from accounts.teams import MembershipChange
from provisioning.scim.operations import InvalidOperation, Operation
from provisioning.scim.resources import Group, id_of

MEMBERS = "members"
MOST_MEMBERS = 10_000


def is_about_members(operation: Operation) -> bool:
    """Whether an operation is about who is in the group."""
    return operation.attribute == MEMBERS


def change_of(operations: list[Operation]) -> MembershipChange:
    """Return the sum of the membership operations of one PATCH, in their order. Raises: InvalidOperation."""
    is_cleared, removed, added = False, set[UUID](), set[UUID]()
    for operation in operations:
        ids = ids_of(operation)
        if operation.verb == "add":
            added |= ids
            removed -= ids
        elif operation.verb == "remove" and not means_everybody(operation):
            added -= ids
            removed |= ids
        else:
            is_cleared, removed, added = True, set(), ids if operation.verb == "replace" else set()
    change = MembershipChange(is_cleared=is_cleared, removed=frozenset(removed), added=frozenset(added))
    check_size(change)
    return change


def everybody_but(members: Any) -> MembershipChange:
    """Return the change that makes a list of members the only ones. Raises: InvalidOperation."""
    change = MembershipChange(is_cleared=True, added=frozenset(known_ids(members, verb="replace")))
    check_size(change)
    return change


def check_size(change: MembershipChange) -> None:
    """Check how many a request names. Raises: InvalidOperation."""
    if len(change.added) + len(change.removed) > MOST_MEMBERS:
        raise InvalidOperation("tooMany", MEMBERS, f"they are more than {MOST_MEMBERS} in one request")


def means_everybody(operation: Operation) -> bool:
    """Whether a removal names nobody, which empties the group."""
    return "[" not in operation.path and operation.value in (None, [])


def ids_of(operation: Operation) -> set[UUID]:
    """Return whom an operation names. Raises: InvalidOperation."""
    if "[" in operation.path:
        values: Any = [{"value": value} for value in filtered(operation)]
    else:
        values = operation.value
    return known_ids(values, verb=operation.verb)


def known_ids(values: Any, *, verb: str) -> set[UUID]:
    """Return the ids among member values; what can't be an id is nobody's. Raises: InvalidOperation."""
    if values is None:
        return set()
    ids = set()
    for each in values if isinstance(values, list) else [values]:
        id_ = value_of(each)
        try:
            ids.add(id_of(id_))
        except ValueError:
            if verb != "remove":
                raise InvalidOperation("invalidValue", MEMBERS, UNKNOWN) from None
    return ids


def value_of(member: Any) -> str:
    """Return the value of one member: an object's, or a bare id. Raises: InvalidOperation."""
    value = member
    if isinstance(member, dict):
        value = next((each for name, each in member.items() if name.lower() == "value"), None)
    if not isinstance(value, str):
        raise InvalidOperation("invalidValue", MEMBERS, "each of them must be an object with an id as value")
    return value


UNKNOWN = "one of them is no user of your organization"


def filtered(operation: Operation) -> list[str]:
    """Return the ids that `members[value eq "…"]` names. Raises: InvalidOperation."""
    try:
        tree = Path[Group](operation.path).ast
    except SCIMException:
        raise InvalidOperation("invalidPath", operation.shown, "its path can't be read") from None
    if not isinstance(tree, ValuePath) or tree.sub_attr:
        raise InvalidOperation("invalidPath", operation.shown, "only whole members can be named")
    return ids_in(tree.val_filter)


def ids_in(node: FilterNode) -> list[str]:
    """Return the ids of a filter that compares `value` only. Raises: InvalidOperation."""
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.or_:
        return [value for term in node.terms for value in ids_in(term)]
    is_id = isinstance(node, Comparison) and node.op == CompareOperator.eq
    if isinstance(node, Comparison) and is_id and node.attr_path.attr.lower() == "value":
        return [str(node.value)]
    raise InvalidOperation("invalidFilter", MEMBERS, 'members are named by members[value eq "id"]')
