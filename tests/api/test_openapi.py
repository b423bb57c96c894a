"""The two OpenAPI documents, and the pages that show them."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from provisioning.api import problems
from provisioning.api.examples import EXAMPLES

DOCUMENTS = ["/api/openapi.json", "/api/openapi-scim.json"]


def document(address: str) -> dict[str, Any]:
    answer = Client().get(address)
    found: dict[str, Any] = json.loads(answer.content)
    return found


@pytest.mark.parametrize("address", DOCUMENTS)
def test_a_document_is_valid_openapi(address: str) -> None:
    found = document(address)

    assert found["openapi"].startswith("3.1")
    validate_schema(found)  # type: ignore[no-untyped-call]  # drf-spectacular's own


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_of_the_shape_it_shows(name: str) -> None:
    shapes = document(DOCUMENTS[0])["components"]["schemas"]
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": shapes}}

    assert list(Draft202012Validator(schema).iter_errors(EXAMPLES[name])) == []


def test_every_body_and_every_answer_has_an_example() -> None:
    found = document(DOCUMENTS[0])
    operations = [each for path in found["paths"].values() for each in path.values()]
    bodies = [each.get("requestBody", {}) for each in operations]
    answers = [answer for each in operations for answer in each["responses"].values()]
    contents = [content for each in bodies + answers for content in each.get("content", {}).values()]
    names = {each["schema"].get("$ref", "").rpartition("/")[2] for each in contents} - {"", "Problem"}

    shapes = found["components"]["schemas"]
    assert [name for name in sorted(names) if not shapes[name].get("examples")] == []


def test_an_export_that_waits_has_an_example_beside_too_many_requests() -> None:
    export = document(DOCUMENTS[0])["paths"]["/api/v1/organizations/{organization}/log-entries/export"]["get"]
    examples = export["responses"]["429"]["content"]["application/problem+json"]["examples"]

    assert {name: each["value"]["title"] for name, each in examples.items()} == {
        "too-many-requests": "Too many requests",
        "export-running": "Another export is running",
    }


def test_the_written_pages_stand_above_the_operations() -> None:
    description = document(DOCUMENTS[0])["info"]["description"]

    assert re.findall(r"<summary>(.*)</summary>", description) == ["The management API", "Webhooks"]
    assert "## The provisioning log\n" in description
    assert "## How to verify\n" in description
    assert ".md)" not in description


def test_every_operation_says_what_it_needs_and_what_it_refuses() -> None:
    operations = [each for path in document(DOCUMENTS[0])["paths"].values() for each in path.values()]

    assert all(each["summary"] and each["description"] for each in operations)
    assert all({"401", "403", "429", "default"} <= set(each["responses"]) for each in operations)
    assert all(each["security"] == [{"apiKey": []}, {"session": []}] for each in operations)


@pytest.mark.parametrize("address", ["/api/docs/", "/api/docs/scim/"])
def test_swagger_ui_comes_from_here_and_runs_no_inline_script(address: str) -> None:
    answer = Client().get(address)

    policy = dict(each.split(" ", 1) for each in answer["Content-Security-Policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == (
        "'none'",
        "'self'",
        "'self'",
    )
    assert "<script>" not in answer.text
    assert "//cdn" not in answer.text


def test_every_problem_is_explained_where_its_type_leads() -> None:
    page = Client().get("/api/docs/problems/").text

    assert all(f'id="{each.slug}"' in page for each in problems.EVERY)
    assert problems.not_found.type == "http://127.0.0.1:8000/api/docs/problems/#not-found"
