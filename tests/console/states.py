"""States of pages to which no address alone leads: a secret that is shown, a form that is refused, a banner."""

from collections.abc import Callable
from typing import NamedTuple

from django.test import Client
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from accounts.models import Organization
from accounts.permissions import Role
from tests.console.story import WAIT_SECONDS, Console

FAILURES = 10
NOBODY = "nobody@hootprov.example"
UNCHECKED = "for (const form of document.forms) form.noValidate = true"  # by the browser
SIGN_OUT = "document.querySelector('form[action$=\"/logout/\"]').submit()"


def secret_shown(console: Console) -> None:
    """Issue a token and see its secret."""
    console.open(f"{own_page()}issue-token/")
    console.submit(label="Entra staging")


def form_refused(console: Console) -> None:
    """Send a form that lacks what it asks for."""
    console.open(f"{own_page()}issue-token/")
    console.browser.execute_script(UNCHECKED)
    console.submit(label="", lifetime_days="0")


def list_empty(console: Console) -> None:
    """Ask the log for what it does not hold."""
    console.open("provisioning/provisioninglogentry/?error_code=none_such")


def looking(console: Console) -> None:
    """See an organization's console as its admins see it."""
    console.open(f"{own_page()}view-as/")
    console.submit()


def forbidden(console: Console) -> None:
    """Ask for what one's role does not include."""
    console.open(f"{own_page()}issue-token/")


def missing(console: Console) -> None:
    """Ask for what is not there."""
    console.open("organizations/nothing/")


def signed_out(console: Console) -> None:
    """Sign out."""
    console.open("")
    page = console.browser.find_element(By.TAG_NAME, "body")
    console.browser.execute_script(SIGN_OUT)
    WebDriverWait(console.browser, WAIT_SECONDS).until(staleness_of(page))


def sign_in_refused(console: Console) -> None:
    """Sign in with a wrong password."""
    console.open("login/")
    console.submit(username="somebody@hootprov.example", password="wrong")


def locked_out(console: Console) -> None:
    """Try to sign in once too often."""
    for _ in range(FAILURES):
        Client().post("/admin/login/", {"username": NOBODY, "password": "wrong"})
    console.open("login/")
    console.submit(username=NOBODY, password="wrong")


def own_page() -> str:
    """Return where the pages about the organization begin, below a console's address."""
    return f"organizations/{Organization.objects.order_by('pk')[0].pk}/"


class State(NamedTuple):
    """What a page is like after something was done, who does it in the staff console, and the answer."""

    name: str
    who: Role | None
    reach: Callable[[Console], None]
    status: int = 200


STATES = (
    State("the secret of a new token", Role.CSM, secret_shown),
    State("a form that is refused", Role.CSM, form_refused),
    State("an empty list", Role.CSM, list_empty),
    State("looking", Role.CSM, looking),
    State("not allowed", Role.SUPPORT, forbidden, 403),
    State("not there", Role.CSM, missing, 404),
    State("signed out", Role.CSM, signed_out),
    State("sign-in refused", None, sign_in_refused),
    State("locked out", None, locked_out, 429),
)
