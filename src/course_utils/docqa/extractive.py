"""The default model: it picks sentences from the passages, and abstains where none fits.

It needs no weights. It knows only what is in the request, so it cannot say anything that
the passages do not; what it can do is choose wrongly, and `evaluation` measures how often.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from course_utils.calculators.validate import number, share
from course_utils.docqa import text as reading
from course_utils.docqa.documents import Document
from course_utils.docqa.model import Claim, ModelRequest, Reply, ToolCall
from course_utils.docqa.retrieval import Passage

SAME_SENTENCE_SHARE = 0.5
MIN_PART_TERMS = 2

_QUANTITY = re.compile(
    r"\bhow\s+(?:many|much|long|far|often|old|early|late|fast|soon|quickly|big|large|high|"
    r"expensive)\b|\b(?:what|which)\s+(?:percentage|share|amount|limit|number|price)\b",
    re.IGNORECASE,
)
# A "when" that asks, not one that joins ("what happens when the siren goes").
_TIME = re.compile(
    r"(?:^|\b(?:by|until|since|from|and)\s+|[,:;]\s*)when\b|\bwhen\s+(?:is|are|does|do|did|can|"
    r"could|must|may|will|has|have|was|were)\b|\b(?:what|which)\s+(?:time|day|date)\b",
    re.IGNORECASE,
)
_TIME_WORDS = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|"
    r"december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekday|noon|midnight|"
    r"immediately|once)s?\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b(?:[A-Z][\w]*-?\d[\w-]*|[A-Z]\w+|\d+)\b")
# Two codes or two names that an "and" joins.
_SUBJECT = r"(?:[A-Z]{1,4}-\w*\d[\w-]*|[A-Z]\w+(?: (?:& )?[A-Z0-9]\w*)*)"
_TWO_SUBJECTS = re.compile(
    rf"\b(?P<one>{_SUBJECT}) and (?:(?:to|at|of|for|in|from|with) )?(?P<other>{_SUBJECT})"
)
# Where a question begins, and a second one after it.
_ASKING = (
    r"(?:(?:by|from|until|for|at|on)\s+)?"
    r"(?:how|what|when\s+(?:is|are|do|does|did|can|may|must|will)|who|where|which|do|does|is|may|"
    r"can|must|will)\b"
)
_QUESTION = re.compile(_ASKING, re.IGNORECASE)
_NEXT_QUESTION = re.compile(rf"(?:[,;:.?!]\s*(?:and\s+)?|\s+and\s+)(?={_ASKING})", re.IGNORECASE)
LESSER_KINDS = frozenset({"ticket", "minutes", "faq"})
_TICKET = re.compile(r"^\W*(?:please\s+)?(?:open|file|create)\s+a\s+ticket\b\W*(.*)", re.I | re.S)
_REMIND = re.compile(
    r"^\W*(?:please\s+)?(?:send\s+a\s+reminder\s+to|remind)\s+([\w-]+)\W+(.*)", re.I | re.S
)


@dataclass(frozen=True)
class Weights:
    """What counts how much when a sentence is judged; chosen on the dev questions.

    A word of the question counts where it stands: 1 in the sentence itself, `in_title` in the
    title of its document, `in_passage` elsewhere in its passage. A sentence without a figure,
    where one is asked for, keeps `wrong_kind` of its score; one of a lesser source (a ticket,
    minutes, a list of questions, something untrusted) keeps `lesser_source`, and one of a mail
    within the house `retold`: diaries and round mails repeat what was asked in the words in
    which it was asked, and leave the answer to the policy. For each code or name of the
    question that is not in the passage it keeps `missing_name`. A passage that both searches
    rank first gains `rank`.
    """

    in_title: float = 0.6
    in_passage: float = 0.4
    wrong_kind: float = 0.4
    lesser_source: float = 0.8
    retold: float = 0.5
    missing_name: float = 0.5
    rank: float = 0.2

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            share(name, value)


@dataclass(frozen=True)
class ExtractiveModel:
    """Picks the sentences that have most of what the question asks.

    `threshold`: the confidence below which it abstains, chosen on the dev questions.
    `max_sentences`, `min_gain` and `min_ratio`: another sentence is added while it adds at
    least so much of the question that the ones before it left open, and is itself at least
    so good compared with the first.
    """

    name: str = "extractive"
    threshold: float = 0.38
    max_sentences: int = 2
    min_gain: float = 0.15
    min_ratio: float = 0.5
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        share("threshold", self.threshold)
        share("min_gain", self.min_gain)
        share("min_ratio", self.min_ratio)
        number("max_sentences", self.max_sentences, "sentences", low=1, high=20, whole=True)

    def reply(self, request: ModelRequest) -> Reply:
        call = wanted_tool(request.question)
        if call and not request.done and call.name in {tool.name for tool in request.tools}:
            return Reply(tool_calls=(call,), output_tokens=reading.tokens(str(call.arguments)))
        parts = () if request.done else parts_of(request.question)
        replies = [self._reply_to_one(replace(request, question=part)) for part in parts]
        if len(parts) > 1 and not any(reply.abstains for reply in replies):
            return _joined(replies)
        return self._reply_to_one(request)

    def _reply_to_one(self, request: ModelRequest) -> Reply:
        asked = Asked(request, self.weights)
        best = asked.candidates[0].score if asked.candidates else 0.0
        if request.done or best < self.threshold or not asked.candidates:
            tokens = reading.tokens("NO ANSWER")
            return Reply(abstains=True, confidence=best, output_tokens=tokens)
        chosen = self._choose(asked)
        reply = Reply(
            claims=tuple(Claim(c.sentence, (c.passage.id,)) for c in chosen),
            remarks=disagreements(chosen, request.earlier),
            confidence=best,
        )
        return replace(reply, output_tokens=reading.tokens(reply.words))

    def _choose(self, asked: Asked) -> list[Candidate]:
        """The best sentence, and then those that add what it leaves open."""
        left = list(asked.candidates)
        chosen, covered = left[:1], set[str]()
        while len(chosen) < self.max_sentences:
            covered |= chosen[-1].terms
            left = [
                c
                for c in left
                if c.score >= self.min_ratio * chosen[0].score
                and all(c.sentence != other.sentence for other in chosen)
            ]
            best = max(left, key=lambda c: (asked.gain(c, covered), c.score), default=None)
            if best is None or asked.gain(best, covered) < self.min_gain:
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
    fits_kind: bool


class _Read:
    """A passage with the words that count: of its title, of all of it, and of each sentence."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.title = frozenset(reading.terms(passage.chunk.document.title))
        self.sentences = [
            (sentence, frozenset(reading.terms(sentence)))
            for sentence in reading.sentences(passage.chunk.text)
        ]
        self.all_terms = frozenset().union(*(terms for _, terms in self.sentences))


