"""HTTP the way Entra's client speaks it: kept-alive connections, a bearer token, no User-Agent.

Knows requests, answers, connections and waiting; must not know what an answer ought to be. A failed
exchange is an Answer with a `failure`, never an exception: the judge decides what it means.
Source: RFC 7644 §3; Entra page "Develop and plan provisioning for a SCIM endpoint".
"""

import json
import select
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlencode, urlsplit

RETRIED_STATUSES = frozenset({429, 503})
RETRIES_AT_MOST = 3
WAIT_AT_MOST_SECONDS = 30.0
WAIT_UNREADABLE_SECONDS = 1.0
NO_CONTENT: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One exchange: what was asked and what came. `status` is 0 when nothing came."""

    method: str
    path: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content: object = None
    is_json: bool = False
    failure: str = ""
    duration_milliseconds: float = 0.0
    waits: int = 0

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_refused_credential(self) -> bool:
        """Whether the endpoint turned the token down."""
        return self.status == 401


def equals(*, attribute: str, value: str) -> str:
    """Return the filter `attribute eq "value"`, the only comparison Entra's queries use."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{attribute} eq "{escaped}"'


def with_query(*, path: str, query: Mapping[str, str]) -> str:
    """Return the path with a form-encoded query: a blank travels as a plus sign."""
    return f"{path}?{urlencode(query)}" if query else path


class Client:
    """Sends requests to one base address; each thread keeps a connection of its own."""

    def __init__(
        self,
        *,
        base: str,
        token: str,
        timeout_seconds: float = 30.0,
        clock: Callable[[], float] = time.perf_counter,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare; nothing is sent yet. Raises: ValueError unless the base is an http(s) URL."""
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("The base address must be an absolute http or https URL.")
        self._is_https = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix, self._flags = parts.path.rstrip("/"), parts.query
        self._authorization = f"Bearer {token}"
        self._timeout_seconds = timeout_seconds
        self._clock, self._wait = clock, wait
        self._thread = threading.local()
        self._connections: list[HTTPConnection] = []

    def get(self, *, path: str, query: Mapping[str, str] = NO_CONTENT) -> Answer:
        """Read something."""
        return self._exchange(method="GET", path=with_query(path=path, query=query))

    def post(self, *, path: str, content: object) -> Answer:
        """Create something."""
        return self._exchange(method="POST", path=path, body=encoded(content))

    def patch(self, *, path: str, content: object) -> Answer:
        """Change something."""
        return self._exchange(method="PATCH", path=path, body=encoded(content))

    def delete(self, *, path: str) -> Answer:
        """Delete something."""
        return self._exchange(method="DELETE", path=path)

    def close(self) -> None:
        """Close the connections of every thread."""
        for connection in self._connections:
            connection.close()

    def _exchange(self, *, method: str, path: str, body: bytes | None = None) -> Answer:
        waits = 0
        while True:
            answer = self._attempt(method, path, body)
            pause = seconds_to_wait(answer)
            if pause is None or waits == RETRIES_AT_MOST:
                return replace(answer, waits=waits)
            self._wait(pause)
            waits += 1

    def _attempt(self, method: str, path: str, body: bytes | None) -> Answer:
        connection = self._connection()
        started = self._clock()
        try:
            connection.request(method, self._target(path), body, self._headers(body))
            response = connection.getresponse()
            content = response.read()
        except (OSError, HTTPException, ValueError) as error:
            connection.close()
            took = (self._clock() - started) * 1000
            failure = self._failure(error)
            return Answer(method=method, path=path, failure=failure, duration_milliseconds=took)
        took = (self._clock() - started) * 1000
        decoded, is_json = decoded_json(content)
        return Answer(
            method=method,
            path=path,
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            body=content,
            content=decoded,
            is_json=is_json,
            duration_milliseconds=took,
        )

    def _target(self, path: str) -> str:
        if not self._flags:
            return self._prefix + path
        return f"{self._prefix}{path}{'&' if '?' in path else '?'}{self._flags}"

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {"Authorization": self._authorization, "Accept": "application/scim+json"}
        if body is not None:
            headers["Content-Type"] = "application/scim+json; charset=utf-8"
        return headers

    def _connection(self) -> HTTPConnection:
        connection: HTTPConnection | None = getattr(self._thread, "connection", None)
        if connection is None:
            kind = HTTPSConnection if self._is_https else HTTPConnection
            connection = kind(self._host, self._port, timeout=self._timeout_seconds)
            self._thread.connection = connection
            self._connections.append(connection)
        elif is_dropped(connection):
            connection.close()
        return connection

    def _failure(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self._timeout_seconds:g} seconds"
        if isinstance(error, ConnectionRefusedError):
            return "no connection: it was refused"
        reason = str(error) or type(error).__name__
        return f"no complete answer: {reason}"


def encoded(content: object) -> bytes:
    """Return a JSON body in UTF-8."""
    return json.dumps(content, ensure_ascii=False).encode()


def decoded_json(body: bytes) -> tuple[object, bool]:
    """Return the decoded body and whether it was JSON at all."""
    try:
        return json.loads(body.decode()), True
    except (ValueError, RecursionError):
        return None, False


def is_dropped(connection: HTTPConnection) -> bool:
    """Tell whether the server has closed an idle connection: only a close makes it readable."""
    if connection.sock is None:
        return False
    readable, _, _ = select.select([connection.sock], [], [], 0)
    return bool(readable)


def seconds_to_wait(answer: Answer) -> float | None:
    """Return how long the endpoint asks to wait before the same request, None when it does not."""
    asked = answer.headers.get("retry-after")
    if answer.status not in RETRIED_STATUSES or asked is None:
        return None
    if not (asked.isascii() and asked.isdigit()):
        return WAIT_UNREADABLE_SECONDS
    return min(float(asked), WAIT_AT_MOST_SECONDS)
