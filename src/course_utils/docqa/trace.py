"""What a request did: a tree of spans with time, tokens and money, drawn as a waterfall.

Time comes from a clock. The measured one reads the machine's. The simulated one moves only
when a stage says how long it would take (see `latency.py`), so a lesson prints the same on
every machine and deadlines can be tested without waiting.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from course_utils.calculators import words

SIMULATED, MEASURED = "simulated", "measured"


class Clock(Protocol):
    """Seconds since it was made. `advance` is for simulated work, `sleep` for waiting."""

    kind: str

    def now(self) -> float: ...

    def advance(self, seconds: float) -> None: ...

    def sleep(self, seconds: float) -> None: ...


class SimulatedClock:
    """Stands still between the stages; one for each request."""

    kind = SIMULATED

    def __init__(self) -> None:
        self._now_s = 0.0

    def now(self) -> float:
        return self._now_s

    def advance(self, seconds: float) -> None:
        self._now_s += seconds

    sleep = advance


class MeasuredClock:
    """The time of the machine; simulated work takes none of it."""

    kind = MEASURED

    def __init__(self) -> None:
        self._start_s = time.monotonic()

    def now(self) -> float:
        return time.monotonic() - self._start_s

    def advance(self, seconds: float) -> None:
        pass

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class Usage:
    """Tokens and money of one span or of all: the estimate of `text.tokens`, US dollars."""

    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.usd + other.usd,
        )


@dataclass
class Span:
    """One stage: when it began and ended, what it used, what it has to say, and its parts."""

    name: str
    start_s: float
    end_s: float
    usage: Usage = field(default_factory=Usage)
    notes: dict[str, str | int | float | bool] = field(default_factory=dict)
    parts: list[Span] = field(default_factory=list)

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def total(self) -> Usage:
        """What the span and its parts used together."""
        return sum((part.total for part in self.parts), self.usage)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Span]]:
        yield depth, self
        for part in self.parts:
            yield from part.walk(depth + 1)

    def find(self, name: str) -> list[Span]:
        return [span for _, span in self.walk() if span.name == name]


class Trace:
    """Collects the spans of one request; the first span is the request itself."""

    def __init__(self, request: str, clock: Clock) -> None:
        self.request = request
        self.clock = clock
        self.root: Span | None = None
        self._open: list[Span] = []

    @contextmanager
    def span(self, name: str, /, **notes: str | int | float | bool) -> Iterator[Span]:
        span = Span(name, self.clock.now(), self.clock.now(), notes=dict(notes))
        if self._open:
            self._open[-1].parts.append(span)
        elif self.root is None:
            self.root = span
        else:
            raise RuntimeError(f"span {name!r} is outside the request, which has ended")
        self._open.append(span)
        try:
            yield span
        finally:
            span.end_s = self.clock.now()
            self._open.pop()

    @property
    def total(self) -> Usage:
        return self.root.total if self.root else Usage()

    @property
    def duration_s(self) -> float:
        return self.root.duration_s if self.root else 0.0

    def waterfall(self) -> list[Mapping[str, Any]]:
        """One row for each span, ready to draw: place, share of the whole, use and notes."""
        if self.root is None:
            return []
        whole_s = self.root.duration_s
        return [
            {
                "name": span.name,
                "depth": depth,
                "start_s": span.start_s - self.root.start_s,
                "duration_s": span.duration_s,
                "start_share": (span.start_s - self.root.start_s) / whole_s if whole_s else 0.0,
                "duration_share": span.duration_s / whole_s if whole_s else 0.0,
                "input_tokens": span.total.input_tokens,
                "output_tokens": span.total.output_tokens,
                "usd": span.total.usd,
                "notes": dict(span.notes),
            }
            for depth, span in self.root.walk()
        ]

    def as_text(self, *, times: bool = True, width: int = 24) -> str:
        """The waterfall as a table; `times=False` leaves out what a machine decides.

        A measured time belongs on a screen, not into a notebook's stored output.
        """
        rows = [["stage", "in", "out", "US$", "notes"]]
        for row in self.waterfall():
            notes = "; ".join(f"{key} {_shown(value)}" for key, value in row["notes"].items())
            line = [
                "  " * row["depth"] + row["name"],
                f"{row['input_tokens']:,}",
                f"{row['output_tokens']:,}",
                words.dollars(row["usd"]).removeprefix("$"),
                notes,
            ]
            if times:
                line[1:1] = [words.seconds(row["duration_s"]), _bar(row, width)]
            rows.append(line)
        if times:
            rows[0][1:1] = [f"{self.clock.kind} time", ""]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        left = {0, len(rows[0]) - 1} | ({2} if times else set())
        return "\n".join(
            "  ".join(
                cell.ljust(w) if i in left else cell.rjust(w)
                for i, (cell, w) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        )


def _bar(row: Mapping[str, Any], width: int) -> str:
    start = min(int(row["start_share"] * width), width - 1)
    length = min(max(1, round(row["duration_share"] * width)), width - start)
    return "." * start + "#" * length + "." * (width - start - length)


def _shown(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.digits(value) if isinstance(value, float) else str(value)
