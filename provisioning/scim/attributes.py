"""The one place where the two vocabularies meet: SCIM attributes and the columns that keep them.

What has a column is listed in `USER` and `GROUP`; every other attribute is kept as sent in `other`.
A document is what a client said; a resource is what it is answered, with id, schemas and a true meta.
Source: Microsoft's Hootsuite provisioning tutorial (the eight mapped attributes); RFC 7643 §4.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from accounts import clock
from accounts.members import MemberValues
from accounts.models import Member, Team
from accounts.teams import TeamValues
from provisioning.scim import wire
from provisioning.scim.resources import (
    ENTERPRISE_SCHEMA,
    GROUP_SCHEMA,
    LONGEST_VALUE,
    URN_PREFIX,
    USER_SCHEMA,
    InvalidAttribute,
)

Columns = dict[tuple[str, ...], str]
NamedId = tuple[str, str]  # both as they are written

# SCIM path → column. The order is that of the answer.
USER: Columns = {
    ("externalId",): "external_id",
    ("userName",): "user_name",
    ("displayName",): "display_name",
    ("name", "givenName"): "given_name",
    ("name", "familyName"): "family_name",
    ("active",): "is_active",
    ("preferredLanguage",): "preferred_language",
    ("timezone",): "timezone",
}
GROUP: Columns = {("externalId",): "external_id", ("displayName",): "display_name"}
WORK_EMAIL = 'emails[type eq "work"].value'
# The same as parent, name and column: every answer is made by them.
USER_PLACES, GROUP_PLACES = (
    [(path[0] if len(path) > 1 else "", path[-1], column) for path, column in table.items()]
    for table in (USER, GROUP)
)


def member_values(document: dict[str, Any]) -> MemberValues:
    """Return what a valid User document says, by column. Raises: InvalidAttribute."""
    columns, other = split(document, USER)
    user_name = columns.get("user_name", "")
    check_visible("userName", user_name)
    if not all(character == " " or is_visible(character) for character in user_name):
        raise InvalidAttribute("userName", "it holds a character that can't be seen")
    if len(work_emails_of(other)) > 1:
        raise InvalidAttribute("emails", "only one of them may be of type work, since Entra matches by it")
    work_email = next(iter(work_emails_of(other)), "")
    check_length(WORK_EMAIL, work_email)
    return MemberValues(**columns, work_email=work_email, other=other)


def team_values(document: dict[str, Any]) -> TeamValues:
    """Return what a valid Group document says, by column. Raises: InvalidAttribute."""
    columns, other = split(document, GROUP)
    check_visible("displayName", columns.get("display_name", ""))
    return TeamValues(**columns, other=other)


def split(document: dict[str, Any], table: Columns) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a document's values by column, and what is left of it. Raises: InvalidAttribute."""
    check_keepable(document)
    # Of what is in it only the parents of columns are changed.
    other = {name: dict(value) if isinstance(value, dict) else value for name, value in document.items()}
    columns = {column: taken(other, path) for path, column in table.items()}
    found = {column: value for column, value in columns.items() if value is not None}
    for path, column in table.items():
        check_length(".".join(path), found.get(column))
    if len(wire.written(other)) > settings.SCIM_MAX_BODY_BYTES:
        raise InvalidAttribute("The resource", f"it would grow beyond {settings.SCIM_MAX_BODY_BYTES} bytes")
    return found, other


def taken(document: dict[str, Any], path: tuple[str, ...]) -> Any:
    """Take the value at a path out of a document, and with it a parent that is empty then."""
    *parents, name = path
    holder = document
    for parent in parents:
        holder = holder.get(parent) or {}
    value = holder.pop(name, None)
    if parents and not holder:
        document.pop(parents[0], None)
    return value


def work_emails_of(document: dict[str, Any]) -> list[str]:
    """Return the e-mail addresses of type work."""
    emails = document.get("emails", [])
    return [str(email.get("value") or "") for email in emails if is_work(email)]


def is_work(email: dict[str, Any]) -> bool:
    """Whether an e-mail address is of type work."""
    return str(email.get("type", "")).lower() == "work"


