"""A console as a person uses it in a real browser: addresses, links, forms, pictures."""

import os
import subprocess
import sys
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from tests.factories import PASSWORD
from tests.processes import ROOT, Product

WAIT_SECONDS = 30


class Console:
    """One of the consoles ("admin", "console") of a running product, in a browser."""

    def __init__(self, browser: webdriver.Chrome, product: Product, name: str) -> None:
        self.browser = browser
        self.product = product
        self.base = f"http://127.0.0.1:{product.port}/{name}/"

    def open(self, path: str) -> None:
        """Type an address."""
        self.browser.get(f"{self.base}{path}")

    def sign_in(self, email: str) -> None:
        """Sign in with the suite's password."""
        self.open("")
        self.submit(username=email, password=PASSWORD)

    def follow(self, text: str) -> None:
        """Press a link, the first that says so in the page itself."""
        self.press(self.browser.find_element(By.XPATH, f"//*[@id='main']//a[contains(., '{text}')]"))

    def press(self, element: "webdriver.remote.webelement.WebElement") -> None:
        """Press what leads to another page, and wait for it."""
        element.click()
        WebDriverWait(self.browser, WAIT_SECONDS).until(staleness_of(element))

    def submit(self, **fields: str) -> None:
        """Fill the form of the page and send it."""
        for name, value in fields.items():
            element = self.browser.find_element(By.NAME, name)
            element.clear()
            element.send_keys(value)
        self.press(self.browser.find_element(By.CSS_SELECTOR, "form button[type=submit].hp-button"))

    def wait_for(self, text: str) -> None:
        """Wait until the page says something."""
        WebDriverWait(self.browser, WAIT_SECONDS).until(lambda _: text in self.text())

    def text(self) -> str:
        """Return what the page says."""
        return self.browser.find_element(By.TAG_NAME, "body").text

    def has_link(self, text: str) -> bool:
        """Whether the page has a link."""
        return bool(self.browser.find_elements(By.PARTIAL_LINK_TEXT, text))

    def column(self, header: str) -> list[str]:
        """Return the cells of a list's page under a header."""
        cells = self.browser.find_elements(By.CSS_SELECTOR, f"td[data-label='{header}']")
        return [cell.text for cell in cells]

    def shoot(self, name: str) -> None:
        """Keep a picture of the page; `make screenshots` keeps them where the README finds them."""
        folder = Path(os.environ.get("SCREENSHOTS", self.product.folder))
        self.browser.save_screenshot(str(folder / f"{name}.png"))


def create_operator(product: Product, email: str, *options: str) -> None:
    """Create somebody with the suite's password."""
    command = [sys.executable, "manage.py", "create_operator", email, *options, "--password-stdin"]
    subprocess.run(
        command,
        cwd=ROOT,
        env=product.environment,
        input=f"{PASSWORD}\n",
        text=True,
        check=True,
        capture_output=True,
    )
