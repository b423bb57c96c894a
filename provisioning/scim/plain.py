"""What Entra asks for nearly always, read without the library: the same outcome, a tenth of the time. No Django here.

Both functions return None for whatever is not as plain as that, wrong or right; then `resources.valid` and
`operations.patched` say what comes of it. tests/scim/test_plain_requests.py holds them to the same.
"""

from collections.abc import Callable
from typing import Any

from provisioning.scim.messages import Operation
from provisioning.scim.resources import ENTERPRISE_SCHEMA, USER_SCHEMA

Document = dict[str, Any]

TEXTS = ("externalId", "userName", "displayName", "preferredLanguage", "timezone")
NAMES = ("formatted", "familyName", "givenName")
SCHEMAS = ([USER_SCHEMA], [USER_SCHEMA, ENTERPRISE_SCHEMA])
# The order is that of `resources.User`.
ORDER = ("externalId", "userName", "name", "displayName", "preferredLanguage", "timezone", "active", "emails")
WORK_EMAIL = 'emails[type eq "work"].value'
TYPES = ("work", "home", "other")  # in another case the library writes them so
MOST_OPERATIONS = 20
TRUTHS = {"True": True, "False": False, True: True, False: False}


def is_text(value: object) -> bool:
    """Whether a value is a text that is not empty."""
    return isinstance(value, str) and value != ""


def is_name(value: object) -> bool:
    """Whether a value is a name of plain texts."""
    return (
        isinstance(value, dict)
        and bool(value)
        and value.keys() <= set(NAMES)
        and all(map(is_text, value.values()))
    )


def is_one_email(value: object) -> bool:
    """Whether a value is a list of one address, with its labels."""
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        return False
    [email] = value
    return (
        email.keys() <= {"value", "type", "primary"}
        and is_text(email.get("value"))
        and email.get("type", "work") in TYPES
        and isinstance(email.get("primary", True), bool)
    )


CHECKS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(TEXTS, is_text),
    "name": is_name,
    "active": lambda value: isinstance(value, bool),
    "emails": is_one_email,
    "schemas": lambda value: value in SCHEMAS,
    "meta": lambda value: isinstance(value, dict),  # not taken from a client
}


def user(body: Document) -> Document | None:
    """Return a plain User as `resources.valid` would; None for any other."""
    checks = [CHECKS.get(name) for name in body]
    is_plain = all(
        check is not None and check(value) for check, value in zip(checks, body.values(), strict=True)
    )
    if not is_plain or not body.keys() >= {"userName", "active"}:
        return None
    document = {name: body[name] for name in ORDER if name in body}
    if "name" in document:
        document["name"] = {name: body["name"][name] for name in NAMES if name in body["name"]}
    if "emails" in document:
        [email] = body["emails"]
        document["emails"] = [{name: email[name] for name in ("value", "type", "primary") if name in email}]
    return document


def patched(document: Document, operations: list[Operation]) -> Document | None:
    """Return a user's document as plain operations leave it, as `operations.patched` would; None for any other."""
    if len(operations) > MOST_OPERATIONS:
        return None
    after = dict(document)
    return after if all(is_applied(each, after) for each in operations) else None


def is_applied(operation: Operation, document: Document) -> bool:
    """Set what an operation wants set in a document of its own; return False for one that is not plain."""
    path, value = operation.path, operation.value
    if operation.verb == "remove":
        return False
    if path in TEXTS and is_text(value):
        document[path] = value
    elif path == "active" and isinstance(value, str | bool) and value in TRUTHS:
        document[path] = TRUTHS[value]
    elif path.startswith("name.") and path[len("name.") :] in NAMES and is_text(value):
        name = document.get("name", {}) | {path[len("name.") :]: value}
        document["name"] = {part: name[part] for part in [*NAMES, *name] if part in name}
    elif path == WORK_EMAIL and operation.verb == "replace" and is_text(value):
        return is_work_email_set(document, value)
    else:
        return False
    return True


def is_work_email_set(document: Document, value: str) -> bool:
    """Set the work address of a document that has one and no other; return False for any other document."""
    emails: Any = document.get("emails")
    if not is_one_email(emails) or emails[0].get("type") != "work":
        return False
    document["emails"] = [emails[0] | {"value": value}]
    return True
