"""A cycle counts what the log holds, though sixteen requests come at once and a web process is killed."""

import json
import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import OK
from pathlib import Path
from typing import Any

import pytest

from provisioning.management.entra.cycles import run
from provisioning.management.entra.options import Options
from tests.databases import rows
from tests.processes import Product

pytestmark = pytest.mark.timeout(300)

USERS, GROUPS = 300, 10
KILL_AFTER = 60
MEMBERS = "SELECT count(*) FROM accounts_member"
BEHIND = """
    SELECT count(*) FROM provisioning_provisioninglogentry AS entry
    JOIN provisioning_provisioningwatch AS watch ON watch.organization_id = entry.organization_id
    WHERE entry.position IS NULL OR entry.position > watch.position
"""
READS = """
    SELECT coalesce(sum(count), 0) FROM provisioning_requestcount JOIN accounts_organization AS organization
    ON organization.id = organization_id AND organization.slug = 'globex' WHERE kind = 'read_users'
"""
NOBODY = "/scim/v2/Users?filter=userName%20eq%20%22nobody%22"
MOST_LAG_SECONDS = 1.0
ENTRIES = """
    SELECT resource_type, action, status FROM provisioning_provisioninglogentry
    WHERE action <> 'test_connection' AND NOT (action = 'read' AND error_code = 'not_found')
"""
WORDS = {"create": "created", "update": "updated", "disable": "disabled", "restore": "restored"}


def logged(product: Product) -> dict[str, dict[str, int]]:
    """Return what the log holds, by type and by what became of it."""
    counts: dict[str, Counter[str]] = {}
    for resource_type, action, status in rows(product.database_url, ENTRIES):
        words = {"failure": "failed", "skipped": "skipped"}
        word = words.get(status) or (WORDS | {"delete": "deleted"}).get(action, "other")
        counts.setdefault(resource_type or "Other", Counter())[word] += 1
    return {resource_type: dict(words) for resource_type, words in counts.items()}


def read_totals(product: Product) -> list[Any]:
    """Return the totals of every cycle."""
    found = rows(product.database_url, "SELECT totals FROM provisioning_provisioningcycle")
    return [json.loads(totals) if isinstance(totals, str) else totals for (totals,) in found]


def web_processes(server_id: int) -> list[int]:
    """Return the processes that serve requests below the web server."""
    children = Path(f"/proc/{server_id}/task/{server_id}/children").read_text().split()
    return [int(child) for child in children]


def wait_until(product: Product, statement: str, least: int, most: float = float("inf")) -> None:
    """Wait until a count is within its limits. Raises: AssertionError after a minute."""
    deadline = time.monotonic() + 60
    while not least <= rows(product.database_url, statement)[0][0] <= most:
        assert time.monotonic() < deadline, statement


def kill_while_reading(product: Product, server_id: int, secret: str) -> tuple[int, int]:
    """Read users for two seconds, then kill a web process; return how many reads must be counted, and may be.

    Those that must were answered until a second before the kill.
    """
    started, answered = time.monotonic(), []
    while time.monotonic() < started + 2 * MOST_LAG_SECONDS:
        status, _ = product.call("GET", NOBODY, secret=secret)
        assert status == OK
        answered.append(time.monotonic())
    os.kill(web_processes(server_id)[0], signal.SIGKILL)
    return sum(at < answered[-1] - MOST_LAG_SECONDS for at in answered), len(answered)


def test_the_totals_of_a_cycle_equal_the_log(product: Product) -> None:
    secret, other = (
        product.manage("issue_scim_token", slug, "--create-organization") for slug in ("acme", "globex")
    )
    options = Options(
        base=f"http://127.0.0.1:{product.port}/scim/v2",
        token=secret,
        users=USERS,
        groups=GROUPS,
        cycles=2,
        concurrency=16,
    )

    with product.worker(), product.web(workers=2) as server, ThreadPoolExecutor(1) as pool:
        entra = pool.submit(run, options)
        wait_until(product, MEMBERS, KILL_AFTER)
        os.kill(web_processes(server.pid)[0], signal.SIGKILL)
        report = entra.result(timeout=240)
        wait_until(product, BEHIND, 0, 0)
        wait_until(product, READS, *kill_while_reading(product, server.pid, other))

    [totals] = [each for each in read_totals(product) if each]
    assert totals == logged(product)
    assert totals["User"]["created"] >= USERS - len(report.wrong_answers)
    assert report.count("created") > KILL_AFTER
