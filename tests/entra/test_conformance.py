"""What two independent conformance suites say of a live server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from tests.databases import new_product
from tests.processes import Product

pytestmark = pytest.mark.once

# The probe wants 200 with a body for every PATCH; RFC 7644 §3.5.2 allows 204, which Entra asks for on groups.
# Its member to add is an id that nobody has, which is refused here (RFC 7643 §2.4: a reference must exist).
PROBES_OWN_FAULTS = {
    "PATCH /Groups/{id}",
    "PATCH /Groups/{id} add member",
    "PATCH /Groups/{id} remove members",
}


@pytest.fixture(scope="module")
def server(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One running server."""
    with new_product(template, tmp_path_factory.mktemp("suites")) as product, product.web(workers=1):
        yield product


def test_scim2_tester_finds_nothing(server: Product) -> None:
    secret = server.manage("issue_scim_token", "acme", "--create-organization")
    headers = {"Authorization": f"Bearer {secret}"}

    with Client(base_url=f"http://127.0.0.1:{server.port}/scim/v2", headers=headers) as http:
        client = SyncSCIMClient(http)
        client.discover()
        results = check_server(client)

    assert [(each.title, each.reason) for each in results if each.status != Status.SUCCESS] == []
    assert len(results) > 100


def test_scim_sanity_finds_nothing_but_its_own_faults(server: Product) -> None:
    secret = server.manage("issue_scim_token", "globex", "--create-organization")
    probe = str(Path(sys.executable).parent / "scim-sanity")
    base = f"http://127.0.0.1:{server.port}/scim/v2"
    options = ["--token", secret, "--strict", "--i-accept-side-effects", "--json-output"]

    done = subprocess.run([probe, "probe", base, *options], capture_output=True, text=True, check=False)

    results = json.loads(done.stdout)["results"]
    failed = {each["name"] for each in results if each["status"] == "fail"}
    assert failed <= PROBES_OWN_FAULTS
    assert len([each for each in results if each["status"] == "pass"]) >= 25


def test_a_refusal_reaches_a_client_that_is_still_sending(server: Product) -> None:
    body = {"schemas": [], "userName": "a", "title": "x" * 900_000}

    answers = {server.call("POST", "/scim/v2/Users", body, secret="wrong")[0] for _ in range(20)}

    assert answers == {401}
