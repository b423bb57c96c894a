"""Whole cycles of the simulated Entra against a live server, and what the log says of them afterwards."""

import json
from collections import defaultdict
from typing import Any

from provisioning.management.entra.cycles import run
from provisioning.management.entra.options import DialectChoice, Options
from tests.databases import rows
from tests.processes import Product

ENTRIES = """
    SELECT resource_id, action, status, http_status, personal FROM provisioning_provisioninglogentry
    WHERE http_status < 300 AND action <> 'test_connection' ORDER BY at, id
"""
MEMBERS = "SELECT id, user_name, display_name, is_active, work_email FROM accounts_member"
WORK_EMAIL = 'emails[type eq "work"].value'


def histories(product: Product) -> dict[str, list[dict[str, Any]]]:
    """Return the modified properties of every resource, oldest first, by its id."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for id_, _action, _status, _code, personal in rows(product.database_url, ENTRIES):
        decoded = json.loads(personal) if isinstance(personal, str) else personal
        found[str(id_).replace("-", "")] += decoded["modifiedProperties"]
    return found


def replayed(history: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the attributes that a history ends with; each old value must be what there was."""
    state: dict[str, Any] = {}
    for change in history:
        name = change["displayName"]
        if name != "members":
            assert state.get(name) == change["oldValue"], name
            state[name] = change["newValue"]
    return {name: value for name, value in state.items() if value is not None}


def test_three_cycles_in_both_dialects_are_right_and_logged_change_by_change(product: Product) -> None:
    secret = product.manage("issue_scim_token", "acme", "--create-organization")
    with product.web(workers=2):
        report = run(
            Options(
                base=f"http://127.0.0.1:{product.port}/scim/v2",
                token=secret,
                users=500,
                groups=20,
                members=10,
                cycles=3,
                dialect=DialectChoice.BOTH,
            ),
            stream=None,
        )

    assert list(report.wrong_answers) == []
    changes = histories(product)
    for id_, user_name, display_name, is_active, work_email in rows(product.database_url, MEMBERS):
        state = replayed(changes[str(id_).replace("-", "")])
        assert state["userName"] == user_name
        assert state.get("displayName", "") == display_name
        assert state["active"] == bool(is_active)
        assert state.get(WORK_EMAIL, "") == work_email
