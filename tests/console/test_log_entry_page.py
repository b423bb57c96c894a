"""One entry of the log: why it failed, what to do in Entra, its steps, the request and the answer."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Organization, Tombstone
from provisioning import tokens
from provisioning.history import COMMAND_LINE
from provisioning.logs import ModifiedProperty
from provisioning.models import ProvisioningCycle, ProvisioningLogEntry
from provisioning.tokens import IssuedToken
from tests import factories
from tests.cast import ScimClient
from tests.console.conftest import NOW
from tests.console.reading import facts_of, rows_of
from tests.factories import user_body

LOG = "/admin/provisioning/provisioninglogentry/"
MOST_QUERIES = 12
BODY = re.compile(r'<pre class="hp-text">(.*?)</pre>', re.DOTALL)
POINT = re.compile(r"<li>([^<]*)</li>")


def page_of(browser: Client, id_: Any) -> str:
    """Return the page of an entry."""
    answer = browser.get(f"{LOG}{id_}/change/")
    assert answer.status_code == 200
    return answer.text


def unescaped(text: str) -> str:
    """Return a text of a page without HTML's escapes."""
    return text.replace("&quot;", '"').replace("&#x27;", "'").replace("&gt;", ">").replace("&amp;", "&")


def test_a_failure_says_why_and_what_to_change_in_entra(console: Client, acme_token: IssuedToken) -> None:
    entry = factories.make_entry(
        acme_token, status="failure", http_status=409, error_code="user_name_taken", detail="Another one."
    )

    page = page_of(console, entry.id)

    assert facts_of(page, "Why it failed") == {
        "Entra was told": "Another one.",
        "What it means": "A userName belongs to one member. Entra wanted to give it to a second one, because it "
        "did not match the first.",
        "What Entra does now": "Entra counts a conflict (EntryConflict) of this object and goes on trying until one "
        "side is changed.",
        "Error code": "user_name_taken",
    }
    assert unescaped(POINT.findall(page[page.index("What to do in Entra") :])[0]) == (
        "Under Provisioning > Mappings > Users make userName the matching property (Match objects using this "
        "attribute: Yes, precedence 1)."
    )


def test_a_code_that_nobody_knows_any_more_still_says_what_entra_was_told(
    console: Client, acme_token: IssuedToken
) -> None:
    entry = factories.make_entry(
        acme_token, status="failure", http_status=400, error_code="of_old", detail="Told then."
    )

    page = page_of(console, entry.id)

    assert facts_of(page, "Why it failed") == {"Entra was told": "Told then."}
    assert "What to do in Entra" not in page


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/Users", user_body(5)),
        ("POST", "/Users", user_body("taken@acme.example")),
        ("DELETE", "/Users/00000000-0000-4000-8000-000000000000", None),
        ("PUT", "/Users", {}),
        ("GET", "/Users?filter=shoeSize+eq+5", None),
    ],
)
def test_the_body_of_an_error_stands_there_as_it_was_answered(
    console: Client, entra: ScimClient, acme: Organization, method: str, path: str, body: Any
) -> None:
    factories.make_member(acme, "taken@acme.example")

    answer = entra.request(method, path, body)

    [shown] = BODY.findall(page_of(console, answer["X-Request-ID"]))
    assert answer.status_code >= 400
    assert json.loads(unescaped(shown)) == answer.json()


def test_so_does_that_of_a_revoked_token_which_told_less_than_the_log(
    console: Client, entra: ScimClient, acme: Organization, acme_token: IssuedToken
) -> None:
    tokens.revoke_token(token_id=acme_token.token.id, organization=acme, by=COMMAND_LINE, now=clock.now())

    answer = entra.get("/Users")

    page = page_of(console, answer["X-Request-ID"])
    assert json.loads(unescaped(BODY.findall(page)[0])) == answer.json()
    assert facts_of(page, "Why it failed")["Entra was told"].startswith("The token was revoked.")
    assert rows_of(page, "Steps")[1] == ["Authenticated", "Refused: token_revoked", ""]


def test_of_the_secret_its_end_alone_is_shown(
    console: Client, entra: ScimClient, acme_token: IssuedToken
) -> None:
    answer = entra.post("/Users", user_body())

    page = page_of(console, answer["X-Request-ID"])

    facts = facts_of(page, "Request")
    assert facts["Authorization"] == f"Bearer hpt_…{acme_token.secret[-4:]}"
    assert (facts["Request"], facts["Request id"].split()[0]) == (
        "POST /scim/v2/Users",
        answer["X-Request-ID"],
    )
    assert acme_token.secret[4:-4] not in page


