"""A CSM in a real browser: from the sign-in to a token that works, and its calls in the log."""

import os
import subprocess
import sys
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from provisioning.management.entra.cycles import run
from provisioning.management.entra.options import Options
from tests.factories import PASSWORD, user_body
from tests.processes import ROOT, Product

CSM = "csm@hootprov.example"


class Console:
    """The staff console as a person uses it."""

    def __init__(self, browser: webdriver.Chrome, product: Product) -> None:
        self.browser = browser
        self.product = product
        self.base = f"http://127.0.0.1:{product.port}/admin"

    def open(self, path: str) -> None:
        """Type an address."""
        self.browser.get(f"{self.base}/{path}")

    def follow(self, text: str) -> None:
        """Press a link."""
        self.browser.find_element(By.PARTIAL_LINK_TEXT, text).click()

    def submit(self, **fields: str) -> None:
        """Fill the form of the page and send it."""
        for name, value in fields.items():
            element = self.browser.find_element(By.NAME, name)
            element.clear()
            element.send_keys(value)
        element.send_keys(Keys.ENTER)
        WebDriverWait(self.browser, 30).until(staleness_of(element))

    def has_link(self, text: str) -> bool:
        """Whether the page has a link."""
        links = self.browser.find_elements(By.PARTIAL_LINK_TEXT, text)
        return any(link.get_attribute("href") for link in links)

    def targets(self) -> list[str]:
        """Return whom the entries of a page of the log are about."""
        cells = self.browser.find_elements(By.CSS_SELECTOR, "#result_list .field-shown_target")
        return [cell.text for cell in cells]

    def text(self) -> str:
        """Return what the page says."""
        return self.browser.find_element(By.TAG_NAME, "body").text

    def shoot(self, name: str) -> None:
        """Keep a picture of the page; `make screenshots` keeps them where the README finds them."""
        folder = Path(os.environ.get("SCREENSHOTS", self.product.folder))
        self.browser.save_screenshot(str(folder / f"{name}.png"))


def create_csm(product: Product) -> None:
    subprocess.run(
        [
            sys.executable,
            "manage.py",
            "create_operator",
            CSM,
            "--name",
            "Demo CSM",
            "--role",
            "csm",
            "--password-stdin",
        ],
        cwd=ROOT,
        env=product.environment,
        input=f"{PASSWORD}\n",
        text=True,
        check=True,
        capture_output=True,
    )


def test_a_csm_issues_a_token_that_works_and_sees_its_calls(
    browser: webdriver.Chrome, product: Product
) -> None:
    create_csm(product)
    console = Console(browser, product)

    with product.web():
        console.open("")
        console.submit(username=CSM, password=PASSWORD)
        console.open("accounts/organization/add/")
        console.submit(name="Acme", slug="acme")
        console.open("accounts/organization/?q=acme")
        console.follow("Acme")
        console.follow("Issue token")
        console.submit(label="Entra production")
        secret = browser.find_element(By.ID, "secret").text
        status, _ = product.call("POST", "/scim/v2/Users", user_body("amelie@acme.example"), secret=secret)
        browser.refresh()
        after_reload = console.text()
        product.call("POST", "/scim/v2/Users", user_body("Amelie@acme.example"), secret=secret)
        console.open("provisioning/provisioninglogentry/")
        console.shoot("log")
        log = console.text()
        console.open("provisioning/provisioninglogentry/?action=create&status=success")
        browser.find_element(By.CSS_SELECTOR, "#result_list th a").click()
        console.shoot("entry")
        entry = console.text()

    assert status == 201
    assert secret not in after_reload
    assert "amelie@acme.example" in log
    assert "409" in log
    for said in ("amelie@acme.example", 'emails[type eq "work"].value', "America/Vancouver"):
        assert said in entry
    assert secret not in log + entry


def test_a_hundred_creations_of_entra_are_a_hundred_entries_in_the_browser(
    browser: webdriver.Chrome, product: Product
) -> None:
    create_csm(product)
    secret = product.manage("issue_scim_token", "acme", "--create-organization")
    console = Console(browser, product)
    shown: list[str] = []

    with product.web():
        report = run(
            Options(base=f"http://127.0.0.1:{product.port}/scim/v2", token=secret, users=100), stream=None
        )
        console.open("")
        console.submit(username=CSM, password=PASSWORD)
        console.open("provisioning/provisioninglogentry/?action=create&status=success")
        shown += console.targets()
        while console.has_link("Next"):
            console.follow("Next")
            shown += console.targets()

    assert list(report.wrong_answers) == []
    assert len(shown) == len(set(shown)) == 100
