"""The console's icon font: which icons the pages use, and the font cut to them (`make icons`).

unfold ships 4,000 icons in 292 KB. An icon is written as its name in an element of the class
`material-symbols-outlined`, or named to unfold as an `icon`; the font turns the word into the picture.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import unfold
from django.conf import settings
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from tests.processes import ROOT

FONT = "static/unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2"
UNFOLD = Path(unfold.__file__).parent
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"

ELEMENT = re.compile(r"material-symbols-outlined([^<]*)<")
NAMED = re.compile(r"""\bicon["']?\s*[=:]\s*["']([a-z0-9_]+)["']""")
TEMPLATE_TAG = re.compile(r"{%.*?%}|{{.*?}}")


def names_in_text(text: str) -> set[str]:
    """Return the icons that a template or module names."""
    contents = [TEMPLATE_TAG.sub(" ", each.rpartition(">")[2]) for each in ELEMENT.findall(text)]
    return {word for content in contents for word in content.split()} | set(NAMED.findall(text))


def names_in_settings(value: Any) -> Iterator[str]:
    """Return the icons that unfold's settings name, however deep."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in {"icon", "SITE_SYMBOL"} and isinstance(each, str):
                yield each
            yield from names_in_settings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from names_in_settings(each)


def sources() -> Iterator[Path]:
    """Return every file that may name an icon: unfold's and ours."""
    yield from (UNFOLD / "templates").rglob("*.html")
    yield UNFOLD / "sites.py"
    yield from (ROOT / "templates").rglob("*.html")
    for room in ("accounts", "provisioning", "hootprov"):
        yield from (ROOT / room).rglob("*.py")


def used() -> set[str]:
    """Return the name of every icon that a page may show."""
    consoles = [getattr(settings, name) for name in dir(settings) if name.startswith("UNFOLD")]
    names = set(names_in_settings(consoles))
    return names.union(*(names_in_text(path.read_text(encoding="utf-8")) for path in sources()))


def ligatures(font: TTFont) -> dict[str, str]:
    """Return the glyph of each name that a font knows."""
    characters = {glyph: chr(code) for code, glyph in font.getBestCmap().items() if code < 128}
    tables = [table for lookup in font["GSUB"].table.LookupList.Lookup for table in lookup.SubTable]
    return {
        "".join(characters[part] for part in (first, *each.Component)): each.LigGlyph
        for table in tables
        for first, group in getattr(table, "ExtSubTable", table).ligatures.items()
        for each in group
    }


def names_in_font(path: Path) -> set[str]:
    """Return the name of every icon in a font."""
    return set(ligatures(TTFont(path)))


def cut(names: set[str]) -> Path:
    """Write the font with these icons alone. Raises: KeyError for a name that is no icon."""
    font = TTFont(UNFOLD / FONT, recalcTimestamp=False)
    glyph_of, letters = ligatures(font), font.getBestCmap()
    options = Options(layout_features=["*"], layout_closure=False, flavor="woff2", hinting=False)
    options.drop_tables += ["FFTM", "GPOS", "GDEF"]
    subsetter = Subsetter(options)
    subsetter.populate(
        glyphs=[glyph_of[name] for name in sorted(names)] + [letters[ord(each)] for each in LETTERS],
        unicodes=[ord(each) for each in LETTERS],
    )
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(ROOT / FONT)
    return ROOT / FONT


if __name__ == "__main__":
    names = used()
    path = cut(names)
    print(f"{path.relative_to(ROOT)}: {len(names)} icons, {path.stat().st_size:,} bytes")
