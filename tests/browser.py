"""A real Chromium without a head. It is skipped, loudly, where none can be had.

Whatever a test does in it, at its end the pages must have broken no policy of theirs (the browser
writes each violation to its console), raised no error, and asked no other host for anything.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver

from tests.services import Missing, browser_programs

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1300,900"
)
OWN_HOST = "127.0.0.1"
REFUSALS = ("status of 403", "status of 404", "status of 410", "status of 429")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own, which must not have complained at the end."""
    with clean_browser(tmp_path / "profile") as chrome:
        yield chrome


@contextmanager
def clean_browser(profile: Path) -> Iterator[webdriver.Chrome]:
    """Run a browser until the block ends; then its pages must have been as good as they should be."""
    with any_browser(profile) as chrome:
        yield chrome
        complaints, hosts = complaints_of(chrome), hosts_of(events_of(chrome))
    assert complaints == []
    assert hosts <= {OWN_HOST}


@contextmanager
def any_browser(profile: Path) -> Iterator[webdriver.Chrome]:
    """Run a browser until the block ends, whatever its pages do."""
    try:
        chromium, driver = browser_programs()
    except Missing as missing:
        pytest.skip(f"NOT TESTED: {missing}")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in [*FLAGS.split(), f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        chrome.set_page_load_timeout(60)
        yield chrome
    finally:
        chrome.quit()


def lines_of(chrome: webdriver.Chrome, kind: str) -> list[dict[str, str]]:
    """Return what the browser has written to one of its logs since it was last asked."""
    lines: list[dict[str, str]] = chrome.get_log(kind)  # type: ignore[no-untyped-call]  # selenium's own
    return lines


def complaints_of(chrome: webdriver.Chrome) -> list[str]:
    """Return errors, warnings and violations of a policy; not hints, nor that a page was refused."""
    messages = [line["message"] for line in lines_of(chrome, "browser") if line["level"] != "DEBUG"]
    return [message for message in messages if not any(refusal in message for refusal in REFUSALS)]


def events_of(chrome: webdriver.Chrome) -> list[dict[str, Any]]:
    """Return what happened on the network since the browser was last asked."""
    return [json.loads(line["message"])["message"] for line in lines_of(chrome, "performance")]


def hosts_of(events: list[dict[str, Any]]) -> set[str | None]:
    """Return every host that was asked for something."""
    sent = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return {urlsplit(url).hostname for url in sent if url.startswith(("http", "ws"))}


def bytes_of(events: list[dict[str, Any]]) -> int:
    """Return how much has come over the wire: headers and bodies, as compressed; nothing for the cache's."""
    return sum(
        event["params"]["encodedDataLength"]
        for event in events
        if event["method"] == "Network.loadingFinished"
    )
