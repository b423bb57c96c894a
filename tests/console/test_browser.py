"""The two people who use a console, in a real browser, from their sign-in on. Their pictures are the README's."""

from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from provisioning.management.entra.cycles import run
from provisioning.management.entra.options import Options
from tests.console.story import Console, create_operator
from tests.factories import user_body
from tests.processes import Product

pytestmark = pytest.mark.once

CSM = "csm@hootprov.example"
ADMIN = "admin@acme.example"
LOG = "provisioning/provisioninglogentry/"
TEST_CONNECTION = "/scim/v2/Users?filter=userName+eq+%22c1f7a6b2-0d1c-4c57-9c35-0f4e4a1f6f11%22"
EXPORT = """
    const filled = new FormData(document.querySelector("#main form[method=post]"));
    filled.set("kind", "ndjson");
    fetch(location, {method: "POST", body: filled}).then(answer => answer.text()).then(arguments[0]);
"""
REASON = "The contract is under review."
DONE = ["Provisioning turned on", "Provisioning turned off", "Token issued", "Organization created"]
OTHERS = "zoe@globex.example"


@pytest.fixture
def running(product: Product) -> Iterator[Product]:
    """The product at work, with a CSM."""
    create_operator(product, CSM, "--name", "Demo CSM", "--role", "csm")
    with product.web(), product.worker():
        yield product


def create(product: Product, user_name: str, secret: str) -> tuple[int, dict[str, Any]]:
    """Create a user as Entra does; return the status and the answer."""
    return product.call("POST", "/scim/v2/Users", user_body(user_name), secret=secret)


def test_a_csm_connects_a_customer_turns_it_off_and_on_and_sees_every_call(
    browser: webdriver.Chrome, running: Product
) -> None:
    console = Console(browser, running, "admin")
    console.sign_in(CSM)
    console.follow("Create organization")
    console.submit(name="Acme", slug="acme")
    page = browser.current_url.removeprefix(console.base)
    console.follow("Issue token")
    console.shoot("issue")
    console.submit(label="Entra production")
    secret = browser.find_element(By.ID, "secret").text

    tested, _ = running.call("GET", TEST_CONNECTION, secret=secret)
    console.wait_for("Test Connection seen at")
    console.shoot("secret")
    created, _ = create(running, "amelie@acme.example", secret)
    browser.refresh()
    after_reload = console.text()
    console.open(page)
    console.follow("Turn provisioning off")
    console.submit(reason=REASON)
    refused, answer = create(running, "leo@acme.example", secret)
    console.follow("Turn provisioning on")
    console.submit(reason="It is signed.")
    allowed, _ = create(running, "leo@acme.example", secret)
    console.open(f"{LOG}?status=failure")
    console.press(browser.find_element(By.CSS_SELECTOR, "td a"))
    entry = console.text()
    console.open("provisioning/auditevent/?organization=acme")

    assert (tested, created, refused, allowed) == (200, 201, 403, 201)
    assert REASON in answer["detail"]
    assert REASON in entry
    assert secret not in after_reload + entry
    assert console.column("What") == DONE


def test_a_hundred_creations_of_entra_are_a_hundred_entries_in_the_browser(
    browser: webdriver.Chrome, running: Product
) -> None:
    secret = running.manage("issue_scim_token", "acme", "--create-organization")
    base = f"http://127.0.0.1:{running.port}/scim/v2"
    report = run(Options(base=base, token=secret, users=100), stream=None)
    console = Console(browser, running, "admin")
    console.sign_in(CSM)
    console.shoot("overview")
    console.open(LOG)
    console.shoot("log")

    console.open(f"{LOG}?action=create&status=success&organization=acme")
    shown = console.column("Target")
    while console.has_link("Older"):
        console.follow("Older")
        shown += console.column("Target")

    assert list(report.wrong_answers) == []
    assert len(shown) == len(set(shown)) == 100


@pytest.fixture
def org_admin_console(browser: webdriver.Chrome, running: Product) -> Console:
    """The console of Acme's admin, signed in, after two calls of Acme's Entra."""
    secret = running.manage("issue_scim_token", "acme", "--create-organization")
    options = ("--name", "Demo admin", "--role", "organization_admin", "--organization", "acme")
    create_operator(running, ADMIN, *options)
    create(running, "amelie@acme.example", secret)
    create(running, "Amelie@acme.example", secret)
    console = Console(browser, running, "console")
    console.sign_in(ADMIN)
    return console


def test_an_org_admin_sees_their_own_log_and_what_to_do_in_entra(org_admin_console: Console) -> None:
    console = org_admin_console
    console.shoot("status")
    console.open(LOG)
    console.shoot("org-log")
    log = console.text()
    console.press(console.browser.find_element(By.CSS_SELECTOR, "td a"))
    console.shoot("entry")

    assert "amelie@acme.example" in log
    assert "What to do in Entra" in console.text()


def test_an_org_admin_reaches_nothing_of_another_organization(
    running: Product, org_admin_console: Console
) -> None:
    others = running.manage("issue_scim_token", "globex", "--create-organization")
    theirs = create(running, OTHERS, others)[1]["id"]
    console, seen = org_admin_console, ""
    for asked in (
        f"accounts/member/{theirs}/change/",
        f"{LOG}?organization=globex",
        f"{LOG}?q={OTHERS}",
        f"{LOG}?resource={theirs}",
        f"accounts/member/?q={OTHERS}",
        "accounts/organization/",
        f"search/?s={OTHERS}&extended=1",
    ):
        console.open(asked)
        repeated = 1 if OTHERS in asked else 0  # a list says what it was asked for
        seen += console.text().replace(OTHERS, "", repeated)
    console.open("log/export/?organization=globex")
    seen += (export := str(console.browser.execute_async_script(EXPORT)))
    console.open("../admin/")

    assert "amelie@acme.example" in export
    assert OTHERS not in seen
    assert "Globex" not in seen
    assert "Sign in" in console.text()
