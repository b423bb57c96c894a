"""Plots of a side-by-side run for the docs: `python -m bench.plots` reads its JSON and writes SVGs.

One for each kind of database and figure: a row a step, a bar a server, the median of the rounds; each row has its own scale. They are plain SVG 1.1
without a script, and take light or dark colours as their reader does.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from xml.sax.saxutils import escape

from bench.report import INITIAL, Rounds, with_initial
from bench.scenarios import (
    ADDED,
    CREATED,
    DELETED,
    LISTED,
    MATCHED,
    MISSED,
    NAMED,
    ONE_OUT,
    READ,
    WHOLE_GROUP,
)
from bench.servers import MEMORY, POSTGRESQL, SQLITE
from tests.processes import ROOT

STEPS = (INITIAL, MISSED, MATCHED, READ, CREATED, NAMED, DELETED, LISTED, ADDED, ONE_OUT, WHOLE_GROUP)
FIGURES = {"requests/s": "requests a second, more is better", "CPU": "ms of CPU a request, less is better"}
FILES = {"requests/s": "requests", "CPU": "cpu"}
# Of Okabe and Ito, told apart by people who are colour-blind; the second is for a dark page.
COLOURS = {
    "HootProv": ("#0072b2", "#56b4e9"),
    "floor": ("#8a8f98", "#9aa0aa"),
    "django-scim2": ("#d98e00", "#e69f00"),
    "django-scim2-server": ("#c04a00", "#f0743a"),
    "scim2-server": ("#00805e", "#2fc79b"),
    "SCIMMY": ("#b0568a", "#d98bb8"),
}
WIDTH, LEFT, RIGHT = 880, 170, 70
BAR, GAP, TOP = 11, 14, 74
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 } .value { font-size: 10px } .step { text-anchor: end }
.line { stroke: #d1d9e0 } .page { fill: #ffffff }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .line { stroke: #3d444d } .page { fill: #0d1117 } }
"""

Medians = dict[str, dict[str, float]]  # by server, by step


def main() -> None:
    """Write the plots."""
    parser = argparse.ArgumentParser(prog="python -m bench.plots", description=__doc__)
    parser.add_argument("--input", type=Path, default=ROOT / "var/side_by_side.json", help="a run's JSON")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/figures", help="the folder of the SVGs")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    rounds = json.loads(given.input.read_text())["rounds"]
    for kind in (POSTGRESQL, SQLITE):
        for figure, file in FILES.items():
            if found := medians(rounds, kind, figure):
                path = given.output / f"{file}-{kind.lower()}.svg"
                path.write_text(
                    plot(found, f"SCIM on {kind}: {FIGURES[figure]} (each row has its own scale)")
                )
                print(path)


def medians(rounds: Rounds, kind: str, figure: str) -> Medians:
    """Return a figure of each server on a kind of database, and of those that have none beside; empty if there is nothing."""
    found: Medians = {}
    for name, runs in rounds.items():
        server, _, its_kind = name.partition(", ")
        if its_kind in {kind, MEMORY} and runs:
            steps = [with_initial(run)["steps"] for run in runs]
            found[server] = {
                step: median(each[step][figure] for each in steps) for step in STEPS if step in steps[0]
            }
            if its_kind == MEMORY:
                found[f"{server} (in memory)"] = found.pop(server)
    return found if any(not name.endswith(")") for name in found) else {}


def plot(found: Medians, title: str) -> str:
    """Return a plot as SVG."""
    steps = [step for step in STEPS if any(step in each for each in found.values())]
    row = len(found) * BAR + GAP
    height = TOP + len(steps) * row + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}{''.join(rules(found))}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="16" y="26">{escape(title)}</text>',
        *legend(found),
    ]
    for number, step in enumerate(steps):
        top = TOP + number * row
        parts.append(
            f'<line class="line" x1="16" x2="{WIDTH - 16}" y1="{top - GAP / 2}" y2="{top - GAP / 2}"/>'
        )
        middle = top + (row - GAP) / 2 + 4
        parts.append(f'<text class="step" x="{LEFT - 10}" y="{middle}">{escape(step)}</text>')
        parts += bars({name: each.get(step) for name, each in found.items()}, top)
    return "\n".join([*parts, "</svg>", ""])


def rules(found: Medians) -> Iterator[str]:
    """Yield the colours of the servers, for a light page and a dark one."""
    for number, name in enumerate(found):
        light, dark = COLOURS[name.partition(" (")[0]]
        yield f".s{number} {{ fill: {light} }}\n"
        yield f"@media (prefers-color-scheme: dark) {{ .s{number} {{ fill: {dark} }} }}\n"


def legend(found: Medians) -> Iterator[str]:
    """Yield which colour is whose."""
    left = 16.0
    for number, name in enumerate(found):
        yield f'<rect class="s{number}" x="{left:.0f}" y="40" width="10" height="10"/>'
        yield f'<text x="{left + 14:.0f}" y="49">{escape(name)}</text>'
        left += 34 + len(name) * 6.4


def bars(values: Mapping[str, float | None], top: int) -> Iterator[str]:
    """Yield the bars of one step, the longest of all as long as may be; a dash where a server can't do it."""
    most = max(value for value in values.values() if value is not None)
    for number, value in enumerate(values.values()):
        y, length = top + number * BAR, (value or 0.0) / most * (WIDTH - LEFT - RIGHT)
        yield f'<rect class="s{number}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 2}"/>'
        yield f'<text class="value" x="{LEFT + length + 4:.1f}" y="{y + BAR - 3}">{said(value)}</text>'


def said(value: float | None) -> str:
    """Return a figure in about three digits."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


if __name__ == "__main__":
    main()
