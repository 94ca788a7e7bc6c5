"""Validation: a sentence leaves only if a cited passage that the reader may see supports it.

Support is judged by a heuristic, not by understanding. `evaluation.support_errors` measures
how often it lets a false sentence pass and how often it cuts a true one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from course_utils.calculators.validate import share
from course_utils.docqa import text as reading

# The least share of the sentence's words, weighted alike, that one place of the passage has.
MIN_COVERAGE = 0.6
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
_NAME = re.compile(r"\b[A-Z][\w&-]*\b|\b\w*\d\w*\b")


@dataclass(frozen=True)
class Verdict:
    """Whether a passage supports a sentence, why not, and the share of its words it has."""

    supported: bool
    reason: str
    coverage: float


def supports(passage: str, sentence: str, *, min_coverage: float = MIN_COVERAGE) -> Verdict:
    """Whether one place of the passage says what the sentence says, as far as words tell.

    All of this must hold of one sentence of the passage, or of two that follow each other
    where no single one has enough of the words: it has that share of the sentence's words,
    all its numbers and names, as many negations (even or odd), and no opposite of one of its
    words.

    >>> supports("Unused days lapse on 31 March.", "Unused days lapse on 30 March.").reason
    'number 30 is not in the passage'
    """
    share("min_coverage", min_coverage)
    parts = [part for part in reading.sentences(sentence) if reading.terms(part)]
    if not parts:
        return Verdict(False, "the sentence says nothing that can be checked", 0.0)
    verdicts = [_supports(passage, part, min_coverage) for part in parts]
    # The weakest part decides, and says why.
    return min(verdicts, key=lambda verdict: (verdict.supported, verdict.coverage))


def _supports(passage: str, sentence: str, min_coverage: float) -> Verdict:
    wanted = set(reading.terms(sentence))
    best = Verdict(False, "no sentence of the passage is about this", 0.0)
    for windows in _windows(passage):
        for window in windows:
            coverage = len(wanted & set(reading.terms(window))) / len(wanted)
            if coverage < min_coverage:
                reason = "too few of its words are in one place of the passage"
            else:
                reason = _contradiction(window, passage, sentence)
            verdict = Verdict(not reason, reason, coverage)
            if (verdict.supported, coverage) > (best.supported, best.coverage):
                best = verdict
        # Where one sentence is about this, its neighbor must not lend a figure or a "not".
        if best.coverage >= min_coverage:
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
    if _negations(window) % 2 != _negations(sentence) % 2:
        return "one of the two is negated"
    ours, theirs = set(reading.words(sentence)), set(reading.words(window))
    for pair in _OPPOSITES:
        for word, opposite in (pair, pair[::-1]):
            if word in ours and opposite in theirs and not {word} & theirs:
                return f"{word!r} stands against {opposite!r}"
    return ""


def _names(sentence: str) -> list[str]:
    """Capitalized words and codes; the first word is capitalized anyway."""
    found = [match.group() for match in _NAME.finditer(reading.plain(sentence))]
    begin = _NAME.match(reading.plain(sentence))
    if begin and not any(c.isdigit() for c in begin.group()) and not begin.group().isupper():
        found = found[1:]
    return [word for name in found for word in reading.words(name) if not word.isdigit()]


def _negations(text: str) -> int:
    words = reading.words(text)
    return sum(word in reading.NEGATIONS or word.endswith("n't") for word in words)
