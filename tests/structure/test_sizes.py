"""Modules and functions stay small enough to be read in one go."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT

pytestmark = pytest.mark.once

LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
PACKAGES = ("hootprov", "accounts", "provisioning", "bench", "tests")


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        found = (ROOT / package).rglob("*.py")
        yield from (path.relative_to(ROOT) for path in found if "migrations" not in path.parts)


@pytest.mark.parametrize("module", sorted(modules()), ids=str)
def test_a_module_and_its_functions_are_small(module: Path) -> None:
    source = (ROOT / module).read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION]

    assert len(source.splitlines()) <= LONGEST_MODULE
    assert long == []
