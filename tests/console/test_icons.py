"""The icon font has every icon that a page may name, and little else."""

from tests.console.icons import FONT, UNFOLD, names_in_font, names_in_text, used
from tests.processes import ROOT


def test_every_icon_that_is_named_is_in_the_font() -> None:
    assert used() - names_in_font(ROOT / FONT) == set(), "run `make icons`"


def test_the_font_is_a_small_part_of_its_origin() -> None:
    assert (ROOT / FONT).stat().st_size * 10 < (UNFOLD / FONT).stat().st_size


def test_an_icon_is_found_wherever_it_is_named() -> None:
    text = """
        <span class="material-symbols-outlined {% if a > b %}x{% endif %}">{% if a %}key{% else %} mail {% endif %}</span>
        {% include "x.html" with icon="history" %} @action(icon='add') {"icon": "group", "title": "Teams"}
    """

    assert names_in_text(text) == {"key", "mail", "history", "add", "group"}
