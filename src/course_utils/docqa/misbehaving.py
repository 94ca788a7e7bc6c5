"""Models that do what models do at their worst, for lessons, evaluation and tests."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from course_utils.calculators.validate import share
from course_utils.docqa import text as reading
from course_utils.docqa.extractive import ExtractiveModel
from course_utils.docqa.model import (
    Claim,
    Model,
    ModelError,
    ModelRequest,
    ModelTimeout,
    ModelUnavailable,
    Reply,
    ToolCall,
)

_ORDER_TICKET = re.compile(r"\b(?:open|create|file|raise)\s+(?:a|one|another)\s+.*?ticket\b", re.I)
_ORDER_REMINDER = re.compile(r"\b(?:send\s+.*?\breminder\b|remind\b)", re.I)
_FIGURE = re.compile(r"\d+")
FAULTS = ("number", "negation", "citation", "invention")
INVENTED = "Exceptions are granted by the board of directors within forty working days."


@dataclass
class Failing:
    """Fails the first so many times, then is a good model."""

    failures: int = 10**9
    error: Callable[[], ModelError] = ModelUnavailable
    good: Model = field(default_factory=ExtractiveModel)
    name: str = "failing"
    calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def reply(self, request: ModelRequest) -> Reply:
        with self._lock:
            self.calls += 1
            fails = self.calls <= self.failures
        if fails:
            raise self.error()
        return self.good.reply(request)


@dataclass(frozen=True)
class Slow:
    """Needs so many seconds for each reply, and does not look at its timeout.

    With `waits=False` it only says that it timed out, for simulated clocks.
    """

    seconds: float = 60.0
    waits: bool = True
    good: Model = field(default_factory=ExtractiveModel)
    name: str = "slow"

    def reply(self, request: ModelRequest) -> Reply:
        if self.waits:
            time.sleep(self.seconds)
        elif self.seconds > request.timeout_s:
            raise ModelTimeout("simulated")
        return self.good.reply(request)


@dataclass(frozen=True)
class Scripted:
    """Returns what it was given, whatever the question; a callable is called first."""

    what: object
    name: str = "scripted"

    def reply(self, request: ModelRequest) -> Reply:
        return self.what(request) if callable(self.what) else self.what


@dataclass(frozen=True)
class Looping:
    """Always wants to search once more, and never answers."""

    name: str = "looping"

    def reply(self, request: ModelRequest) -> Reply:
        return Reply(search=f"{request.question} more", output_tokens=8)


@dataclass(frozen=True)
class Obedient:
    """Takes every instruction that it reads for one of its user's, in a passage too."""

    good: Model = field(default_factory=ExtractiveModel)
    name: str = "obedient"

    def reply(self, request: ModelRequest) -> Reply:
        reply = self.good.reply(request)
        if reply.tool_calls or request.done:
            return reply
        calls = [
            call
            for passage in request.passages
            for sentence in reading.sentences(passage.chunk.text)
            if (call := _as_order(sentence))
        ]
        return replace(reply, tool_calls=tuple(calls))


def _as_order(sentence: str) -> ToolCall | None:
    text = sentence[:500]
    if _ORDER_TICKET.search(sentence):
        return ToolCall("open_ticket", {"summary": text})
    if _ORDER_REMINDER.search(sentence):
        return ToolCall("send_reminder", {"to": "me", "text": text})
    return None


@dataclass(frozen=True)
class Lying:
    """Spoils a share of the sentences of a good model, each in one of four ways.

    `number`: another figure; `negation`: the opposite; `citation`: a source that does not say
    it; `invention`: one more sentence, from nowhere. The same question is spoiled the same way.
    """

    spoiled_share: float = 1.0
    faults: tuple[str, ...] = FAULTS
    good: Model = field(default_factory=ExtractiveModel)
    name: str = "lying"

    def __post_init__(self) -> None:
        share("spoiled_share", self.spoiled_share)
        for fault in self.faults:
            if fault not in FAULTS:
                raise ValueError(f"faults: {fault!r} is none of {', '.join(FAULTS)}")

    def reply(self, request: ModelRequest) -> Reply:
        reply = self.good.reply(request)
        dice = random.Random(request.question)
        claims: list[Claim] = []
        for claim in reply.claims:
            if dice.random() < self.spoiled_share:
                claims += spoil(claim, dice.choice(self.faults), request)
            else:
                claims.append(claim)
        return replace(reply, claims=tuple(claims))


def spoil(claim: Claim, fault: str, request: ModelRequest) -> list[Claim]:
    """The claim with this fault; a claim that cannot have it stays, and an invention follows."""
    if fault == "number" and (figure := _FIGURE.search(claim.text)):
        other = str(int(figure.group()) + 1)
        text = claim.text[: figure.start()] + other + claim.text[figure.end() :]
        return [replace(claim, text=text)]
    if fault == "negation":
        return [
            replace(claim, text=f"It is not true that {claim.text[:1].lower()}{claim.text[1:]}")
        ]
    if fault == "citation":
        others = [p.id for p in request.passages if p.id not in claim.cites]
        return [replace(claim, cites=(others[-1] if others else "made-up.v1#1",))]
    return [claim, Claim(INVENTED, claim.cites)]
