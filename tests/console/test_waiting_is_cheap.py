"""Whoever waits for Test Connection asks every second: few queries, each answered by an index."""

import re
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from provisioning import arrivals, tokens
from provisioning.counters import counters
from provisioning.history import COMMAND_LINE
from provisioning.logs import new_entry_id
from provisioning.models import ProvisioningLogEntry, RequestCount, ScimToken
from provisioning.tokens import IssuedToken
from tests import factories
from tests.cast import ScimClient
from tests.console.test_wait_for_test_connection import OPENED_AT, At, at, later, lines, press_test

__all__ = ["at"]
MOST_QUERIES = 8  # session, operator, token; two of the log, one of what was folded, strangers, first uses


def fill_all(acme: Organization, acme_token: IssuedToken, at: At) -> None:
    """Let everything arrive of which there is something to say."""
    old, other = factories.make_token(acme, label="Old"), factories.make_token(acme, label="Other")
    tokens.revoke_token(token_id=old.token.id, organization=acme, by=COMMAND_LINE, now=OPENED_AT)
    at(later(5))
    for secret in (old.secret, old.secret, other.secret, tokens.new_secret()):
        press_test(secret)
    ScimClient(acme_token.secret).get("/Users")
    counters.flush()


def test_asking_takes_few_queries_however_much_has_arrived(
    console: Client, acme: Organization, acme_token: IssuedToken, globex_token: IssuedToken, at: At
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(lines(console, acme_token.token)) >= 5
        return len(captured)

    fill_all(acme, acme_token, at)
    of_few = queries()
    for number in range(20):
        factories.make_entry(acme_token, at=later(6), action="create", error_code=f"e{number}")
        factories.make_entry(globex_token, at=later(6), action="read", error_code="token_revoked")

    assert queries() == of_few <= MOST_QUERIES


def fill_log(issued: IssuedToken, count: int) -> None:
    """Let an organization have been busy, so that the database knows what is rare."""
    ProvisioningLogEntry.objects.bulk_create(
        ProvisioningLogEntry(
            id=new_entry_id(later(-number)),
            organization_id=issued.token.organization_id,
            token_id=issued.token.id,
            at=later(-number),
            action="update",
            status="success",
            method="PATCH",
            path="/",
            http_status=200,
            duration_ms=1,
        )
        for number in range(count)
    )
    factories.make_entry(issued, at=later(1), error_code="token_revoked", fold_key="x")
    minute = arrivals.minute_of(OPENED_AT)
    RequestCount.objects.bulk_create(
        RequestCount(
            kind="stranger",
            address=f"192.0.2.{number % 250}",
            minute=minute - timedelta(minutes=number // 250),
            first_at=minute,
            last_at=minute,
            count=1,
        )
        for number in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_every_question_is_answered_by_an_index(acme: Organization, acme_token: IssuedToken) -> None:
    fill_log(acme_token, 3000)
    with CaptureQueriesContext(connection) as captured:
        arrivals.connecting_calls(acme.id, since=OPENED_AT - timedelta(hours=1))
        arrivals.switched_off_call(acme.id, since=OPENED_AT - timedelta(hours=1))
        arrivals.stranger_calls(since=OPENED_AT)
        arrivals.first_uses(ScimToken.objects.all(), since=OPENED_AT, now=OPENED_AT)

    plans = [plan_of(each["sql"]) for each in captured]

    assert [index_in(each) for each in plans] == [
        "log_of_action",
        "log_of_error",
        "request_count_of_organization",
        "log_of_error",
        "request_count_strangers",
        "token_first_use",
    ]


def plan_of(sql: str) -> str:
    """Return how the database would find what is asked, though some tables are small."""
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_postgresql:
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{'EXPLAIN' if is_postgresql else 'EXPLAIN QUERY PLAN'} {sql}")
        return str(cursor.fetchall())


def index_in(plan: str) -> str:
    """Return the index that a plan begins with."""
    found = re.search(r"(?:USING INDEX|Index Scan(?: Backward)? using|Bitmap Index Scan on) (\w+)", plan)
    return found[1] if found else plan
