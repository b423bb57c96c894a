"""What a run has found: a tally per phase, gathered from several threads, and the frozen report.

Knows counting and how a report reads; must not know HTTP or SCIM. The token never reaches it: an
excerpt is cut and cleaned where it is taken.
"""

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from provisioning.management.entra.client import Answer
from provisioning.management.entra.judge import Faults

EXCERPT_LENGTH = 300
WRONG_ANSWERS_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class WrongAnswer:
    """One answer that was not what it must be."""

    phase: str
    method: str
    path: str
    faults: Faults
    excerpt: str

    def __str__(self) -> str:
        """Tell it in full: the request, each fault, and how the body began."""
        faults = "".join(f"\n    {fault}" for fault in self.faults)
        body = f"\n    body: {self.excerpt}" if self.excerpt else ""
        return f"{self.phase}: {self.method} {self.path}{faults}{body}"


@dataclass(frozen=True, kw_only=True)
class PhaseReport:
    """What one phase did and how long it took."""

    name: str
    requests: int
    counts: Mapping[str, int]
    wrong_answers: Sequence[WrongAnswer]
    seconds: float
    median_milliseconds: float
    slow_milliseconds: float

    @property
    def requests_per_second(self) -> float:
        """The pace of the phase."""
        return self.requests / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the whole run has found."""

    phases: Sequence[PhaseReport]
    stopped: str = ""

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(phase.requests for phase in self.phases)

    @property
    def wrong_answers(self) -> list[WrongAnswer]:
        """Every wrong answer, phase by phase."""
        return [wrong for phase in self.phases for wrong in phase.wrong_answers]

    def count(self, what: str) -> int:
        """How often something happened in the whole run, such as "created"."""
        return sum(phase.counts.get(what, 0) for phase in self.phases)


class Tally:
    """Counts one phase. Safe to use from several threads."""

    def __init__(self, *, name: str, token: str, clock: Callable[[], float]) -> None:
        """Start the phase now."""
        self.name = name
        self._token, self._clock = token, clock
        self._started = clock()
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._durations: list[float] = []
        self._requests = 0
        self._wrong_answers: list[WrongAnswer] = []

    @property
    def wrong(self) -> int:
        """How many wrong answers there are so far."""
        return len(self._wrong_answers)

    def record(self, *, answer: Answer, faults: Faults) -> bool:
        """Count an answer and keep its faults; tell whether it was right."""
        with self._lock:
            self._requests += answer.waits + 1
            self._durations.append(answer.duration_milliseconds)
            if answer.waits:
                self._counts["waits"] += answer.waits
            if faults:
                self._wrong_answers.append(self._wrong_answer(answer, faults))
        return not faults

    def count(self, what: str, *, times: int = 1) -> None:
        """Note that something happened."""
        with self._lock:
            self._counts[what] += times

    def closed(self) -> PhaseReport:
        """Return the finished phase."""
        durations = sorted(self._durations)
        return PhaseReport(
            name=self.name,
            requests=self._requests,
            counts=dict(self._counts),
            wrong_answers=tuple(self._wrong_answers),
            seconds=self._clock() - self._started,
            median_milliseconds=quantile(durations, 0.5),
            slow_milliseconds=quantile(durations, 0.95),
        )

    def _wrong_answer(self, answer: Answer, faults: Faults) -> WrongAnswer:
        text = answer.body.decode(errors="replace")
        if self._token:
            text = text.replace(self._token, "[token]")
        return WrongAnswer(
            phase=self.name,
            method=answer.method,
            path=answer.path,
            faults=faults,
            excerpt=" ".join(text.split())[:EXCERPT_LENGTH],
        )


def quantile(durations: Sequence[float], share: float) -> float:
    """Return the value that this share of the sorted durations does not exceed."""
    if not durations:
        return 0.0
    return durations[max(math.ceil(len(durations) * share) - 1, 0)]


def summary(report: Report) -> str:
    """Return the report as text: a table, the first wrong answers in full, the result."""
    sections = [table(report)]
    if report.stopped:
        sections.append(report.stopped)
    wrong_answers = report.wrong_answers
    for number, wrong in enumerate(wrong_answers[:WRONG_ANSWERS_SHOWN], start=1):
        sections.append(f"{number}. {wrong}")
    if len(wrong_answers) > WRONG_ANSWERS_SHOWN:
        sections.append(f"… and {len(wrong_answers) - WRONG_ANSWERS_SHOWN} more.")
    sections.append(f"{report.requests} requests, {len(wrong_answers)} wrong answers")
    return "\n\n".join(sections) + "\n"


def table(report: Report) -> str:
    """Return one line per phase under a heading."""
    width = max(len("phase"), *(len(phase.name) for phase in report.phases))
    heading = f"{'phase':{width}}  requests  wrong   req/s  p50 ms  p95 ms  what happened"
    lines = [heading, "-" * len(heading)]
    lines.extend(table_line(phase, width) for phase in report.phases)
    return "\n".join(lines)


def table_line(phase: PhaseReport, width: int) -> str:
    """Return the line of one phase."""
    happened = ", ".join(f"{times} {what}" for what, times in sorted(phase.counts.items()))
    return (
        f"{phase.name:{width}}  {phase.requests:8}  {len(phase.wrong_answers):5}"
        f"  {phase.requests_per_second:6.1f}  {phase.median_milliseconds:6.1f}"
        f"  {phase.slow_milliseconds:6.1f}  {happened}"
    ).rstrip()
