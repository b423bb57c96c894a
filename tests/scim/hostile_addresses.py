"""Hostile addresses and headers: paging, ids, paths, verbs, media types, hosts, preconditions."""

from collections.abc import Iterator
from urllib.parse import quote

from tests.factories import user_body
from tests.scim.hostile import SEARCH_SCHEMA, Hostile, at, group_body, patch_body

COLLECTIONS = ("/Users", "/Groups")
CANARIES = ("/Users/{user}", "/Groups/{group}")
ADDRESSES = (
    *COLLECTIONS,
    *CANARIES,
    "/Users/.search",
    "/Groups/.search",
    "/ServiceProviderConfig",
    "/ResourceTypes",
    "/ResourceTypes/User",
    "/Schemas",
    "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
)
NUMBERS = (
    "x",
    "1.5",
    "1e3",
    "0x10",
    "٣",
    "１",
    "+1",
    "--1",
    "-",
    "1 2",
    "1;2",
    "true",
    "null",
    "9" * 30,
    "\0",
)
SORTS = (
    "shoeSize",
    "members",
    "members.value",
    "addresses",
    "meta",
    "meta.version",
    "groups",
    "emails.shoe",
    'emails[type eq "work"].shoe',
    'emails[shoe eq "work"].value',
    'displayName[value eq "x"]',
    "name.shoe",
    "displayName desc",
    "displayName, externalId",
    "displayName pr) or (externalId",
    "displayName pr or externalId",
    'displayName eq "x" and externalId',
    "'; DROP TABLE users; --",
    "1",
    "-1",
    "\0",
    "?",
    "display_name_key",
    "a" * 2000,
    "(" * 200,
)
IDS = {
    "a number": "1",
    "zero": "0",
    "a negative number": "-1",
    "text": "x",
    "SQL": "1' OR '1'='1",
    "an absent id": "3e59e27b-7d5c-4f0b-9d6a-0f3c5a1b2c3d",
    "an id in braces": "{{user}}",
    "an id as URN": "urn:uuid:{user}",
    "an id and something": "{user}x",
    "an id and a blank": "{user} ",
    "an id with a NUL": "{user}\0",
    "an id with a line break": "{user}\r\nSet-Cookie: a=b",
    "two ids": "{user},{user}",
    "an id in other digits": "٣e59e27b-7d5c-4f0b-9d6a-0f3c5a1b2c3d",
    "underscores": "3e59e27b_7d5c_4f0b_9d6a_0f3c5a1b2c3d",
    "half a surrogate pair": "%ED%A0%80",
    "bytes that are no UTF-8": "%FF%FE",
    "a wildcard": "*",
    "a template": "{id}",
    "a format": "%s%n",
    "a long id": "a" * 8000,
    "long digits": "9" * 8000,
    "parent folders": "..%2f..%2fetc%2fpasswd",
    "a script": "<script>alert(1)</script>",
}
PATHS = (
    "/",
    "/users",
    "/USERS",
    "/User",
    "/Users//",
    "/Users/{user}/emails",
    "/Users/{user}/.search",
    "/Users/../Groups/{group}",
    "/Users/%2e%2e/Groups",
    "/Users;x=1",
    "/Users%00",
    "/Users%0d%0aSet-Cookie:%20a=b",
    "/Users%0d%0a%0d%0a<html>",
    "/%ff%fe",
    "/%c0%af",
    "/Me/x",
    "/Bulk/",
    "/.search/",
    "/Schemas/urn:x",
    "/Schemas/%0d%0a",
    "/ResourceTypes/Shoe",
    "/ResourceTypes/" + "x" * 5000,
    "/ServiceProviderConfig/x",
    "/ServiceProviderConfigs",
    "/Users.json",
    "/admin",
    "/scim/v2/Users",
    "/" + "a/" * 2000,
    "/" + "x" * 20000,
)
VERBS = (
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "MKCOL",
    "LOCK",
    "COPY",
    "M-SEARCH",
    "PURGE",
    "LINK",
    "GETT",
    "G",
    "QUERY",
)
MEDIA_TYPES = (
    "text/plain",
    "text/html",
    "text/xml",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/jsonp",
    "application/vnd.api+json",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/scim",
    "application/*",
    "*/*",
    "json",
    "application/json; charset=latin-1",
    "application/json; charset=utf-16",
    "application/json; charset=utf-7",
    "application/json; charset=base64",
    "application/json; charset=undefined",
    "application/json; charset=x-nothing",
    'application/scim+json; charset=""',
    "application/scim+json, text/plain",
    "a" * 5000,
)
HOSTS = (
    "evil.example",
    "evil.example:80",
    "testserver.evil.example",
    "evil.example/testserver",
    "testserver@evil.example",
    "testserver:x",
    "testserver evil.example",
    "testserver\r\nX: y",
    "[::1",
    "[::2]",
    "169.254.169.254",
    "0",
    "?",
    "../..",
    "é.example",
    "x" * 5000,
)
IF_MATCHES = (
    '"0"',
    'W/"0"',
    'W/"2"',
    '"1 "',
    "1",
    "W/1",
    'w/"1"',
    '"*"',
    "**",
    "W/",
    '"',
    '""',
    ",",
    ",,,",
    'W/"-1"',
    '"1\' OR 1=1"',
    "\r\nX: y",
    "é",
    '"' + "9" * 5000 + '"',
    ", ".join(f'W/"{number}"' for number in range(2, 500)),
)


