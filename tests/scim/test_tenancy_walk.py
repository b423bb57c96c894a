"""Another organization does not exist: a walk over every SCIM address of the URLconf.

An address that is added without an example here fails `test_every_address_is_walked`.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponseBase

from accounts.models import Member, Organization, Team, TeamMembership, Tombstone
from provisioning.models import ProvisioningLogEntry
from provisioning.scim import urls
from provisioning.tokens import IssuedToken
from tests.cast import SCIM, ScimClient
from tests.factories import make_member, user_body
from tests.scim.test_refuse_token import REFUSAL, headers_of_wrong_tokens

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
    member = make_member(acme, "amelie@acme.example", external_id="8f1b", work_email="amelie@acme.example")
    team = Team.objects.create(organization=acme, display_name="News", display_name_key="news")
    TeamMembership.objects.create(organization=acme, team=team, member=member)
    return member


def test_every_address_is_walked() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == set(EXAMPLES)


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
    ):
        yield f'{attribute} eq "{value}"'


def test_a_stranger_finds_and_counts_nobody(stranger: ScimClient, entra: ScimClient, amelie: Member) -> None:
    queries = [{"filter": query} for query in searches(amelie)]

    assert [entra.get("/Users", **query).json()["totalResults"] for query in queries] == [1, 1, 1, 1]
    for query in [*queries, {}, {"count": "0"}, {"startIndex": "2"}]:
        assert stranger.get("/Users", **query).json()["totalResults"] == 0
        assert amelie.user_name not in stranger.get("/Users", **query).content.decode()


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
