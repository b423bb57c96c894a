"""The commands as a CSM's script calls them: the secret alone on stdout, a remedy on stderr."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.models import Operator, Organization
from accounts.permissions import Role
from provisioning import token_states, tokens
from provisioning.models import AuditEvent, Notification, ProvisioningConnection, ScimToken
from provisioning.tokens import IssuedToken
from tests.cast import ScimClient


def run(*arguments: str) -> tuple[str, str]:
    """Run a command; return what it wrote to stdout and to stderr."""
    stdout, stderr = StringIO(), StringIO()
    call_command(*arguments, stdout=stdout, stderr=stderr)
    return stdout.getvalue(), stderr.getvalue()


def test_issuing_prints_the_secret_alone_on_stdout(acme: Organization) -> None:
    stdout, stderr = run("issue_scim_token", "acme", "--label", "Entra production", "--expires-in-days", "90")

    token = ScimToken.objects.get()
    assert token_states.is_well_formed(stdout.removesuffix("\n"))
    assert ScimClient(stdout.strip()).get("/Users").status_code == 200
    assert token.label == "Entra production"
    assert (token.expires_at - token.issued_at).days == 90
    assert str(token.id) in stderr
    assert stdout.strip() not in stderr


def test_issuing_can_create_the_organization(db: None) -> None:
    stdout, _ = run("issue_scim_token", "acme-corp", "--create-organization")

    assert ScimClient(stdout.strip()).get("/Users").status_code == 200
    assert Organization.objects.get().slug == "acme-corp"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["nobody"],
            "There is no organization nobody. There are: acme. Add --create-organization to create it.",
        ),
        (["No Slug", "--create-organization"], "A slug is 1 to 63 small letters"),
        (["acme", "--expires-in-days", "0"], "A token lives 1 to 3650 days."),
        (["acme", "--label", ""], "A token needs a label"),
        (["newco", "--create-organization", "--expires-in-days", "0"], "A token lives 1 to 3650 days."),
    ],
)
def test_a_token_that_cannot_be_issued_is_told_in_one_line(
    acme: Organization, arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match="^" + message.replace("(", r"\(").replace(".", r"\.")) as refusal:
        run("issue_scim_token", *arguments)

    assert "\n" not in str(refusal.value)
    assert not ScimToken.objects.exists()
    assert Organization.objects.count() == 1


@pytest.mark.parametrize("by", ["secret", "id"])
def test_a_token_is_revoked_by_secret_or_by_id(acme_token: IssuedToken, entra: ScimClient, by: str) -> None:
    assert entra.get("/Users").status_code == 200

    _, stderr = run("revoke_scim_token", acme_token.secret if by == "secret" else str(acme_token.token.id))

    assert entra.get("/Users").status_code == 401
    assert acme_token.secret not in stderr


def test_revoking_what_is_no_token_is_told(db: None) -> None:
    with pytest.raises(CommandError, match=r"^No token has this secret or id\."):
        run("revoke_scim_token", tokens.new_secret())


def test_the_switch_turns_off_with_a_reason_and_on_again(acme: Organization, entra: ScimClient) -> None:
    run("provisioning_status", "acme", "off", "--reason", "Contract ended")
    assert entra.get("/Users").status_code == 403

    run("provisioning_status", "acme", "on")
    assert entra.get("/Users").status_code == 200


def test_turning_off_without_a_reason_is_refused(acme: Organization) -> None:
    with pytest.raises(CommandError, match=r"^Say why provisioning is turned off"):
        run("provisioning_status", "acme", "off")

    assert ProvisioningConnection.objects.get().is_on


def create_operator(
    monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = "correct horse"
) -> None:
    monkeypatch.setattr("builtins.input", lambda: password)
    run("create_operator", *arguments, "--password-stdin")


def test_an_operator_is_created_with_a_password(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    create_operator(monkeypatch, "CSM@Hootprov.example", "--name", "Demo CSM", "--role", "csm")

    operator = Operator.objects.get()
    assert (operator.email, operator.role, operator.organization) == ("csm@hootprov.example", Role.CSM, None)
    assert operator.check_password("correct horse")


@pytest.mark.parametrize(
    ("arguments", "password", "message"),
    [
        (["x", "--name", "X", "--role", "csm"], "correct horse", "Enter a valid email address."),
        (["a@b.example", "--name", "", "--role", "csm"], "correct horse", "The name is missing."),
        (["a@b.example", "--name", "X", "--role", "csm"], "short", "This password is too short."),
        (
            ["a@b.example", "--name", "X", "--role", "organization_admin"],
            "correct horse",
            "Staff have no organization, and an organization admin needs one.",
        ),
        (
            ["a@b.example", "--name", "X", "--role", "csm", "--organization", "acme"],
            "correct horse",
            "Staff have no organization, and an organization admin needs one.",
        ),
    ],
)
def test_an_operator_that_cannot_be_is_refused(
    acme: Organization, monkeypatch: pytest.MonkeyPatch, arguments: list[str], password: str, message: str
) -> None:
    with pytest.raises(CommandError, match="^" + message.replace(".", r"\.")):
        create_operator(monkeypatch, *arguments, password=password)

    assert not Operator.objects.exists()


def test_an_operator_can_be_invited_instead(acme: Organization) -> None:
    arguments = ["a@acme.example", "--name", "Kim", "--role", "organization_admin", "--organization", "acme"]

    _, stderr = run("create_operator", *arguments, "--invite")

    operator = Operator.objects.get()
    mail = Notification.objects.get(kind="invitation")
    assert (operator.organization, operator.has_joined) == (acme, False)
    assert (mail.recipient, mail.context["by"]) == ("a@acme.example", "HootProv's command line")
    assert "Kim (a@acme.example) gets a link by e-mail" in stderr


def test_who_was_created_stands_in_the_history(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    create_operator(monkeypatch, "csm@hootprov.example", "--name", "Demo CSM", "--role", "csm")

    event = AuditEvent.objects.get()
    assert (event.kind, event.subject, event.actor, event.organization) == (
        "person_created",
        "Demo CSM (csm@hootprov.example)",
        "HootProv's command line",
        None,
    )


def test_an_address_signs_in_once_whatever_its_spelling(
    csm: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match=r"signs in already\.$"):
        create_operator(monkeypatch, csm.email.upper(), "--name", "X", "--role", "csm")

    assert Operator.objects.count() == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="demo data is for the embedded default alone")
def test_the_demos_csm_looks_after_the_demo_organization(
    db: None, settings: Settings, tmp_path: Path
) -> None:
    settings.VAR = tmp_path

    printed = [run("seed_demo")[0] for _ in range(2)]

    assert printed[0] == printed[1]
    assert "/console/" in printed[0]
    assert "org admin signs in as" in printed[0]
    manager = Organization.objects.get().success_manager
    assert manager is not None
    assert manager.email == "csm@hootprov.example"
