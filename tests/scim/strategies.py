"""Generated users, groups and filters: few letters, so that filters find something and miss something.

The letters are those that go wrong: accents composed and decomposed, letters whose case is not that of
ASCII, what LIKE and JSON treat specially, a character beyond the first plane of Unicode.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.factories import ENTERPRISE_SCHEMA, USER_SCHEMA

GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
UNKNOWN_SCHEMA = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
Text = st.SearchStrategy[str]

# The same examples at every run, and none remembered: a suite is green or it is not.
REPRODUCIBLE = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # to make a failing example smaller takes minutes: raise it to `Phase` by hand
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)

LETTERS = [
    "a",
    "B",
    "b",
    "é",
    "e\u0301",
    "É",
    "ß",
    "İ",
    "Σ",
    "%",
    "_",
    "\\",
    '"',
    "'",
    " ",
    ")",
    "]",
    "1",
    "😀",
]
WORDS = ["a", "A", "b", "é", "e\u0301", "É", "a%b", "a_b", "aXb", 'a"b', "ab", "AB", "Bé", "1", "10", "2"]
TYPES = ["work", "home", "other", "x"]
LABELS = {"type": st.sampled_from(TYPES), "primary": st.booleans()}
TEXTS = ["displayName", "nickName", "title", "userType", "locale", "preferredLanguage", "timezone"]
NAMES = ["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"]
ENTERPRISE = ["employeeNumber", "costCenter", "organization", "division", "department"]
VALUES = {
    "emails": ["value", "display"],
    "phoneNumbers": ["value", "display"],
    "ims": ["value", "display"],
    "addresses": ["formatted", "streetAddress", "locality", "region", "postalCode", "country"],
    "entitlements": ["value", "display"],
    "roles": ["value", "display"],
    "photos": ["value", "display"],
}
URLS = [
    "https://acme.example/a",
    "https://acme.example/A?b=%25",
    "HTTPS://Acme.example/a_b",
    "https://acme.example/",
]
WORK = 'emails[type eq "work" and value eq {}]'
BASE = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
MOMENTS = [BASE + timedelta(milliseconds=each) for each in (0, 1, 1000, 86_400_000)]


# Who was created first, second, … of the kind that is looked for, and of the other; a stranger; parts.
NOBODY = "f00d0000-0000-4000-8000-000000000000"
IDS = st.sampled_from(["#0", "#1", "#2", "#3", NOBODY, "1", "-", "a", ""])
OTHERS = st.sampled_from(["@0", "@1", "@2", "@0", "@1", NOBODY, "#0", "nobody", ""])


def named(query: str, ids: list[str], others: list[str] | None = None) -> str:
    """Return a filter with the ids of what was created in the places of "#0", "@0", …."""
    for number in range(4):
        for sign, known in (("#", ids), ("@", others or [])):
            query = query.replace(f"{sign}{number}", known[number] if number < len(known) else NOBODY)
    return query


def visible(text: str) -> bool:
    """Whether there is something to see of a text."""
    return not text.isspace()


def texts(*, least: int = 1) -> Text:
    """Return texts of a few letters, one of which can be seen, and often one of a few words."""
    letters = st.lists(st.sampled_from(LETTERS), min_size=least, max_size=3)
    words = st.sampled_from(WORDS)
    return st.one_of(letters.map("".join).filter(visible), words, words)


def objects(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return JSON objects with all of these attributes and any of those."""
    return st.fixed_dictionaries(required, optional=optional)


