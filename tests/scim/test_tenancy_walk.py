"""Another organization does not exist: a walk over every SCIM address of the URLconf.

An address that is added without an example here fails `test_every_address_is_walked`.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponseBase
from django.urls import get_resolver, resolve

from accounts.models import Member, Organization, Team, TeamMembership, Tombstone
from provisioning.models import ProvisioningLogEntry
from provisioning.tokens import IssuedToken
from tests.cast import SCIM, ScimClient
from tests.factories import make_member, user_body
from tests.scim.test_refuse_token import REFUSAL, headers_of_wrong_tokens

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

# Name in the URLconf → addresses below /scim/v2; {id} is where a resource is named.
EXAMPLES = {
    "users": ["/Users", "/Users/{id}", "/Users/"],
    "groups": ["/Groups", "/Groups/{id}"],
    "service-provider-config": ["/ServiceProviderConfig"],
    "resource-types": ["/ResourceTypes", "/ResourceTypes/User"],
    "schemas": ["/Schemas", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"],
    "me": ["/Me"],
    "bulk": ["/Bulk"],
    "search": ["/.search"],
    "users-search": ["/Users/.search"],
    "groups-search": ["/Groups/.search"],
    "elsewhere": ["/", "/nowhere", "/Users/{id}/photo"],
}
ADDRESSES = [address for addresses in EXAMPLES.values() for address in addresses]


def rows_of(organization: Organization) -> list[list[Any]]:
    """Return everything an organization owns that SCIM can change, and its log."""
    models: tuple[Any, ...] = (Member, Team, TeamMembership, Tombstone, ProvisioningLogEntry)
    return [list(model.objects.of_organization(organization.id).order_by("id").values()) for model in models]


def told(response: HttpResponseBase) -> tuple[int, dict[str, str], bytes]:
    """Return all a client learns from an answer, but the id of its own request."""
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    return response.status_code, headers, response.getvalue()


@pytest.fixture
def amelie(acme: Organization) -> Member:
    emails = [{"type": "work", "value": "amelie@acme.example"}]
    member = make_member(
        acme,
        "amelie@acme.example",
        external_id="8f1b",
        work_email="amelie@acme.example",
        other={"emails": emails},
    )
    team = Team.objects.create(organization=acme, display_name="News", display_name_key="news")
    TeamMembership.objects.create(organization=acme, team=team, member=member)
    return member


def scim_patterns() -> list[tuple[str, str]]:
    """Return every address below /scim/ in the product's URLconf, with its name."""
    entries: list[Any] = get_resolver().url_patterns
    mounts = [entry for entry in entries if str(entry.pattern).startswith("scim")]
    return [(str(pattern.pattern), pattern.name) for mount in mounts for pattern in mount.url_patterns]


def test_every_address_is_walked() -> None:
    patterns = scim_patterns()

    assert len(patterns) == len({name for _, name in patterns}) == len(EXAMPLES)
    assert {name for _, name in patterns} == set(EXAMPLES)
    for name, addresses in EXAMPLES.items():
        for address in addresses:
            path = SCIM + address.format(id=uuid4())
            assert resolve(path).view_name == f"scim:{name}", path


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_refuses_every_wrong_token_for_every_verb(
    acme: Organization, acme_token: IssuedToken, amelie: Member, address: str
) -> None:
    wrong = headers_of_wrong_tokens(acme, acme_token.secret)
    client, path = ScimClient(None), address.format(id=amelie.id)
    members = list(Member.objects.values())

    for verb in VERBS:
        for kind, headers in wrong.items():
            refused = client.request(verb, path, user_body("new@acme.example"), headers=headers)
            assert refused.status_code == 401, (verb, kind)
            assert verb == "HEAD" or refused.json() == REFUSAL, (verb, kind)
        in_query = client.request(
            verb, f"{path}?access_token={acme_token.secret}", user_body("new@acme.example")
        )
        assert in_query.status_code == 401, verb

    assert list(Member.objects.values()) == members


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("address", [address for address in ADDRESSES if "{id}" in address])
def test_a_foreign_id_is_answered_like_one_that_never_was(
    stranger: ScimClient, acme: Organization, amelie: Member, address: str, verb: str
) -> None:
    before = rows_of(acme)

    foreign, absent = (
        stranger.request(verb, address.format(id=id_), user_body("x@globex.example"))
        for id_ in (amelie.id, uuid4())
    )

    assert told(foreign) == told(absent)
    assert foreign.status_code >= 400 or verb == "OPTIONS"
    assert rows_of(acme) == before


