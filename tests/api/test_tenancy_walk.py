"""Another organization does not exist: a walk over every operation of the API's URLconf.

An operation that is added is walked by itself. What it needs: an example of its body in the OpenAPI
document, and a row in `tests/console/tenants.py` for an id that no other address has.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from accounts.models import Organization
from provisioning import bearer, logs
from provisioning.api import schema, version_1
from provisioning.api.webhooks import READ_WITH
from provisioning.models import Scope, WebhookDelivery, WebhookKind
from tests import factories
from tests.api.conftest import Program, program_of
from tests.console.conftest import signed_in_as
from tests.console.tenants import Tenant, make_tenant, nobodys, rows_of

# Which row stands behind the id of an address, by what the address is about.
ROWS = {
    "tokens": "provisioning_scimtoken",
    "log-entries": "provisioning_provisioninglogentry",
    "cycles": "provisioning_provisioningcycle",
    "members": "accounts_member",
    "teams": "accounts_team",
    "recipients": "recipient",
    "audit-events": "provisioning_auditevent",
    "webhooks": "provisioning_webhookendpoint",
    "webhook-deliveries": "provisioning_webhookdelivery",
}
OF_NO_ORGANIZATION = {"/me", "/organizations"}
DOCUMENT = json.loads(schema.document())


class Operation(NamedTuple):
    """A method of an address."""

    method: str
    path: str

    @property
    def kind(self) -> str:
        """What the id of the address is one of."""
        return self.path.partition("/{id}")[0].rpartition("/")[2]

    def body(self) -> Any:
        """Return the example of its body; nothing where it takes none."""
        described = DOCUMENT["paths"][f"/api/v1{self.path}"][self.method.lower()].get("requestBody")
        if described is None:
            return None
        name = described["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        return DOCUMENT["components"]["schemas"][name]["examples"][0]

    def send(self, program: Program, organization: str, id_: Any) -> tuple[int, bytes, dict[str, str]]:
        """Send it; return all that a client learns of the answer."""
        path = self.path.replace("{organization}", organization).replace("{id}", str(id_))
        answer = program.request(self.method, path, self.body())
        return answer.status_code, answer.getvalue(), dict(answer.items())


def patterns(entries: list[URLPattern | URLResolver], route: str = "/") -> Iterator[tuple[str, Any]]:
    """Yield the path and the view of every address."""
    for each in entries:
        path = route + re.sub(r"<\w+:(\w+)>", r"{\1}", str(each.pattern))
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns, path)
        else:
            yield path, each.callback.view_class  # type: ignore[attr-defined]  # every view is a class


OPERATIONS = [
    Operation(method.upper(), path)
    for path, view in patterns(version_1.urlpatterns)
    for method in ("get", "post", "put", "patch", "delete")
    if hasattr(view, method)
]
WALKED = [each for each in OPERATIONS if each.path not in OF_NO_ORGANIZATION]


def tenant_of(organization: Organization) -> Tenant:
    """Return an organization with a row of everything, by the ids that the API has for them."""
    tenant = make_tenant(organization)
    logs.seal()
    delivery = WebhookDelivery.objects.get(pk=tenant.ids["provisioning_webhookdelivery"])
    tenant.ids["provisioning_webhookdelivery"] = delivery.message_id
    return tenant


@pytest.fixture
def mine(acme: Organization) -> Tenant:
    """Acme, whose program calls."""
    return tenant_of(acme)


@pytest.fixture
def theirs(globex: Organization) -> Tenant:
    """Globex, which must not be seen."""
    return tenant_of(globex)


def test_the_document_describes_every_operation() -> None:
    described = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, operations in DOCUMENT["paths"].items()
        for method in operations
    }

    assert described == {tuple(each) for each in OPERATIONS}


@pytest.mark.parametrize("operation", WALKED, ids=" ".join)
def test_another_organization_is_answered_like_one_that_never_was(
    program: Program, mine: Tenant, theirs: Tenant, operation: Operation
) -> None:
    id_ = theirs.ids.get(ROWS.get(operation.kind, ""))
    before = rows_of(theirs.organization)

    foreign = operation.send(program, "globex", id_)
    absent = operation.send(program, "nobody", id_ and nobodys(id_))

    assert foreign == absent
    assert foreign[0] == 404
    assert rows_of(theirs.organization) == before


@pytest.mark.parametrize("operation", [each for each in WALKED if "{id}" in each.path], ids=" ".join)
def test_another_organizations_row_is_answered_like_one_that_never_was(
    program: Program, mine: Tenant, theirs: Tenant, operation: Operation
) -> None:
    id_ = theirs.ids[ROWS[operation.kind]]
    before = rows_of(theirs.organization)

    foreign = operation.send(program, "acme", id_)
    absent = operation.send(program, "acme", nobodys(id_))

    assert foreign == absent
    assert foreign[0] == 404
    assert rows_of(theirs.organization) == before


@pytest.mark.parametrize("operation", [each for each in WALKED if each.method == "GET"], ids=" ".join)
def test_an_org_admins_session_reaches_its_own_organization_alone(
    mine: Tenant, theirs: Tenant, operation: Operation
) -> None:
    session = Program(browser=signed_in_as(mine.admin))
    kind = ROWS.get(operation.kind, "")

    own = operation.send(session, "acme", mine.ids.get(kind))
    foreign = operation.send(session, "globex", theirs.ids.get(kind))

    assert (own[0], foreign[0]) == (200, 404)
    assert not theirs.is_in(own[1].decode())


def told_by(body: Any) -> set[Scope]:
    """Return the scopes that a webhook's body needs besides: those to read what it is told."""
    kinds = (body or {}).get("kinds", [])
    return {READ_WITH[WebhookKind(each)] for each in kinds if each in WebhookKind}


