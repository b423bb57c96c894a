"""How Entra writes a change: the legacy dialect and that of the aadOptscim062020 flag.

Knows request bodies alone. Legacy: capitalised operations, booleans as words, one operation per
attribute, members removed with a list of values. Compliant: lower case, real booleans, one
operation without a path for all that is not an e-mail, members removed by a filter in the path.
Source: Entra page "Known issues and resolutions with SCIM 2.0 protocol compliance".
"""

from collections.abc import Mapping, Sequence
from enum import Enum

from provisioning.management.entra.options import DialectChoice
from provisioning.management.entra.people import (
    ACTIVE,
    DEPARTMENT,
    DISPLAY_NAME,
    ENTERPRISE,
    EXTERNAL_ID,
    FAMILY_NAME,
    FORMATTED_NAME,
    GIVEN_NAME,
    PREFERRED_LANGUAGE,
    TIMEZONE,
    USER_NAME,
    WORK_EMAIL,
    Attributes,
    Group,
    Person,
    Value,
)

CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Body = Mapping[str, object]


class Dialect(Enum):
    """Which of the two forms one request takes."""

    LEGACY = "legacy"
    COMPLIANT = "compliant"


def dialect_of(*, choice: DialectChoice, turn: int) -> Dialect:
    """Return the dialect of one object or operation; BOTH takes turns."""
    if choice is DialectChoice.BOTH:
        return Dialect.LEGACY if turn % 2 == 0 else Dialect.COMPLIANT
    return Dialect(choice.value)


def posted_attributes(*, person: Person, dialect: Dialect) -> Attributes:
    """Return what a POST of the person sends: legacy jobs often map the formatted name as well."""
    if dialect is Dialect.COMPLIANT:
        return person.attributes
    formatted = f"{person[GIVEN_NAME]} {person[FAMILY_NAME]}"
    return {**person.attributes, FORMATTED_NAME: formatted}


def user_body(*, person: Person, dialect: Dialect) -> Body:
    """Return the body of POST /Users. An attribute without a value is left out, or null in some."""
    values = posted_attributes(person=person, dialect=dialect)
    body: dict[str, object] = {"schemas": [CORE_USER, ENTERPRISE]}
    for path in (EXTERNAL_ID, USER_NAME, ACTIVE, DISPLAY_NAME, PREFERRED_LANGUAGE, TIMEZONE):
        if values[path] is not None:
            body[path] = values[path]
    if values[WORK_EMAIL] is not None:
        body["emails"] = [{"primary": True, "type": "work", "value": values[WORK_EMAIL]}]
    body["meta"] = {"resourceType": "User"}
    names = (FORMATTED_NAME, FAMILY_NAME, GIVEN_NAME)
    body["name"] = {path.partition(".")[2]: values[path] for path in names if values.get(path)}
    if values[DEPARTMENT] is not None:
        body[ENTERPRISE] = {"department": values[DEPARTMENT]}
    if dialect is Dialect.LEGACY:
        body.update(legacy_extras(person))
    return body


def legacy_extras(person: Person) -> Body:
    """Return what only some POSTs of a legacy job carry: empty roles, a worded boolean, nulls."""
    extras: dict[str, object] = {"roles": []}
    if person.index % 4 == 2:
        extras[ACTIVE] = worded(person.attributes[ACTIVE])
    if person.index % 8 == 4:
        extras.update({"addresses": None, "phoneNumbers": None, "title": None})
    return extras


def group_body(group: Group) -> Body:
    """Return the body of POST /Groups: a new group has no members yet."""
    return {
        "schemas": [CORE_GROUP],
        "externalId": group.external_id,
        "displayName": group.display_name,
        "meta": {"resourceType": "Group"},
    }


def user_patch(*, before: Attributes, changes: Attributes, dialect: Dialect) -> Body:
    """Return the PATCH that takes a user from `before` to the changed values.

    None clears: the value travels as an empty string, in a legacy job also as null.
    """
    writes = legacy_operations if dialect is Dialect.LEGACY else compliant_operations
    return patch(writes(before, changes))


def legacy_operations(before: Attributes, changes: Attributes) -> list[Body]:
    """Return one operation with a path per attribute."""
    return [
        {
            "op": "Add" if before.get(path) is None else "Replace",
            "path": path,
            "value": legacy_value(position, value),
        }
        for position, (path, value) in enumerate(changes.items())
    ]


def legacy_value(position: int, value: Value) -> Value:
    """Return a value as a legacy job writes it: clearing alternates between "" and null."""
    if value is None:
        return "" if position % 2 == 0 else None
    return worded(value)


def worded(value: Value) -> Value:
    """Return a boolean as the word a legacy job sends."""
    return str(value) if isinstance(value, bool) else value


def compliant_operations(before: Attributes, changes: Attributes) -> list[Body]:
    """Return e-mails, first values and a lone `active` by path, all the rest in one operation."""
    is_lone_switch = set(changes) == {ACTIVE}
    operations: list[Body] = []
    together: dict[str, Value] = {}
    for path, value in changes.items():
        is_first = before.get(path) is None
        if is_first or is_lone_switch or path == WORK_EMAIL:
            verb = "add" if is_first else "replace"
            operations.append({"op": verb, "path": path, "value": empty_for_none(value)})
        else:
            together[path] = empty_for_none(value)
    return [*operations, {"op": "replace", "value": together}] if together else operations


def empty_for_none(value: Value) -> Value:
    """Return what clears an attribute in the compliant dialect."""
    return "" if value is None else value


def group_rename(*, display_name: str, dialect: Dialect) -> Body:
    """Return the PATCH that renames a group."""
    verb = "Replace" if dialect is Dialect.LEGACY else "replace"
    return patch([{"op": verb, "path": "displayName", "value": display_name}])


def members_added(*, ids: Sequence[str], dialect: Dialect, is_one_per_operation: bool) -> Body:
    """Return the PATCH that adds members, several in one operation or one in each."""
    verb = "Add" if dialect is Dialect.LEGACY else "add"
    values = [member(identifier, dialect) for identifier in ids]
    batches = [[value] for value in values] if is_one_per_operation else [values]
    return patch([{"op": verb, "path": "members", "value": batch} for batch in batches])


def members_removed(*, ids: Sequence[str], dialect: Dialect) -> Body:
    """Return the PATCH that removes these members and nobody else."""
    if dialect is Dialect.LEGACY:
        values = [member(identifier, dialect) for identifier in ids]
        return patch([{"op": "Remove", "path": "members", "value": values}])
    paths = [f'members[value eq "{identifier}"]' for identifier in ids]
    return patch([{"op": "remove", "path": path} for path in paths])


def member(identifier: str, dialect: Dialect) -> Body:
    """Return one member value; legacy jobs send an empty reference beside it."""
    return {"$ref": None, "value": identifier} if dialect is Dialect.LEGACY else {"value": identifier}


def patch(operations: Sequence[Body]) -> Body:
    """Return a PATCH message."""
    return {"schemas": [PATCH], "Operations": list(operations)}
