"""What the provisioning log says of each request: one entry, in Entra's words."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts.models import Member, Organization
from provisioning import logs
from provisioning.counters import counters
from provisioning.models import LogIsAppendOnly, ProvisioningLogEntry, RequestKind
from provisioning.redaction import identity_key
from provisioning.tokens import IssuedToken
from tests.cast import ScimClient
from tests.factories import make_entry, user_body


def facts(entry: ProvisioningLogEntry) -> tuple[str, str, int, str, str]:
    return (entry.action, entry.status, entry.http_status, entry.scim_type, entry.error_code)


def test_a_creation_is_one_entry_with_its_properties(entra: ScimClient, acme_token: IssuedToken) -> None:
    user = entra.post("/Users", user_body("amelie@acme.example", externalId="8f1b")).json()

    entry = ProvisioningLogEntry.objects.get()
    assert facts(entry) == ("create", "success", 201, "", "")
    assert (entry.resource_type, str(entry.resource_id), entry.token_id) == (
        "User",
        user["id"],
        acme_token.token.id,
    )
    assert entry.identity_key == identity_key("AMELIE@acme.example")
    assert entry.personal == {
        "source": "8f1b",
        "target": "amelie@acme.example",
        "modifiedProperties": [
            {"displayName": name, "oldValue": None, "newValue": value}
            for name, value in [
                ("externalId", "8f1b"),
                ("userName", "amelie@acme.example"),
                ("displayName", "Amélie Moreau"),
                ("name.givenName", "Amélie"),
                ("name.familyName", "Moreau"),
                ("active", True),
                ("preferredLanguage", "fr-CA"),
                ("timezone", "America/Vancouver"),
                ('emails[type eq "work"].value', "amelie@acme.example"),
                ('emails[type eq "work"].type', "work"),
                ('emails[type eq "work"].primary', True),
            ]
        ],
    }


def test_a_deletion_says_what_there_was(entra: ScimClient) -> None:
    user = entra.post("/Users", user_body("amelie@acme.example")).json()

    entra.delete(f"/Users/{user['id']}")

    entry = ProvisioningLogEntry.objects.get(action="delete")
    properties = entry.personal["modifiedProperties"]
    assert facts(entry) == ("delete", "success", 204, "", "")
    assert entry.personal["target"] == "amelie@acme.example"
    assert {"displayName": "userName", "oldValue": "amelie@acme.example", "newValue": None} in properties


def test_a_refusal_is_one_entry_with_its_cause(entra: ScimClient) -> None:
    entra.post("/Users", user_body("amelie@acme.example"))

    refused = entra.post("/Users", user_body("amelie@acme.example"))

    entry = ProvisioningLogEntry.objects.get(status="failure")
    assert facts(entry) == ("create", "failure", 409, "uniqueness", "user_name_taken")
    assert entry.detail == refused.json()["detail"]
    assert entry.personal["target"] == "amelie@acme.example"
    assert entry.personal["modifiedProperties"] == []


def test_an_entry_is_found_by_the_request_id_of_its_answer(entra: ScimClient) -> None:
    answer = entra.post("/Users", user_body())

    assert ProvisioningLogEntry.objects.get(id=answer["X-Request-ID"]).method == "POST"


def test_reads_are_counted_and_leave_no_entry(entra: ScimClient, acme: Organization) -> None:
    entra.get("/Users", filter='userName eq "nobody"')
    entra.get("/Users")
    entra.get("/ServiceProviderConfig")

    assert not ProvisioningLogEntry.objects.exists()
    counts = {key.kind: each.count for key, each in counters.sums.items() if key.organization_id == acme.id}
    assert counts == {RequestKind.READ_USERS: 2, RequestKind.DISCOVERY: 1}


def test_no_secret_enters_an_entry(entra: ScimClient, acme_token: IssuedToken) -> None:
    entra.post("/Users", user_body(password="hunter2", title=acme_token.secret[:20]))

    entry = ProvisioningLogEntry.objects.get()
    assert "hunter2" not in str(entry.personal)


@pytest.mark.parametrize("query", ['meta.created gt "{}"', 'userName ne "{}" and shoeSize eq "{}"', '"{}"'])
def test_a_refusal_repeats_nothing_of_what_was_sent(
    entra: ScimClient, acme_token: IssuedToken, query: str
) -> None:
    refused = entra.get("/Users", filter=query.replace("{}", acme_token.secret))

    entry = ProvisioningLogEntry.objects.get()
    assert refused.status_code == 400
    assert acme_token.secret not in refused.content.decode() + entry.detail + entry.path


@pytest.mark.parametrize("method", ["VERSION-CONTROLX", "X" * 300])
def test_a_refused_verb_of_any_length_has_its_entry(entra: ScimClient, method: str) -> None:
    assert entra.request(method, "/Users/a%00b").status_code == 405
    assert ProvisioningLogEntry.objects.get().method == method[:8]


def test_an_entry_can_be_neither_changed_nor_deleted(acme_token: IssuedToken) -> None:
    entry = make_entry(acme_token)
    entries = ProvisioningLogEntry.objects.filter(id=entry.id)

    for forbidden in (entry.save, entry.delete, entries.delete, lambda: entries.update(status="skipped")):
        with pytest.raises(LogIsAppendOnly):
            forbidden()


def test_an_answer_of_500_says_nothing_of_the_cause(
    entra: ScimClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_values: object) -> Member:
        message = "secret detail of ours"
        raise RuntimeError(message)

    monkeypatch.setattr("accounts.members.new_member", broken)

    refused = entra.post("/Users", user_body())

    assert (refused.status_code, refused.json()["status"]) == (500, "500")
    assert "secret detail" not in refused.content.decode()
    assert facts(ProvisioningLogEntry.objects.get()) == ("create", "failure", 500, "", "internal_error")


def test_request_ids_sort_by_time() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)

    ids = [logs.new_entry_id(start + timedelta(milliseconds=step)) for step in range(100)]

    assert ids == sorted(ids)
    assert {id_.version for id_ in ids} == {7}


SLOW = """
    CREATE FUNCTION take_time() RETURNS trigger AS 'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END' LANGUAGE plpgsql;
    CREATE TRIGGER take_time BEFORE INSERT ON accounts_member FOR EACH ROW EXECUTE FUNCTION take_time()
"""


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is in the process that measures")
def test_the_time_of_an_entry_holds_what_the_database_took(entra: ScimClient) -> None:
    entra.post("/Users", user_body("amelie@acme.example"))
    with connection.cursor() as cursor:
        cursor.execute(SLOW)
    entra.post("/Users", user_body("bruno@acme.example"))

    quick, slow = ProvisioningLogEntry.objects.order_by("id").values_list("duration_ms", flat=True)
    assert quick > 0
    assert slow >= 50
