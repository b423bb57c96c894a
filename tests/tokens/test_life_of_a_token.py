"""Issue, rotate with an overlap, revoke, expire."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from accounts import clock
from accounts.models import Operator, Organization
from provisioning import bearer, token_states, tokens
from provisioning.errors import InvalidLabel, InvalidLifetime, TokenNotLive, UnknownToken
from provisioning.history import COMMAND_LINE, Actor
from provisioning.models import Notification, ScimToken
from provisioning.tokens import IssuedToken
from tests.factories import make_token

NOW = clock.now()


def is_live(secret: str, now: datetime) -> bool:
    state = token_states.state_of_secret(secret)
    return state is not None and state.is_live(now)


def test_a_secret_has_prefix_256_random_bits_and_a_checksum() -> None:
    secret = tokens.new_secret()

    assert re.fullmatch(r"hpt_[0-9A-Za-z]{43}[0-9A-Za-z]{6}", secret)
    assert len(bearer.ALPHABET) ** bearer.RANDOM_LENGTH > 2**256
    assert bearer.checksum_of("hpt_" + "0" * 43) == "1LLc66"


def test_what_is_stored_is_no_secret(acme: Organization, csm: Operator) -> None:
    issued = tokens.issue_token(organization=acme, label="Entra", by=Actor.of(csm), now=NOW)

    stored = ScimToken.objects.values().get()
    assert issued.secret not in str(stored)
    assert stored["last_four"] == issued.secret[-4:]
    assert stored["issued_by_id"] == csm.id
    assert stored["expires_at"] == NOW + timedelta(days=730)
    assert issued.secret not in repr(issued)


def test_a_token_expires_to_the_second(acme: Organization) -> None:
    issued = tokens.issue_token(organization=acme, label="Entra", by=COMMAND_LINE, now=NOW, lifetime_days=1)

    assert is_live(issued.secret, NOW + timedelta(days=1, seconds=-1))
    assert not is_live(issued.secret, NOW + timedelta(days=1))


def test_a_revoked_token_is_dead_and_stays_so(
    acme: Organization, acme_token: IssuedToken, csm: Operator
) -> None:
    first = tokens.revoke_token(token_id=acme_token.token.id, organization=acme, by=Actor.of(csm), now=NOW)
    again = tokens.revoke_token(
        token_id=acme_token.token.id, organization=acme, by=COMMAND_LINE, now=NOW + timedelta(days=1)
    )

    assert not is_live(acme_token.secret, NOW)
    assert (again.revoked_at, again.revoked_by) == (first.revoked_at, csm) == (NOW, csm)


def test_rotation_keeps_the_old_token_for_the_overlap(acme: Organization, acme_token: IssuedToken) -> None:
    successor = tokens.rotate_token(
        token_id=acme_token.token.id, organization=acme, by=COMMAND_LINE, now=NOW, overlap_days=7
    )

    assert successor.token.rotated_from_id == acme_token.token.id
    assert successor.token.label == acme_token.token.label
    assert is_live(successor.secret, NOW)
    assert is_live(acme_token.secret, NOW + timedelta(days=7, seconds=-1))
    assert not is_live(acme_token.secret, NOW + timedelta(days=7))


def test_rotation_never_lengthens_a_life(acme: Organization) -> None:
    short = make_token(acme, lifetime_days=1)

    tokens.rotate_token(
        token_id=short.token.id,
        organization=acme,
        by=COMMAND_LINE,
        now=short.token.issued_at,
        overlap_days=30,
    )

    assert ScimToken.objects.get(id=short.token.id).expires_at == short.token.expires_at


def test_rotation_without_overlap_revokes_at_once(
    acme: Organization, acme_token: IssuedToken, csm: Operator
) -> None:
    tokens.rotate_token(
        token_id=acme_token.token.id, organization=acme, by=Actor.of(csm), now=NOW, overlap_days=0
    )

    old = ScimToken.objects.get(id=acme_token.token.id)
    assert (old.revoked_at, old.revoked_by) == (NOW, csm)


def test_a_dead_token_cannot_be_rotated(acme: Organization, acme_token: IssuedToken) -> None:
    tokens.revoke_token(token_id=acme_token.token.id, organization=acme, by=COMMAND_LINE, now=NOW)

    with pytest.raises(TokenNotLive):
        tokens.rotate_token(
            token_id=acme_token.token.id, organization=acme, by=COMMAND_LINE, now=NOW, overlap_days=1
        )

    assert ScimToken.objects.count() == 1


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_a_lifetime_out_of_range_is_refused(acme: Organization, days: int) -> None:
    with pytest.raises(InvalidLifetime, match="1 to 3650 days"):
        make_token(acme, lifetime_days=days)

    assert not ScimToken.objects.exists()


@pytest.mark.parametrize("label", ["", "   ", "x" * 101])
def test_a_label_out_of_range_is_refused(acme: Organization, label: str) -> None:
    with pytest.raises(InvalidLabel):
        make_token(acme, label=label)


@pytest.mark.parametrize("days", [-1, 31])
def test_an_overlap_out_of_range_is_refused(acme: Organization, acme_token: IssuedToken, days: int) -> None:
    with pytest.raises(InvalidLifetime, match="0 to 30 days"):
        tokens.rotate_token(
            token_id=acme_token.token.id, organization=acme, by=COMMAND_LINE, now=NOW, overlap_days=days
        )


def test_another_organizations_token_is_no_token(globex: Organization, acme_token: IssuedToken) -> None:
    with pytest.raises(UnknownToken):
        tokens.revoke_token(token_id=acme_token.token.id, organization=globex, by=COMMAND_LINE, now=NOW)

    assert is_live(acme_token.secret, clock.now())


def test_a_token_is_found_by_its_secret_and_by_its_id(acme_token: IssuedToken) -> None:
    for text in (acme_token.secret, str(acme_token.token.id)):
        assert tokens.token_by_secret_or_id(text).id == acme_token.token.id
    for text in (tokens.new_secret(), str(uuid4()), "nonsense"):
        with pytest.raises(UnknownToken):
            tokens.token_by_secret_or_id(text)


def test_last_use_is_written_once_a_minute(acme_token: IssuedToken) -> None:
    def used(at: datetime, address: str) -> tuple[object, object]:
        state = token_states.state_of_secret(acme_token.secret)
        assert state is not None
        token_states.note_use(state=state, address=address, now=at)
        return ScimToken.objects.values_list("last_used_at", "last_used_from").get()

    assert used(NOW, "192.0.2.1") == (NOW, "192.0.2.1")
    assert used(NOW + timedelta(seconds=59), "192.0.2.2") == (NOW, "192.0.2.1")
    assert used(NOW + timedelta(seconds=60), "192.0.2.3") == (NOW + timedelta(seconds=60), "192.0.2.3")


def test_first_use_is_written_once(acme_token: IssuedToken) -> None:
    fresh = token_states.state_of_secret(acme_token.secret)
    assert fresh is not None

    for minutes in (0, 1):  # of two first calls at once the second does not know of the first
        token_states.note_use(state=fresh, address=None, now=NOW + timedelta(minutes=minutes))

    assert ScimToken.objects.values_list("first_used_at", "last_used_at").get() == (
        NOW,
        NOW + timedelta(minutes=1),
    )


def test_a_token_of_before_first_uses_were_written_has_none(acme_token: IssuedToken) -> None:
    ScimToken.objects.update(last_used_at=NOW - timedelta(days=1))
    state = token_states.state_of_secret(acme_token.secret)
    assert state is not None

    token_states.note_use(state=state, address=None, now=NOW)

    assert ScimToken.objects.values_list("first_used_at", "last_used_at").get() == (None, NOW)


def test_the_organizations_admins_are_told_in_the_same_transaction(
    acme: Organization, org_admin: Operator, csm: Operator
) -> None:
    issued = make_token(acme)
    tokens.revoke_token(token_id=issued.token.id, organization=acme, by=Actor.of(csm), now=NOW)

    told = Notification.objects.order_by("created_at").values_list("recipient", "kind", "event")
    assert list(told) == [
        ("admin@acme.example", "token_issued", f"token:issued:{issued.token.id}"),
        ("admin@acme.example", "token_revoked", f"token:revoked:{issued.token.id}"),
    ]