def with_one_work_email(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what additions leave of a document, where a work address takes the place of the one there was."""
    old, new = before.get("emails", []), after.get("emails", [])
    kept, added = new[: len(old)], new[len(old) :]
    is_as_before = [*map(unmarked, kept)] == [*map(unmarked, old)]
    if not is_as_before or [sum(map(is_work, emails)) for emails in (old, added)] != [1, 1]:
        return after
    return after | {"emails": [email for email in kept if not is_work(email)] + added}


def unmarked(email: dict[str, Any]) -> dict[str, Any]:
    """Return an address without the mark that another one may take from it."""
    return {name: value for name, value in email.items() if name != "primary"}


def check_length(attribute: str, value: object) -> None:
    """Check a length. Raises: InvalidAttribute when a text does not fit its column."""
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        raise InvalidAttribute(attribute, f"it is longer than {LONGEST_VALUE} characters")


def check_visible(attribute: str, value: str) -> None:
    """Check a name. Raises: InvalidAttribute when there is nothing of it to see."""
    if not any(is_visible(character) for character in value):
        raise InvalidAttribute(attribute, "it is empty")


def is_visible(character: str) -> bool:
    """Whether somebody can see a character."""
    return character.isprintable() and not character.isspace() and not BLANK.match(character)


# Printable to Python, and yet nothing is seen: Unicode's Default_Ignorable_Code_Point, and two blanks.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U0001d159\U000e0100-\U000e01ef]"
)


def check_keepable(document: dict[str, Any]) -> None:
    """Check what may have come out of a text in a text. Raises: InvalidAttribute when no database keeps it."""
    for name, value in document.items():
        try:
            wire.check({name: value})
        except ValueError as error:
            raise InvalidAttribute(name[:100], str(error)) from None


def document_of(row: Member | Team) -> dict[str, Any]:
    """Return what a client said of a member or a team."""
    values, document = vars(row), dict[str, Any]()
    for parent, name, column in USER_PLACES if isinstance(row, Member) else GROUP_PLACES:
        value = values[column]
        if value != "":
            holder = document.setdefault(parent, {}) if parent else document
            holder[name] = value
    for name, value in row.other.items():
        inner = document.get(name)
        document[name] = value | inner if isinstance(inner, dict) else value
    return document


def user_resource(member: Member, *, teams: Iterable[NamedId] = ()) -> dict[str, Any]:
    """Return a member as a User, with the groups they are in."""
    resource = framed(member, schema=USER_SCHEMA, kind="User")
    address = f"{settings.TENANT_URL}/Groups/"
    groups = [
        {"value": id_, "$ref": f"{address}{id_}", "display": display_name, "type": "direct"}
        for id_, display_name in teams
    ]
    return resource | ({"groups": groups} if groups else {})


def group_resource(team: Team, *, members: Any = None) -> dict[str, Any]:
    """Return a team as a Group, with its members, if there are any, as they are written already."""
    resource = framed(team, schema=GROUP_SCHEMA, kind="Group")
    return resource if members is None else resource | {"members": members}


def framed(row: Member | Team, *, schema: str, kind: str) -> dict[str, Any]:
    """Return what a client said, between id, schemas and meta."""
    extensions = {name for name in row.other if name.lower().startswith(URN_PREFIX)}
    created = clock.timestamp(row.created_at)
    is_unchanged = row.modified_at == row.created_at
    return {
        "schemas": [schema, *sorted(extensions, key=lambda name: (name != ENTERPRISE_SCHEMA, name))],
        "id": str(row.id),
        **document_of(row),
        "meta": {
            "resourceType": kind,
            "created": created,
            "lastModified": created if is_unchanged else clock.timestamp(row.modified_at),
            "location": location_of(row),
            "version": etag_of(row),
        },
    }


def location_of(row: Member | Team) -> str:
    """Return the address of a user or group."""
    collection = "Users" if isinstance(row, Member) else "Groups"
    return f"{settings.TENANT_URL}/{collection}/{row.id}"


def etag_of(row: Member | Team) -> str:
    """Return the weak entity tag of a user or group (RFC 7644 §3.14)."""
    return f'W/"{row.version}"'
