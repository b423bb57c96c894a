"""The provisioning log as a CSM reads it."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Organization
from provisioning.logs import ModifiedProperty
from provisioning.models import ProvisioningLogEntry
from provisioning.tokens import IssuedToken
from tests import factories
from tests.console.reading import rows_of

LOG = "/admin/provisioning/provisioninglogentry/"
TAKEN: dict[str, Any] = {
    "status": "failure",
    "http_status": 409,
    "scim_type": "uniqueness",
    "error_code": "user_name_taken",
    "detail": "Another user has this userName. Match on userName.",
}


def listed(console: Client, **question: Any) -> set[str]:
    """Return the identities of a list's rows."""
    return targets_of(console.get(LOG, question).text)


def targets_of(page: str) -> set[str]:
    """Return the identities of a page's rows."""
    return set(re.findall(r'data-label="Target">([^<]*)<', page))


def page_of(console: Client, entry: ProvisioningLogEntry) -> str:
    """Return the page of an entry."""
    return console.get(f"{LOG}{entry.id}/change/").text


def test_a_row_says_when_with_its_zone_who_and_how_it_ended(console: Client, acme_token: IssuedToken) -> None:
    entry = factories.make_entry(acme_token, target="amelie@acme.example", duration_ms=12.4, **TAKEN)

    page = console.get(LOG).text

    for said in (
        f"{entry.at:%Y-%m-%d %H:%M:%S} UTC",
        "Acme",
        "amelie@acme.example",
        "Failure",
        "409 uniqueness",
        "12 ms",
    ):
        assert said in page


def test_a_person_is_found_by_exact_identity_in_any_spelling(
    console: Client, acme_token: IssuedToken
) -> None:
    factories.make_entry(acme_token, target="Amelie@acme.example")
    factories.make_entry(acme_token, target="bruno@acme.example")

    assert listed(console, q="AMELIE@acme.example") == {"Amelie@acme.example"}
    assert listed(console, q="amelie") == set()


def test_an_entry_is_found_by_request_id_and_by_error_code(console: Client, acme_token: IssuedToken) -> None:
    entry = factories.make_entry(acme_token, target="amelie")
    factories.make_entry(acme_token, target="bruno", **TAKEN)

    assert listed(console, q=str(entry.id)) == {"amelie"}
    assert listed(console, q="user_name_taken") == {"bruno"}


def test_the_log_of_one_organization_leaves_out_the_other(
    console: Client, acme_token: IssuedToken, globex_token: IssuedToken
) -> None:
    factories.make_entry(acme_token, target="amelie")
    factories.make_entry(globex_token, target="stranger")

    assert listed(console, organization="acme") == {"amelie"}
    assert listed(console, organization="nobody") == set()
    assert listed(console) == {"amelie", "stranger"}


def test_status_action_and_object_narrow_the_list(console: Client, acme_token: IssuedToken) -> None:
    object_id = uuid4()
    factories.make_entry(acme_token, target="amelie", action="update", resource_id=object_id)
    factories.make_entry(acme_token, target="bruno", **TAKEN)

    assert listed(console, status="failure") == {"bruno"}
    assert listed(console, action="update") == {"amelie"}
    assert listed(console, resource=str(object_id)) == {"amelie"}


@pytest.fixture
def midnight(acme_token: IssuedToken, monkeypatch: pytest.MonkeyPatch) -> date:
    """The day whose first second has an entry, as has the second before."""
    first = datetime(2026, 11, 22, tzinfo=UTC)
    for at, target in ((first, "today"), (first - timedelta(seconds=1), "yesterday")):
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        factories.make_entry(acme_token, target=target)
    return first.date()


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (0, 0, {"today"}),
        (-1, -1, {"yesterday"}),
        (-1, 0, {"today", "yesterday"}),
        (1, 1, set()),
        (-9, -2, set()),
    ],
)
def test_days_are_whole_and_in_utc(
    console: Client, midnight: date, since: int, until: int, found: set[str]
) -> None:
    days = {"since": midnight + timedelta(days=since), "until": midnight + timedelta(days=until)}

    assert listed(console, **days) == found


def test_an_unknown_parameter_reaches_no_query(console: Client, acme_token: IssuedToken) -> None:
    factories.make_entry(acme_token, target="amelie")

    assert listed(console, organization__slug="nobody", o="7.1", e="1") == {"amelie"}


def test_older_entries_are_on_the_next_page(console: Client, acme_token: IssuedToken) -> None:
    for number in range(51):
        factories.make_entry(acme_token, target=f"member {number}")
    page = console.get(LOG).text
    [older] = re.findall(r'rel="next" href="\?older=([^"]*)"', page)

    first, second = targets_of(page), listed(console, older=older)

    assert (len(first), len(second), first & second) == (50, 1, set())


def test_an_empty_log_says_what_brings_the_first_entry(console: Client, acme: Organization) -> None:
    assert "presses Test Connection" in console.get(LOG).text


def test_an_entry_says_in_a_sentence_what_happened(console: Client, acme_token: IssuedToken) -> None:
    entry = factories.make_entry(acme_token, target="amelie@acme.example")

    assert "Entra created user amelie@acme.example." in page_of(console, entry)


def test_an_entry_shows_the_modified_properties_old_and_new(console: Client, acme_token: IssuedToken) -> None:
    modified = [
        ModifiedProperty("displayName", "Pat <b>Doe", "Pat Q."),
        ModifiedProperty("active", None, False),
    ]
    entry = factories.make_entry(acme_token, action="update", http_status=200, modified=modified)

    rows = rows_of(page_of(console, entry), "Modified properties")

    assert rows == [["displayName", "Pat <b>Doe", "Pat Q."], ["active", "–", "false"]]


def test_a_failure_tells_the_whole_detail_the_request_and_the_token(
    console: Client, acme_token: IssuedToken
) -> None:
    entry = factories.make_entry(acme_token, target="amelie", **TAKEN)

    page = page_of(console, entry)

    for said in (
        "was refused with HTTP 409 uniqueness",
        TAKEN["detail"],
        str(entry.id),
        str(acme_token.token),
    ):
        assert said in page


def test_nothing_of_the_log_can_be_changed_or_deleted(console: Client, acme_token: IssuedToken) -> None:
    entry = factories.make_entry(acme_token, target="amelie")

    changed = console.post(f"{LOG}{entry.id}/change/", {"status": "success"})
    others = [console.get(f"{LOG}{entry.id}/{page}/") for page in ("delete", "history")]

    assert changed.status_code == 405
    assert {response.status_code for response in others} == {404}
