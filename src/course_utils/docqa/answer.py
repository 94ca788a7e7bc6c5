"""An answer as it reaches the client: sentences, citations, and what it took."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from course_utils.docqa.trace import Trace

ANSWERED, ABSTAINED, PROPOSED = "answered", "abstained", "proposed"

# Why there is no answer, and what one can do. Nothing here depends on what the user may
# not see: "no such document" and "not yours to read" have to sound the same.
REASONS = {
    "nothing_found": (
        "I found nothing about this in the documents that you may read. "
        "Try other words, or ask whoever owns the subject."
    ),
    "not_confident": (
        "The documents that you may read do not seem to answer this. "
        "Look at the passages that came closest, or ask more specifically."
    ),
    "not_supported": (
        "I had an answer, but your documents do not support it, so I withhold it. "
        "Look at the passages that came closest."
    ),
    "step_cap": "I stopped, because this took too many steps. Ask for one thing at a time.",
    "token_budget": "I stopped, because this needs too many tokens. Ask a shorter question.",
    "deadline": "I stopped, because this took too long. Try again in a minute.",
    "model_failed": "No model is answering at the moment. Try again in a minute.",
    "no_question": "There is no question that I can read. Ask in words.",
}


@dataclass(frozen=True)
class Citation:
    """A passage that the answer rests on."""

    number: int
    chunk: str
    document: str
    version: int
    title: str
    valid_from: datetime.date
    superseded: bool
    trusted: bool
    quote: str


@dataclass(frozen=True)
class Sentence:
    """One sentence of the answer with the numbers of its citations."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """What the client gets.

    `confidence` and `trace` are for evaluation and display. `closest` are citations to look
    at where the system abstained. `actions` are ids of tool calls that wait for approval or
    were done.
    """

    request: str
    user: str
    question: str
    status: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    closest: tuple[Citation, ...]
    reason: str
    notices: tuple[str, ...]
    degraded: bool
    cached: bool
    confidence: float | None
    actions: tuple[str, ...]
    states: tuple[str, ...]
    trace: Trace

    @property
    def text(self) -> str:
        """The answer in words, with its citation numbers; the reason where there is none."""
        if self.status != ANSWERED:
            return REASONS.get(self.reason, "")
        return " ".join(
            sentence.text + "".join(f" [{number}]" for number in sentence.citations)
            for sentence in self.sentences
        )

    @property
    def abstained(self) -> bool:
        return self.status == ABSTAINED

    def as_text(self, *, times: bool = True) -> str:
        """Answer, citations, notices and the waterfall; see `Trace.as_text` about times."""
        from course_utils.docqa.client import as_text

        return as_text(self, times=times)

    def as_dict(self, *, times: bool = True) -> dict[str, Any]:
        """The same as plain data, for an API or a page."""
        from course_utils.docqa.client import as_dict

        return as_dict(self, times=times)
