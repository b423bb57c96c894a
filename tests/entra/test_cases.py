"""Every request shape Entra is known to send, against a live server, with what it needs back.

The cases are in `cases.json`; each says which page of Microsoft's, or whose experience, it comes from.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.databases import new_product
from tests.entra.conversation import Conversation
from tests.processes import Product

CASES = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def server(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, str]]:
    """One running server for all cases, and a token of it."""
    with new_product(template, tmp_path_factory.mktemp("cases")) as product, product.web(workers=1):
        yield product, product.manage("issue_scim_token", "acme", "--create-organization")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_entra_gets_what_it_needs(server: tuple[Product, str], case: dict[str, object]) -> None:
    product, secret = server

    with closing(Conversation(port=product.port, prefix="/scim/v2", secret=secret)) as conversation:
        assert conversation.hold(case) == []


def test_every_case_is_here() -> None:
    assert len({case["id"] for case in CASES}) == 164
