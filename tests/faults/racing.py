"""Many clients at once against the product: they wait for each other, then all send."""

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier
from typing import Any

from tests.databases import rows
from tests.processes import Product

ROUNDS = 10
MOST = 32


@dataclass(frozen=True)
class Call:
    """One request below /scim/v2."""

    method: str
    path: str
    body: Any = None
    if_match: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    etag: str
    body: Any


def patch(path: str, *operations: dict[str, Any], if_match: str = "") -> Call:
    """Return a PATCH with operations."""
    return Call("PATCH", path, {"Operations": operations}, if_match)


def members(verb: str, ids: list[str]) -> dict[str, Any]:
    """Return an operation that adds or removes members."""
    return {"op": verb, "path": "members", "value": [{"value": id_} for id_ in ids]}


@dataclass
class Racers:
    """Up to MOST clients of one organization, with two web processes to ask."""

    product: Product
    secret: str
    pool: ThreadPoolExecutor

    def call(self, call: Call) -> Answer:
        """Send one request over a connection of its own. Raises: AssertionError for a fault of the server."""
        connection = http.client.HTTPConnection("127.0.0.1", self.product.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/scim+json"}
        headers |= {"If-Match": call.if_match} if call.if_match else {}
        body = None if call.body is None else json.dumps(call.body)
        try:
            connection.request(call.method, f"/scim/v2{call.path}", body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        assert response.status < 500, (call, content)
        return Answer(response.status, response.headers.get("ETag", ""), json.loads(content or b"null"))

    def at_once(self, calls: list[Call]) -> list[Answer]:
        """Send requests at the same moment; return their answers in order."""
        barrier = Barrier(len(calls))

        def run(call: Call) -> Answer:
            barrier.wait(timeout=60)
            return self.call(call)

        return list(self.pool.map(run, calls))

    def create(self, path: str, *bodies: dict[str, Any]) -> list[str]:
        """Create resources; return their ids."""
        answers = list(self.pool.map(self.call, [Call("POST", path, body) for body in bodies]))
        assert {answer.status for answer in answers} == {201}
        return [answer.body["id"] for answer in answers]

    def members_of(self, group: str) -> set[str]:
        """Return who is in a group."""
        body = self.call(Call("GET", f"/Groups/{group}")).body
        return {member["value"] for member in body.get("members", [])}

    def count(self, table: str, condition: str = "1 = 1") -> int:
        """Return how many rows of a table fulfil a condition."""
        found: int = rows(self.product.database_url, f"SELECT count(*) FROM {table} WHERE {condition}")[0][0]  # noqa: S608 - ours
        return found


@contextmanager
def racing(product: Product) -> Iterator[Racers]:
    """Run the product with two web processes, and clients for it.

    Raises: AssertionError when PostgreSQL had to break a deadlock meanwhile, even if a retry hid it.
    """
    secret = product.manage("issue_scim_token", "acme", "--create-organization")
    with product.web(workers=2), ThreadPoolExecutor(MOST) as pool:
        yield Racers(product, secret, pool)
    assert deadlocks(product) == 0


def deadlocks(product: Product) -> int:
    """Return how often PostgreSQL had to break a deadlock, once its clients are gone; SQLite has none to break."""
    if product.database_url.startswith("sqlite"):
        return 0
    found = rows(
        product.database_url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    return int(found[0][0])
