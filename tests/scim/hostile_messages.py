"""Hostile messages: PATCH and search bodies that are none, bombs of depth and size, half-read bodies."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from tests.factories import ENTERPRISE_SCHEMA, USER_SCHEMA, user_body
from tests.scim.hostile import (
    GROUP_SCHEMA,
    PATCH_SCHEMA,
    SEARCH_SCHEMA,
    Hostile,
    group_body,
    patch_body,
)

CANARIES = ("/Users/{user}", "/Groups/{group}")
WRITES = (("POST", "/Users"), ("PUT", "/Users/{user}"), ("PATCH", "/Users/{user}"), ("POST", "/Groups"))
JUNK: dict[str, Any] = {
    "null": None,
    "a number": 5,
    "a truth value": True,
    "text": "replace",
    "an object": {"op": "replace", "path": "title", "value": "x"},
    "an empty list": [],
    "a list of nulls": [None],
    "a list of numbers": [5],
    "a list of texts": ["replace"],
    "a list in a list": [[{"op": "replace", "path": "title", "value": "x"}]],
    "empty objects": [{}],
}
VERBS: dict[str, Any] = {
    "null": None,
    "nothing": "",
    "a number": 1,
    "a list": ["replace"],
    "an object": {"op": "replace"},
    "JSON Patch's move": "move",
    "JSON Patch's test": "test",
    "a verb of HTTP": "DELETE",
    "a blank after it": "replace ",
    "SQL": "replace'; DROP TABLE users; --",
    "a long text": "replace" * 500,
}
PATHS: dict[str, Any] = {
    "a number": 5,
    "a truth value": True,
    "a list": ["title"],
    "an object": {"path": "title"},
    "only a dot": ".",
    "only brackets": "[]",
    "an open bracket": 'emails[type eq "work"',
    "a closed bracket": "emails]",
    "brackets without filter": "emails[].value",
    "a filter that is none": "emails[work].value",
    "a filter with a wrong operator": 'emails[type is "work"].value',
    "a filter of an unknown part": 'emails[shoe eq "44"].value',
    "brackets in brackets": 'emails[type[value eq "x"] eq "work"]',
    "two filters": 'emails[type eq "work"][value eq "x"].value',
    "a JSON pointer": "/emails/0/value",
    "an index": "emails[0].value",
    "a wildcard": "emails[*].value",
    "two dots": "name..givenName",
    "three levels": "name.givenName.first",
    "a blank inside": "display Name",
    "a quotation mark": 'title"',
    "SQL": "title'; DROP TABLE users; --",
    "a line break": "title\r\nnickName",
    "many brackets": "emails" + "[" * 2000,
    "a deep filter": "emails[" + "(" * 200 + 'type eq "work"' + ")" * 199 + "].value",
    "a URN alone": "urn:",
    "a URN without attribute": f"{ENTERPRISE_SCHEMA}:",
    "an unknown part of the extension": f"{ENTERPRISE_SCHEMA}:manager.shoe.size",
    "what only the service sets": "id",
    "meta": "meta.version",
}
NO_SCHEMAS: list[Any] = [
    "x",
    5,
    True,
    {"a": 1},
    [5],
    [None],
    [[USER_SCHEMA]],
    [{}],
    ["urn:x"],
    [PATCH_SCHEMA],
]
NO_PARAMETER: list[Any] = [5, True, ["id pr"], {"a": 1}]
NO_NUMBER: list[Any] = ["x", 1.5, True, [1], {"a": 1}, "1e3", "٣", "+1", "9" * 30]
NO_NAMES: list[Any] = [5, True, {"a": 1}, [5], [None], [["id"]]]


def wrong_patches() -> Iterator[Hostile]:
    """Yield PATCH bodies that are no PatchOp."""
    for path in CANARIES:
        for what, value in JUNK.items():
            yield Hostile(f"Operations as {what}", "PATCH", path, patch_body() | {"Operations": value})
            if what != "an object":
                yield Hostile(f"a value without path as {what}", "PATCH", path, pathless(value))
        for what, value in VERBS.items():
            operation = {"op": value, "path": "displayName", "value": "x"}
            yield Hostile(f"an op that is {what}", "PATCH", path, patch_body(operation))
        yield Hostile("no Operations", "PATCH", path, {"schemas": [PATCH_SCHEMA]})
        yield Hostile("no op", "PATCH", path, patch_body({"path": "displayName", "value": "x"}))
        yield Hostile("a removal without path", "PATCH", path, patch_body({"op": "remove"}))
        yield Hostile("a removal by value alone", "PATCH", path, patch_body({"op": "Remove", "value": "x"}))
        many = [{"op": "replace", "path": "displayName", "value": f"x{n}"} for n in range(501)]
        yield Hostile("1,001 operations", "PATCH", path, patch_body(*many))
        good = {"op": "replace", "path": "displayName", "value": "moved"}
        yield Hostile("a good one and a bad one", "PATCH", path, patch_body(good, {"op": "shift"}))
        yield Hostile(
            "a good one and a wrong value", "PATCH", path, patch_body(good, wrong_value("externalId"))
        )


def pathless(value: Any) -> dict[str, Any]:
    """Return a PATCH that sets a value without a path."""
    return patch_body({"op": "replace", "value": value})


def wrong_value(path: str) -> dict[str, Any]:
    """Return an operation whose value is of a wrong kind."""
    return {"op": "replace", "path": path, "value": {"shoe": 44}}


def wrong_paths() -> Iterator[Hostile]:
    """Yield PATCH operations on paths that are none, or lead where nobody may write."""
    for what, path in PATHS.items():
        for op in ("add", "replace", "remove"):
            operation = {"op": op, "path": path, "value": "x"}
            yield Hostile(f"{op} on {what}", "PATCH", "/Users/{user}", patch_body(operation))
    for what, path in {
        "a part of a member": 'members[value eq "{user}"].display',
        "members by name": 'members[display eq "x"]',
        "members by unequal": 'members[value ne "{user}"]',
        "members by and": 'members[value eq "{user}" and type eq "User"]',
        "members with an open bracket": 'members[value eq "{user}"',
        "members of nothing": "members[]",
        "members with SQL": "members[value eq 'x' or 1=1]",
        "members deep": "members[" + "not (" * 100 + 'value eq "x"' + ")" * 100 + "]",
        "members with a number": "members[value eq 5 and 6]",
    }.items():
        for op in ("add", "replace", "remove"):
            operation = {"op": op, "path": path, "value": [{"value": "{user}"}]}
            yield Hostile(f"{op} on {what}", "PATCH", "/Groups/{group}", patch_body(operation))


def required_away() -> Iterator[Hostile]:
    """Yield removals of what a user or a group can't be without."""
    for path, name in (("/Users/{user}", "userName"), ("/Groups/{group}", "displayName")):
        for operation in (
            {"op": "remove", "path": name},
            {"op": "Remove", "path": name, "value": "x"},
            {"op": "replace", "path": name, "value": ""},
            {"op": "replace", "path": name, "value": None},
            {"op": "Replace", "path": name, "value": []},
            {"op": "replace", "value": {name: ""}},
            {"op": "replace", "value": {name.upper(): None}},
        ):
            yield Hostile(f"no {name} ({operation})", "PATCH", path, patch_body(operation), names=name)
    for absent in ({}, {"userName": None}, {"userName": ""}):
        body = {"schemas": [USER_SCHEMA], "title": "x"} | absent
        yield Hostile("no userName", "POST", "/Users", body, names="userName")
        yield Hostile("no userName", "PUT", "/Users/{user}", body, names="userName")
    for nameless in ({}, {"displayName": None}, {"displayName": ""}):
        group = {"schemas": [GROUP_SCHEMA], "externalId": "x"} | nameless
        yield Hostile("no displayName", "POST", "/Groups", group, names="displayName")
        yield Hostile("no displayName", "PUT", "/Groups/{group}", group, names="displayName")


