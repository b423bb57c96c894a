"""Every token event stands in the history: who, when, from where, why, and what changed."""

from datetime import timedelta
from typing import Any

import pytest

from accounts import clock
from accounts.models import Operator, Organization
from provisioning import tokens
from provisioning.errors import InvalidLifetime, TokenNotLive, TokenRequested
from provisioning.history import Actor
from provisioning.models import AuditEvent, AuditKind

NOW = clock.now()


def events() -> list[dict[str, Any]]:
    """Return what stands in the history of tokens, oldest first, each line whole."""
    rows = AuditEvent.objects.filter(kind__startswith="token_").order_by("id")
    return [
        dict(each)
        for each in rows.values(
            "kind", "organization", "operator", "actor", "address", "subject", "reason", "at", "details"
        )
    ]


def test_issuing_rotating_revoking_and_asking_are_each_a_line(acme: Organization, csm: Operator) -> None:
    by, times = Actor.of(csm, address="192.0.2.7"), [NOW + timedelta(minutes=each) for each in range(4)]

    asked = tokens.request_token(organization=acme, by=by, now=times[0], message=" Ours leaked. ")
    old = tokens.issue_token(organization=acme, label="Entra", by=by, now=times[1]).token
    new = tokens.rotate_token(token_id=old.id, organization=acme, by=by, now=times[2], overlap_days=7).token
    tokens.revoke_token(token_id=new.id, organization=acme, by=by, now=times[3], reason="Seen in a chat")

    who = {
        "organization": acme.id,
        "operator": csm.id,
        "actor": "Customer success manager (csm@hootprov.example)",
        "address": "192.0.2.7",
    }
    ends = (times[2] + timedelta(days=7)).isoformat()
    change = ["old token", f"Entra (…{old.last_four})", f"ends {ends}"]
    assert asked.kind == AuditKind.TOKEN_REQUESTED
    assert events() == [
        who | {"kind": kind, "subject": subject, "reason": reason, "at": at, "details": details}
        for kind, subject, reason, at, details in [
            ("token_requested", "", "Ours leaked.", times[0], {}),
            ("token_issued", f"Entra (…{old.last_four})", "", times[1], {}),
            ("token_rotated", f"Entra (…{new.last_four})", "", times[2], {"changes": [change]}),
            ("token_revoked", f"Entra (…{new.last_four})", "Seen in a chat", times[3], {}),
        ]
    ]


def test_revoking_twice_is_one_line(acme: Organization, csm: Operator) -> None:
    token = tokens.issue_token(organization=acme, label="Entra", by=Actor.of(csm), now=NOW).token
    for reason in ("first", "second"):
        tokens.revoke_token(token_id=token.id, organization=acme, by=Actor.of(csm), now=NOW, reason=reason)

    assert sorted(each["reason"] for each in events()) == ["", "first"]


def test_what_was_refused_is_no_line(acme: Organization, csm: Operator) -> None:
    by = Actor.of(csm)
    token = tokens.issue_token(organization=acme, label="Entra", by=by, now=NOW).token
    tokens.revoke_token(token_id=token.id, organization=acme, by=by, now=NOW)
    later = NOW + timedelta(minutes=1)
    tokens.request_token(organization=acme, by=by, now=later)
    before = events()

    with pytest.raises(TokenNotLive):
        tokens.rotate_token(token_id=token.id, organization=acme, by=by, now=NOW, overlap_days=1)
    with pytest.raises(InvalidLifetime):
        tokens.issue_token(organization=acme, label="Entra", by=by, now=NOW, lifetime_days=0)
    with pytest.raises(TokenRequested):
        tokens.request_token(organization=acme, by=by, now=later)

    assert events() == before