class Asked:
    """A question against the passages: what its words weigh here, and how each sentence fits."""

    def __init__(self, request: ModelRequest, weights: Weights) -> None:
        question = request.question
        self._weights = weights
        self._question = question
        self._numbers = frozenset(reading.numbers(question))
        self._wants_figure = bool(_QUANTITY.search(question))
        self._wants_time = bool(_TIME.search(question))
        self._read = [_Read(passage) for passage in request.passages]
        self._bags = [terms for read in self._read for _, terms in read.sentences]
        self.terms = frozenset(reading.terms(question))
        self._names = names(question)
        self._idf = {term: self._rarity(term) for term in self.terms}
        self._whole = math.fsum(self._idf.values()) or 1.0
        found = [
            self._candidate(read, sentence, terms)
            for read in self._read
            for sentence, terms in read.sentences
        ]
        self.candidates = sorted(found, key=lambda c: -c.score)

    def _rarity(self, term: str) -> float:
        """A word that few sentences have tells more; one that none has stays open for good."""
        having = sum(term in terms for terms in self._bags)
        return math.log(1 + (len(self._bags) + 1) / (having + 0.5))

    def weight(self, terms: frozenset[str]) -> float:
        """The share of the question that these terms are."""
        return math.fsum(self._idf[term] for term in sorted(self.terms & terms)) / self._whole

    def gain(self, candidate: Candidate, covered: set[str]) -> float:
        """How much of the question a sentence adds to what is covered."""
        return self.weight(candidate.terms - covered) if candidate.fits_kind else 0.0

    def _candidate(self, read: _Read, sentence: str, terms: frozenset[str]) -> Candidate:
        passage, weights = read.passage, self._weights
        document = passage.chunk.document
        title = read.title - terms
        rest = read.all_terms - terms - title
        score = (
            self.weight(terms)
            + weights.in_title * self.weight(title)
            + weights.in_passage * self.weight(rest)
            + weights.rank * sum(1 / rank for rank in passage.ranks.values()) / 2
        ) / (1 + weights.rank)
        fits = self._fits_kind(sentence)
        score *= 1.0 if fits else weights.wrong_kind
        score *= self._authority(document)
        score *= weights.missing_name ** len(self._names - terms - title - rest)
        return Candidate(sentence, passage, terms, round(min(score, 1.0), 6), fits)

    def _authority(self, document: Document) -> float:
        if document.kind == "mail" and document.trusted:
            return self._weights.retold
        lesser = not document.trusted or document.kind in LESSER_KINDS
        return self._weights.lesser_source if lesser else 1.0

    def _fits_kind(self, sentence: str) -> bool:
        """Whether it has a figure that the question has not, where one is asked for."""
        if not (self._wants_figure or self._wants_time):
            return True
        new = bool(set(reading.numbers(sentence)) - self._numbers)
        return new or (self._wants_time and bool(_TIME_WORDS.search(sentence)))


