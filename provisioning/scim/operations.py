"""PATCH: from whatever Entra writes to one canonical list, and its effect on a resource. No Django here.

Both dialects are read at once, always: capitalized verbs, one operation an attribute, or one without
a path whose keys are dotted, filtered or URNs; an empty value clears. scim2-models applies the result.
Source: RFC 7644 §3.5.2; Entra's page on SCIM compatibility (aadOptscim062020).
"""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from scim2_models import Context, PatchOp, Path, SCIMException

from provisioning.scim.resources import (
    DEFAULTS,
    ENTERPRISE_SCHEMA,
    IGNORED,
    POLICY,
    URN_PREFIX,
    InvalidAttribute,
    Model,
    check_truths,
    document_of,
    first_fault,
    unknown_extensions,
)

MESSAGE = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
VERBS = ("add", "replace", "remove")
MOST_OPERATIONS = 1000
LEAST_COLONS = 2  # of a schema: urn:namespace:name
EMPTY: tuple[Any, ...] = (None, "", [], {})


class InvalidOperation(ValueError):
    """A PATCH that can't be applied: the scimType of RFC 7644 §3.12, where, and why."""

    def __init__(self, scim_type: str, attribute: str, reason: str) -> None:
        super().__init__(f"{attribute}: {reason}")
        self.scim_type = scim_type
        self.attribute = attribute
        self.reason = reason


@dataclass(frozen=True)
class Operation:
    """One change of one target: `verb` in lower case, `path` as written, and never empty."""

    verb: str
    path: str
    value: Any = None

    @property
    def attribute(self) -> str:
        """The name of the attribute in lower case, without its schema, filter and sub-attribute."""
        head = self.path.partition("[")[0]
        return head.rpartition(":")[2].partition(".")[0].lower()

    @property
    def shown(self) -> str:
        """The path as a refusal names it: short, and on one line."""
        return "".join(character if character.isprintable() else " " for character in self.path[:100])


def operations_of(body: dict[str, Any], *, schema: str) -> list[Operation]:
    """Return the operations of a PATCH body, each with a path. Raises: InvalidOperation."""
    given = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(given, list) or not given:
        raise InvalidOperation("invalidSyntax", "Operations", "it must be a list of one operation or more")
    if len(given) > MOST_OPERATIONS:
        raise InvalidOperation("tooMany", "Operations", f"they are more than {MOST_OPERATIONS}")
    found = [each for operation in given for each in expanded(operation)]
    short = [without_schema(each, schema) for each in found]
    return [cleared(each) for each in short if not is_idle(each)]


def expanded(operation: Any) -> list[Operation]:
    """Return one operation of a body as operations with a path. Raises: InvalidOperation."""
    if not isinstance(operation, dict):
        raise InvalidOperation("invalidSyntax", "Operations", "each of them must be an object")
    given = {name.lower(): value for name, value in operation.items()}
    verb, path, value = given.get("op"), given.get("path"), given.get("value")
    if not isinstance(verb, str) or verb.lower() not in VERBS:
        raise InvalidOperation("invalidSyntax", "op", "it must be add, replace or remove")
    if path is not None and not isinstance(path, str):
        raise InvalidOperation("invalidPath", "path", "it must be text")
    if path:
        return [Operation(verb.lower(), path.strip(), value)]
    if verb.lower() == "remove":
        raise InvalidOperation("noTarget", "path", "a remove needs one")
    if not isinstance(value, dict):
        raise InvalidOperation("invalidValue", "value", "without a path it must be an object")
    return [each for name, inner in value.items() for each in named(verb.lower(), name, inner)]


def named(verb: str, name: str, value: Any) -> list[Operation]:
    """Return what one key of a value without a path stands for: an attribute, or a whole extension."""
    if name.lower() in IGNORED:
        return []
    if name.lower().startswith(URN_PREFIX) and isinstance(value, dict) and is_schema(name):
        return [Operation(verb, f"{name}:{inner}", value[inner]) for inner in value]
    return [Operation(verb, name, value)]


def is_schema(name: str) -> bool:
    """Whether a URN names a schema and not an attribute of one: its last part ends like a version or a type."""
    return name.lower() == ENTERPRISE_SCHEMA.lower() or name.rpartition(":")[2] in ("User", "Group")


