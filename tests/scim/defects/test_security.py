"""Nothing half done, nothing of another tenant's, nothing of the database's own words."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import include, path, resolve

from accounts import clock, compiled
from accounts.models import Member, Organization, Team, TeamMembership
from provisioning import tokens
from provisioning.history import COMMAND_LINE
from provisioning.models import ProvisioningLogEntry
from provisioning.scim import adapters, plain
from provisioning.scim import urls as scim
from provisioning.tokens import IssuedToken
from tests.cast import ScimClient
from tests.factories import make_member, user_body
from tests.scim.hostile import group_body, patch_body

# The same addresses under a second prefix, for one test.
urlpatterns = [
    path("scim/v2/", include((scim.urlpatterns, "scim"))),
    path("elsewhere/", include((scim.urlpatterns, "again"))),
]
WORDS_OF_DATABASES = ("unique", "constraint", "detail:", "key (", "accounts_", "failing row", "duplicate")


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something breaks after the row was written, and before the answer is."""

    def fail(*_args: Any) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(adapters.Adapter, "note", fail)


def counting(make: Callable[..., Any], made: list[object]) -> Callable[..., Any]:
    """Return what makes rows, which also keeps of what it makes each."""

    def counted(first: object, *args: Any, **values: Any) -> Any:
        made.append(first)
        return make(first, *args, **values)

    return counted


def make_group(entra: ScimClient, name: str, *members: Member) -> str:
    """Create a group; return its id."""
    body = group_body(name, members=[{"value": str(member.id)} for member in members])
    id_: str = entra.post("/Groups", body).json()["id"]
    return id_


@pytest.mark.parametrize(
    ("address", "body"), [("/Users", user_body("new@acme.example")), ("/Groups", group_body("News"))]
)
def test_a_failed_creation_leaves_no_row(
    entra: ScimClient, breaking: None, address: str, body: dict[str, Any]
) -> None:
    failed = entra.post(address, body)

    assert (failed.status_code, failed.json()["status"]) == (500, "500")
    assert "secret" not in failed.content.decode()
    assert not Member.objects.exists()
    assert not Team.objects.exists()


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("PUT", user_body("amelie@acme.example", title="Editor")),
        ("PATCH", patch_body({"op": "replace", "path": "title", "value": "Editor"})),
        ("DELETE", None),
    ],
)
def test_a_failed_change_leaves_the_row_as_it_was(
    entra: ScimClient, acme: Organization, breaking: None, method: str, body: Any
) -> None:
    member = make_member(acme, "amelie@acme.example")
    before = Member.objects.values().get()

    failed = entra.request(method, f"/Users/{member.id}", body)

    assert failed.status_code == 500
    assert Member.objects.values().get() == before


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("prefix", ["scim/v2", "elsewhere"])
def test_no_prefix_lets_in_whoever_has_no_token(acme: Organization, prefix: str) -> None:
    make_member(acme, "amelie@acme.example")

    refused = ScimClient(None).http.get(f"/{prefix}/Users")

    assert refused.status_code == 401
    assert b"amelie" not in refused.content


@pytest.mark.parametrize(
    "query",
    [
        'userName eq "amelie@acme.example" or userName eq "gustav@globex.example"',
        'userName eq "x" or active eq true',
        "userName pr or not (userName pr)",
        'not (userName eq "amelie@acme.example")',
    ],
)
def test_no_or_reaches_into_another_tenant(
    entra: ScimClient, acme: Organization, globex: Organization, query: str
) -> None:
    make_member(acme, "amelie@acme.example")
    make_member(globex, "gustav@globex.example")

    found = entra.get("/Users", filter=query)

    assert found.status_code == 200
    assert b"gustav" not in found.content
    assert found.json()["totalResults"] <= 1


