"""Read a page with axe-core as people see it: in light and dark, on a desk and on a phone.

axe-core comes out of a wheel, and WebDriver runs it beside the page: no policy of the page applies.
"""

import importlib.util
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from selenium import webdriver

TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
COLOUR_RULES: Final = ("color-contrast", "link-in-text-block")  # all that a theme can change

STILL = """
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
"""
SET_THEME = """
    const root = document.documentElement;
    if (root.hasAttribute("x-data")) {
        root.classList.toggle("dark", arguments[0] === "dark");
        root.classList.toggle("light", arguments[0] === "light");
    }
"""
RUN = """
    const [only, without, done] = arguments;
    axe.run({ exclude: without }, { runOnly: only, resultTypes: ["violations"], preload: false }).then(
        (found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) => ({
            rule: rule.id, html: node.html, why: node.failureSummary, at: node.target.join(" "),
        })))),
        (error) => done([{ rule: "axe-core failed", html: "", why: String(error), at: "" }]),
    );
"""
SHORTEN = """
    for (const body of document.querySelectorAll("tbody")) {
        [...body.rows].slice(arguments[0]).forEach((row) => row.remove());
    }
"""
NAMED_ICONS = """
    return [...document.querySelectorAll(".material-symbols-outlined")].map((each) => each.textContent.trim());
"""


class View(NamedTuple):
    """How a page is looked at."""

    theme: str
    width: int

    def __str__(self) -> str:
        return f"{self.theme}, {self.width} px"


DESK, PHONE = 1280, 390
MOST_ROWS = 12
WHOLE: Final = {"type": "tag", "values": TAGS}
COLOURS: Final = {"type": "rule", "values": COLOUR_RULES}
VIEWS: Final = (
    (View("light", DESK), WHOLE),
    (View("dark", DESK), COLOURS),
    (View("dark", PHONE), COLOURS),
    (View("light", PHONE), WHOLE),
)


class Violation(NamedTuple):
    """What one rule found at one element."""

    page: str
    view: View
    rule: str
    at: str
    html: str
    why: str

    def __str__(self) -> str:
        why = " ".join(self.why.split())
        return f"{self.page} ({self.view}): {self.rule}\n    {self.html[:300]}\n    {self.at}: {why[:400]}"


class Auditor:
    """Audits whatever page a browser shows, as it stands: a menu that is open stays open."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser
        script = {"source": STILL + axe_core()}
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", script)
        self.look(VIEWS[0][0])

    def audit(self, page: str, *, without: Sequence[str] = ()) -> list[Violation]:
        """Return what is wrong with the page in front, which is not loaded anew.

        What is the same on every page (`without`, selectors) need not be read on every page.
        """
        found = [
            Violation(page=page, view=view, **each)
            for view, only in VIEWS
            for each in self.violations(view, only, without)
        ]
        self.look(VIEWS[0][0])
        return found

    def violations(
        self, view: View, only: dict[str, Any], without: Sequence[str]
    ) -> Iterator[dict[str, str]]:
        """Return what rules find in one view."""
        self.look(view)
        yield from self.browser.execute_async_script(RUN, only, list(without))

    def look(self, view: View) -> None:
        """Look at the page in another theme or on another screen."""
        screen = {"width": view.width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        theme = {"features": [{"name": "prefers-color-scheme", "value": view.theme}]}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", theme)
        self.browser.execute_script(SET_THEME, view.theme)

    def is_console(self) -> bool:
        """Whether the page in front stands in unfold's frame, as no refusal does."""
        return bool(self.browser.execute_script("return document.documentElement.hasAttribute('x-data')"))

    def shorten(self) -> None:
        """Leave no more rows in a table than show what they are like."""
        self.browser.execute_script(SHORTEN, MOST_ROWS)

    def icons(self) -> set[str]:
        """Return the icons that the page names."""
        return set(self.browser.execute_script(NAMED_ICONS))


@cache
def axe_core() -> str:
    """Return axe-core's script, without importing the package that carries it (which wants Playwright)."""
    spec = importlib.util.find_spec("axe_playwright_python")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")
