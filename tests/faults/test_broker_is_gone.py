"""Redis is gone, or takes a connection and never answers: nobody who asks for something waits for it."""

import http.client
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from http.cookies import SimpleCookie
from urllib.parse import urlencode
from uuid import UUID

import pytest

from hootprov.settings.base import broker_transport_options
from provisioning.management.entra.cycles import run
from provisioning.management.entra.options import Options
from provisioning.management.entra.report import Report
from tests.databases import rows
from tests.factories import PASSWORD, user_body
from tests.faults.delivering import in_product, running_broker
from tests.processes import Product

PROBLEM = "The broker does not answer: check CELERY_BROKER_URL and the server behind it."
WHOLE_WAIT_SECONDS = float(str(broker_transport_options("redis://")["socket_timeout"]))
MEMBERS = "SELECT count(*) FROM accounts_member"
FAULTS = "SELECT count(*) FROM provisioning_provisioninglogentry WHERE http_status >= 500"
KINDS = "SELECT kind FROM provisioning_notification ORDER BY created_at"


class Console:
    """A CSM's browser, signed in to the staff console."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.cookies: dict[str, str] = {}
        assert self.send("GET", "/admin/login/") == http.client.OK
        signed_in = self.send("POST", "/admin/login/", username="csm@hootprov.example", password=PASSWORD)
        assert signed_in == http.client.FOUND

    def send(self, method: str, path: str, **form: str) -> int:
        """Send a form; return the status of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.product.port, timeout=30)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({"csrfmiddlewaretoken": self.cookies.get("csrf", ""), **form})
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        for header in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: cookie.value for name, cookie in SimpleCookie(header).items()}
        return answer.status

    def switch(self, status: str) -> int:
        """Turn provisioning on or off."""
        [(organization,)] = rows(self.product.database_url, "SELECT id FROM accounts_organization")
        path = f"/admin/organizations/{UUID(str(organization))}/provisioning/"
        return self.send("POST", path, status=status, reason="The contract is paused.")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A broker to which one can connect, and which never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener


def is_waiting(client: socket.socket) -> bool:
    """Whether who connected still waits for an answer."""
    client.setblocking(False)
    with suppress(BlockingIOError):
        while client.recv(4096):
            pass
        return False
    return True


def wait_for_members(product: Product, count: int, entra: Future[Report]) -> None:
    """Wait until Entra has created so many members; it must have more to do."""
    while rows(product.database_url, MEMBERS)[0][0] < count:
        with suppress(TimeoutError):
            report = entra.result(timeout=0.1)
            raise AssertionError(report)


def test_entra_is_served_as_ever_while_redis_is_gone(product: Product) -> None:
    with running_broker() as broker:
        product.variables["CELERY_BROKER_URL"] = broker.url
        in_product(product, "prepare()")
        secret = product.manage("issue_scim_token", "acme")
        base = f"http://127.0.0.1:{product.port}/scim/v2"
        options = Options(base=base, token=secret, users=300, groups=10, members=10, cycles=2)
        with product.worker(), product.web(), ThreadPoolExecutor(1) as pool:
            entra = pool.submit(run, options)
            wait_for_members(product, 50, entra)
            broker.kill()
            while_gone = product.call("GET", "/readyz")
            report = entra.result()
            broker.start()
            deadline = time.monotonic() + 60
            while product.call("GET", "/readyz") != (200, {"status": "ok", "problems": []}):
                assert time.monotonic() < deadline

    assert while_gone[0] == 200
    assert while_gone[1]["status"] == "degraded"
    assert PROBLEM in while_gone[1]["problems"]
    assert list(report.wrong_answers) == []
    assert report.count("created") >= 300
    assert rows(product.database_url, FAULTS) == [(0,)]


def test_nobody_waits_for_a_broker_that_never_answers(product: Product, listener: socket.socket) -> None:
    in_product(product, "prepare()")
    secret = product.manage("issue_scim_token", "acme")
    product.variables["CELERY_BROKER_URL"] = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"

    with product.web(workers=1):
        console = Console(product)
        answers = [console.switch("off")]
        client, _ = listener.accept()
        with client:
            answers += [console.switch("on")]
            for name in "abc":
                user = user_body(f"{name}@acme.example")
                answers += [product.call("POST", "/scim/v2/Users", user, secret=secret)[0]]
            is_unanswered = is_waiting(client)
            status, ready = product.call("GET", "/readyz")

    assert answers == [303, 303, 201, 201, 201]
    assert is_unanswered
    assert (status, ready["status"]) == (200, "degraded")
    assert PROBLEM in ready["problems"]
    assert [kind for (kind,) in rows(product.database_url, KINDS)] == [
        "token_issued",
        "status_switched",
        "status_switched",
    ]


def test_a_command_does_not_wait_for_a_broker_that_never_answers(
    product: Product, listener: socket.socket
) -> None:
    in_product(product, "prepare()")
    product.variables["CELERY_BROKER_URL"] = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"

    started = time.monotonic()
    secret = product.manage("issue_scim_token", "acme")
    took = time.monotonic() - started

    assert secret.startswith("hpt_")
    assert took < WHOLE_WAIT_SECONDS
    assert [kind for (kind,) in rows(product.database_url, KINDS)] == ["token_issued"]
