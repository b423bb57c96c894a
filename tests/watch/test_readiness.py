"""`/readyz`: 503 for what stops SCIM, 200 "degraded" for what only delays mails, each in words."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from accounts import clock
from accounts.permissions import Role
from provisioning import tasks
from provisioning.models import Heartbeat, Notification
from tests.factories import make_operator, make_organization, make_token
from tests.processes import Product
from tests.services import free_port


@pytest.fixture
def worker(db: None) -> None:
    """A worker that is at work."""
    tasks.watch_connections()


def answer(client: Client) -> tuple[int, str, list[str]]:
    """Return what `/readyz` says."""
    response = client.get("/readyz")
    body = response.json()
    return response.status_code, body["status"], body["problems"]


def test_all_is_well(worker: None, client: Client) -> None:
    assert answer(client) == (200, "ok", [])


def test_a_worker_that_never_ran_is_told(db: None, client: Client) -> None:
    assert answer(client) == (
        200,
        "degraded",
        ["No worker has run yet: start `celery --app hootprov worker --beat`."],
    )


def test_a_worker_that_stopped_is_told(worker: None, client: Client) -> None:
    Heartbeat.objects.update(at=clock.now() - timedelta(seconds=90))

    status, word, [problem] = answer(client)

    assert (status, word) == (200, "degraded")
    assert re.fullmatch(r"The worker has done nothing for 9\d s: see whether it and its beat run.", problem)


def test_a_mail_that_does_not_go_out_is_told(worker: None, client: Client) -> None:
    organization = make_organization()
    make_operator(Role.ORGANIZATION_ADMIN, organization=organization)
    make_token(organization)
    Notification.objects.update(
        created_at=clock.now() - timedelta(minutes=6), next_try_at=clock.now() + timedelta(minutes=1)
    )

    status, word, [problem] = answer(client)

    assert (status, word) == (200, "degraded")
    assert problem.startswith("A mail has waited for 36")


def test_a_mail_that_waits_for_its_next_try_is_no_problem(worker: None, client: Client) -> None:
    organization = make_organization()
    make_operator(Role.ORGANIZATION_ADMIN, organization=organization)
    make_token(organization)
    Notification.objects.update(
        created_at=clock.now() - timedelta(hours=6),
        next_try_at=clock.now() + timedelta(minutes=50),
        attempts=7,
    )

    assert answer(client) == (200, "ok", [])


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    product = Product(f"postgresql://nobody@127.0.0.1:{free_port()}/none", tmp_path)

    with product.web(workers=1):
        answers = [product.call("GET", path) for path in ("/readyz", "/healthz")]

    problem = "The database does not answer: check DATABASE_URL and the server behind it."
    assert answers == [
        (503, {"status": "unavailable", "problems": [problem]}),
        (200, {"status": "ok"}),
    ]
