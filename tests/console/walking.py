"""A walk over every page in one browser, which notes what each page is like.

Loading a page and reading it with axe-core takes about a second, so one walk serves every test.
"""

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from selenium import webdriver

from accounts import clock
from accounts.members import delete_member
from accounts.models import Operator, Organization, Team
from accounts.permissions import Role
from provisioning import recipients
from provisioning.management.entra.cycles import run
from provisioning.management.entra.options import Options
from provisioning.models import Delivery, Notification, ProvisioningCycle
from tests import factories
from tests.browser import bytes_of, complaints_of, events_of, hosts_of
from tests.console.auditing import Auditor, Violation
from tests.console.conftest import signed_in_as
from tests.console.pages import HIDES_ITS_ADDRESS, Page, every_page
from tests.console.states import STATES, State
from tests.console.story import Console
from tests.processes import Product


class Visit(NamedTuple):
    """What a page was like."""

    page: Page
    is_first: bool
    status: int
    policy: dict[str, list[str]]
    violations: list[Violation]
    complaints: list[str]
    hosts: set[str | None]
    icons: set[str]
    bytes: int


def fill(acme: Organization) -> None:
    """Give the organization a row of everything that no request of Entra makes."""
    now = clock.now()
    for address in ("it@acme.example", "asked@acme.example"):
        recipients.add_recipient(
            organization=acme,
            address=address,
            kinds=recipients.EVERYTHING,
            delivery=Delivery.AT_ONCE,
            now=now,
        )
    recipients.confirm(organization_id=acme.id, address="it@acme.example", now=now)
    factories.make_api_key(acme)
    factories.make_delivery(factories.make_webhook(acme))
    mail = Notification.objects.order_by("id")[0]
    Notification.objects.filter(id=mail.id).update(gave_up_at=now)
    ProvisioningCycle.objects.create(organization=acme, started_at=now, last_seen_at=now)
    Team.objects.get_or_create(organization=acme, display_name="Sales", display_name_key="sales")
    gone = factories.make_member(acme, "gone@acme.example")
    delete_member(organization_id=acme.id, member_id=gone.id, now=now)


def provision(product: Product, secret: str) -> None:
    """Play a few cycles of Entra against the running product."""
    options = Options(base=f"{address_of(product)}/scim/v2", token=secret, users=12)
    run(options, stream=None)


def address_of(product: Product) -> str:
    """Return where a product is."""
    return f"http://127.0.0.1:{product.port}"


def sign_in(browser: webdriver.Chrome, product: Product, who: Role | None) -> None:
    """Begin anew as somebody: an empty cache, and their session."""
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    if who is None:
        return
    operator = Operator.objects.filter(role=who).first() or factories.make_operator(who)
    session = signed_in_as(operator).cookies["session"].value
    cookie = {"name": "session", "value": session, "url": address_of(product)}
    browser.execute_cdp_cmd("Network.setCookie", cookie)


MENU = ("#nav-sidebar",)  # the same on every page: read on the first of each console
# What opens the parts of a page that are closed when it comes.
OPENED = {
    "the menu on a phone": "Alpine.$data(document.body).sidebarMobileOpen = true",
    "the menu of the person": "Alpine.$data(document.querySelector('[x-data*=openUserLinks]')).openUserLinks = true",
    "Ctrl-K": "window.dispatchEvent(new CustomEvent('opencommand'))",
}


def visit(auditor: Auditor, product: Product, page: Page, *, is_first: bool) -> Visit:
    """Open a page and note what it is like."""
    auditor.browser.get(f"{address_of(product)}{page.url}")
    return seen(auditor, page, is_first=is_first)


def reach(auditor: Auditor, product: Product, state: State) -> Visit:
    """Bring a page into a state, from an empty cache on, and note what it is like."""
    sign_in(auditor.browser, product, state.who)
    events_of(auditor.browser)
    state.reach(Console(auditor.browser, product, "admin"))
    page = Page(state.name, urlsplit(auditor.browser.current_url).path, state.who)
    return seen(auditor, page, is_first=True)


def seen(auditor: Auditor, page: Page, *, is_first: bool) -> Visit:
    """Note what the page in front is like."""
    browser = auditor.browser
    events, icons = events_of(browser), auditor.icons()
    answer = document_of(events, browser.current_url)
    auditor.shorten()
    is_index = page.name == "index" and auditor.is_console()
    violations = auditor.audit(page.name, without=() if is_index else MENU)
    if is_index:
        violations += [found for name in OPENED for found in audit_opened(auditor, page, name)]
    return Visit(
        page=page,
        is_first=is_first,
        status=answer["status"] if is_there(browser, page) else 0,
        policy=policy_of(answer["headers"]),
        violations=violations,
        complaints=complaints_of(browser),
        hosts=hosts_of(events),
        icons=icons,
        bytes=bytes_of(events),
    )


def audit_opened(auditor: Auditor, page: Page, name: str) -> list[Violation]:
    """Return what is wrong with a part that was closed, and close it by loading the page anew."""
    auditor.browser.execute_script(OPENED[name])
    violations = auditor.audit(f"{page.name}, {name}")
    auditor.browser.refresh()
    return violations


def is_there(browser: webdriver.Chrome, page: Page) -> bool:
    """Whether the browser shows the page that was asked for, and was not sent to the sign-in, say."""
    return page.name in HIDES_ITS_ADDRESS or urlsplit(browser.current_url).path == page.url


def document_of(events: list[dict[str, Any]], url: str) -> dict[str, Any]:
    """Return the last answer that became the page; status 0 when none did, as for a file to keep."""
    answers = [
        event["params"]["response"]
        for event in events
        if event["method"] == "Network.responseReceived" and event["params"]["type"] == "Document"
    ]
    return next(
        (answer for answer in reversed(answers) if answer["url"] == url), {"status": 0, "headers": {}}
    )


def policy_of(headers: dict[str, str]) -> dict[str, list[str]]:
    """Return the content security policy: directive → sources."""
    policy = {name.lower(): value for name, value in headers.items()}.get("content-security-policy", "")
    words = [directive.split() for directive in policy.split(";")]
    return {name: sources for name, *sources in words}


def walk(browser: webdriver.Chrome, product: Product) -> list[Visit]:
    """Visit every page as whoever sees the most on it, then every state."""
    auditor, visits = Auditor(browser), list[Visit]()
    pages = sorted(every_page(), key=lambda page: (str(page.who), page.name != "index"))
    for before, page in zip([None, *pages], pages, strict=False):
        is_first = before is None or before.who != page.who
        if is_first:
            sign_in(browser, product, page.who)
            events_of(browser)
        visits.append(visit(auditor, product, page, is_first=is_first))
    return visits + [reach(auditor, product, state) for state in STATES]
