"""What is refused: problem documents, everywhere under /api/."""

from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from tests.api.conftest import Program

DOCS = "http://127.0.0.1:8000/api/docs/problems/#"
TOKENS = "/organizations/acme/tokens"


def problem(slug: str, status: int, title: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"type": f"{DOCS}{slug}", "title": title, "status": status, "detail": detail, **more}


REMEDY = (
    "Correct what `errors` names: a `pointer` is into the body (RFC 6901), a `parameter` is of the query."
)


def assert_problem(answer: Any, slug: str, status: int) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert (body["type"], body["status"]) == (f"{DOCS}{slug}", status)
    assert answer["Cache-Control"] == "no-store"
    return body


def test_a_wrong_field_is_named(program: Program) -> None:
    answer = program.post(TOKENS, {"label": "Entra", "lifetimeDays": "9", "lifetime": 3})

    assert answer.json() == problem(
        "invalid",
        400,
        "A value is not valid",
        "A value is not valid; `errors` says which.",
        remedy=REMEDY,
        errors=[{"detail": "There is no such field.", "pointer": "#/lifetime"}],
    )


def test_a_value_of_another_type_is_named(program: Program) -> None:
    answer = program.post(TOKENS, {"label": "Entra", "lifetimeDays": "9"})

    assert answer.json()["errors"] == [
        {"detail": "A valid integer is required.", "pointer": "#/lifetimeDays"}
    ]


def test_a_wrong_parameter_is_named_and_none_is_ignored(program: Program) -> None:
    answers = [
        program.get("/organizations/acme/log-entries", **query).json()["errors"]
        for query in (
            {"statu": "failure"},
            {"status": ""},
            {"status": "red"},
            {"status": ["failure", "success"]},
            {"cycle": "1.5"},
            {"limit": "0"},
            {"after": "x"},
        )
    ]

    assert answers == [
        [{"detail": "There is no such parameter here.", "parameter": "statu"}],
        [{"detail": "It is empty: leave it out.", "parameter": "status"}],
        [
            {
                "detail": "Select a valid choice. red is not one of the available choices.",
                "parameter": "status",
            }
        ],
        [{"detail": "It stands there more than once.", "parameter": "status"}],
        [{"detail": "Enter a whole number.", "parameter": "cycle"}],
        [{"detail": "It must be a whole number from 1 to 1000.", "parameter": "limit"}],
        [
            {
                "detail": "It must be a whole number from 0 to 9223372036854775807.",
                "parameter": "after",
            }
        ],
    ]


def test_a_value_that_an_operation_refuses_is_named_too(program: Program) -> None:
    sentence = "A token needs a label of 1 to 100 visible characters, such as “Entra production”."

    refused = program.post(TOKENS, {"label": "En\u200btra"})
    issued = program.post(TOKENS, {"label": "Entra"})

    errors = [{"detail": sentence, "pointer": "#/label"}]
    assert refused.json() == problem(
        "invalid", 400, "A value is not valid", sentence, remedy=REMEDY, errors=errors
    )
    assert issued.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"x"',
        b'{"label": NaN}',
        b'{"label": "a", "label": "b"}',
        b"\xff",
        b'{"a":' * 30 + b"1" + b"}" * 30,
        b"[" * 30_000,
    ],
)
def test_a_body_that_is_no_plain_object_is_malformed(program: Program, body: bytes) -> None:
    answer = program.http.post(f"/api/v1{TOKENS}", body, content_type="application/json")

    assert_problem(answer, "malformed", 400)


def test_a_body_that_is_too_large_or_of_another_type_is_refused(program: Program) -> None:
    large = program.post(TOKENS, {"label": "x" * 70_000})
    form = program.http.post(f"/api/v1{TOKENS}", {"label": "Entra"})

    assert_problem(large, "too-large", 413)
    assert_problem(form, "unsupported-media-type", 415)


def test_what_is_not_there_is_a_problem_too(program: Program) -> None:
    addresses = ["/api/", "/api/v1", "/api/v2/me", "/api/v1/me/", "/api/v1/organizations/acme/nothing"]

    for address in addresses:
        assert_problem(program.http.get(address), "not-found", 404)


def test_a_method_or_representation_that_is_not_offered_is_refused(program: Program) -> None:
    refused = [program.request(method, "/me", {}) for method in ("PUT", "POST", "DELETE", "OPTIONS", "TRACE")]
    page = program.http.get("/api/v1/me", headers={"Accept": "text/html"})

    assert {answer["Allow"] for answer in refused} == {"GET, HEAD"}
    for answer in refused:
        assert_problem(answer, "method-not-allowed", 405)
    assert_problem(page, "not-acceptable", 406)


@pytest.mark.parametrize(
    "address",
    ["/api/openapi.json", "/api/openapi-scim.json", "/api/docs/", "/api/docs/scim/", "/api/docs/problems/"],
)
def test_what_is_only_read_takes_no_other_method(address: str) -> None:
    client = Client(enforce_csrf_checks=True)

    read, refused = client.get(address), client.post(address)

    assert_problem(refused, "method-not-allowed", 405)
    assert (read.status_code, refused["Allow"]) == (200, "GET, HEAD")


def test_a_forged_host_is_a_problem(program: Program) -> None:
    assert_problem(program.http.get("/api/v1/me", headers={"Host": "evil.example"}), "unknown-host", 400)


def test_a_fault_of_ours_tells_nothing_of_itself(program: Program) -> None:
    with mock.patch("provisioning.api.tokens.tokens.issue_token", side_effect=RuntimeError("secret")):
        answer = program.post(TOKENS, {"label": "Entra"})

    assert_problem(answer, "internal-error", 500)
    assert "secret" not in answer.text


def test_a_database_that_is_away_asks_to_try_again(program: Program) -> None:
    with mock.patch("provisioning.api.tokens.tokens.issue_token", side_effect=OperationalError("secret")):
        answer = program.post(TOKENS, {"label": "Entra"})

    assert_problem(answer, "unavailable", 503)
    assert (answer["Retry-After"], "secret" in answer.text) == ("30", False)


def test_a_session_changes_nothing_without_its_csrf_token(browser: Client, program: Program) -> None:
    session = Program(browser=browser)

    read = session.get(TOKENS)
    refused = session.post(TOKENS, {"label": "Entra"})
    token = browser.get("/api/docs/").cookies["csrf"].value
    issued = session.post(TOKENS, {"label": "Entra"}, headers={"X-CSRFToken": token})

    assert (read.status_code, issued.status_code) == (200, 201)
    assert "CSRF" in assert_problem(refused, "forbidden", 403)["detail"]
