"""The table of refusals, and the page that is made from it."""

from io import StringIO

import pytest
from django.core.management import call_command

from provisioning import problems
from provisioning.problem import Problem
from provisioning.scim import errors
from tests.processes import ROOT


def test_the_committed_page_is_what_the_table_makes() -> None:
    page = StringIO()

    call_command("error_catalogue", stdout=page)

    assert (ROOT / "docs/errors.md").read_text(encoding="utf-8") == page.getvalue()


def test_whatever_the_service_refuses_with_has_its_row() -> None:
    refusals = [each for each in vars(errors).values() if isinstance(each, errors.Refusal)]

    answered = {each.problem.code for each in refusals}
    assert answered | problems.LOGGED_ALONE == set(problems.BY_CODE)
    assert len(problems.BY_CODE) == len(problems.EVERY)


@pytest.mark.parametrize("problem", problems.EVERY, ids=lambda each: each.code)
def test_each_row_says_why_and_what_to_do_without_facts(problem: Problem) -> None:
    assert problem.steps
    for text in (problem.why, *problem.steps):
        assert text.endswith(".")
        assert "{" not in text
    assert problems.consequence_of(problem.status).startswith("Entra ")