def test_a_filter_builds_no_row_beyond_its_page(
    entra: ScimClient, acme: Organization, globex: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        make_member(acme, f"user{number}@acme.example")
        make_member(globex, f"user{number}@globex.example")
    built: list[object] = []
    monkeypatch.setattr(Member, "__init__", counting(Member.__init__, built))
    monkeypatch.setattr(compiled, "instance", counting(compiled.instance, built))

    page = entra.get("/Users", filter="active eq true", count="5").json()

    assert (page["totalResults"], len(page["Resources"])) == (20, 5)
    assert len(built) == 5


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_conflict_says_nothing_of_the_database(entra: ScimClient, acme: Organization, method: str) -> None:
    member = make_member(acme, "amelie@acme.example")
    make_member(acme, "bruno@acme.example", given_name="Secretary")
    bodies = {
        "POST": user_body("Bruno@acme.example"),
        "PUT": user_body("BRUNO@acme.example"),
        "PATCH": patch_body({"op": "replace", "path": "userName", "value": "bruno@acme.example"}),
    }

    refused = entra.request(method, "/Users" if method == "POST" else f"/Users/{member.id}", bodies[method])

    error = refused.json()
    assert (refused.status_code, error["status"], error["scimType"]) == (409, "409", "uniqueness")
    assert not any(word in error["detail"].lower() for word in (*WORDS_OF_DATABASES, "bruno", "secretary"))


@pytest.mark.parametrize("op", ["Add", "replace"])
def test_nobody_of_another_tenant_gets_into_a_group(
    entra: ScimClient, acme: Organization, globex: Organization, op: str
) -> None:
    amelie, gustav = make_member(acme, "amelie@acme.example"), make_member(globex, "gustav@globex.example")
    group = make_group(entra, "News", amelie)
    operation = {"op": op, "path": "members", "value": [{"value": str(gustav.id)}]}

    refused = entra.request("PATCH", f"/Groups/{group}", patch_body(operation))

    assert refused.status_code == 400
    assert b"gustav" not in refused.content
    assert list(TeamMembership.objects.values_list("member_id", flat=True)) == [amelie.id]


def test_a_change_writes_no_column_that_it_does_not_change(
    entra: ScimClient, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = make_member(acme, "amelie@acme.example", timezone="Europe/Paris")
    patched = plain.patched

    def meanwhile(*args: Any) -> dict[str, Any] | None:
        Member.objects.filter(id=member.id).update(timezone="Asia/Tokyo")
        return patched(*args)

    monkeypatch.setattr(plain, "patched", meanwhile)
    renaming = patch_body({"op": "replace", "path": "displayName", "value": "Amélie"})

    assert entra.request("PATCH", f"/Users/{member.id}", renaming).status_code == 200
    assert Member.objects.values_list("display_name", "timezone").get() == ("Amélie", "Asia/Tokyo")


def test_a_change_writes_the_row_only_as_it_was_read(entra: ScimClient, acme: Organization) -> None:
    member = make_member(acme, "amelie@acme.example")
    renaming = patch_body({"op": "replace", "path": "displayName", "value": "Amélie"})

    with CaptureQueriesContext(connection) as captured:
        entra.request("PATCH", f"/Users/{member.id}", renaming)

    [update] = [query["sql"] for query in captured if 'UPDATE "accounts_member"' in query["sql"]]
    assert 'AND "version" = 1 AND ' in update


@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_a_stranger_deletes_nothing_by_its_id(
    entra: ScimClient, stranger: ScimClient, acme: Organization, kind: str
) -> None:
    member = make_member(acme, "amelie@acme.example")
    ids = {"Users": str(member.id), "Groups": make_group(entra, "News", member)}

    assert stranger.delete(f"/{kind}/{ids[kind]}").status_code == 404
    assert (Member.objects.count(), Team.objects.count(), TeamMembership.objects.count()) == (1, 1, 1)


def test_what_a_tenant_creates_it_reads_back(entra: ScimClient, stranger: ScimClient) -> None:
    user = entra.post("/Users", user_body("amelie@acme.example"))
    group = entra.post("/Groups", group_body("News"))

    assert (user.status_code, group.status_code) == (201, 201)
    for address, answer in (("/Users", user), ("/Groups", group)):
        assert entra.get(f"{address}/{answer.json()['id']}").json() == answer.json()
        assert entra.get(address).json()["totalResults"] == 1
        assert stranger.get(address).json()["totalResults"] == 0


def test_an_id_is_random_and_written_with_its_row(entra: ScimClient) -> None:
    with CaptureQueriesContext(connection) as captured:
        created = entra.post("/Users", user_body("amelie@acme.example"))

    verbs = [
        verb
        for query in captured
        for verb in re.findall('(INSERT INTO|UPDATE) "accounts_member"', query["sql"])
    ]
    assert UUID(created.json()["id"]).version == 4
    assert verbs == ["INSERT INTO"]


def test_a_replacement_without_a_user_name_blanks_nothing(entra: ScimClient, acme: Organization) -> None:
    member = make_member(acme, "amelie@acme.example", external_id="8f1b")
    body = user_body("amelie@acme.example")
    del body["userName"]

    assert entra.request("PUT", f"/Users/{member.id}", body).status_code == 400
    assert Member.objects.values_list("user_name", "external_id").get() == ("amelie@acme.example", "8f1b")


def test_a_revoked_token_is_let_in_nowhere(
    entra: ScimClient, acme: Organization, acme_token: IssuedToken
) -> None:
    assert entra.get("/Users").status_code == 200

    tokens.revoke_token(token_id=acme_token.token.id, organization=acme, by=COMMAND_LINE, now=clock.now())

    assert entra.post("/Users", user_body()).status_code == 401
    assert not Member.objects.exists()


def test_a_token_needs_no_user_on_the_request(acme: Organization, acme_token: IssuedToken) -> None:
    make_member(acme, "amelie@acme.example")
    request = RequestFactory().get("/scim/v2/Users", headers={"Authorization": f"Bearer {acme_token.secret}"})

    answer = resolve("/scim/v2/Users").func(request)

    assert not hasattr(request, "user")
    assert answer.status_code == 200


def test_a_failure_is_in_the_log_though_it_was_rolled_back(entra: ScimClient, breaking: None) -> None:
    entra.post("/Users", user_body("new@acme.example"))

    entry = ProvisioningLogEntry.objects.get()
    assert (entry.http_status, entry.error_code) == (500, "internal_error")
