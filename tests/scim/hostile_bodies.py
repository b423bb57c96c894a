"""Hostile bodies: values of every wrong kind for every attribute, bombs, characters nobody can keep."""

from collections.abc import Iterator
from typing import Any

from tests.factories import ENTERPRISE_SCHEMA, USER_SCHEMA, user_body
from tests.scim.hostile import GROUP_SCHEMA, PATCH_SCHEMA, Hostile, group_body, patch_body

USER_TEXTS = (
    "userName",
    "displayName",
    "externalId",
    "nickName",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "profileUrl",
)
NAME_TEXTS = ("formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix")
ENTERPRISE_TEXTS = ("employeeNumber", "costCenter", "organization", "division", "department")
LISTS = ("emails", "phoneNumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509Certificates")
ADDRESS_TEXTS = ("formatted", "streetAddress", "locality", "region", "postalCode", "country", "type")
GROUP_TEXTS = ("displayName", "externalId")

# Values that are no …; what is empty (null, "", [], {}) means “no value” and stands in no table here.
NO_TEXT: dict[str, Any] = {
    "a number": 5,
    "a fraction": 1.5,
    "a truth value": True,
    "a list": ["x"],
    "a list in a list": [["x"]],
    "an object": {"shoe": 44},
    "an object in an object": {"value": {"value": "x"}},
}
NO_TRUTH: dict[str, Any] = {
    "another word": "perhaps",
    "one": 1,
    "zero": 0,
    "a fraction": 0.5,
    "a list": [True],
    "a list of words": ["True"],
    "an object": {"shoe": True},
}
NO_LIST: dict[str, Any] = {
    "text": "x",
    "a number": 5,
    "a truth value": True,
    "a list of texts": ["x"],
    "a list of numbers": [5],
    "a list of truth values": [False, True],
    "a list in a list": [[{"value": "x"}]],
    "a list with one good value": [{"value": "x"}, 7],
    "an object": {"value": "x"},
}
NO_OBJECT: dict[str, Any] = {
    "text": "x",
    "a number": 5,
    "a fraction": 1.5,
    "a truth value": True,
    "a list": ["x"],
    "a list in a list": [["x"]],
}
UNKEEPABLE = {"NUL": "a\0b", "half a surrogate pair": "a\ud800b", "the other half": "\udc00"}
INVISIBLE = {
    "nothing": "",
    "a space": " ",
    "blanks": "\t\n \u00a0\u3000",
    "a zero-width space": "\u200b",
    "joiners": "\u200c\u200d\u2060",
    "a soft hyphen": "\u00ad",
    "a byte order mark": "\ufeff",
    "directions": "\u202a\u202e\u2066\u2069",
    "a combining joiner": "\u034f",
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "a braille blank": "\u2800",
    "Khmer's inherent vowels": "\u17b4\u17b5",
    "variation selectors": "\ufe0f\ufe00\U000e0100",
    "Mongolian selectors": "\u180b\u180e",
    "tags": "\U000e0041\U000e007f",
    "private use": "\ue000",
    "not assigned": "\u0378",
}


def users_with(name: str, value: Any, what: str) -> Iterator[Hostile]:
    """Yield a creation and a replacement of a user, one attribute of which is wrong."""
    body = user_body("new@acme.example") | nested(name, value)
    yield Hostile(f"{name} as {what}", "POST", "/Users", body, names=last(name))
    yield Hostile(f"{name} as {what}", "PUT", "/Users/{user}", body, names=last(name))


def groups_with(name: str, value: Any, what: str) -> Iterator[Hostile]:
    """Yield a creation and a replacement of a group, one attribute of which is wrong."""
    body = group_body("New") | {name: value}
    yield Hostile(f"{name} as {what}", "POST", "/Groups", body, names=name)
    yield Hostile(f"{name} as {what}", "PUT", "/Groups/{group}", body, names=name)


def patches_with(address: str, path: str, value: Any, what: str) -> Iterator[Hostile]:
    """Yield every way to set an attribute of a canary to something wrong."""
    for operation in (
        {"op": "replace", "path": path, "value": value},
        {"op": "Add", "path": path, "value": value},
        {"op": "Replace", "value": {path: value}},
    ):
        label = f"{path} as {what} ({operation['op']})"
        yield Hostile(label, "PATCH", address, patch_body(operation), names=last(path))


def nested(name: str, value: Any) -> dict[str, Any]:
    """Return an attribute as the part of a body: `a.b` is b within a, a URN's is within its extension."""
    if name.startswith(f"{ENTERPRISE_SCHEMA}:"):
        return {ENTERPRISE_SCHEMA: nested(name.removeprefix(f"{ENTERPRISE_SCHEMA}:"), value)}
    parent, _, child = name.partition(".")
    return {parent: {child: value}} if child else {name: value}


