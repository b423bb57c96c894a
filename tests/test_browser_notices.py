"""The browser of the suite notices what it is there to notice."""

from pathlib import Path

import pytest

from tests.browser import any_browser, bytes_of, complaints_of, hosts_of
from tests.processes import Product

pytestmark = pytest.mark.once

PLANTED = """
    const script = document.createElement("script");
    script.textContent = "window.planted = true";
    document.body.append(script);
    return window.planted ?? false;
"""


@pytest.fixture
def events() -> list[dict[str, object]]:
    """A page that asked a stranger for a picture."""
    return [
        {
            "method": "Network.requestWillBeSent",
            "params": {"request": {"url": "http://127.0.0.1:8000/admin/"}},
        },
        {"method": "Network.loadingFinished", "params": {"encodedDataLength": 700}},
        {"method": "Network.requestWillBeSent", "params": {"request": {"url": "https://cdn.example/a.png"}}},
        {"method": "Network.requestWillBeSent", "params": {"request": {"url": "data:image/png;base64,"}}},
        {"method": "Network.loadingFinished", "params": {"encodedDataLength": 300}},
    ]


def test_an_inline_script_does_not_run_and_is_counted(product: Product, tmp_path: Path) -> None:
    with any_browser(tmp_path / "profile") as chrome, product.web(workers=1):
        chrome.get(f"http://127.0.0.1:{product.port}/admin/login/")
        before = complaints_of(chrome)
        ran = chrome.execute_script(PLANTED)
        after = complaints_of(chrome)

    assert (before, ran) == ([], False)
    assert "Content Security Policy" in after[0]


def test_another_host_is_seen(events: list[dict[str, object]]) -> None:
    assert hosts_of(events) == {"127.0.0.1", "cdn.example"}


def test_what_came_over_the_wire_is_added_up(events: list[dict[str, object]]) -> None:
    assert bytes_of(events) == 1000
