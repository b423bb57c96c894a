"""A SCIM endpoint in memory that is right until it is distorted; it knows nothing of the product.

The simulated Entra is tested against it, so it shares no code with the product either.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

TOKEN = "hpt_secret-of-the-test"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
COLLECTIONS = ("/Users", "/Groups")
QUEUE_LENGTH = 16


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the endpoint answers, before it becomes bytes."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/scim+json; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


Distortion = Callable[[Asked, Reply], Reply]


def undistorted(_: Asked, reply: Reply) -> Reply:
    """Leave a reply as it is."""
    return reply


def refusal(status: int, detail: str, **more: str) -> Reply:
    """Return an error answer."""
    content = {"schemas": [ERROR], "status": str(status), "detail": detail, **more}
    return Reply(status=status, content=content)


def listed(resources: list[Any]) -> Reply:
    """Return a list answer."""
    count = len(resources)
    content = {"schemas": [LIST], "totalResults": count, "startIndex": 1, "itemsPerPage": count}
    return Reply(status=200, content={**content, "Resources": resources})


class Endpoint:
    """A SCIM endpoint that is right: users and groups in two dictionaries."""

    def __init__(self, distortion: Distortion) -> None:
        """Begin empty."""
        self.base = ""
        self.asked: list[Asked] = []
        self.resources: dict[str, Any] = {}
        self._distortion = distortion
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Reply:
        """Answer one request at a time."""
        with self._lock:
            self.asked.append(asked)
            return self._distortion(asked, self._reply(asked))

    def _reply(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        collection = next((name for name in COLLECTIONS if parts.path.startswith(name)), None)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return refusal(401, "The token is unknown.")
        if collection is None:
            return listed([{"id": parts.path}])
        if parts.path == collection:
            return self._create(collection, asked) if asked.body else self._find(collection, query)
        if parts.path not in self.resources:
            return refusal(404, "There is no such resource.")
        return self._one(parts.path, asked, query)

    def _find(self, collection: str, query: dict[str, str]) -> Reply:
        attribute, _, quoted = query["filter"].partition(" eq ")
        value = quoted.strip('"')
        hits = [
            shown(resource, query)
            for path, resource in self.resources.items()
            if path.startswith(collection) and resource[attribute].lower() == value.lower()
        ]
        return listed(hits)

    def _create(self, collection: str, asked: Asked) -> Reply:
        name = "userName" if collection == "/Users" else "displayName"
        for path, resource in self.resources.items():
            if path.startswith(collection) and resource[name] == asked.body[name]:
                return refusal(409, f"The {name} is taken.", scimType="uniqueness")
        path = f"{collection}/{len(self.asked)}"
        resource = {**asked.body, "id": path.rpartition("/")[2]}
        if "active" in resource:
            resource["active"] = str(resource["active"]) == "True"
        self.resources[path] = resource
        return Reply(status=201, content=resource, headers={"Location": self.base + path})

    def _one(self, path: str, asked: Asked, query: dict[str, str]) -> Reply:
        if asked.method == "DELETE":
            self._delete(path)
            return Reply(status=204)
        for operation in asked.body["Operations"] if asked.body else []:
            operate(self.resources[path], operation)
        if asked.method == "PATCH" and path.startswith("/Groups"):
            return Reply(status=204)
        return Reply(status=200, content=shown(self.resources[path], query))

    def _delete(self, path: str) -> None:
        gone = self.resources.pop(path)["id"]
        for resource in self.resources.values():
            kept = [member for member in resource.get("members", []) if member["value"] != gone]
            resource["members"] = kept


def shown(resource: Any, query: dict[str, str]) -> Any:
    """Return a resource without what the request excludes."""
    excluded = query.get("excludedAttributes")
    return {name: value for name, value in resource.items() if name != excluded}


def operate(resource: Any, operation: Any) -> None:
    """Apply one operation of a PATCH, whichever dialect it is in."""
    path, value = operation.get("path"), operation.get("value")
    if path is None:
        for key, single in value.items():
            put(resource, key, single)
    elif path.startswith("members"):
        change_members(resource, operation)
    else:
        put(resource, path, value)


def put(resource: Any, path: str, value: Any) -> None:
    """Set one attribute; an empty value clears it."""
    if path.startswith("emails["):
        resource["emails"] = [{"type": "work", "value": value}]
        return
    urn, _, name = path.rpartition(":")
    parent, _, child = name.rpartition(".")
    for key in filter(None, (urn, parent)):
        resource = resource.setdefault(key, {})
    meant = {"True": True, "False": False, "": None}
    resource[child] = meant.get(value, value)


def change_members(resource: Any, operation: Any) -> None:
    """Add members, or remove exactly the ones that are named."""
    named = re.findall(r'"(.*)"', operation["path"])
    named += [member["value"] for member in operation.get("value", [])]
    rest = [member for member in resource.get("members", []) if member["value"] not in named]
    added = [{"value": value} for value in named] if operation["op"].lower() == "add" else []
    resource["members"] = rest + added


class Handler(BaseHTTPRequestHandler):
    """Carries requests to the endpoint over kept-alive connections."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    endpoint: ClassVar[Endpoint]

    def answer(self) -> None:
        """Read a request, let the endpoint answer it, write the answer."""
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(method=self.command, path=self.path, headers=headers, body=body)
        reply = self.endpoint.answer(asked)
        if reply.status == 0:
            self.close_connection = True
            return
        is_text = isinstance(reply.content, str)
        content = reply.content if is_text else json.dumps(reply.content)
        payload = b"" if reply.content is None else content.encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", reply.media_type)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the base class names them

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def serving(distortion: Distortion = undistorted) -> Iterator[Endpoint]:
    """Serve an endpoint on a free port of 127.0.0.1."""
    endpoint = Endpoint(distortion)
    handler = type("BoundHandler", (Handler,), {"endpoint": endpoint})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.request_queue_size = QUEUE_LENGTH
        endpoint.base = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield endpoint
        server.shutdown()
        thread.join()