def last(name: str) -> str:
    """Return the name that a refusal has to mention."""
    return name.rpartition(":")[2].partition("[")[0].partition(".")[0]


def wrong_user_texts() -> Iterator[Hostile]:
    """Yield every text of a user as everything but text."""
    enterprise = [f"{ENTERPRISE_SCHEMA}:{name}" for name in ENTERPRISE_TEXTS]
    for name in (*USER_TEXTS, *(f"name.{part}" for part in NAME_TEXTS), *enterprise):
        for what, value in NO_TEXT.items():
            yield from users_with(name, value, what)
            yield from patches_with("/Users/{user}", name, value, what)


def wrong_user_objects() -> Iterator[Hostile]:
    """Yield `active` as no truth value, `name`, the extension and the manager as no object."""
    manager = f"{ENTERPRISE_SCHEMA}:manager"
    no_manager = {what: value for what, value in NO_OBJECT.items() if what != "text"}
    for name, values in (("active", NO_TRUTH), ("name", NO_OBJECT), (manager, no_manager)):
        for what, value in values.items():
            yield from users_with(name, value, what)
            yield from patches_with("/Users/{user}", name, value, what)
    for what, value in NO_OBJECT.items():
        body = user_body("new@acme.example") | {ENTERPRISE_SCHEMA: value}
        yield Hostile(f"the extension as {what}", "POST", "/Users", body)
        yield Hostile(f"the extension as {what}", "PUT", "/Users/{user}", body)


def wrong_user_lists() -> Iterator[Hostile]:
    """Yield every list of a user as no list of objects."""
    for name in LISTS:
        for what, value in NO_LIST.items():
            yield from users_with(name, value, what)


def wrong_items() -> Iterator[Hostile]:
    """Yield every part of a value of a list as something else."""
    for name in LISTS:
        texts = ADDRESS_TEXTS if name == "addresses" else ("value", "display", "type")
        parts = [(part, NO_TEXT) for part in texts] + [("primary", NO_TRUTH)]
        for part, values in parts:
            for what, value in values.items():
                body = user_body("new@acme.example") | {name: [{"type": "work", part: value}]}
                yield Hostile(f"{name} with {part} as {what}", "POST", "/Users", body, names=name)
    for part in ("value", "display"):
        for what, value in NO_TEXT.items():
            path = f'emails[type eq "work"].{part}'
            yield from patches_with("/Users/{user}", path, value, what)


def wrong_groups() -> Iterator[Hostile]:
    """Yield every attribute of a group as something else."""
    for name in GROUP_TEXTS:
        for what, value in NO_TEXT.items():
            yield from groups_with(name, value, what)
            yield from patches_with("/Groups/{group}", name, value, what)


def wrong_members() -> Iterator[Hostile]:
    """Yield members that are nobody's, on every way into a group."""
    absent = "3e59e27b-7d5c-4f0b-9d6a-0f3c5a1b2c3d"
    kinds: dict[str, Any] = {
        "a number": 5,
        "a truth value": True,
        "text": "x",
        "numbers": [5],
        "truth values": [False],
        "nulls": [None],
        "a list in a list": [[{"value": "{user}"}]],
        "an object without value": [{"display": "x"}],
        "a null as value": [{"value": None}],
        "a number as value": [{"value": 5}],
        "an object as value": [{"value": {"value": "{user}"}}],
        "a list as value": [{"value": ["{user}"]}],
        "text as value": [{"value": "x"}],
        "an empty value": [{"value": ""}],
        "an id in braces": [{"value": "{{user}}"}],
        "an id as URN": [{"value": "urn:uuid:{user}"}],
        "an id with a blank": [{"value": " {user}"}],
        "an id of nobody": [{"value": absent}],
        "the group itself": [{"value": "{group}"}],
        "one good and one of nobody": [{"value": "{user}"}, {"value": absent}],
        "SQL": [{"value": "x' OR '1'='1"}],
        "an address": [{"value": "https://hootprov.example/scim/v2/Users/{user}"}],
        "10,001 of nobody": [{"value": f"{number:032x}"} for number in range(10_001)],
    }
    for what, value in kinds.items():
        yield from groups_with("members", value, what)
        yield from patches_with("/Groups/{group}", "members", value, what)


