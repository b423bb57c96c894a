"""Who does not want the members of a group does not make the table of memberships be read."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from tests.cast import ScimClient
from tests.factories import make_member
from tests.scim.hostile import group_body, patch_body


@pytest.mark.parametrize("asked", ["excludedAttributes=members", "attributes=displayName"])
@pytest.mark.parametrize(
    ("method", "is_one", "body"),
    [
        ("POST", False, group_body("Sport")),
        ("PATCH", True, patch_body({"op": "replace", "path": "displayName", "value": "Sport"})),
        ("GET", True, None),
        ("GET", False, None),
    ],
)
def test_a_request_reads_no_membership(
    entra: ScimClient, acme: Organization, asked: str, method: str, is_one: bool, body: Any
) -> None:
    members = [{"value": str(make_member(acme, "amelie").id)}]
    group = entra.post("/Groups", group_body("News", members=members)).json()
    path = f"/Groups/{group['id']}" if is_one else "/Groups"

    with CaptureQueriesContext(connection) as captured:
        answer = entra.request(method, f"{path}?{asked}", body)

    assert answer.status_code in (200, 201)
    assert "members" not in answer.content.decode()
    assert [each["sql"] for each in captured if "accounts_teammembership" in each["sql"]] == []
    assert entra.get(f"/Groups/{group['id']}").json()["members"] == group["members"]


@pytest.mark.parametrize("asked", ["excludedAttributes=members", "attributes=displayName"])
def test_a_replacement_writes_memberships_and_reads_them_no_more(
    entra: ScimClient, acme: Organization, asked: str
) -> None:
    members = [{"value": str(make_member(acme, "amelie").id)}]
    group = entra.post("/Groups", group_body("News", members=members)).json()

    with CaptureQueriesContext(connection) as captured:
        answer = entra.request("PUT", f"/Groups/{group['id']}?{asked}", group_body("Sport", members=members))

    reads = [each["sql"] for each in captured if 'FROM "accounts_teammembership"' in each["sql"]]
    assert (answer.status_code, reads) == (200, [])
    assert "members" not in answer.json()
    assert entra.get(f"/Groups/{group['id']}").json()["members"] == group["members"]
