"""A real Chromium without a head. It is skipped, loudly, where none can be had."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver

from tests.services import Missing, browser_programs

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1300,900"
)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own, which must not have complained at the end."""
    try:
        chromium, driver = browser_programs()
    except Missing as missing:
        pytest.skip(f"NOT TESTED: {missing}")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in [*FLAGS.split(), f"--user-data-dir={tmp_path / 'profile'}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    chrome.set_page_load_timeout(60)
    yield chrome
    complaints, hosts = lines_of(chrome, "browser"), hosts_of(chrome)
    chrome.quit()
    assert [line["message"] for line in complaints if "410 (Gone)" not in line["message"]] == []
    assert {urlsplit(f"//{host}").hostname for host in hosts} <= {"127.0.0.1"}


def lines_of(chrome: webdriver.Chrome, kind: str) -> list[dict[str, str]]:
    """Return what the browser has written to one of its logs."""
    lines: list[dict[str, str]] = chrome.get_log(kind)  # type: ignore[no-untyped-call]  # selenium's own
    return lines


def hosts_of(chrome: webdriver.Chrome) -> set[str]:
    """Return every host that a page of this browser asked for something."""
    events = [json.loads(line["message"])["message"] for line in lines_of(chrome, "performance")]
    sent = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return {urlsplit(url).netloc for url in sent if url.startswith("http")}