def without_schema(operation: Operation, schema: str) -> Operation:
    """Write an attribute of the core schema without that schema's URN."""
    prefix = f"{schema}:"
    if operation.path.lower().startswith(prefix.lower()):
        return replace(operation, path=operation.path[len(prefix) :])
    return operation


def is_idle(operation: Operation) -> bool:
    """Whether an operation asks for nothing: to add no value, or to take away what always has one."""
    is_empty = operation.value in EMPTY
    takes_away = operation.verb == "remove" or (operation.verb == "replace" and is_empty)
    return (operation.verb == "add" and is_empty) or (takes_away and operation.path.lower() in DEFAULTS)


def cleared(operation: Operation) -> Operation:
    """Read a replacement by nothing as a removal, and of a labelled value as that of the whole value."""
    if operation.verb != "replace" or operation.value not in EMPTY:
        return operation
    path = operation.path.removesuffix(".value") if operation.path.endswith("].value") else operation.path
    return Operation("remove", path)


def patched(model: type[Model], document: dict[str, Any], operations: list[Operation]) -> dict[str, Any]:
    """Return a document as the operations leave it. Raises: InvalidOperation, InvalidAttribute."""
    known = [operation for operation in operations if not is_unknown_extension(operation)]
    after = document
    if known:
        after = applied(model, document, [unwrapped(model, operation) for operation in known])
    for operation in operations:
        if is_unknown_extension(operation):
            after = extended(after, operation)
    return after


def applied(model: type[Model], document: dict[str, Any], operations: list[Operation]) -> dict[str, Any]:
    """Return a document as scim2-models patches it. Raises: InvalidOperation, InvalidAttribute."""
    for operation in operations:
        check_truths({} if operation.verb == "remove" else {operation.path: operation.value})
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
    return document_of(resource) | unknown_extensions(document)


def unwrapped(model: type[Model], operation: Operation) -> Operation:
    """Take a single value out of the list Entra once wrapped it in: [{"$ref": null, "value": "x"}]."""
    value = operation.value
    if not (isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)):
        return operation
    try:
        binding = Path.__class_getitem__(model)(operation.path).resolve()
    except SCIMException:
        return operation
    if binding is None or binding.target_is_multivalued:
        return operation
    inner = {name: each for name, each in value[0].items() if each is not None}
    is_complex = isinstance(binding.target_type, type) and hasattr(binding.target_type, "model_fields")
    return replace(operation, value=inner if is_complex else inner.get("value"))


def is_unknown_extension(operation: Operation) -> bool:
    """Whether an operation is about an extension that no class describes."""
    path = operation.path.lower()
    return path.startswith(URN_PREFIX) and not path.startswith(ENTERPRISE_SCHEMA.lower())


def extended(document: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """Return a document with one attribute of an unknown extension, or all of it, set or removed.

    Raises: InvalidOperation when the path is no URN with an attribute.
    """
    schema, _, name = operation.path.rpartition(":")
    is_whole = (isinstance(operation.value, dict) or operation.verb == "remove") and is_schema(operation.path)
    if is_whole:
        schema, name = operation.path, ""
    elif not name or schema.count(":") < LEAST_COLONS:
        raise InvalidOperation("invalidPath", operation.shown, "its path can't be read")
    stored = next((key for key in document if key.lower() == schema.lower()), schema)
    block = dict(document.get(stored, {}))
    if operation.verb == "remove":
        block = {} if is_whole else {key: value for key, value in block.items() if key != name}
    elif name:
        block[name] = operation.value
    else:
        block |= operation.value
    return {key: value for key, value in (document | {stored: block}).items() if value != {}}


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
    path = operations[place[0]].shown if place else paths_of(operations)
    return InvalidOperation(kind.removeprefix("scim_"), path, REASONS.get(kind, "its value is not valid"))


def paths_of(operations: list[Operation]) -> str:
    """Return the paths of a PATCH, the first few of them, for a refusal."""
    return ", ".join(dict.fromkeys(operation.shown for operation in operations[:3]))


def said(error: SCIMException) -> str:
    """Return what a refusal of the library means, in our words."""
    return REASONS.get(f"scim_{error.scim_type}", "its value is not valid")


REASONS = {
    "scim_invalidPath": "its path can't be read",
    "scim_noTarget": "there is nothing at its path",
    "scim_mutability": "it can't be changed or removed",
    "scim_invalidValue": "its value is not valid",
    "scim_invalidFilter": "its filter can't be read",
}
