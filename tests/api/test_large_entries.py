"""A page of the log ends early where its entries are large, and the next one goes on there."""

from typing import Any

import pytest

from provisioning import entries, logs
from provisioning.tokens import IssuedToken
from tests import factories
from tests.api.conftest import Program

LOG = "/organizations/acme/log-entries"


@pytest.fixture
def pages(program: Program, acme_token: IssuedToken, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The pages of a log of which no two entries are held at once."""
    for _ in range(3):
        factories.make_entry(acme_token)
    logs.seal()
    monkeypatch.setattr(entries, "MOST_CHARACTERS", 1)
    pages = [program.get(LOG, limit=2).json()]
    while pages[-1]["next"]:
        pages.append(program.get(LOG, limit=2, after=pages[-1]["position"]).json())
    return pages


def test_every_entry_is_on_one_page(pages: list[dict[str, Any]]) -> None:
    assert [[item["position"] for item in page["items"]] for page in pages] == [[1], [2], [3]]
    assert [page["position"] for page in pages] == [1, 2, 3]
