"""A page as a person reads it: under each heading its facts, and its tables row by row."""

from html.parser import HTMLParser

from django.http import HttpResponseBase

Facts = dict[str, str]


class Reader(HTMLParser):
    """Gathers the texts of a page's sections."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: dict[str, Facts] = {}
        self.rows: dict[str, list[list[str]]] = {}
        self.title = self.label = ""
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        """Begin a text of its own, or a row."""
        if tag in {"h2", "dt", "dd", "td"}:
            self.texts = []
        elif tag == "tr":
            self.rows.setdefault(self.title, []).append([])

    def handle_data(self, text: str) -> None:
        """Take a piece of text."""
        self.texts.append(text)

    def handle_endtag(self, tag: str) -> None:
        """Put the text where it belongs."""
        text = " ".join("".join(self.texts).split())
        if tag == "h2":
            self.title = text
        elif tag == "dt":
            self.label = text
        elif tag == "dd":
            self.facts.setdefault(self.title, {})[self.label] = text
        elif tag == "td" and self.title in self.rows:
            self.rows[self.title][-1].append(text)


def headers_of(answer: HttpResponseBase) -> dict[str, str]:
    """Return the headers of an answer, but for the one that says when it was given."""
    return {name: value for name, value in answer.items() if name != "Expires"}


def facts_of(page: str, title: str) -> Facts:
    """Return the facts under a heading, in their order."""
    return read(page).facts.get(title, {})


def rows_of(page: str, title: str) -> list[list[str]]:
    """Return the rows of the table under a heading, without its head."""
    return [row for row in read(page).rows.get(title, []) if row]


def read(page: str) -> Reader:
    """Return what a page says."""
    reader = Reader()
    reader.feed(page)
    return reader
