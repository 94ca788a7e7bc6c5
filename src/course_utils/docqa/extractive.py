"""The default model: it picks sentences from the passages, and abstains where none fits.

It needs no weights. It knows only what is in the request, so it cannot say anything that
the passages do not; what it can do is choose wrongly, and `evaluation` measures how often.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from course_utils.calculators.validate import number, share
from course_utils.docqa import text as reading
from course_utils.docqa.model import Claim, ModelRequest, Reply, ToolCall
from course_utils.docqa.retrieval import Passage

# How much a word of the question counts where it stands: in the sentence itself, in the
# title of its document, elsewhere in its passage.
IN_SENTENCE, IN_TITLE, IN_PASSAGE = 1.0, 0.6, 0.4
KIND_BONUS = 0.1
RANK_BONUS = 0.1
# An untrusted passage answers only where no other one does as well.
UNTRUSTED_MALUS = 0.05
SAME_SENTENCE_SHARE = 0.5

_QUANTITY = re.compile(
    r"\bhow\s+(?:many|much|long|far|often|old|early|late|fast|soon|quickly|big|large|high|"
    r"expensive)\b|\b(?:what|which)\s+(?:percentage|share|amount|limit|number|price)\b",
    re.IGNORECASE,
)
_TIME = re.compile(r"\bwhen\b|\bwhat\s+time\b|\bwhich\s+(?:day|date)\b|\buntil\b", re.IGNORECASE)
_TIME_WORDS = re.compile(
    r"\d|\b(?:january|february|march|april|may|june|july|august|september|october|november|"
    r"december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekday|noon|midnight|"
    r"immediately|once)s?\b",
    re.IGNORECASE,
)
_TICKET = re.compile(r"^\W*(?:please\s+)?(?:open|file|create)\s+a\s+ticket\b\W*(.*)", re.I | re.S)
_REMIND = re.compile(
    r"^\W*(?:please\s+)?(?:send\s+a\s+reminder\s+to|remind)\s+([\w-]+)\W+(.*)", re.I | re.S
)


@dataclass(frozen=True)
class ExtractiveModel:
    """Picks the sentences that have most of what the question asks.

    `threshold`: the confidence below which it abstains, chosen on the dev questions.
    `max_sentences` and `min_gain`: another sentence is added while it adds at least so much
    of the question that the ones before it left open.
    """

    name: str = "extractive"
    threshold: float = 0.5
    max_sentences: int = 2
    min_gain: float = 0.15

    def __post_init__(self) -> None:
        share("threshold", self.threshold)
        share("min_gain", self.min_gain)
        number("max_sentences", self.max_sentences, "sentences", low=1, high=20, whole=True)

    def reply(self, request: ModelRequest) -> Reply:
        call = wanted_tool(request.question)
        if call and not request.done and call.name in {tool.name for tool in request.tools}:
            return Reply(tool_calls=(call,), output_tokens=reading.tokens(str(call.arguments)))
        chosen = self._choose(request) if not request.done else []
        if not chosen or chosen[0].score < self.threshold:
            score = chosen[0].score if chosen else 0.0
            tokens = reading.tokens("NO ANSWER")
            return Reply(abstains=True, confidence=score, output_tokens=tokens)
        reply = Reply(
            claims=tuple(Claim(c.sentence, (c.passage.id,)) for c in chosen),
            remarks=disagreements(chosen, request.earlier),
            confidence=chosen[0].score,
        )
        return replace(reply, output_tokens=reading.tokens(reply.words))

    def _choose(self, request: ModelRequest) -> list[Candidate]:
        """The best sentence, and then those that add what it leaves open."""
        asked = Asked(request.question, request.passages)
        left = sorted(asked.candidates(), key=lambda c: -c.score)
        chosen, covered = left[:1], set[str]()
        while chosen and len(chosen) < self.max_sentences:
            covered |= chosen[-1].terms
            left = [c for c in left if all(c.sentence != other.sentence for other in chosen)]
            best = max(left, key=lambda c: (asked.weight(c.terms - covered), c.score), default=None)
            if best is None or asked.weight(best.terms - covered) < self.min_gain:
                break
            chosen.append(best)
        return chosen


@dataclass(frozen=True)
class Candidate:
    """A sentence that may be the answer: its terms, and how well it fits, from 0 to 1."""

    sentence: str
    passage: Passage
    terms: frozenset[str]
    score: float


class Asked:
    """A question against the passages: what its words weigh here, and what kind it is."""

    def __init__(self, question: str, passages: Sequence[Passage]) -> None:
        self.passages = passages
        self.terms = frozenset(reading.terms(question))
        self.numbers = frozenset(reading.numbers(question))
        self.wants_time = bool(_TIME.search(question))
        self.wants_quantity = bool(_QUANTITY.search(question))
        bags = [
            frozenset(reading.terms(sentence))
            for passage in passages
            for sentence in reading.sentences(passage.chunk.text)
        ]
        # A word that few sentences have tells more; one that none has stays open for good.
        with_term = {term: sum(term in bag for bag in bags) for term in self.terms}
        self._idf = {t: math.log(1 + (len(bags) + 1) / (n + 0.5)) for t, n in with_term.items()}
        self._whole = math.fsum(self._idf.values()) or 1.0

    def weight(self, terms: frozenset[str]) -> float:
        """The share of the question that these terms are."""
        return math.fsum(self._idf[term] for term in sorted(self.terms & terms)) / self._whole

    def candidates(self) -> list[Candidate]:
        return [
            self._candidate(sentence, passage, place)
            for place, passage in enumerate(self.passages)
            for sentence in reading.sentences(passage.chunk.text)
        ]

    def _candidate(self, sentence: str, passage: Passage, place: int) -> Candidate:
        terms = frozenset(reading.terms(sentence))
        title = frozenset(reading.terms(passage.chunk.document.title)) - terms
        rest = frozenset(reading.terms(passage.chunk.text)) - terms - title
        fit = (
            IN_SENTENCE * self.weight(terms)
            + IN_TITLE * self.weight(title)
            + IN_PASSAGE * self.weight(rest)
        )
        score = fit + KIND_BONUS * self._fits_kind(sentence) + RANK_BONUS / (1 + place)
        score -= UNTRUSTED_MALUS * (not passage.chunk.document.trusted)
        score = score / (1 + KIND_BONUS + RANK_BONUS) if fit else 0.0
        return Candidate(sentence, passage, terms, round(min(max(score, 0.0), 1.0), 6))

    def _fits_kind(self, sentence: str) -> bool:
        if self.wants_quantity:
            return bool(set(reading.numbers(sentence)) - self.numbers)
        if self.wants_time:
            return bool(_TIME_WORDS.search(sentence))
        return False


def disagreements(chosen: Sequence[Candidate], earlier: Sequence[Passage]) -> tuple[Claim, ...]:
    """What earlier versions said differently: the same sentence with other numbers."""
    found: dict[str, Claim] = {}
    for candidate in chosen:
        for passage in earlier:
            if passage.chunk.document.id != candidate.passage.chunk.document.id:
                continue
            for sentence in reading.sentences(passage.chunk.text):
                if _same_with_other_numbers(candidate.sentence, sentence):
                    found.setdefault(sentence, Claim(sentence, (passage.id,)))
    return tuple(found.values())


def _same_with_other_numbers(one: str, other: str) -> bool:
    if set(reading.numbers(one)) == set(reading.numbers(other)):
        return False
    a, b = ({t for t in reading.terms(s) if not t.isdigit()} for s in (one, other))
    return bool(a | b) and len(a & b) / len(a | b) >= SAME_SENTENCE_SHARE


def wanted_tool(question: str) -> ToolCall | None:
    """The tool that the user asks for in so many words; a passage can never ask for one."""
    if match := _TICKET.match(question):
        about = " ".join(match.group(1).split())
        return ToolCall("open_ticket", {"summary": about or "Ticket without a subject"})
    if match := _REMIND.match(question):
        about = " ".join(match.group(2).split())
        return ToolCall("send_reminder", {"to": match.group(1), "text": about or "Reminder"})
    return None
