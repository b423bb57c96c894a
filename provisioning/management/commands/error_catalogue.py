"""`manage.py error_catalogue`: the page docs/errors.md, made from the table of problems."""

import re
from typing import Any

from django.core.management.base import BaseCommand

from provisioning import problems
from provisioning.problem import Problem

HEAD = """# Error catalogue

Every refusal of HootProv's SCIM service, by its error code. The code stands in the provisioning log, on the
page of an entry and in exports, and never changes its meaning. Entra shows the answer word for word in its own
provisioning log, where “…” stands for what was wrong.

This page is generated from the table that the service itself answers from:
`python manage.py error_catalogue > docs/errors.md`.
"""
FACT = re.compile(r"\{\w+\}")


class Command(BaseCommand):
    """Prints the error catalogue."""

    help = "Print docs/errors.md, made from the table of problems."
    requires_system_checks = ()  # they load every page

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print the page."""
        self.stdout.write(page(), ending="")


def page() -> str:
    """Return the whole page in Markdown."""
    every = sorted(problems.EVERY, key=lambda each: (each.status, each.code))
    rows = [
        f"| [`{each.code}`](#{each.code}) | {each.status} | {each.scim_type or '–'} | {told(each.sentence)} |"
        for each in every
    ]
    table = "\n".join(["| Code | HTTP | scimType | What is wrong |", "|---|---|---|---|", *rows])
    return "\n".join([HEAD, table, "", *(part for each in every for part in chapter(each))])


def chapter(problem: Problem) -> list[str]:
    """Return the chapter of a problem, as parts of the page."""
    title = f"HTTP {problem.status} {problem.scim_type}".strip()
    steps = [f"{number}. {told(step)}" for number, step in enumerate(problem.steps, start=1)]
    is_answered = problem.code not in problems.LOGGED_ALONE
    answer = (
        f"> {told(problem.detail)}"
        if is_answered
        else "Answered as [`unauthorized`](#unauthorized); the log alone says this."
    )
    return [
        f"## {problem.code}",
        "",
        f"{title}",
        "",
        answer,
        "",
        f"**Why.** {problem.why}",
        "",
        f"**What Entra does.** {problems.consequence_of(problem.status)}",
        "",
        "**What to do in Entra.**",
        "",
        *steps,
        "",
    ]


def told(text: str) -> str:
    """Return a text of the table as Markdown, without its facts.

    >>> told("{attribute} can't be stored: {reason}.")
    "… can't be stored: …."
    """
    return FACT.sub("…", text).replace("|", "\\|")