def wrong_schemas() -> Iterator[Hostile]:
    """Yield bodies whose `schemas` are none, or another's."""
    for value in NO_SCHEMAS:
        yield Hostile(f"schemas {value}", "POST", "/Users", user_body("n@x", schemas=value), names="schemas")
        yield Hostile(f"schemas {value}", "PUT", "/Users/{user}", user_body("n@x", schemas=value))
        yield Hostile(f"schemas {value}", "POST", "/Groups", group_body("New", schemas=value))
        yield Hostile(f"schemas {value}", "PUT", "/Groups/{group}", group_body("New", schemas=value))


def deep(levels: int) -> str:
    """Return JSON nested that deep."""
    return json.dumps("x") if levels == 0 else f'{{"a":{deep(levels - 1)}}}'


FINE = f'"schemas":["{USER_SCHEMA}"],"userName":"new@acme.example"'
BOMBS = {
    "lists without end": b"[" * 100_000,
    "objects without end": b'{"a":' * 100_000,
    "lists 33 deep": f'{{{FINE},"x":{"[" * 33}{"]" * 33}}}'.encode(),
    "objects 40 deep": f'{{{FINE},"x":{deep(40)}}}'.encode(),
    "a long number": f'{{{FINE},"x":{"9" * 5000}}}'.encode(),
    "a number beyond floats": f'{{{FINE},"x":1e999}}'.encode(),
    "NaN": f'{{{FINE},"x":NaN}}'.encode(),
    "-Infinity": f'{{{FINE},"x":-Infinity}}'.encode(),
    "two values": f"{{{FINE}}}{{{FINE}}}".encode(),
    "a trailing comma": f"{{{FINE},}}".encode(),
    "a comment": f"{{{FINE}/* x */}}".encode(),
    "single quotation marks": b"{'userName': 'x'}",
    "a byte order mark": b"\xef\xbb\xbf{" + FINE.encode() + b"}",
    "UTF-16": f"{{{FINE}}}".encode("utf-16"),
    "Latin-1": '{"userName":"amélie"}'.encode("latin-1"),
    "an overlong slash": b'{"userName":"\xc0\xaf"}',
    "a raw line break in a text": b'{"userName":"a\nb"}',
    "a form": b"userName=x&active=true",
    "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "nothing": b"",
    "an empty object": b"{}",
    "a list": b"[]",
    "null": b"null",
    "a text": b'"x"',
    "a number": b"5",
    "NULs": b"\0" * 1000,
    "an open object": f"{{{FINE}".encode(),
}