@pytest.mark.parametrize("operation", WALKED, ids=" ".join)
def test_each_operation_needs_the_scope_that_it_says(acme: Organization, operation: Operation) -> None:
    view = dict(patterns(version_1.urlpatterns))[operation.path]
    needed = view.scopes[operation.method]
    others = [each for each in Scope if each not in {needed, Scope.TOKENS_WRITE}]

    id_ = nobodys(1 if operation.kind == "cycles" else acme.id)

    without = operation.send(program_of(acme, *others), "acme", id_)
    with_it = operation.send(program_of(acme, needed, *told_by(operation.body())), "acme", id_)

    assert without[0] == 403
    assert f"This needs the scope {needed}." in without[1].decode()
    assert with_it[0] != 403


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_nobody_is_let_in_without_a_live_key(
    acme: Organization, acme_token: Any, operation: Operation
) -> None:
    wrong = [None, acme_token.secret, "hpk_" + "0" * 49, bearer.new_secret("hpk_")]
    id_ = nobodys(1 if operation.kind == "cycles" else acme.id)
    answers = [operation.send(Program(secret), "acme", id_) for secret in wrong]

    assert {(status, headers["WWW-Authenticate"]) for status, _, headers in answers} == {
        (401, 'Bearer realm="HootProv API"')
    }
    assert len({body for _, body, _ in answers}) == 1


def test_a_staff_key_reaches_every_organization(staff_program: Program, mine: Tenant, theirs: Tenant) -> None:
    found = staff_program.get("/organizations").json()["items"]
    statuses = [staff_program.get(f"/organizations/{each['slug']}/log-entries").status_code for each in found]

    assert ([each["slug"] for each in found], statuses) == (["acme", "globex"], [200, 200])


def test_an_organizations_list_holds_ones_own_rows_alone(
    program: Program, mine: Tenant, theirs: Tenant
) -> None:
    lists = [each for each in WALKED if each.method == "GET" and "{id}" not in each.path]
    pages = {each.path: each.send(program, "acme", None)[1].decode() for each in lists}

    assert not any(theirs.is_in(page) for page in pages.values())
    for kind, table in ROWS.items():
        listed = pages.get(f"/organizations/{{organization}}/{kind}")
        assert listed is None or str(mine.ids.get(table, "")) in listed, kind


def test_an_api_key_opens_nothing_of_scim(acme: Organization) -> None:
    client = Client(headers={"Authorization": f"Bearer {factories.make_api_key(acme).secret}"})

    assert client.get("/scim/v2/Users").status_code == 401