def test_the_steps_say_when_it_came_when_it_was_answered_and_no_other_time(
    console: Client, acme_token: IssuedToken
) -> None:
    resource, modified = uuid4(), [ModifiedProperty("displayName", "Pat", "Pat Q.")]
    entry = factories.make_entry(
        acme_token, at=NOW, action="update", http_status=200, resource_id=resource, modified=modified,
        duration_ms=12.4,
    )  # fmt: skip

    assert rows_of(page_of(console, entry.id), "Steps") == [
        ["Received", "POST /scim/v2/Users", "2026-11-26 12:30:00.000 UTC"],
        ["Authenticated", str(acme_token.token), ""],
        ["Matched", f"User {resource}", ""],
        ["Validated", "Every value fits", ""],
        ["Applied", "1 modified property", ""],
        ["Answered and logged", "HTTP 200, 12.4 ms in all", "2026-11-26 12:30:00.012 UTC"],
    ]


@pytest.fixture
def three(acme_token: IssuedToken, globex_token: IssuedToken) -> list[ProvisioningLogEntry]:
    """Three entries of one member a minute apart, with a cycle around them; another's in between."""
    member, minute = uuid4(), timedelta(minutes=1)
    ProvisioningCycle.objects.create(
        organization=acme_token.token.organization, started_at=NOW, last_seen_at=NOW + minute * 9
    )
    factories.make_entry(globex_token, at=NOW + minute / 2, resource_id=member)
    return [
        factories.make_entry(acme_token, at=NOW + minute * number, resource_id=member, target="amelie")
        for number in range(3)
    ]


def ways_of(page: str) -> dict[str, str]:
    """Return the ways on of a page: their labels and addresses."""
    return {
        label: url
        for url, label in re.findall(r'<a class="hp-button[^"]*" href="([^"]*)"[^>]*>([^<]*)<', page)
    }


def test_an_entry_leads_to_those_beside_it_and_to_its_cycle(
    console: Client, three: list[ProvisioningLogEntry]
) -> None:
    older, entry, newer = three

    ways = ways_of(page_of(console, entry.id))

    cycle = ProvisioningCycle.objects.get()
    assert ways["Older entry →"] == f"{LOG}{older.id}/change/"
    assert ways["← Newer entry"] == f"{LOG}{newer.id}/change/"
    assert ways["Its cycle"] == f"/admin/provisioning/provisioningcycle/{cycle.pk}/change/"


def test_an_entry_lists_the_others_of_the_same_member(
    console: Client, three: list[ProvisioningLogEntry]
) -> None:
    rows = rows_of(page_of(console, three[1].id), "Other entries of the same member")

    assert rows == [
        ["2026-11-26 12:32:00 UTC", "Entra created user amelie.", "Success"],
        ["2026-11-26 12:30:00 UTC", "Entra created user amelie.", "Success"],
    ]


def test_an_entry_leads_to_its_member_also_after_the_deletion(console: Client, entra: ScimClient) -> None:
    created = entra.post("/Users", user_body("amelie@acme.example"))
    before = ways_of(page_of(console, created["X-Request-ID"]))

    entra.delete(f"/Users/{created.json()['id']}")

    after = ways_of(page_of(console, created["X-Request-ID"]))
    id_ = UUID(created.json()["id"])
    assert before["Open the member"] == f"/admin/accounts/member/{id_}/change/"
    assert after["The deleted member"] == f"/admin/accounts/tombstone/{id_}/change/"
    Tombstone.objects.update(deleted_at=clock.now() - timedelta(days=31))
    assert "The deleted member" not in ways_of(page_of(console, created["X-Request-ID"]))


def test_an_entry_takes_few_queries_however_many_others_there_are(
    console: Client, entra: ScimClient, acme_token: IssuedToken, three: list[ProvisioningLogEntry]
) -> None:
    id_ = entra.post("/Users", user_body("amelie@acme.example"))
    counts = []
    for _ in range(2):
        for _ in range(30):
            factories.make_entry(acme_token, resource_id=UUID(id_.json()["id"]))
        with CaptureQueriesContext(connection) as queries:
            page_of(console, id_["X-Request-ID"])
        counts.append(len(queries))

    assert counts[0] == counts[1] <= MOST_QUERIES