def searches(member: Member) -> Iterator[str]:
    """Yield every way to look for a member by what only its organization knows."""
    for attribute, value in (
        ("userName", member.user_name),
        ("externalId", member.external_id),
        ("id", str(member.id)),
        ('emails[type eq "work"].value', member.work_email),
        ("emails.value", member.work_email),
        ("groups.value", str(member.memberships.get().team_id)),
    ):
        yield f'{attribute} eq "{value}"'
    yield f'userName sw "{member.user_name[:3]}"'
    yield "userName pr"
    yield 'not (userName eq "nobody")'
    yield f'id eq "{member.id}" or userName pr'


def test_a_stranger_finds_and_counts_nobody(stranger: ScimClient, entra: ScimClient, amelie: Member) -> None:
    for query in searches(amelie):
        body = {"schemas": [SEARCH], "filter": query}
        assert entra.get("/Users", filter=query).json()["totalResults"] == 1, query
        assert stranger.get("/Users", filter=query).json()["totalResults"] == 0, query
        assert stranger.post("/Users/.search", body).json()["totalResults"] == 0, query
    for parameters in ({}, {"count": "0"}, {"startIndex": "2"}, {"sortBy": "displayName"}):
        assert stranger.get("/Users", **parameters).json()["totalResults"] == 0
        assert stranger.get("/Groups", **parameters).json()["totalResults"] == 0


def test_a_stranger_finds_no_group_by_name_id_or_member(
    stranger: ScimClient, entra: ScimClient, amelie: Member
) -> None:
    team = Team.objects.get()
    queries = [
        'displayName eq "News"',
        f'id eq "{team.id}"',
        f'id eq "{team.id}" and members[value eq "{amelie.id}"]',
        f'members.value eq "{amelie.id}"',
    ]

    for query in queries:
        assert entra.get("/Groups", filter=query).json()["totalResults"] == 1, query
        assert stranger.get("/Groups", filter=query).json()["totalResults"] == 0, query
        assert stranger.post("/.search", {"schemas": [SEARCH], "filter": query}).json()["totalResults"] == 0


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH"])
def test_a_foreign_member_is_as_unknown_as_one_that_never_was(
    stranger: ScimClient, acme: Organization, globex: Organization, amelie: Member, verb: str
) -> None:
    own = Team.objects.create(organization=globex, display_name="Own", display_name_key="own")
    before = rows_of(acme)
    path = "/Groups" if verb == "POST" else f"/Groups/{own.id}"

    foreign, absent = (
        stranger.request(verb, path, membership_body(verb, str(id_))) for id_ in (amelie.id, uuid4())
    )

    assert told(foreign) == told(absent)
    assert (foreign.status_code, foreign.json()["scimType"]) == (400, "invalidValue")
    assert rows_of(acme) == before
    assert not TeamMembership.objects.of_organization(globex.id).exists()


def membership_body(verb: str, id_: str) -> dict[str, Any]:
    """Return a body that puts somebody into a group."""
    if verb == "PATCH":
        return {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "members", "value": [{"value": id_}]}],
        }
    return {"schemas": [GROUP], "displayName": "Mine", "members": [{"value": id_}]}


def test_an_entity_tag_opens_nothing_of_another_organization(stranger: ScimClient, amelie: Member) -> None:
    for header in ({"If-Match": 'W/"1"'}, {"If-Match": "*"}, {"If-None-Match": 'W/"1"'}):
        for verb in ("GET", "PUT", "PATCH", "DELETE"):
            foreign, absent = (
                stranger.request(verb, f"/Users/{id_}", user_body("x@globex.example"), headers=header)
                for id_ in (amelie.id, uuid4())
            )
            assert told(foreign) == told(absent), (header, verb)


def test_two_organizations_may_use_the_same_names(
    stranger: ScimClient, entra: ScimClient, amelie: Member
) -> None:
    body = user_body(amelie.user_name, externalId=amelie.external_id)

    assert stranger.post("/Users", body).status_code == 201
    assert entra.post("/Users", body).status_code == 409


def test_a_stranger_reaches_a_deleted_user_no_more_than_a_live_one(
    stranger: ScimClient, entra: ScimClient, amelie: Member
) -> None:
    entra.delete(f"/Users/{amelie.id}")

    foreign, absent = (stranger.delete(f"/Users/{id_}") for id_ in (amelie.id, uuid4()))

    assert told(foreign) == told(absent)


def test_what_a_stranger_does_is_in_the_strangers_log_alone(
    stranger: ScimClient, acme: Organization, globex: Organization, amelie: Member
) -> None:
    stranger.delete(f"/Users/{amelie.id}")

    owners = set(ProvisioningLogEntry.objects.values_list("organization_id", flat=True))
    assert owners == {globex.id}


def test_the_walk_stays_below_the_mount(entra: ScimClient) -> None:
    refused = entra.http.get(SCIM.removesuffix("/v2") + "/v1/Users")

    assert (refused.status_code, refused.json()["status"]) == (404, "404")
