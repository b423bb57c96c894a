"""What each resource answers, and what it changes."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Member, Operator, Organization, Team, TeamMembership
from accounts.permissions import Role
from provisioning import recipients
from provisioning.cycles import Traffic, begin, end
from provisioning.models import AuditEvent, Recipient, ScimToken
from provisioning.tokens import IssuedToken
from tests import factories
from tests.api.conftest import Program, program_of
from tests.cast import ScimClient
from tests.console.conftest import signed_in_as
from tests.console.test_query_budget import (
    make_cycles,
    make_members,
    make_organizations,
    make_teams,
    make_tokens,
)

OF_ACME = "/organizations/acme"
AT = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)


def test_who_calls_is_told_without_a_scope(acme: Organization, program: Program) -> None:
    found = program.get("/me").json()

    assert found["organization"] == {"id": str(acme.id), "slug": "acme", "name": "Acme"}
    assert (found["kind"], "logs:read" in found["scopes"]) == ("api_key", True)


@pytest.mark.parametrize(
    ("role", "status"), [(Role.CSM, 200), (Role.SUPPORT, 403), (Role.ORGANIZATION_ADMIN, 403)]
)
def test_a_session_may_do_what_its_role_may(acme: Organization, role: Role, status: int) -> None:
    organization = acme if role == Role.ORGANIZATION_ADMIN else None
    session = Program(browser=signed_in_as(factories.make_operator(role, organization=organization)))

    read = session.get(f"{OF_ACME}/connection")
    switched = session.patch(f"{OF_ACME}/connection", {"status": "off", "reason": "On hold."})

    assert (read.status_code, switched.status_code) == (200, status)


def test_provisioning_is_turned_off_with_a_reason(program: Program, entra: ScimClient) -> None:
    without = program.patch(f"{OF_ACME}/connection", {"status": "off"})
    off = program.patch(f"{OF_ACME}/connection", {"status": "off", "reason": "The contract is on hold."})

    assert (without.status_code, off.status_code) == (400, 200)
    assert (off.json()["status"], off.json()["statusReason"]) == ("off", "The contract is on hold.")
    assert entra.get("/Users").status_code == 403
    assert AuditEvent.objects.get(kind="turned_off").reason == "The contract is on hold."
    on = program.patch(f"{OF_ACME}/connection", {"status": "on", "reason": "It goes on."})
    assert on.json()["status"] == "on"


def test_a_token_is_issued_once_and_works(program: Program, acme: Organization) -> None:
    answer = program.post(f"{OF_ACME}/tokens", {"label": "Entra", "lifetimeDays": 30})
    issued = answer.json()

    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert ScimClient(issued["secret"]).get("/Users").status_code == 200
    assert "secret" not in program.get(f"{OF_ACME}/tokens/{issued['id']}").json()
    assert issued["secret"] not in program.get(f"{OF_ACME}/tokens").text


def test_a_token_is_rotated_with_an_overlap(program: Program, acme_token: IssuedToken) -> None:
    path = f"{OF_ACME}/tokens/{acme_token.token.id}/rotate"

    new = program.post(path, {"overlapDays": 0}).json()
    again = program.post(path, {"overlapDays": 0})

    assert (new["rotatedFrom"], again.status_code) == (str(acme_token.token.id), 409)
    assert ScimClient(acme_token.secret).get("/Users").status_code == 401
    assert [each["state"] for each in program.get(f"{OF_ACME}/tokens").json()["items"]] == ["live", "revoked"]


@pytest.mark.parametrize("by", ["id", "secret"])
def test_a_leaked_token_dies_and_everybody_is_told(
    program: Program, org_admin: Operator, acme_token: IssuedToken, entra: ScimClient, by: str
) -> None:
    path = f"{acme_token.token.id}/report-leaked" if by == "id" else "report-leaked"
    body = {"reason": f"Seen in a gist: {acme_token.secret}"} | (
        {"secret": acme_token.secret} if by == "secret" else {}
    )

    first, again = (program.post(f"{OF_ACME}/tokens/{path}", body) for _ in range(2))

    event = AuditEvent.objects.get(kind="token_leaked")
    mail = org_admin.organization.notifications.get(kind="token_revoked", recipient=org_admin.email)  # type: ignore[union-attr]  # Acme
    assert first.json() == again.json()
    assert first.json()["state"] == "revoked"
    assert entra.get("/Users").status_code == 401
    assert (event.reason, mail.context["is_leaked"]) == ("Seen in a gist: hpt_…", True)


def test_a_secret_of_another_organization_leaks_nothing(program: Program, globex_token: IssuedToken) -> None:
    answers = [
        program.post(f"{OF_ACME}/tokens/report-leaked", {"secret": secret}).content
        for secret in (globex_token.secret, "hpt_" + "0" * 49)
    ]

    assert answers[0] == answers[1]
    assert ScimToken.objects.get(id=globex_token.token.id).revoked_at is None


def test_members_and_teams_are_found(program: Program, acme: Organization) -> None:
    amelie = factories.make_member(acme, "amelie@acme.example", external_id="8f1b", display_name="Amélie")
    kim = factories.make_member(acme, "kim@acme.example", is_active=False)
    team = Team.objects.create(organization=acme, display_name="News", display_name_key="news")
    TeamMembership.objects.create(organization=acme, team=team, member=amelie)

    def found(path: str, **query: str) -> list[str]:
        return [each["id"] for each in program.get(f"{OF_ACME}/{path}", **query).json()["items"]]

    assert found("members") == [str(amelie.id), str(kim.id)]
    assert found("members", user_name="AMELIE@acme.example") == [str(amelie.id)]
    assert found("members", external_id="8f1b") == found("members", team=str(team.id)) == [str(amelie.id)]
    assert found("members", active="false") == [str(kim.id)]
    assert found("teams", display_name="NEWS") == found("teams", member=str(amelie.id)) == [str(team.id)]
    assert found("teams", member=str(kim.id)) == []
    assert program.get(f"{OF_ACME}/members/{amelie.id}").json()["displayName"] == "Amélie"


def test_a_cycle_is_told_with_its_reads(program: Program, acme: Organization) -> None:
    cycle = begin(acme.id, Traffic(AT, AT), is_first=True)
    end(cycle)

    listed = program.get(f"{OF_ACME}/cycles").json()["items"]
    one = program.get(f"{OF_ACME}/cycles/{cycle.id}").json()

    assert [each["kind"] for each in listed] == ["initial"]
    assert one == listed[0] | {"reads": {}}


def test_recipients_are_added_changed_and_removed(program: Program, org_admin: Operator) -> None:
    path = f"{OF_ACME}/recipients"

    added = program.post(path, {"address": "it@acme.example", "kinds": ["failures"], "delivery": "daily"})
    one = f"{path}/{added.json()['id']}"
    changed = program.patch(one, {"kinds": ["silence"]})
    known = program.post(path, {"address": "IT@acme.example"})

    assert (added.status_code, known.status_code) == (201, 409)
    assert [each["address"] for each in program.get(path).json()["items"]] == [
        org_admin.email,
        "it@acme.example",
    ]
    assert changed.json() == added.json() | {"kinds": ["silence"]}
    assert program.request("DELETE", one).status_code == 204
    assert not Recipient.objects.exists()
    assert [each.kind for each in AuditEvent.objects.filter(kind__startswith="recipient").order_by("id")] == [
        "recipient_added",
        "recipient_changed",
        "recipient_removed",
    ]


def test_a_recipient_past_the_most_is_a_conflict(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipients, "MOST_RECIPIENTS", 1)

    answers = [
        program.post(f"{OF_ACME}/recipients", {"address": f"{name}@acme.example"}) for name in ("it", "hr")
    ]

    assert [each.status_code for each in answers] == [201, 409]
    assert answers[1].json()["detail"] == (
        "An organization has 1 recipients at most: use the address of a group."
    )


def test_a_recipient_who_has_muted_us_is_not_forgotten(program: Program) -> None:
    added = program.post(f"{OF_ACME}/recipients", {"address": "it@acme.example"}).json()
    one = f"{OF_ACME}/recipients/{added['id']}"

    program.patch(one, {"muted": True})
    refused = program.request("DELETE", one)
    program.patch(one, {"muted": False})

    assert (refused.status_code, "errors" in refused.json()) == (409, False)
    assert program.request("DELETE", one).status_code == 204


LISTS = {
    f"{OF_ACME}/tokens": make_tokens,
    f"{OF_ACME}/members": make_members,
    f"{OF_ACME}/teams": make_teams,
    f"{OF_ACME}/cycles": make_cycles,
    "/organizations": make_organizations,
}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(acme: Organization, path: str) -> None:
    program = program_of(None)
    program.get("/me")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert program.get(path).status_code == 200
        return len(captured)

    LISTS[path](10)
    of_ten = queries()
    LISTS[path](300)

    assert queries() == of_ten <= 4


def test_every_page_of_a_list_is_reached_once(program: Program, acme: Organization) -> None:
    make_members(23)
    seen: list[str] = []

    address = "/api/v1/organizations/acme/members?limit=5"
    while address:
        page = program.http.get(address).json()
        seen += [each["id"] for each in page["items"]]
        address = page["next"]

    assert len(seen) == len(set(seen)) == Member.objects.count() == 23
