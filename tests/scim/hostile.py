"""Requests that no well-meaning client sends, and what is asked of every answer to one.

A family of requests is sent in one test. Each answer is judged alone; afterwards the two canaries, a
user and a group with that user in it, must be byte for byte what they were, and no row may be new.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from accounts.models import Member, Team, TeamMembership, Tombstone
from tests.cast import ScimClient
from tests.factories import ERROR_SCHEMA

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
MOST_SECONDS = 1.0
SHORTEST_DETAIL, LONGEST_DETAIL = 30, 600
TABLES: tuple[Any, ...] = (Member, Team, TeamMembership, Tombstone)
# What would tell a stranger how the service is made, and an admin nothing.
INSIDES = re.compile(
    r"pydantic|traceback|exception|[a-z]error\b|nonetype|<class|object at 0x|input should|validation error|"
    r"psycopg|sqlite|postgres|django|scim2|scimfilter|\blark\b|select |insert into|accounts_|provisioning[._]|"
    r"unexpected (token|character|end)|\bdict\b|\bstr\b|\bbool\b|\bint\b|\btuple\b|jsonb|\\x|\x00|[\r\n]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Hostile:
    """One such request. `{user}` and `{group}` in its path stand for the canaries."""

    what: str
    method: str
    path: str
    body: Any = None
    raw: bytes | None = None
    options: dict[str, Any] = field(default_factory=dict)
    statuses: tuple[int, ...] = (400,)
    names: str = ""  # what the detail must speak of


@dataclass(frozen=True)
class Canaries:
    """A user and a group that must come through unharmed."""

    entra: ScimClient
    user: str
    group: str

    def placed(self, text: str) -> str:
        """Return a text with the ids of the canaries in their places."""
        return text.replace("{user}", self.user).replace("{group}", self.group)

    def photograph(self) -> list[tuple[bytes, str]]:
        """Return all that a client sees of the two, bodies and entity tags."""
        seen = (self.entra.get(self.placed(path)) for path in ("/Users/{user}", "/Groups/{group}"))
        return [(answer.content, answer["ETag"]) for answer in seen]

    def send(self, request: Hostile) -> "tuple[Answer, float]":
        """Send a request; return its answer and how many seconds of CPU it took.

        On a core that is shared the same work takes up to twice as long now and then: what is over the limit is sent
        twice more, and the least of the three counts.
        """
        answer, seconds = self.send_once(request)
        again = range(2 if seconds >= MOST_SECONDS else 0)
        return answer, min([seconds, *(self.send_once(request)[1] for _ in again)])

    def send_once(self, request: Hostile) -> "tuple[Answer, float]":
        """Send a request; return its answer and how many seconds of CPU it took this time."""
        body = request.raw if request.raw is not None else json.dumps(request.body).encode()
        raw = body if request.raw is not None or request.body is not None else b""
        started = time.thread_time()
        answer = self.entra.request(
            request.method, self.placed(request.path), raw=self.placed_raw(raw), **request.options
        )
        return answer, time.thread_time() - started

    def placed_raw(self, body: bytes) -> bytes:
        """Return a body with the ids of the canaries in their places."""
        return body.replace(b"{user}", self.user.encode()).replace(b"{group}", self.group.encode())


def row_counts() -> list[int]:
    """Return how many rows there are of all that SCIM can change."""
    return [table.objects.count() for table in TABLES]


def check_refused(canaries: Canaries, family: Iterable[Hostile]) -> int:
    """Send a family that is refused as a whole; return how many requests it has."""
    before, rows = canaries.photograph(), row_counts()
    requests = list(family)

    found = [line for request in requests for line in complaints(canaries, request)]

    assert not found, "\n".join(found)
    assert canaries.photograph() == before
    assert row_counts() == rows
    return len(requests)


def complaints(canaries: Canaries, request: Hostile) -> Iterator[str]:
    """Send a request and yield what is wrong with its refusal."""
    answer, seconds = canaries.send(request)
    label = f"{request.what}: {request.method} {request.path[:80]} → {answer.status_code}"
    if seconds >= MOST_SECONDS:
        yield f"{label} took {seconds:.2f} s"
    if answer.status_code not in request.statuses:
        yield f"{label}, not {request.statuses}: {answer.content[:300]!r}"
        return
    if answer.get("Content-Type") != "application/scim+json":
        yield f"{label} as {answer.get('Content-Type')}"
    elif request.method.upper() != "HEAD":
        for complaint in error_complaints(answer.content, answer.status_code, request.names):
            yield f"{label}: {complaint}"


def error_complaints(content: bytes, status: int, names: str) -> Iterator[str]:
    """Yield what is wrong with the body of a refusal (RFC 7644 §3.12)."""
    try:
        error = json.loads(content)
    except ValueError:
        yield f"no JSON but {content[:200]!r}"
        return
    detail = error.get("detail", "")
    if error.get("schemas") != [ERROR_SCHEMA] or error.get("status") != str(status):
        yield f"no SCIM error but {error}"
    if not SHORTEST_DETAIL <= len(detail) <= LONGEST_DETAIL:
        yield f"a detail of {len(detail)} characters"
    if (inside := INSIDES.search(detail)) is not None:
        yield f"it tells {inside.group()!r} in {detail!r}"
    if names.lower() not in detail.lower():
        yield f"it does not speak of {names} in {detail!r}"


def patch_body(*operations: Any) -> dict[str, Any]:
    """Return a PatchOp message."""
    return {"schemas": [PATCH_SCHEMA], "Operations": list(operations)}


def group_body(display_name: Any, **attributes: Any) -> dict[str, Any]:
    """Return a Group."""
    return {"schemas": [GROUP_SCHEMA], "displayName": display_name} | attributes


def at(path: str, **parameters: str) -> str:
    """Return a path with parameters."""
    return f"{path}?{urlencode(parameters)}"
