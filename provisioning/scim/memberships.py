"""Who is to be in a group, from every shape in which Entra says so. No rows here.

Read: `members` with a list of objects, one object or ids; `members[value eq "id"]`; members inside of a
value without a path. Remove with a list takes those out; Remove without a value empties the group.
Source: RFC 7644 §3.5.2; Entra's page on SCIM compatibility.
"""

from typing import Any

from scim2_models import Path, SCIMException
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    ValuePath,
)

from accounts.teams import MembershipChange
from provisioning.scim.messages import InvalidOperation, Operation
from provisioning.scim.resources import Group, is_guid

MEMBERS = "members"
MOST_MEMBERS = 10_000


def is_about_members(operation: Operation) -> bool:
    """Whether an operation is about who is in the group."""
    return operation.attribute == MEMBERS


def is_clearing(operation: Operation) -> bool:
    """Whether an operation lets everybody out, but for those it may let in."""
    is_whole = operation.verb == "replace" or (operation.verb == "remove" and operation.value is None)
    return is_whole and operation.path.lower() == MEMBERS


def change_of(operations: list[Operation]) -> MembershipChange:
    """Return the sum of the membership operations of one PATCH, in their order. Raises: InvalidOperation."""
    is_cleared, removed, added = False, set[str](), set[str]()
    for operation in operations:
        leaving, joining = sides_of(operation)
        if leaving is None:
            is_cleared, removed, added = True, set(), joining
        else:
            added -= leaving
            removed |= leaving
            removed -= joining
            added |= joining
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


def sides_of(operation: Operation) -> tuple[set[str] | None, set[str]]:
    """Return whom an operation lets out (None: everybody), and whom it lets in. Raises: InvalidOperation."""
    verb = operation.verb
    if operation.path.lower() != MEMBERS:
        chosen = known_ids(filtered(operation), verb=verb)
        if verb == "add":
            return set(), chosen
        return chosen, known_ids(operation.value, verb=verb) if verb == "replace" else set()
    given = known_ids(operation.value, verb=verb)
    if verb == "remove":
        return None if is_clearing(operation) else given, set()
    return None if is_clearing(operation) else set(), given


def known_ids(values: Any, *, verb: str) -> set[str]:
    """Return the ids among member values; what can't be an id is nobody's. Raises: InvalidOperation."""
    if values is None:
        return set()
    named = {value_of(each).lower() for each in (values if isinstance(values, list) else [values])}
    ids = set(filter(is_guid, named))
    if verb != "remove" and ids != named:
        raise InvalidOperation("invalidValue", MEMBERS, UNKNOWN)
    return ids


def value_of(member: Any) -> str:
    """Return the value of one member: an object's, or a bare id. Raises: InvalidOperation."""
    value = member
    if isinstance(member, dict):
        value = member.get("value") or next(
            (each for name, each in member.items() if name.lower() == "value"), None
        )
    if not isinstance(value, str):
        raise InvalidOperation("invalidValue", MEMBERS, "each of them must be an object with an id as value")
    return value


UNKNOWN = "one of them is no user of your organization"


def filtered(operation: Operation) -> list[str]:
    """Return the ids that `members[value eq "…"]` names. Raises: InvalidOperation."""
    try:
        tree = Path[Group](operation.path).ast
    except SCIMException:
        raise InvalidOperation("invalidPath", operation.path, "its path can't be read") from None
    if not isinstance(tree, ValuePath) or tree.sub_attr:
        raise InvalidOperation("invalidPath", operation.path, "only whole members can be named")
    return ids_in(tree.val_filter)


def names_id(path: AttrPath) -> bool:
    """Whether a path inside of a filter is that of a member's id."""
    return path.attr.lower() == "value" and path.sub_attr is None and path.uri is None


def ids_in(node: FilterNode) -> list[str]:
    """Return the ids of a filter that compares `value` only. Raises: InvalidOperation."""
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.or_:
        return [value for term in node.terms for value in ids_in(term)]
    if isinstance(node, Comparison) and node.op == CompareOperator.eq and names_id(node.attr_path):
        return [str(node.value)]
    raise InvalidOperation("invalidFilter", MEMBERS, 'members are named by members[value eq "id"]')
