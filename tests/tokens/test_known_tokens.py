"""What a process knows of a token it knows for less than a second, and a write asks all the same."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Member, Organization, TeamMembership
from provisioning import connections, tokens
from provisioning.history import COMMAND_LINE
from provisioning.models import ScimToken
from provisioning.scim import known_tokens
from provisioning.tokens import IssuedToken
from tests.cast import ScimClient
from tests.factories import make_member, make_team, user_body

LONGEST_SECONDS = 1.0
Later = Callable[[float], None]


@pytest.fixture
def later(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Later:
    """Tokens are known as in the product, and time goes on when the test says."""
    known_tokens.KNOWN.clear()
    settings.SCIM_TOKEN_SECONDS = 0.5
    at = [1000.0]
    monkeypatch.setattr("provisioning.scim.known_tokens.monotonic", lambda: at[0])

    def go_on(seconds: float) -> None:
        at[0] += seconds

    return go_on


def look_ups(entra: ScimClient) -> int:
    """Return how many times a read asks for its token."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert entra.get("/Users").status_code == 200
    return sum("provisioning_scimtoken" in query["sql"] for query in queries)


def test_it_is_looked_up_once_for_a_moment(entra: ScimClient, later: Later) -> None:
    first, again = look_ups(entra), look_ups(entra)
    later(LONGEST_SECONDS)

    assert (first, again, look_ups(entra)) == (2, 0, 1)  # the first one notes the use, too


def revoke(acme: Organization, token: IssuedToken) -> None:
    tokens.revoke_token(token_id=token.token.id, organization=acme, by=COMMAND_LINE, now=clock.now())


def expire(acme: Organization, token: IssuedToken) -> None:
    past = clock.now() - timedelta(days=1)
    ScimToken.objects.filter(id=token.token.id).update(issued_at=past, expires_at=past + timedelta(hours=1))


def turn_off(acme: Organization, token: IssuedToken) -> None:
    connections.turn_off(organization=acme, reason="Moved.", by=COMMAND_LINE, now=clock.now())


@pytest.mark.parametrize("verb", ["POST", "PATCH", "DELETE", "PATCH of a group"])
@pytest.mark.parametrize(("end", "status"), [(revoke, 401), (expire, 401), (turn_off, 403)])
def test_its_end_reaches_a_write_at_once_and_a_read_within_a_second(
    entra: ScimClient,
    acme: Organization,
    acme_token: IssuedToken,
    later: Later,
    end: Callable[..., None],
    status: int,
    verb: str,
) -> None:
    member = make_member(acme, "amelie@acme.example")
    address, body = {
        "POST": ("/Users", user_body("new@acme.example")),
        "PATCH": (
            f"/Users/{member.id}",
            {"Operations": [{"op": "Replace", "path": "displayName", "value": "New"}]},
        ),
        "DELETE": (f"/Users/{member.id}", None),
        "PATCH of a group": (
            f"/Groups/{make_team(acme, []).id}",
            {"Operations": [{"op": "Add", "path": "members", "value": [{"value": str(member.id)}]}]},
        ),
    }[verb]
    assert entra.get("/Users").status_code == 200
    end(acme, acme_token)

    written = entra.request(verb.partition(" ")[0], address, body)
    later(LONGEST_SECONDS)

    assert (written.status_code, entra.get("/Users").status_code) == (status, status)
    assert list(Member.objects.values_list("user_name", "display_name")) == [("amelie@acme.example", "")]
    assert not TeamMembership.objects.exists()


def test_one_that_opens_nothing_is_not_known(
    entra: ScimClient, acme: Organization, acme_token: IssuedToken, later: Later
) -> None:
    revoke(acme, acme_token)

    assert entra.get("/Users").status_code == 401
    assert known_tokens.KNOWN == {}


def test_its_use_is_noted_though_it_is_known(
    entra: ScimClient, acme_token: IssuedToken, later: Later
) -> None:
    for _ in range(3):
        entra.get("/Users")
        later(LONGEST_SECONDS)

    assert ScimToken.objects.get(id=acme_token.token.id).last_used_at is not None
