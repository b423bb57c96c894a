"""A real receiver on loopback: it keeps what came, verifies it as the documentation says, and answers as it is told."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.processes import ROOT

DOCUMENTED = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")


def documented() -> Callable[[str, dict[str, str], bytes], bool]:
    """Return the verifying function of the documentation."""
    found = re.search(r"```python\n(.*?)```", DOCUMENTED, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found[1], names)  # noqa: S102 - our own documentation
    verified: Callable[[str, dict[str, str], bytes], bool] = names["verified"]
    return verified


verified = documented()


@dataclass(frozen=True)
class Message:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        """The body, decoded."""
        told: dict[str, Any] = json.loads(self.body)
        return told

    def is_signed_with(self, secret: str) -> bool:
        """Whether the documented function verifies it."""
        return verified(secret, self.headers, self.body)


TAKE, TAKE_AND_CUT, CUT, HANG = "take", "take and cut", "cut", "hang"
Conduct = Callable[[int], str | int]


def in_turn(*answers: str | int) -> Conduct:
    """Answer one request after the other, and from the beginning again."""
    return lambda number: answers[number % len(answers)]


@dataclass
class Receiver:
    """What came, and how the next is answered: `conduct` is given its number, from 0."""

    conduct: Conduct = lambda _number: TAKE
    answer: bytes = b"thanks"
    headers: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    taken: list[Message] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook?key=k3y"

    def positions(self) -> list[int]:
        """Return the positions of the entries that were taken, in the order they came, each message once."""
        told = {message.id: message.told for message in self.taken}
        return [
            entry["position"]
            for each in told.values()
            if each["type"] == "log.entries"
            for entry in each["data"]["entries"]
        ]

    def types(self) -> list[str]:
        """Return the types of the messages that came, in their order."""
        return [message.told["type"] for message in self.messages]

    def wait_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Wait until what was taken meets a condition."""
        with self.news:
            return self.news.wait_for(condition, timeout=seconds)

    def receive(self, request: "Request") -> None:
        """Keep a request, and answer it."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in request.headers.items()}
        message = Message(request.path, headers, body)
        with self.news:
            conduct = self.conduct(len(self.messages))
            self.messages.append(message)
            if conduct in {TAKE, TAKE_AND_CUT}:
                self.taken.append(message)
            self.news.notify_all()
        if conduct == HANG:
            self.released.wait()
        if conduct in {TAKE_AND_CUT, CUT, HANG}:
            request.close_connection = True
            return
        request.send_response(200 if conduct == TAKE else int(conduct))
        for name, value in ({"Content-Length": str(len(self.answer))} | self.headers).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(self.answer)


class Request(BaseHTTPRequestHandler):
    """One request to a receiver."""

    server: "Server"

    def do_POST(self) -> None:
        """Serve."""
        self.server.receiver.receive(self)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """The receiver's server; whoever hangs up is no news."""

    receiver: Receiver

    def handle_error(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    """Serve until the block ends."""
    server = Server(("127.0.0.1", 0), Request)
    server.receiver, receiver.port = receiver, server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
