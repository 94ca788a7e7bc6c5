"""Validation: a sentence leaves only if a cited passage that the reader may see supports it.

Support is judged by a heuristic, not by understanding. `evaluation.support_errors` measures
how often it lets a false sentence pass and how often it cuts a true one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from course_utils.calculators.validate import share
from course_utils.docqa import text as reading

MAX_ADDED_WORDS = 2
# Two sentences that follow each other may support one together.
WINDOW_SENTENCES = 2

_OPPOSITES = (
    ("before", "after"),
    ("least", "most"),
    ("minimum", "maximum"),
    ("more", "less"),
    ("more", "fewer"),
    ("above", "below"),
    ("over", "under"),
    ("first", "last"),
    ("earliest", "latest"),
    ("always", "never"),
    ("all", "none"),
    ("may", "must"),
    ("optional", "mandatory"),
    ("required", "optional"),
    ("allowed", "forbidden"),
    ("included", "excluded"),
    ("inside", "outside"),
    ("paid", "unpaid"),
    ("increase", "decrease"),
    ("start", "end"),
    ("accept", "reject"),
    ("everyone", "nobody"),
    ("with", "without"),
)
_UNIT_WORDS = """
    second minute hour day week month quarter year night percent dollar euro cent kilometer meter
    kilogram gram ton degree megabyte gigabyte
"""
_UNITS = frozenset(map(reading.stem, _UNIT_WORDS.split()))
_SIGNS = {"$": "dollar", "%": "percent", "€": "euro"}
# Limits in words that are no negation.
_LIMITS = re.compile(r"\b(?:no|not)\s+(?:later|more|less|fewer|earlier|sooner)\s+than\b", re.I)
_NAME = re.compile(r"\b[A-Z][\w&-]*\b|\b\w*\d\w*\b")


@dataclass(frozen=True)
class Verdict:
    """Whether a passage supports a sentence, why not, and the share of its words it has."""

    supported: bool
    reason: str
    coverage: float


@dataclass(frozen=True)
class SupportCheck:
    """Whether one place of a passage says what a sentence says, as far as words tell.

    All of this must hold of one sentence of the passage, or of two that follow each other
    where no single one has enough of the words: it has `min_coverage` of the sentence's words,
    all its numbers, units and names, as many negations (even or odd), and no opposite of one
    of its words. And where `copy_share` of the sentence's words stand there in the same order,
    the sentence counts as a copy, in which a word that was put in place of another, or some
    that were added, change what it says.

    The higher `copy_share`, the more paraphrases pass, and the more changed words. Both were
    chosen on the dev sentences, where a false sentence that passes costs as much as four true
    ones that are cut, since a cut one still leaves the user its passage.

    >>> SupportCheck().verdict("Unused days lapse on 31 March.", "Unused days lapse on 30 March.")
    Verdict(supported=False, reason='number 30 is not in the passage', coverage=0.8)
    """

    min_coverage: float = 0.5
    copy_share: float = 0.5

    def __post_init__(self) -> None:
        share("min_coverage", self.min_coverage)
        share("copy_share", self.copy_share)

    def supports(self, passage: str, sentence: str) -> bool:
        return self.verdict(passage, sentence).supported

    def verdict(self, passage: str, sentence: str) -> Verdict:
        """The verdict with its reason; of several sentences the weakest one decides."""
        parts = [part for part in reading.sentences(sentence) if reading.terms(part)]
        if not parts:
            return Verdict(False, "the sentence says nothing that can be checked", 0.0)
        verdicts = [self._verdict(passage, part) for part in parts]
        return min(verdicts, key=lambda verdict: (verdict.supported, verdict.coverage))

    def _verdict(self, passage: str, sentence: str) -> Verdict:
        wanted = set(reading.terms(sentence))
        best = Verdict(False, "no sentence of the passage is about this", 0.0)
        for windows in _windows(passage):
            for window in windows:
                coverage = len(wanted & set(reading.terms(window))) / len(wanted)
                if coverage < self.min_coverage:
                    reason = "too few of its words are in one place of the passage"
                else:
                    reason = _contradiction(window, passage, sentence)
                    reason = reason or _changed_word(window, sentence, self.copy_share)
                verdict = Verdict(not reason, reason, coverage)
                if (verdict.supported, coverage) > (best.supported, best.coverage):
                    best = verdict
            # Where one sentence is about this, its neighbor must not lend a figure or a "not".
            if best.coverage >= self.min_coverage:
                break
        return best


def _windows(passage: str) -> list[list[str]]:
    """The single sentences, then those that follow each other, joined."""
    sentences = reading.sentences(passage)
    return [
        [" ".join(sentences[i : i + length]) for i in range(len(sentences) - length + 1)]
        for length in range(1, WINDOW_SENTENCES + 1)
    ]


def _contradiction(window: str, passage: str, sentence: str) -> str:
    """Why the window does not say the sentence though it has its words, or nothing."""
    present = set(reading.numbers(window))
    for figure in reading.numbers(sentence):
        if figure not in present:
            return f"number {figure} is not in the passage"
    known = set(reading.words(passage))
    for name in _names(sentence):
        if name not in known:
            return f"name {name!r} is not in the passage"
    for unit in sorted(_units(sentence) - _units(window)):
        return f"unit {unit!r} is not in the passage"
    if _negations(window) % 2 != _negations(sentence) % 2:
        return "one of the two is negated"
    ours, theirs = set(reading.words(sentence)), set(reading.words(window))
    for pair in _OPPOSITES:
        for word, opposite in (pair, pair[::-1]):
            if word in ours and opposite in theirs and not {word} & theirs:
                return f"{word!r} stands against {opposite!r}"
    return ""


def _changed_word(window: str, sentence: str, copy_share: float) -> str:
    """What a near copy says in place of the passage's own words, or adds to them; or nothing."""
    ours = ("^", *reading.terms(sentence), "$")
    theirs = ("^", *reading.terms(window), "$")
    blocks = SequenceMatcher(None, theirs, ours, autojunk=False).get_matching_blocks()
    if sum(block.size for block in blocks) - 2 < copy_share * (len(ours) - 2):
        return ""
    for before, after in pairwise(blocks):
        new = [t for t in ours[before.b + before.size : after.b] if t not in theirs]
        old = theirs[before.a + before.size : after.a]
        if new and old:
            return f"{' '.join(new)!r} stands in place of {' '.join(old)!r}"
        if len(new) >= MAX_ADDED_WORDS:
            return f"{' '.join(new)!r} is added"
    return ""


def _units(text: str) -> set[str]:
    named = {name for sign, name in _SIGNS.items() if sign in text}
    return named | (_UNITS & set(reading.terms(text)))


def _names(sentence: str) -> list[str]:
    """Capitalized words and codes; the first word is capitalized anyway."""
    found = [match.group() for match in _NAME.finditer(reading.plain(sentence))]
    begin = _NAME.match(reading.plain(sentence))
    if begin and not any(c.isdigit() for c in begin.group()) and not begin.group().isupper():
        found = found[1:]
    return [word for name in found for word in reading.words(name) if not word.isdigit()]


def _negations(text: str) -> int:
    words = reading.words(_LIMITS.sub(" ", text))
    return sum(word in reading.NEGATIONS or word.endswith("n't") for word in words)