def one_of_a_kind(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return values of an attribute as RFC 7643 §2.4 wants them: a type once, and one of them primary."""
    by_type = {item.get("type"): item for item in items}
    found, is_taken = [], False
    for item in by_type.values():
        is_primary = item.get("primary", False)
        found.append(item | ({"primary": is_primary and not is_taken} if "primary" in item else {}))
        is_taken = is_taken or is_primary
    return found


def values_of(attribute: str) -> st.SearchStrategy[str]:
    """Return what the values of a multi-valued attribute may be: of photos addresses, compared with case."""
    return st.sampled_from(URLS) if attribute == "photos" else texts()


def several(attribute: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return values of a multi-valued attribute."""
    first, *others = VALUES[attribute]
    item = objects({first: values_of(attribute)}, {name: texts() for name in others} | LABELS)
    return st.lists(item, min_size=1, max_size=3).map(one_of_a_kind)


def enterprises() -> st.SearchStrategy[dict[str, Any]]:
    """Return the block of the enterprise extension, with something in it."""
    manager = {"manager": st.builds(lambda value: {"value": value}, texts())}
    return objects({}, {name: texts() for name in ENTERPRISE} | manager).filter(bool)


def framed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a User with the schemas that it needs."""
    extensions = [name for name in (ENTERPRISE_SCHEMA, UNKNOWN_SCHEMA) if name in document]
    return {"schemas": [USER_SCHEMA, *extensions]} | document


def users(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return bodies of POST /Users; with any of some more attributes."""
    optional = {
        "externalId": texts(),
        "active": st.booleans(),
        "profileUrl": st.sampled_from(URLS),
        "name": objects({}, {name: texts() for name in NAMES}).filter(bool),
        ENTERPRISE_SCHEMA: enterprises(),
    }
    optional |= {name: texts() for name in TEXTS} | {name: several(name) for name in VALUES} | more
    return objects({"userName": texts()}, optional).map(framed)


def groups() -> st.SearchStrategy[dict[str, Any]]:
    """Return bodies of POST /Groups without members."""
    found = objects({"displayName": texts()}, {"externalId": texts()})
    return found.map(lambda group: {"schemas": [GROUP_SCHEMA]} | group)


def spelled(name: str, schema: str) -> Text:
    """Return ways to write the name of an attribute of the core schema."""
    return st.sampled_from(
        [name, name, name.lower(), name.upper(), f"{schema}:{name}", f"{schema.upper()}:{name}"]
    )


def literals(values: st.SearchStrategy[Any]) -> Text:
    """Return values as a filter holds them, escaped or not."""
    return st.builds(lambda value, is_ascii: json.dumps(value, ensure_ascii=is_ascii), values, st.booleans())


def compared(name: Text, operators: str, values: Text) -> Text:
    """Return comparisons of an attribute, among them those with null."""
    operator = st.sampled_from([each for word in operators.split() for each in (word, word, word.upper())])
    with_null = st.builds("{} {} null".format, name, st.sampled_from(["eq", "ne"]))
    usual = st.builds("{} {} {}".format, name, operator, values)
    return st.one_of(usual, usual, usual, with_null, st.builds("{} pr".format, name))


def of_text(name: Text, values: st.SearchStrategy[str] | None = None) -> Text:
    """Return conditions on a text."""
    return compared(
        name, "eq ne co sw ew gt ge lt le", literals(texts(least=0) if values is None else values)
    )


def of_truth(name: Text) -> Text:
    """Return conditions on what is true or false."""
    return compared(name, "eq ne", st.sampled_from(["true", "false", '"True"', '"false"']))


def of_moment(name: Text) -> Text:
    """Return conditions on a time, written in several zones and precisions."""
    zones = st.sampled_from([UTC, timezone(timedelta(hours=-7, minutes=-30)), timezone(timedelta(hours=14))])
    near = st.sampled_from([timedelta(), timedelta(microseconds=1), timedelta(days=-1)])
    moments = st.builds(
        lambda moment, zone, off: (moment + off).astimezone(zone).isoformat(),
        st.sampled_from(MOMENTS),
        zones,
        near,
    )
    return compared(name, "eq ne gt ge lt le", literals(moments))


def combined(leaves: list[Text]) -> Text:
    """Return filters that join conditions, with and without parentheses."""

    @st.composite
    def condition(draw: st.DrawFn) -> str:  # a name for what would be a very long repr
        return draw(draw(st.sampled_from(leaves)))

    def joined(terms: Text) -> Text:
        words = st.sampled_from(["and", "or", "AND", "Or"])
        return st.one_of(
            st.builds("{} {} {}".format, terms, words, terms),
            st.builds("{} {} {}".format, terms, words, terms),
            terms.map("({})".format),
            terms.map("not ({})".format),
            terms.map("NOT({})".format),
        )

    return st.recursive(condition(), joined, max_leaves=5)


def parts_of(attribute: str) -> list[Text]:
    """Return conditions on the sub-attributes of one value of a multi-valued attribute."""
    labels = [of_text(st.just("type"), st.sampled_from([*TYPES, "WORK", "wo"])), of_truth(st.just("primary"))]
    first, *others = VALUES[attribute]
    known = values_of(attribute) if attribute == "photos" else None
    main = of_text(st.sampled_from([first, first.lower()]), known)
    return [main, *[of_text(st.sampled_from([name, name.lower()])) for name in others], *labels]


def value_paths(attribute: str) -> Text:
    """Return conditions on one value of a multi-valued attribute, in both notations."""
    bracketed = st.builds("{}[{}]".format, spelled(attribute, USER_SCHEMA), combined(parts_of(attribute)))
    behind = st.builds("{}.{}".format, bracketed, st.one_of(parts_of(attribute)))
    return st.one_of(bracketed, bracketed, behind)


def user_filters() -> Text:
    """Return filters of the whole grammar over every attribute that a generated User may have.

    Ids are not known yet: `named` puts them in.
    """
    core = partial(spelled, schema=USER_SCHEMA)
    lists = [name for name in VALUES if name not in ("addresses", "photos")]
    leaves = [
        *[of_text(core(name)) for name in ("userName", "externalId", *TEXTS)],
        of_text(core("profileUrl"), st.sampled_from(URLS)),
        *[of_text(core(name)) for name in ("userName", "externalId", "emails.value") for _ in range(4)],
        *[st.builds(WORK.format, literals(texts()))] * 4,
        *[of_text(core(f"name.{name}")) for name in NAMES],
        *[of_text(st.just(f"{ENTERPRISE_SCHEMA}:{name}")) for name in (*ENTERPRISE, "manager.value")],
        *[of_text(core(name)) for name in lists],
        *[
            of_text(core(f"{name}.{part}"))
            for name, parts in VALUES.items()
            for part in parts
            if name != "photos"
        ],
        *[of_text(core(name), st.sampled_from(URLS)) for name in ("photos", "photos.value")],
        *[value_paths("photos")] * 6,
        *[of_truth(core(f"{name}.primary")) for name in VALUES],
        *[value_paths(name) for name in VALUES for _ in range(3)],
        st.sampled_from([f"{name} pr" for name in ("name", *VALUES, f"{ENTERPRISE_SCHEMA}:manager")]),
        of_text(core("id"), IDS),
        of_truth(core("active")),
        *common(core),
    ]
    return combined(leaves)


def group_filters() -> Text:
    """Return filters over every attribute of a Group, as above."""
    core = partial(spelled, schema=GROUP_SCHEMA)
    leaves = [
        *[of_text(core(name)) for name in ("displayName", "externalId")],
        of_text(core("id"), IDS),
        *[membership_filters("members")] * 4,
        *common(core),
    ]
    return combined(leaves)


def membership_filters(attribute: str) -> Text:
    """Return filters on `members` of a Group, or on `groups` of a User: all that is offered of them."""
    one = st.builds("value eq {}".format, literals(OTHERS))
    bracketed = st.builds("{}[{}]".format, st.sampled_from([attribute, attribute.upper()]), combined([one]))
    names = st.sampled_from([attribute, f"{attribute}.value"])
    bare = st.builds("{} eq {}".format, names, literals(OTHERS))
    presence = st.sampled_from([f"{attribute} pr", f"{attribute}.value pr", f"{attribute} eq null"])
    return combined([bracketed, bracketed, bare, presence])


def common(core: Callable[[str], Text]) -> list[Text]:
    """Return conditions on what Users and Groups share."""
    kinds = st.sampled_from(["User", "Group", "user", "o"])
    times = [of_moment(core(f"meta.{name}")) for name in ("created", "lastModified")]
    presence = st.sampled_from(
        [f"{name} pr" for name in ("schemas", "meta", "meta.version", "meta.location")]
    )
    urns = st.sampled_from([USER_SCHEMA, GROUP_SCHEMA, ENTERPRISE_SCHEMA, UNKNOWN_SCHEMA])
    schemas = compared(st.sampled_from(["schemas", "SCHEMAS"]), "eq ne", literals(urns))
    return [*times, of_text(core("meta.resourceType"), kinds), presence, schemas]
