"""The simulated directory: the same seed gives the same people and groups, on every machine.

Knows names, identifiers and who is in which group; must not know how any of it is written on the
wire. A person's attributes are keyed by SCIM path, as in the attribute mapping of an Entra job. A
longer directory begins with the shorter one of the same seed.
"""

import random
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER_NAME = "userName"
ACTIVE = "active"
DISPLAY_NAME = "displayName"
GIVEN_NAME = "name.givenName"
FAMILY_NAME = "name.familyName"
FORMATTED_NAME = "name.formatted"
WORK_EMAIL = 'emails[type eq "work"].value'
PREFERRED_LANGUAGE = "preferredLanguage"
TIMEZONE = "timezone"
EXTERNAL_ID = "externalId"
DEPARTMENT = f"{ENTERPRISE}:department"

Value = str | bool | None
Attributes = Mapping[str, Value]

GIVEN_NAMES = (
    *(
        "Ana",
        "Björn",
        "Chloé",
        "Daan",
        "Elif",
        "Fatima",
        "Grace",
        "Hiroshi",
        "Inés",
        "Jonas",
        "Kit",
    ),
    *(
        "Łukasz",
        "Mei",
        "Noor",
        "Olu",
        "Priya",
        "Quinn",
        "Rae",
        "Søren",
        "Thủy",
        "Uma",
        "Wen",
        "Zoë",
    ),
)
FAMILY_NAMES = (
    *("Álvarez", "Brandt", "Chen", "de la Cruz", "Eriksson", "Fontaine", "Grün", "Haddad", "Ito"),
    *("Janssen", "Kowalska", "Lindqvist", "Marlowe", "Nguyễn", "O'Hara", "Patel", "Smith-Jones"),
)
LANGUAGES = ("en-CA", "en-US", "fr-CA", "de-DE", "ja-JP", "nl-NL", "pt-BR", "es-MX")
TIMEZONES = (
    "America/Vancouver",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Tokyo",
    "Europe/London",
)
DEPARTMENTS = ("Social", "Paid Social", "Customer Care", "R&D")
GROUP_NAMES = ("Social Desk", "R&D / Ops, EMEA (A)", "Ana's team", "Équipe réseaux", "Campaigns")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody in scope of the job, as the directory holds them now."""

    index: int
    attributes: Attributes

    def __getitem__(self, path: str) -> str:
        """Return a textual attribute that every person has."""
        return str(self.attributes[path])

    def changed(self, changes: Attributes) -> "Person":
        """Return the person after a change in the directory."""
        return replace(self, attributes={**self.attributes, **changes})


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group in scope of the job; `members` are indexes of people."""

    index: int
    external_id: str
    display_name: str
    members: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Directory:
    """Everybody and every group in scope."""

    people: tuple[Person, ...]
    groups: tuple[Group, ...]


def directory(*, seed: int, users: int, groups: int, members: int) -> Directory:
    """Return the directory of a seed; a group has at most as many members as there are users."""
    return Directory(
        people=tuple(person(seed=seed, index=index) for index in range(users)),
        groups=tuple(group(seed=seed, index=index, users=users, members=members) for index in range(groups)),
    )


def person(*, seed: int, index: int) -> Person:
    """Return one person, whoever else is in the directory."""
    dice = random.Random(f"{seed} person {index}")  # noqa: S311 - repeatable, not secret
    given_name, family_name = dice.choice(GIVEN_NAMES), dice.choice(FAMILY_NAMES)
    mailbox = f"{plain(given_name)}.{plain(family_name)}.{index}"
    return Person(
        index=index,
        attributes={
            EXTERNAL_ID: guid(seed=seed, purpose=f"person {index}"),
            USER_NAME: principal_name(mailbox=mailbox, seed=seed, index=index),
            ACTIVE: True,
            DISPLAY_NAME: f"{given_name} {family_name}",
            WORK_EMAIL: f"{mailbox.replace(chr(39), '')}@{domain(seed)}",
            GIVEN_NAME: given_name,
            FAMILY_NAME: family_name,
            PREFERRED_LANGUAGE: dice.choice(LANGUAGES),
            TIMEZONE: dice.choice(TIMEZONES),
            DEPARTMENT: dice.choice(DEPARTMENTS) if index % 4 == 0 else None,
        },
    )


def group(*, seed: int, index: int, users: int, members: int) -> Group:
    """Return one group with its members."""
    dice = random.Random(f"{seed} group {index}")  # noqa: S311 - repeatable, not secret
    return Group(
        index=index,
        external_id=guid(seed=seed, purpose=f"group {index}"),
        display_name=f"{GROUP_NAMES[index % len(GROUP_NAMES)]} {seed}-{index}",
        members=tuple(sorted(dice.sample(range(users), min(members, users)))),
    )


def guid(*, seed: int, purpose: str) -> str:
    """Return a GUID that depends on the seed and the purpose alone."""
    dice = random.Random(f"{seed} {purpose}")  # noqa: S311 - repeatable, not secret
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


def domain(seed: int) -> str:
    """Return the mail domain of a seed, so that two seeds never meet on one server."""
    return f"seed{seed}.woodgrove.example"


def principal_name(*, mailbox: str, seed: int, index: int) -> str:
    """Return a user principal name; a few are guests, or written with capitals."""
    if index % 23 == 22:
        return f"{mailbox}_partner.example#EXT#@{domain(seed)}"
    return f"{mailbox.title() if index % 7 == 6 else mailbox}@{domain(seed)}"


def plain(name: str) -> str:
    """Return a name in the letters a mailbox may have: ASCII, lower case, no blanks."""
    decomposed = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("Ł", "L"))
    return "".join(letter for letter in decomposed if letter.isascii() and letter != " ").lower()
