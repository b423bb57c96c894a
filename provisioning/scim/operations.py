"""What a PATCH leaves of a resource: scim2-models applies what a class describes. No Django here.

Source: RFC 7644 §3.5.2.
"""

import json
import re
from collections import defaultdict
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from scim2_models import Context, Mutability, PatchOp, Path, SCIMException

from provisioning.scim.extensions import UNREADABLE, extended
from provisioning.scim.messages import InvalidOperation, Operation
from provisioning.scim.resources import (
    POLICY,
    InvalidAttribute,
    Model,
    check_sizes,
    check_truths,
    document_of,
    first_fault,
    is_unknown_extension,
    shown,
    unknown_extensions,
)

MESSAGE = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
# How many values may be held against how many conditions: up to four tenths of a millisecond each.
MOST_EFFORT = 1200
# How many names the objects of all operations may have: each of them is looked up like a path of its own.
MOST_NAMES = 400
# How many characters of extensions may be gone through, once for each operation on them.
MOST_TEXT = 20_000_000
JOINTS = re.compile(r"\b(?:and|or)\b", re.IGNORECASE)  # blanks, tabs or parentheses around it
DISPLAY_NAME = re.compile(r"(?<=\])\.displayname$", re.IGNORECASE)


def patched(model: type[Model], document: dict[str, Any], operations: list[Operation]) -> dict[str, Any]:
    """Return a document as the operations leave it. Raises: InvalidOperation, InvalidAttribute."""
    known = [operation for operation in operations if not is_unknown_extension(operation.path)]
    after = document
    if known:
        after = applied(model, document, [fitting(model, displayed(operation)) for operation in known])
    strange = [operation for operation in operations if is_unknown_extension(operation.path)]
    size = len(json.dumps([unknown_extensions(document), [operation.value for operation in strange]]))
    if len(strange) * size > MOST_TEXT:
        raise InvalidOperation("tooMany", paths_of(strange), "there is too much in it for so many changes")
    for operation in strange:
        after = extended(after, operation)
    return after


def applied(model: type[Model], document: dict[str, Any], operations: list[Operation]) -> dict[str, Any]:
    """Return a document as scim2-models patches it. Raises: InvalidOperation, InvalidAttribute."""
    for operation in operations:
        check_truths({} if operation.verb == "remove" else {operation.path: operation.value})
        check_sizes({operation.path: operation.value})
    check_names(operations)
    check_effort(document, operations)
    payload = {
        "schemas": [MESSAGE],
        "Operations": [
            {"op": each.verb, "path": each.path} | ({} if each.value is None else {"value": each.value})
            for each in operations
        ],
    }
    try:
        resource = model.model_validate(document | {"schemas": [str(model.__schema__)]}, scim_policy=POLICY)
        patch = PatchOp.__class_getitem__(model).model_validate(
            payload, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY
        )
        patch.patch(resource, scim_policy=POLICY)
    except ValidationError as error:
        raise refusal_of(error, operations) from None
    except SCIMException as error:
        raise InvalidOperation(error.scim_type or "invalidValue", paths_of(operations), said(error)) from None
    after = document_of(resource) | unknown_extensions(document)
    check_sizes(after)
    return after


def check_names(operations: list[Operation]) -> None:
    """Check how many names there are to look up in the objects of operations. Raises: InvalidOperation."""
    objects = [each.value for each in operations if isinstance(each.value, dict)]
    for operation in operations:
        if operation.verb == "remove" and isinstance(operation.value, list):
            objects += [item for item in operation.value if isinstance(item, dict)]
    if sum(map(len, objects)) > MOST_NAMES:
        raise InvalidOperation(
            "tooMany", paths_of(operations), f"they have more than {MOST_NAMES} attributes"
        )


def check_effort(document: dict[str, Any], operations: list[Operation]) -> None:
    """Check how much there is to compare. Raises: InvalidOperation.

    Every operation on an attribute goes through all of its values, once for each condition of its filter.
    """
    values: dict[str, int] = defaultdict(int)
    values |= {name.lower(): len(value) for name, value in document.items() if isinstance(value, list)}
    conditions: dict[str, int] = defaultdict(int)
    for operation in operations:
        given = operation.value if isinstance(operation.value, list) else [operation.value]
        objects = [item for item in given if isinstance(item, dict)]
        is_removal = operation.verb == "remove"
        values[operation.attribute] += 0 if is_removal else len(objects) or ("[" in operation.path)
        compared = sum(map(len, objects)) if is_removal else 0
        conditions[operation.attribute] += 1 + len(JOINTS.findall(operation.path)) + compared
    for name, count in conditions.items():
        if values[name] * count > MOST_EFFORT:
            raise InvalidOperation("tooMany", name, "it has too many values for so many changes")


def displayed(operation: Operation) -> Operation:
    """Write the name of a role that a path leads to as SCIM has it: Entra says `displayName`."""
    if operation.attribute != "roles" or "[" not in operation.path:
        return operation
    path, value = DISPLAY_NAME.sub(".display", operation.path), operation.value
    if isinstance(value, dict):
        value = {"display" if name.lower() == "displayname" else name: value[name] for name in value}
    return replace(operation, path=path, value=value)


def fitting(model: type[Model], operation: Operation) -> Operation:
    """Write a value as its attribute takes it.

    A single value is taken out of the list Entra once wrapped it in, [{"$ref": null, "value": "x"}], and
    what only the service provider sets is left out of an object (RFC 7644 §3.5.1): Entra sends both.
    """
    value = operation.value
    is_wrapped = isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)
    if not is_wrapped and not isinstance(value, dict):
        return operation
    try:
        binding = Path.__class_getitem__(model)(operation.path).resolve()
    except SCIMException:
        return operation
    if binding is None or binding.target_is_multivalued:
        return operation
    if is_wrapped:
        value = {name: each for name, each in value[0].items() if each is not None}
    if not hasattr(binding.target_type, "model_fields"):
        return replace(operation, value=value.get("value")) if is_wrapped else operation
    readonly = readonly_names(binding.target_type)
    return replace(operation, value={name: value[name] for name in value if name.lower() not in readonly})


def readonly_names(model: Any) -> set[str]:
    """Return the names, in lower case, of what only the service provider sets in an object."""
    return {
        name.replace("_", "")
        for name in model.model_fields
        if model.get_field_annotation(name, Mutability) == Mutability.read_only
    }


def refusal_of(error: ValidationError, operations: list[Operation]) -> Exception:
    """Return why validation refused a PATCH, in our words."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    kind = str(fault["type"])
    if not kind.startswith("scim_"):
        found = first_fault(error)
        return InvalidAttribute(
            paths_of(operations) if found.attribute == "The resource" else found.attribute, found.reason
        )
    place = [part for part in fault["loc"] if isinstance(part, int)]
    path = shown(operations[place[0]].path) if place else paths_of(operations)
    return InvalidOperation(kind.removeprefix("scim_"), path, REASONS.get(kind, "its value is not valid"))


def paths_of(operations: list[Operation]) -> str:
    """Return the paths of a PATCH, the first few of them, for a refusal."""
    return ", ".join(dict.fromkeys(shown(operation.path) for operation in operations[:3]))


def said(error: SCIMException) -> str:
    """Return what a refusal of the library means, in our words."""
    return REASONS.get(f"scim_{error.scim_type}", "its value is not valid")


REASONS = {
    "scim_invalidPath": UNREADABLE,
    "scim_noTarget": "there is nothing at its path",
    "scim_mutability": "it can't be changed or removed",
    "scim_invalidValue": "its value is not valid",
    "scim_invalidFilter": "its filter can't be read",
}
