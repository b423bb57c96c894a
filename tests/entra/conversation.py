"""Read and judge a conversation of `cases.json`: requests as Entra sends them, and what must come back.

A case: setup steps, a request with what is expected of its answer, and further steps. `{{name}}` is a
value saved from an answer, `{{uuid…}}` one made for the case. A check names a place in the answer
(`a.b[0].c`, `list[type=work].value`, `"quoted.key"`, `$headers.name`, `$text`, `$json`) and an operator.
"""

import http.client
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

ABSENT: Any = object()
VARIABLE = re.compile(r"\{\{(\w+)\}\}")
STEP = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|([^.\["]+)')
SUCCESSES = [200, 201, 202, 204]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The JSON of the answer; ABSENT when it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return ABSENT

    def at(self, path: str) -> Any:
        """Return what stands at a place; ABSENT when nothing does."""
        if path.startswith("$headers."):
            return self.headers.get(path.removeprefix("$headers.").lower(), ABSENT)
        return {"$status": self.status, "$text": self.text, "$json": self.body}.get(
            path, found(self.body, path)
        )


class Conversation:
    """One client in one conversation; it sends no User-Agent, and blanks of a query as `+`."""

    def __init__(self, *, port: int, prefix: str, secret: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.prefix = prefix
        self.secret = secret
        self.saved: dict[str, Any] = {"base": f"http://127.0.0.1:{port}{prefix}", "token": secret}

    def close(self) -> None:
        """Hang up."""
        self.connection.close()

    def hold(self, case: dict[str, Any]) -> list[str]:
        """Go through a case; return everything that is not as expected."""
        for step in case.get("setup", []):
            wrong = self.take(step, SUCCESSES)
            if wrong:
                return [f"setup: {reason}" for reason in wrong]
        wrong = self.take(case, SUCCESSES)
        return wrong or [
            f"then: {reason}" for step in case.get("then") or [] for reason in self.take(step, SUCCESSES)
        ]

    def take(self, step: dict[str, Any], usual: list[int]) -> list[str]:
        """Send one request and judge its answer; remember what the step saves."""
        answer = self.send(self.filled(step.get("request", step)))
        expected = step.get("expect") or {}
        statuses = expected.get("status") or usual
        if answer.status not in statuses:
            return [f"{answer.status} instead of {statuses}: {answer.text[:300]}"]
        self.saved |= {name: answer.at(path) for name, path in (step.get("save") or {}).items()}
        return [
            f"{check['path']} {check['op']} {check.get('value')!r}: {answer.at(self.filled(check['path']))!r}"
            for check in expected.get("checks", [])
            if not holds(answer.at(self.filled(check["path"])), check["op"], self.filled(check.get("value")))
        ]

    def send(self, request: dict[str, Any]) -> Answer:
        """Send a request as Entra would."""
        query = request.get("raw_query") or urlencode(request.get("query") or {})
        target = (
            self.prefix + quote(request["path"], safe="/:%@!$&'()*+,;=~-._") + (f"?{query}" if query else "")
        )
        body = request.get("raw_body")
        if body is None and "body" in request:
            body = json.dumps(request["body"], ensure_ascii=False)
        headers = {"accept": "application/scim+json"}
        if request.get("auth", True):
            headers["authorization"] = f"Bearer {self.secret}"
        if body is not None:
            headers["content-type"] = "application/scim+json; charset=utf-8"
        headers |= {name.lower(): value for name, value in (request.get("headers") or {}).items()}
        sent = {name: value for name, value in headers.items() if value is not None}
        answer = self.exchange(request["method"], target, body.encode() if body is not None else None, sent)
        received = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, received, answer.read().decode())

    def exchange(self, *request: Any) -> http.client.HTTPResponse:
        """Send over the open connection; once more over a new one where the server had closed it meanwhile."""
        try:
            self.connection.request(*request)
            return self.connection.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):
            self.connection.close()
            self.connection.request(*request)
            return self.connection.getresponse()

    def filled(self, value: Any) -> Any:
        """Return a value with its variables; a text that is one variable keeps that one's type."""
        if isinstance(value, dict):
            return {self.filled(name): self.filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if not isinstance(value, str):
            return value
        whole = VARIABLE.fullmatch(value)
        return (
            self.variable(whole[1])
            if whole
            else VARIABLE.sub(lambda each: str(self.variable(each[1])), value)
        )

    def variable(self, name: str) -> Any:
        """Return a saved value, or a UUID made for this case."""
        if name.startswith("uuid"):
            self.saved.setdefault(name, str(uuid4()))
        return self.saved[name]


def found(node: Any, path: str) -> Any:
    """Return what stands at a path of decoded JSON; ABSENT when nothing does."""
    for quoted, bracket, name in STEP.findall(path):
        if bracket and "=" in bracket:
            key, value = bracket.split("=", 1)
            items = node if isinstance(node, list) else []
            node = next((item for item in items if str(item.get(key)) == value), ABSENT)
        elif bracket:
            node = node[int(bracket)] if isinstance(node, list) and int(bracket) < len(node) else ABSENT
        else:
            node = node.get(quoted or name, ABSENT) if isinstance(node, dict) else ABSENT
    return node


def covers(item: Any, wanted: Any) -> bool:
    """Whether an item is, or says at least, what is wanted."""
    if isinstance(item, dict) and isinstance(wanted, dict):
        return all(name in item and covers(item[name], value) for name, value in wanted.items())
    return type(item) is type(wanted) and bool(item == wanted)


def contains(got: Any, wanted: Any) -> bool:
    """Whether a text, a list or an object holds what is wanted."""
    if isinstance(got, list):
        return any(covers(item, wanted) for item in got)
    return isinstance(got, str | dict) and wanted in got


def size(got: Any) -> int:
    """Return the length of a list, text or object; -1 where there is none."""
    return len(got) if isinstance(got, list | str | dict) else -1


TYPES = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda got, wanted: type(got) is type(wanted) and got == wanted,
    "ne": lambda got, wanted: got != wanted,
    "exists": lambda got, _: got is not ABSENT and got is not None,
    "absent": lambda got, _: got is ABSENT,
    "empty": lambda got, _: got is ABSENT or got in (None, "", [], {}),
    "type": lambda got, wanted: type(got) is TYPES[wanted],
    "len": lambda got, wanted: size(got) == wanted,
    "len_gte": lambda got, wanted: size(got) >= wanted,
    "len_lte": lambda got, wanted: size(got) <= wanted,
    "gte": lambda got, wanted: got is not ABSENT and got >= wanted,
    "contains": contains,
    "not_contains": lambda got, wanted: not contains(got, wanted),
    "matches": lambda got, wanted: isinstance(got, str) and re.search(wanted, got) is not None,
    "not_matches": lambda got, wanted: not isinstance(got, str) or re.search(wanted, got) is None,
}


def holds(got: Any, operator: str, wanted: Any) -> bool:
    """Whether a check holds."""
    return OPERATORS[operator](got, wanted)