def names(question: str) -> frozenset[str]:
    """The terms of a question that name one thing: codes, and words that begin with a capital.

    >>> sorted(names("What does PT-270 mean for Gannet Tires?"))
    ['270', 'gannet', 'pt', 'tir']
    """
    found = _NAME.findall(reading.plain(question))
    # The first word begins with a capital anyway, and "I" is no name.
    found = [name for name in found if any(map(str.isdigit, name)) or not question.startswith(name)]
    return frozenset(t for name in found if not name.isdigit() for t in reading.terms(name))


def parts_of(question: str) -> tuple[str, ...]:
    """What is asked at once, one by one: of two things, or two questions; else the question.

    >>> parts_of("What do PT-208 and HL-4030 mean?")
    ('What do PT-208 mean?', 'What do HL-4030 mean?')
    >>> parts_of("How long is parental leave, and who approves the form?")
    ('How long is parental leave', 'who approves the form?')
    >>> parts_of("How long is parental leave, and how long was it?")
    ('How long is parental leave, and how long was it?',)
    """
    if two := _TWO_SUBJECTS.search(question):
        before, after = question[: two.start()], question[two.end() :]
        return before + two["one"] + after, before + two["other"] + after
    parts = tuple(_NEXT_QUESTION.split(question))
    # "What is it now?" says too little to be asked alone.
    alone = all(
        _QUESTION.match(part) and len(reading.terms(part)) >= MIN_PART_TERMS for part in parts
    )
    return parts if alone else (question,)


def _joined(replies: Sequence[Reply]) -> Reply:
    """The replies to the parts as one, which is as sure as they are on average."""
    claims = {claim.text: claim for reply in replies for claim in reply.claims}
    remarks = {claim.text: claim for reply in replies for claim in reply.remarks}
    reply = Reply(
        claims=tuple(claims.values()),
        remarks=tuple(remarks.values()),
        confidence=math.fsum(reply.confidence or 0.0 for reply in replies) / len(replies),
    )
    return replace(reply, output_tokens=reading.tokens(reply.words))


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
