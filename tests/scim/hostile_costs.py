"""Hostile amounts: messages that are well-formed, but would take a server minutes to carry out."""

from collections.abc import Iterator
from typing import Any

from tests.factories import USER_SCHEMA, user_body
from tests.scim.hostile import SEARCH_SCHEMA, Hostile, patch_body

STUDIO = "urn:ietf:params:scim:schemas:extension:MapleStudio:2.0:User"
USER, GROUP = "/Users/{user}", "/Groups/{group}"
LISTS = ("emails", "phoneNumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509Certificates")


def adding(path: str, value: Any = "x") -> dict[str, Any]:
    """Return an operation that adds a value."""
    return {"op": "add", "path": path, "value": value}


def ored(terms: int) -> str:
    """Return a path whose filter has that many terms."""
    return "emails[" + " or ".join(f'type eq "x{number}"' for number in range(terms)) + "].value"


def many(letter: str, **parts: str) -> list[dict[str, str]]:
    """Return nearly as many addresses as a user may have."""
    return [{"value": f"{letter}{number}", **parts} for number in range(490)]


REMOVAL = {"op": "Remove", "path": "emails"}


COSTLY: dict[str, list[dict[str, Any]]] = {
    "500 addresses, each by its type": [adding(f'emails[type eq "t{n}"].value') for n in range(500)],
    "200 addresses, each by its type": [adding(f'emails[type eq "t{n}"].value') for n in range(200)],
    "500 times one address more": [adding("emails", [{"value": f"a{n}"}]) for n in range(500)],
    "500 times an object": [adding("emails", {"value": f"a{n}"}) for n in range(500)],
    "200 addresses, named at once": [adding("emails", [{"value": f"a{n}"} for n in range(200)])]
    + [adding("emails.display", f"d{n}") for n in range(200)],
    "500 addresses and 50 terms": [
        adding("emails", [{"value": f"a{n}"} for n in range(500)]),
        adding(ored(50)),
    ],
    "490 removals by value of 490": [
        adding("emails", many("a")),
        {**REMOVAL, "value": many("b", type="x")},
    ],
    "500 addresses and 8 terms without a blank": [
        adding("emails", [{"value": f"a{n}"} for n in range(500)]),
        adding("emails[" + "or".join(f"(type\teq\t{n})" for n in range(8)) + "].value"),
    ],
    "70 addresses, each by its type": [adding(f'emails[type eq "t{n}"].value') for n in range(70)],
    "a name of 40,000 parts": [adding("name", {f"k{n}": 1 for n in range(40_000)})],
    "a manager of 40,000 parts": [adding("manager", [{f"k{n}": 1 for n in range(40_000)}])],
    "an address of 40,000 parts": [adding('emails[type eq "x"]', {f"k{n}": 1 for n in range(40_000)})],
    "70 names of 100 parts": [adding("name", {f"k{n}": 1 for n in range(100)}) for _ in range(70)],
    "a removal by 4,000 parts": [
        {"op": "remove", "path": "emails", "value": {f"k{n}": 1 for n in range(4000)}}
    ],
    "a removal by 500 values": [
        {"op": "remove", "path": "phoneNumbers", "value": [{"value": f"{n}"} for n in range(500)]}
    ],
    "60 paths of 60 terms": [adding(ored(60)) for _ in range(60)],
    "500 paths in parentheses": [
        adding(f"emails[{'(' * 400}type eq {n}{')' * 400}].value") for n in range(500)
    ],
    "500 open parentheses": [adding(f"emails[{n}{'(' * 900}") for n in range(500)],
    "a large extension touched 500 times": [
        adding(STUDIO, {f"k{n}": 1 for n in range(40_000)}),
        *[adding(f"{STUDIO}:k{n}") for n in range(999)],
    ],
    "30,000 unknown attributes at once": [{"op": "replace", "value": {f"k{n}": 1 for n in range(30_000)}}],
    "30,000 attributes of the extension": [
        {"op": "add", "value": {STUDIO: {f"k{n}": 1 for n in range(30_000)}}}
    ],
}


def many_operations() -> Iterator[Hostile]:
    """Yield PATCH messages with too many operations, or with too much to compare in them."""
    for what, operations in COSTLY.items():
        yield Hostile(what, "PATCH", USER, patch_body(*operations))
    left, right = "(" * 300, ")" * 300
    parentheses = [adding(f'members[{left}value eq "{n}"{right}]') for n in range(500)]
    yield Hostile("500 members in parentheses", "PATCH", GROUP, patch_body(*parentheses))
    yield Hostile("a member by 500 terms", "PATCH", GROUP, patch_body(adding(f"members[{ored(500)}]")))


def long_paths() -> Iterator[Hostile]:
    """Yield paths without end, of every kind but a mere name."""
    paths = {
        "terms": ored(500),
        "parentheses": f"emails[{'(' * 20_000}",
        "brackets": "[" * 500_000,
        "dots": "a." * 300_000,
        "colons": "urn" + ":" * 500_000,
        "parts of a URN": "urn:" + "a:" * 300_000 + "b",
        "parts of an extension": f"{STUDIO}:{'a.' * 300_000}b",
        "a text": 'emails[type eq "' + "x" * 500_000 + '"].value',
    }
    for what, path in paths.items():
        for address in (USER, GROUP):
            for operation in (
                adding(path),
                {"op": "remove", "path": path},
                {"op": "replace", "value": {path: "x"}},
            ):
                yield Hostile(f"{what} without end", "PATCH", address, patch_body(operation))


def many_values() -> Iterator[Hostile]:
    """Yield attributes with too many values, on every way into a user."""
    values = [{"value": "x"} for _ in range(20_000)]
    for name in LISTS:
        body = user_body("new@acme.example", **{name: values})
        yield Hostile(f"20,000 {name}", "POST", "/Users", body, names=name)
        yield Hostile(f"20,000 {name}", "PUT", USER, body, names=name)
        yield Hostile(f"20,000 {name}", "PATCH", USER, patch_body(adding(name, values)), names=name)
    schemas = [USER_SCHEMA, *(f"urn:x:{number}" for number in range(30_000))]
    yield Hostile("30,000 schemas", "POST", "/Users", user_body("new@acme.example", schemas=schemas))
    schemas = [USER_SCHEMA] * 15_000
    yield Hostile("15,000 times a schema", "POST", "/Users", user_body("new@acme.example", schemas=schemas))


def endless_searches() -> Iterator[Hostile]:
    """Yield searches whose order is a name without end."""
    for path in ("/.search", "/Users/.search", "/Groups/.search"):
        for name in (ored(500), "(" * 500_000, "[" * 500_000, "a" * 500_000, "a." * 300_000):
            yield Hostile(
                "a long sortBy", "POST", path, {"schemas": [SEARCH_SCHEMA], "sortBy": name}, names="sortBy"
            )