def bombs() -> Iterator[Hostile]:
    """Yield bodies that are too deep, too large, or blow up while they are read."""
    for what, body in BOMBS.items():
        for method, path in WRITES:
            yield Hostile(what, method, path, raw=body)
        yield Hostile(what, "POST", "/Users/.search", raw=body)
    large = b'{"x":"' + b"a" * settings.SCIM_MAX_BODY_BYTES + b'"}'
    for method, path in WRITES:
        yield Hostile("a body too large", method, path, raw=large, statuses=(413,))
        for length in ("99999999999999999999", "-5", "five", "\u00b2", "1e3"):
            options = {"CONTENT_LENGTH": length}
            yield Hostile(f"a length of {length}", method, path, raw=b"{}", options=options, statuses=(413,))


def large_values() -> Iterator[Hostile]:
    """Yield values that are longer than their column, and names without end."""
    long = "x" * 321
    for name in ("userName", "displayName", "externalId", "preferredLanguage", "timezone"):
        body = user_body("new@acme.example") | {name: long}
        yield Hostile(f"a long {name}", "POST", "/Users", body, names=name)
        yield Hostile(f"a long {name}", "PUT", "/Users/{user}", body, names=name)
        for operation in (
            {"op": "add", "path": name, "value": long},
            {"op": "replace", "value": {name: long}},
        ):
            yield Hostile(f"a long {name}", "PATCH", "/Users/{user}", patch_body(operation), names=name)
    for part in ("givenName", "familyName"):
        body = user_body("new@acme.example", name={part: long})
        yield Hostile(f"a long {part}", "POST", "/Users", body, names=part)
    body = user_body("new@acme.example", emails=[{"type": "work", "value": long}])
    yield Hostile("a long address", "POST", "/Users", body, names="emails")
    for name in ("displayName", "externalId"):
        yield Hostile(f"a long {name}", "POST", "/Groups", group_body("New") | {name: long}, names=name)
        renaming = patch_body({"op": "replace", "path": name, "value": long})
        yield Hostile(f"a long {name}", "PATCH", "/Groups/{group}", renaming, names=name)


def wrong_searches() -> Iterator[Hostile]:
    """Yield search bodies that are no SearchRequest."""
    for path in ("/Users/.search", "/Groups/.search"):
        for value in NO_PARAMETER:
            for name in ("filter", "sortBy", "sortOrder"):
                yield Hostile(f"{name} {value}", "POST", path, search(**{name: value}))
        for name in ("startIndex", "count"):
            for value in NO_NUMBER:
                yield Hostile(f"{name} {value}", "POST", path, search(**{name: value}), names=name)
        for name in ("attributes", "excludedAttributes"):
            for value in NO_NAMES:
                yield Hostile(f"{name} {value}", "POST", path, search(**{name: value}), names=name)
        for value in (None, *NO_SCHEMAS):
            yield Hostile(f"schemas {value}", "POST", path, search() | {"schemas": value}, names="schemas")
        yield Hostile("an unknown attribute", "POST", path, search(filter='shoe eq "44"'), names="shoe")
        yield Hostile("an open text", "POST", path, search(filter='displayName eq "x'))
        yield Hostile("a filter too long", "POST", path, search(filter=f'displayName eq "{"x" * 5000}"'))
        yield Hostile("a filter with NUL", "POST", path, search(filter='displayName eq "\\u0000"'))


def search(**parameters: Any) -> dict[str, Any]:
    """Return a SearchRequest."""
    return {"schemas": [SEARCH_SCHEMA]} | parameters
