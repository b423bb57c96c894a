"""Every page keeps nobody out, breaks no policy, asks no other host, and is light on the wire."""

from pathlib import Path

import pytest
from django.db import connection

from tests import factories
from tests.browser import OWN_HOST, any_browser
from tests.console.icons import FONT, names_in_font
from tests.console.states import STATES
from tests.console.walking import Visit, fill, provision, walk
from tests.processes import ROOT, Product

KILOBYTE = 1000
FIRST_VISIT, LATER_PAGE = 400 * KILOBYTE, 60 * KILOBYTE
FEWEST_PAGES = 30
SHOWN_ONCE = dict.fromkeys(("token_secret", "api_key_secret", "webhook_secret"), 410)  # and gone
ANSWERS = SHOWN_ONCE | {state.name: state.status for state in STATES}
SECRET = "the secret of a new token"

pytestmark = [
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def walks() -> list[list[Visit]]:
    """The one walk that serves every test here: it is not tried again when it breaks."""
    return []


@pytest.fixture
def visits(walks: list[list[Visit]], request: pytest.FixtureRequest, tmp_path: Path) -> list[Visit]:
    """What every page was like, on the embedded default with an organization at work."""
    if not walks:
        walks.append([])
        acme = request.getfixturevalue("org_admin").organization
        token = factories.make_token(acme)
        fill(acme)
        product = Product(f"sqlite:///{connection.settings_dict['NAME']}", tmp_path)
        product.variables["DJANGO_SETTINGS_MODULE"] = "hootprov.settings.development"
        with any_browser(tmp_path / "profile") as browser, product.web(workers=1):
            provision(product, token.secret)
            walks[0] += walk(browser, product)
    assert walks[0], "the walk broke: another test here says where"
    return walks[0]


def test_every_page_opens(visits: list[Visit]) -> None:
    answers = {visit.page: visit.status for visit in visits}

    assert len(answers) >= FEWEST_PAGES
    assert {page: status for page, status in answers.items() if status != ANSWERS.get(page.name, 200)} == {}


def test_axe_finds_nothing_in_light_and_dark_on_a_desk_and_a_phone(visits: list[Visit]) -> None:
    found = [str(violation) for visit in visits for violation in visit.violations]

    assert "\n".join(found) == ""


def test_no_page_breaks_its_policy_or_complains(visits: list[Visit]) -> None:
    assert [complaint for visit in visits for complaint in visit.complaints] == []


def test_no_page_runs_an_inline_script(visits: list[Visit]) -> None:
    sources = {visit.page.url: visit.policy.get("script-src", []) for visit in visits}

    assert {url for url, each in sources.items() if "'unsafe-inline'" in each} == set()


def test_a_page_for_whoever_comes_and_that_of_a_secret_evaluate_nothing(visits: list[Visit]) -> None:
    strict = [visit for visit in visits if visit.page.who is None or visit.page.name in {*SHOWN_ONCE, SECRET}]

    assert len(strict) >= 4
    assert [visit.policy.get("script-src", []) for visit in strict] == [["'self'"]] * len(strict)


def test_no_page_asks_another_host(visits: list[Visit]) -> None:
    assert {host for visit in visits for host in visit.hosts} == {OWN_HOST}


def test_every_icon_of_every_page_is_in_the_font(visits: list[Visit]) -> None:
    named = {(visit.page.name, icon) for visit in visits for icon in visit.icons}
    known = names_in_font(ROOT / FONT)

    assert named
    assert {each for each in named if each[1] not in known} == set()


def test_a_first_visit_is_light(visits: list[Visit]) -> None:
    weights = {visit.page: visit.bytes for visit in visits if visit.is_first}

    assert {page: weight for page, weight in weights.items() if weight > FIRST_VISIT} == {}
    assert min(weights.values()) > KILOBYTE


def test_a_later_page_is_lighter(visits: list[Visit]) -> None:
    weights = {visit.page: visit.bytes for visit in visits if not visit.is_first}

    assert {page: weight for page, weight in weights.items() if weight > LATER_PAGE} == {}
