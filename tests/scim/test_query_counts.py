"""What a request costs in queries does not grow with what it does not touch."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.members import MemberValues
from accounts.models import Member, Organization
from tests.cast import ScimClient
from tests.factories import make_member, user_body

FREE = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")
SIZES = [10, 2000]


def fill(organization: Organization, count: int) -> None:
    """Create that many members in one statement."""
    values = (MemberValues(user_name=f"user{number}@acme.example") for number in range(count))
    Member.objects.bulk_create(Member(organization=organization, **each.columns()) for each in values)


def queries_of(entra: ScimClient, method: str, path: str, body: object = None) -> list[str]:
    """Return the statements of one request, without those that only open or end a transaction."""
    entra.get("/ServiceProviderConfig")  # writes the minute's last use, which is not counted
    with CaptureQueriesContext(connection) as captured:
        answer = entra.request(method, path, body)
    assert answer.status_code < 300
    return [query["sql"] for query in captured if not query["sql"].startswith(FREE)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("budget", "path"),
    [
        pytest.param(3, "/Users?filter=userName+eq+%22amelie@acme.example%22", id="a filter hit"),
        pytest.param(3, "/Users?filter=userName+eq+%22nobody%22", id="a filter miss"),
        pytest.param(5, "/Users?count=100", id="a list of 100"),
    ],
)
def test_finding_costs_the_same_at_any_size(
    entra: ScimClient, acme: Organization, size: int, budget: int, path: str
) -> None:
    make_member(acme, "amelie@acme.example")
    fill(acme, size)

    assert len(queries_of(entra, "GET", path)) <= budget


@pytest.mark.parametrize("size", SIZES)
def test_reading_and_changing_one_user_costs_the_same_at_any_size(
    entra: ScimClient, acme: Organization, size: int
) -> None:
    member = make_member(acme, "amelie@acme.example")
    fill(acme, size)

    assert len(queries_of(entra, "GET", f"/Users/{member.id}")) <= 3
    assert len(queries_of(entra, "POST", "/Users", user_body("new@acme.example"))) <= 5
    assert len(queries_of(entra, "DELETE", f"/Users/{member.id}")) <= 11
