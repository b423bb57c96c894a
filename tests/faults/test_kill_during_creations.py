"""kill -9 of the web server in the middle of creations: acknowledged is stored, with one entry each."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.databases import rows
from tests.factories import user_body
from tests.processes import Product, kill_group

USERS = 200
KILL_AFTER = 60


def test_every_acknowledged_user_exists_with_exactly_one_entry(product: Product) -> None:
    secret = product.manage("issue_scim_token", "acme", "--create-organization")
    acknowledged: list[str] = []
    enough = threading.Event()

    def create(number: int) -> None:
        with suppress(OSError):
            status, user = product.call(
                "POST", "/scim/v2/Users", user_body(f"user{number}@acme.example"), secret=secret
            )
            assert status == 201
            acknowledged.append(user["id"].replace("-", ""))
            if len(acknowledged) >= KILL_AFTER:
                enough.set()

    with product.web() as server, ThreadPoolExecutor(8) as pool:
        creations = [pool.submit(create, number) for number in range(USERS)]
        assert enough.wait(timeout=60)
        kill_group(server, signal.SIGKILL)
        for creation in creations:
            creation.result()

    stored = [
        str(row[0]).replace("-", "") for row in rows(product.database_url, "SELECT id FROM accounts_member")
    ]
    entries = rows(
        product.database_url,
        "SELECT resource_id FROM provisioning_provisioninglogentry WHERE action = 'create' AND status = 'success'",
    )
    logged = [str(row[0]).replace("-", "") for row in entries]
    assert KILL_AFTER <= len(acknowledged) < USERS
    assert set(acknowledged) <= set(stored)
    assert sorted(logged) == sorted(stored)

    with product.web():
        status, _ = product.call("POST", "/scim/v2/Users", user_body("after@acme.example"), secret=secret)
        assert status == 201