def absurd_pages() -> Iterator[Hostile]:
    """Yield paging and sorting that means nothing."""
    for path in COLLECTIONS:
        for value in NUMBERS:
            for name in ("startIndex", "count"):
                yield Hostile(f"{name} {value!r}", "GET", at(path, **{name: value}), names=name)
        for value in SORTS:
            yield Hostile(f"sorted by {value[:20]!r}", "GET", at(path, sortBy=value), names="sortBy")


def forged_cursors() -> Iterator[Hostile]:
    """Yield cursors that nobody was given, and what does not go with one."""
    for path in ("/Users", "/Groups/.search", "/.search"):
        for value in (*NUMBERS, *SORTS, *IDS.values(), "e30.e30", "." * 1000, "=", "e30:1vRZmN:x"):
            yield with_parameters("a forged cursor", path, cursor=value)
        for value in ("0", *NUMBERS):
            yield with_parameters(f"count {value!r}", path, cursor="", count=value)
        yield with_parameters("two places", path, cursor="", startIndex="1")
        yield with_parameters("two orders", path, cursor="", sortBy="userName")


def with_parameters(what: str, path: str, **parameters: str) -> Hostile:
    """Return a question to a list, in the address or in a body."""
    if path.endswith(".search"):
        return Hostile(what, "POST", path, {"schemas": [SEARCH_SCHEMA], **parameters})
    return Hostile(what, "GET", at(path, **parameters))


def long_addresses() -> Iterator[Hostile]:
    """Yield queries that are too long, or of too many parts."""
    for path in ADDRESSES:
        method = "POST" if path.endswith(".search") else "GET"
        yield Hostile("a query too long", method, f"{path}?x={'y' * 8192}", {}, statuses=(414,))
        if path != "/ServiceProviderConfig":  # which reads no parameters
            yield Hostile("too many parameters", method, f"{path}?{'&'.join('a' * 1500)}", {})


def wrong_ids() -> Iterator[Hostile]:
    """Yield ids that nothing has, under every verb."""
    for what, id_ in IDS.items():
        for collection in COLLECTIONS:
            path = f"{collection}/{id_ if '%' in id_ else quote(id_, safe='{}')}"
            body = user_body("new@acme.example") if collection == "/Users" else group_body("New")
            patch = patch_body({"op": "replace", "path": "displayName", "value": "x"})
            for method, sent in (
                ("GET", None),
                ("HEAD", None),
                ("PUT", body),
                ("PATCH", patch),
                ("DELETE", None),
            ):
                yield Hostile(what, method, path, sent, statuses=(404,))


def wrong_paths() -> Iterator[Hostile]:
    """Yield addresses below the Tenant URL at which there is nothing."""
    for path in PATHS:
        for method, body in (("GET", None), ("POST", user_body("new@acme.example")), ("DELETE", None)):
            yield Hostile("nothing there", method, path, body, statuses=(404, 405, 501))
    for path in ("/Me", "/Bulk"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            yield Hostile("not offered", method, path, {}, statuses=(501,))
    for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Schemas/urn:x"):
        yield Hostile("a filtered description", "GET", at(path, filter="id pr"), statuses=(403,))


def wrong_verbs() -> Iterator[Hostile]:
    """Yield verbs that an address does not have, or nobody has."""
    for path in ADDRESSES:
        for verb in (*VERBS, "X" * 3000):
            yield Hostile("an unknown verb", verb, path, {}, statuses=(405,))
    for path in COLLECTIONS:
        for verb in ("PUT", "PATCH", "DELETE"):
            yield Hostile("not of a collection", verb, path, user_body("n@x"), statuses=(405,))
    for path in CANARIES:
        yield Hostile("not of one resource", "POST", path, user_body("n@x"), statuses=(405,))
    for path in ADDRESSES[6:]:
        for verb in ("POST", "PUT", "PATCH", "DELETE"):
            yield Hostile("not of a description", verb, path, {}, statuses=(405,))


def wrong_media_types() -> Iterator[Hostile]:
    """Yield bodies of every other kind."""
    patch = patch_body({"op": "replace", "path": "displayName", "value": "x"})
    for media_type in MEDIA_TYPES:
        options = {"content_type": media_type}
        for method, path, body in (
            ("POST", "/Users", user_body("new@acme.example")),
            ("PUT", "/Users/{user}", user_body("new@acme.example")),
            ("PATCH", "/Groups/{group}", patch),
            ("POST", "/Users/.search", {}),
        ):
            yield Hostile(media_type[:40], method, path, body, options=options, statuses=(415,))


def forged_hosts() -> Iterator[Hostile]:
    """Yield Host headers that are not ours."""
    for host in HOSTS:
        for method, path in (
            ("GET", "/Users"),
            ("POST", "/Users"),
            ("DELETE", "/Users/{user}"),
            ("GET", "/x"),
        ):
            body = user_body("new@acme.example") if method == "POST" else None
            yield Hostile(f"Host: {host[:30]!r}", method, path, body, options={"HTTP_HOST": host})


def wrong_preconditions() -> Iterator[Hostile]:
    """Yield entity tags that no canary has, on every change."""
    patch = patch_body({"op": "replace", "path": "displayName", "value": "x"})
    for tag in IF_MATCHES:
        for path in CANARIES:
            body = user_body("new@acme.example") if "user" in path else group_body("New")
            for method, sent in (("PUT", body), ("PATCH", patch), ("DELETE", None)):
                yield Hostile(
                    f"If-Match: {tag[:20]!r}",
                    method,
                    path,
                    sent,
                    options={"HTTP_IF_MATCH": tag},
                    statuses=(412,),
                )
