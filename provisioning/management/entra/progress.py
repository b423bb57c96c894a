"""How far a run is: a bar that redraws itself on a terminal, a line per quarter anywhere else.

Knows a stream and a share; must not know what the steps are. Used from one thread.
"""

from typing import Protocol

BAR_WIDTH = 30
QUARTER = 25


class Stream(Protocol):
    """Where progress is written to: sys.stdout, or a command's own stdout."""

    def write(self, text: str, /) -> object:
        """Write a text as it is."""

    def flush(self) -> None:
        """Show what was written."""

    def isatty(self) -> bool:
        """Tell whether somebody watches."""


class NoStream:
    """Where the progress of a run goes that nobody watches."""

    def write(self, text: str, /) -> object:
        """Forget the text."""

    def flush(self) -> None:
        """Do nothing, for nothing was kept."""

    def isatty(self) -> bool:
        """Tell that nobody watches."""
        return False


class Progress:
    """Shows one phase after the other."""

    def __init__(self, *, stream: Stream) -> None:
        """Write to the stream, once there is something to show."""
        self._stream = stream
        self._name, self._total, self._done, self._shown = "", 0, 0, 0

    def start(self, *, name: str, total: int) -> None:
        """Begin a phase of so many steps."""
        self._name, self._total, self._done, self._shown = name, total, 0, 0
        if self._stream.isatty():
            self._draw(0, 0)

    def advance(self, *, wrong: int) -> None:
        """Show that one more step is done, and how many answers of the phase were wrong so far."""
        self._done += 1
        percent = self._done * 100 // self._total
        if self._stream.isatty():
            self._draw(percent, wrong)
        elif percent // QUARTER > self._shown // QUARTER:
            self._write(f"{self._name}: {percent // QUARTER * QUARTER} % {self._sentence(wrong)}\n")
            self._shown = percent

    def _draw(self, percent: int, wrong: int) -> None:
        if percent == self._shown and 0 < self._done < self._total:
            return
        self._shown = percent
        filled = percent * BAR_WIDTH // 100
        bar = "█" * filled + "░" * (BAR_WIDTH - filled)
        ending = "\n" if self._done == self._total else ""
        self._write(f"\r{self._name:24} {bar} {percent:3} % {self._sentence(wrong)}\x1b[K{ending}")

    def _sentence(self, wrong: int) -> str:
        faults = f", {wrong} wrong" if wrong else ""
        return f"({self._done} of {self._total}{faults})"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