def invisible_names() -> Iterator[Hostile]:
    """Yield names that nobody could see, and userNames with something in it that nobody could."""
    for what, value in INVISIBLE.items():
        yield from users_with("userName", value, what)
        yield from groups_with("displayName", value, what)
        if what != "nothing":
            yield from patches_with("/Users/{user}", "userName", value, what)
            yield from patches_with("/Groups/{group}", "displayName", value, what)
    for what in ("a zero-width space", "directions", "a byte order mark", "private use", "Hangul fillers"):
        yield from users_with("userName", f"canary{INVISIBLE[what]}@acme.example", f"text with {what}")


def unkeepable_texts() -> Iterator[Hostile]:
    """Yield characters that no database keeps: as they are, and hidden in a text that is read later."""
    names = ("userName", "displayName", "title", "name.givenName", f"{ENTERPRISE_SCHEMA}:department")
    for what, value in UNKEEPABLE.items():
        for name in names:
            for request in (
                *users_with(name, value, what),
                *patches_with("/Users/{user}", name, value, what),
            ):
                yield Hostile(request.what, request.method, request.path, request.body)
        yield Hostile(f"a key with {what}", "POST", "/Users", user_body("n") | {value: 1})
        yield Hostile(f"a path with {what}", "PATCH", "/Users/{user}", replacing(value, "x"))
        yield Hostile(f"an op with {what}", "PATCH", "/Users/{user}", patch_body({"op": value}))
        yield Hostile(f"members with {what}", "POST", "/Groups", group_body("New") | {"members": [value]})
    for what, escape in (("NUL", "\\u0000"), ("half a surrogate pair", "\\ud800")):
        hidden = f'{{"value":"a{escape}b","displayName":"b"}}'
        yield from users_with("roles", [{"value": hidden}], f"JSON in a text with {what}")
        yield from patches_with("/Users/{user}", "roles", [{"value": hidden}], f"JSON in a text with {what}")
        path = f'emails[type eq "{escape}"].value'
        yield Hostile(f"a filter in a path with {what}", "PATCH", "/Users/{user}", replacing(path, "x@y"))


def replacing(path: str, value: Any) -> dict[str, Any]:
    """Return a PATCH that replaces one thing."""
    return patch_body({"op": "replace", "path": path, "value": value})


def duplicate_keys() -> Iterator[Hostile]:
    """Yield objects in which an attribute stands twice, in one spelling or in two."""
    for first, second in (("userName", "userName"), ("userName", "USERNAME"), ("username", "UserName")):
        body = f'{{"schemas":["{USER_SCHEMA}"],"{first}":"one@x","{second}":"two@x"}}'
        yield Hostile(f"{first} and {second}", "POST", "/Users", raw=body.encode())
        yield Hostile(f"{first} and {second}", "PUT", "/Users/{user}", raw=body.encode())
    for inner in (
        '"emails":[{"value":"a@x","VALUE":"b@x"}]',
        '"name":{"givenName":"a","GivenName":"b"}',
        '"active":true,"Active":"False"',
        f'"{ENTERPRISE_SCHEMA}":{{}},"{ENTERPRISE_SCHEMA.upper()}":{{}}',
        '"schemas":[],"Schemas":[]',
    ):
        body = f'{{"schemas":["{USER_SCHEMA}"],"userName":"one@x",{inner}}}'
        yield Hostile("twice in a user", "POST", "/Users", raw=body.encode())
        yield Hostile("twice in a user", "PUT", "/Users/{user}", raw=body.encode())
    for inner in (
        '"op":"replace","OP":"remove","path":"title","value":"x"',
        '"op":"replace","path":"title","Path":"nickName","value":"x"',
        '"op":"replace","path":"title","value":"x","VALUE":"y"',
        '"op":"replace","value":{"title":"x","TITLE":"y"}',
    ):
        body = f'{{"schemas":["{PATCH_SCHEMA}"],"Operations":[{{{inner}}}]}}'
        yield Hostile("twice in an operation", "PATCH", "/Users/{user}", raw=body.encode())
    both = '[{"op":"replace","path":"displayName","value":"x"}]'
    body = f'{{"schemas":["{PATCH_SCHEMA}"],"Operations":{both},"operations":{both}}}'
    for path in ("/Users/{user}", "/Groups/{group}"):
        yield Hostile("Operations twice", "PATCH", path, raw=body.encode())
    for member in ('"members":[],"Members":[]', '"members":[{"value":"{user}","Value":"x"}]'):
        body = f'{{"schemas":["{GROUP_SCHEMA}"],"displayName":"New",{member}}}'
        yield Hostile("twice in a group", "POST", "/Groups", raw=body.encode())
        yield Hostile("twice in a group", "PUT", "/Groups/{group}", raw=body.encode())
