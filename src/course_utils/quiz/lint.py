"""The gate that keeps a bank from being guessed; a command for authors and a test.

    python -m course_utils.quiz.lint                     every bank
    python -m course_utils.quiz.lint 01-interview-basics one bank
    python -m course_utils.quiz.lint draft.toml          a file

The report says for each bank how many items of each kind it has and what a guesser
scores by length; over all banks, also whether the right option favors a place.

The rules follow the review of item-writing guidelines by Haladyna, Downing and
Rodriguez (2002, doi 10.1207/S15324818AME1503_5) and, for convergence, the NBME
Item-Writing Guide; the limits are this course's. Lengths are in characters.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils.quiz.bank import bank_ids, load_bank, parse_bank
from course_utils.quiz.misconceptions import defined_twice, undefined, unused
from course_utils.quiz.model import (
    Bank,
    BankError,
    Item,
    Numeric,
    Option,
    Variant,
    numeric_variant,
)
from course_utils.quiz.quantities import parse_quantity
from course_utils.quiz.text import plain

MAX_LENGTH_RATIO = 1.6
# A small bank misses the pooled limit by chance, so one bank alone may reach a half.
MAX_GUESS_SCORE_POOLED = 0.35
MAX_GUESS_SCORE_PER_BANK = 0.5
# Steps are not options: a longer one is not more likely to stand first. Far apart they tire.
MAX_STEP_LENGTH_RATIO = 2.0
MAX_PLACEMENT_ITEMS = 2
MIN_POSITION_P = 0.05

ABSOLUTE_WORDS = re.compile(
    r"\b(all|always|never|only|none|every|no one|completely|entirely|guaranteed?s?|impossible)\b",
    re.IGNORECASE,
)
ALL_OR_NONE = re.compile(
    r"\b(all|none|both|neither|any) of (the|these|those)( \w+)? ?(above|options|answers)?\b"
    r"|\b(all|none) of (them|it)\b|\b[a-d] and [a-d]\b",
    re.IGNORECASE,
)
# Words that say where a step stands.
SEQUENCE_WORDS = re.compile(
    r"\b(first(ly)?|second(ly)?|third(ly)?|then|next|after(ward(s)?| that)?|before(hand)?"
    r"|final(ly)?|last(ly)?|begin(s|ning)?|starts?|ends?|step [0-9]+)\b|^[0-9]+[.)]\s",
    re.IGNORECASE,
)
# Words that carry no content; two options that share them do not resemble each other.
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can do does for from has have how i if in is it its more of on "
        "one or so than that the them then there they this to was what when where which who will "
        "with would you your",
    )
)


@dataclass(frozen=True)
class Problem:
    """One thing to change; `item` is empty where the whole bank is meant."""

    bank: str
    item: str
    text: str

    def __str__(self) -> str:
        place = f'{self.bank}: item "{self.item}"' if self.item else self.bank
        return f"{place}: {self.text}"


@dataclass(frozen=True)
class GuessScores:
    """What a guesser who knows nothing scores by length; ties count by their share."""

    items: int
    longest: float
    shortest: float

    def __str__(self) -> str:
        return (
            f"{self.items} single-choice items, longest option right {self.longest:.0%}, "
            f"shortest {self.shortest:.0%}"
        )


@dataclass(frozen=True)
class Positions:
    """Where the right option of single-choice items stands, as shown with the seed.

    `expected` has what even places would give, also where items have three and four
    options; `p` is the chance of being at least as uneven as that by luck.
    """

    counts: tuple[int, ...]
    expected: tuple[float, ...]
    chi_square: float
    p: float

    def __str__(self) -> str:
        places = ", ".join(map(str, self.counts))
        return f"right option by place: {places} (chi-square {self.chi_square:.2f}, p {self.p:.2f})"


def positions(items: Sequence[Item], seed: int | str = 0) -> Positions:
    """Pearson's chi-square test of the places of the right options."""
    from scipy.stats import chi2

    single = [item for item in items if item.kind == "single"]
    most = max((len(item.options) for item in single), default=0)
    counts, expected = [0] * most, [0.0] * most
    for item in single:
        shown = item.variant(seed).options
        counts[next(i for i, option in enumerate(shown) if option.correct)] += 1
        for place in range(len(shown)):
            expected[place] += 1 / len(shown)
    statistic = sum((c - e) ** 2 / e for c, e in zip(counts, expected, strict=True))
    p = float(chi2.sf(statistic, most - 1)) if most else 1.0
    return Positions(tuple(counts), tuple(expected), statistic, p)


def content_words(text: str) -> set[str]:
    """The words of an option that carry its content."""
    return set(re.findall(r"[a-z0-9$@.]*[a-z0-9]", plain(text).lower())) - _FUNCTION_WORDS


def guess_scores(items: Sequence[Item]) -> GuessScores:
    """How often the longest and the shortest option of a single-choice item is the right one."""
    single = [item for item in items if item.kind == "single"]
    if not single:
        return GuessScores(0, 0.0, 0.0)

    def score(pick: Callable[[Sequence[int]], int]) -> float:
        return sum(_share(item, pick) for item in single) / len(single)

    return GuessScores(len(single), score(max), score(min))


def _share(item: Item, pick: Callable[[Sequence[int]], int]) -> float:
    """1 where the picked length is the key's alone, less where others tie with it, else 0."""
    lengths = [len(plain(option.text)) for option in item.options]
    picked = [o for o, length in zip(item.options, lengths, strict=True) if length == pick(lengths)]
    return sum(option.correct for option in picked) / len(picked)


def lint_bank(bank: Bank) -> list[Problem]:
    """Everything in one bank that lets an item be guessed, or a wrong answer pass."""
    problems = [
        Problem(bank.id, item.id, text)
        for item in bank.items
        for rule in _RULES[item.kind]
        for text in rule(item)
    ]
    return problems + [Problem(bank.id, "", text) for text in _bank_rules(bank)]


def lint_pooled(banks: Sequence[Bank]) -> list[Problem]:
    """What shows over all banks together."""
    items = [item for bank in banks for item in bank.items]
    texts = list(_length_problems(guess_scores(items), MAX_GUESS_SCORE_POOLED))
    texts += _absolute_problems(items)
    places = positions(items)
    if places.p <= MIN_POSITION_P:
        texts.append(
            f"{places}, limit {MIN_POSITION_P}: the right option favors a place; change the order "
            "of the options in the bank of some items"
        )
    return [Problem("all banks", "", text) for text in texts] + lint_misconceptions(banks)


def lint_misconceptions(banks: Sequence[Bank]) -> list[Problem]:
    """Every id that is used is defined in exactly one bank, and every defined one is used."""
    problems = [
        Problem(bank.id, item.id, f"the misconception {name!r} is defined in no bank; define it")
        for bank, item, name in undefined(banks)
    ]
    problems += [
        Problem(bank.id, "", f"no item uses the misconception {entry.id!r}; remove it")
        for bank, entry in unused(banks)
    ]
    return problems + [
        Problem(home, "", f"the misconception {name!r} is defined in {' and in '.join(homes)}")
        for name, homes in defined_twice(banks)
        for home in homes
    ]


def _bank_rules(bank: Bank) -> Iterator[str]:
    yield from _length_problems(guess_scores(bank.items), MAX_GUESS_SCORE_PER_BANK)
    tested = {item.outcome for item in bank.items}
    for outcome in bank.outcomes:
        if outcome.id not in tested:
            yield f"no item tests the outcome {outcome.id!r}; write one"
    yield from _absolute_problems(bank.items)
    marked = [item.id for item in bank.items if item.placement]
    if len(marked) > MAX_PLACEMENT_ITEMS:
        yield (
            f"{', '.join(marked)} are marked for the placement check, which asks every lesson's; "
            f"leave {MAX_PLACEMENT_ITEMS} of them"
        )


def _absolute_problems(items: Sequence[Item]) -> Iterator[str]:
    options = [option for item in items for option in item.options]
    wrong = _absolute_rate([o for o in options if not o.correct])
    right = _absolute_rate([o for o in options if o.correct])
    if wrong > right:
        yield (
            f"absolute words stand in {wrong:.0%} of the wrong options but in {right:.0%} of the "
            "right ones; reword the wrong ones"
        )


def _length_problems(scores: GuessScores, limit: float) -> Iterator[str]:
    for name in ("longest", "shortest"):
        score = getattr(scores, name)
        if score > limit:
            yield (
                f"choosing the {name} option is right for {score:.0%} of {scores.items} "
                f"single-choice items (limit {limit:.0%}); even the lengths out"
            )


def _absolute_rate(options: Sequence[Option]) -> float:
    if not options:
        return 0.0
    return sum(bool(ABSOLUTE_WORDS.search(option.text)) for option in options) / len(options)


def _length_ratio(item: Item) -> Iterator[str]:
    lengths = [len(plain(option.text)) for option in item.options]
    ratio = max(lengths) / min(lengths)
    if ratio > MAX_LENGTH_RATIO:
        yield (
            f"the longest option has {max(lengths)} characters and the shortest {min(lengths)}, "
            f"{ratio:.2f} times less (limit {MAX_LENGTH_RATIO}); even them out"
        )


def _all_or_none(item: Item) -> Iterator[str]:
    for option in item.options:
        if ALL_OR_NONE.search(option.text):
            yield f"option {option.key + 1} refers to the other options; make it stand alone"


def _own_feedback(item: Item) -> Iterator[str]:
    """Feedback and misconceptions must differ: the schema asks that they are there."""
    feedback = [option.feedback for option in item.options]
    misconceptions = [option.misconception for option in item.options if not option.correct]
    if len(set(feedback)) < len(feedback):
        yield "two options have the same feedback; say of each why it is right or wrong"
    if len(set(misconceptions)) < len(misconceptions):
        yield "two wrong options have the same misconception; replace one of them"


def _convergence(item: Item) -> Iterator[str]:
    """The key must not be the option that shares most content words with the others."""
    if item.kind != "single":
        return
    words = [content_words(option.text) for option in item.options]

    def shared(i: int) -> float:
        """Mean overlap with each other option, as a share of the words of both."""
        others = [w for j, w in enumerate(words) if j != i]
        return sum(len(words[i] & w) / len(words[i] | w) for w in others) / len(others)

    key = next(i for i, option in enumerate(item.options) if option.correct)
    if all(shared(key) > shared(i) for i in range(len(words)) if i != key):
        yield (
            "the right option shares more words with the others than any of them does; "
            "reword it, or let two wrong options resemble each other"
        )


def _variants(item: Item) -> Iterator[Variant]:
    """Every question that the parameters can make."""
    parameters = item.numeric.parameters
    for values in itertools.product(*parameters.values()):
        yield numeric_variant(item, dict(zip(parameters, values, strict=True)))


def _apart(item: Item) -> Iterator[str]:
    """No number may pass for the right answer and a wrong one, nor for two wrong ones."""
    numeric = item.numeric
    formulas = [wrong.name for wrong in numeric.wrong]
    for variant in _variants(item):
        named = [(numeric.answer, variant.answer)]
        for formula, wrong in zip(formulas, variant.wrong, strict=True):
            named.append((formula, wrong.value))
        for (one, x), (other, y) in itertools.combinations(named, 2):
            if _overlap(numeric, x, y):
                yield (
                    f"with {_listed(variant)} {one} ({x:g}) and {other} ({y:g}) lie within the "
                    f"{_limit(numeric)} of each other; change the parameters"
                )
                return


def _overlap(numeric: Numeric, x: float, y: float) -> bool:
    """Whether there is a number that is accepted for both."""
    if numeric.within_factor is None:
        return abs(x - y) <= numeric.tolerance * (abs(x) + abs(y))
    return min(x, y) > 0 and max(x, y) <= numeric.within_factor**2 * min(x, y)


def _limit(numeric: Numeric) -> str:
    if numeric.within_factor is None:
        return f"tolerance of {numeric.tolerance:.0%}"
    return f"factor of {numeric.within_factor:g}"


def _shown_answer_is_right(item: Item) -> Iterator[str]:
    """The rounded answer that a page shows has to be graded as right."""
    numeric = item.numeric
    for variant in _variants(item):
        shown = parse_quantity(variant.answer_text, numeric.unit)
        if not numeric.accepts(shown, variant.answer):
            yield f"with {_listed(variant)} the shown answer {variant.answer_text} is not right"
            return


def _positive(item: Item) -> Iterator[str]:
    """A guess is measured by the factor that it is off."""
    for variant in _variants(item):
        if not variant.answer > 0:
            yield (
                f"with {_listed(variant)} the answer is {variant.answer:g}; nothing lies within a "
                "factor of it, so ask for a positive number"
            )
            return


def _answer_not_given(item: Item) -> Iterator[str]:
    """A prediction whose stem shows the answer predicts nothing."""
    for variant in _variants(item):
        if re.search(rf"(?<![\d.,]){re.escape(variant.answer_text)}(?![\d])", variant.stem):
            yield f"with {_listed(variant)} the stem shows the answer {variant.answer_text}"
            return


def _numeric_feedback(item: Item) -> Iterator[str]:
    misconceptions = [wrong.misconception for wrong in item.numeric.wrong]
    if len(set(misconceptions)) < len(misconceptions):
        yield "two wrong formulas have the same misconception; tell them apart"


def _listed(variant: Variant) -> str:
    return ", ".join(f"{name} = {value}" for name, value in variant.parameters.items())


def _step_lengths(item: Item) -> Iterator[str]:
    lengths = [len(plain(step.text)) for step in item.steps]
    ratio = max(lengths) / min(lengths)
    if ratio > MAX_STEP_LENGTH_RATIO:
        yield (
            f"the longest step has {max(lengths)} characters and the shortest {min(lengths)}, "
            f"{ratio:.2f} times less (limit {MAX_STEP_LENGTH_RATIO}); even them out"
        )


def _step_tells(item: Item) -> Iterator[str]:
    """The order must not show in the words: no word of sequence, no order by form."""
    for step in item.steps:
        found = SEQUENCE_WORDS.search(plain(step.text))
        if found:
            yield f"step {step.key + 1} says where it stands ({found[0]!r}); reword it"
    texts = [plain(step.text).casefold() for step in item.steps]
    for what, values in (("alphabet", texts), ("length", [len(text) for text in texts])):
        if values in (sorted(values), sorted(values, reverse=True)):
            yield f"the right order is the order by {what}; reword a step"


def _mistakes_told_apart(item: Item) -> Iterator[str]:
    for what, values in (
        ("steps have the same reason", [step.why for step in item.steps]),
        ("mistakes have the same feedback", [mistake.feedback for mistake in item.mistakes]),
        ("mistakes have the same misconception", [m.misconception for m in item.mistakes]),
    ):
        if len(set(values)) < len(values):
            yield f"two {what}; tell them apart"


def _mistakes_are_reached(item: Item) -> Iterator[str]:
    """The first mistake that fits is said, so one behind others may never be."""
    said = set()
    for keys in itertools.permutations(step.key for step in item.steps):
        fits = (m for m in item.mistakes if keys.index(m.before) < keys.index(m.after))
        said.add(next(fits, None))
    for number, mistake in enumerate(item.mistakes, start=1):
        if mistake not in said:
            yield f"mistake {number} is never said, because an earlier one fits each such order"


_CHOICE_RULES = (_length_ratio, _all_or_none, _own_feedback, _convergence)
_NUMERIC_RULES = (_apart, _shown_answer_is_right, _numeric_feedback)
_RULES = {
    "single": _CHOICE_RULES,
    "multiple": _CHOICE_RULES,
    "numeric": _NUMERIC_RULES,
    "predict": (_positive, *_NUMERIC_RULES, _answer_not_given),
    "order": (_step_lengths, _step_tells, _mistakes_told_apart, _mistakes_are_reached),
}


def _read(name: str) -> Bank:
    if not name.endswith(".toml"):
        return load_bank(name)
    path = Path(name)
    if not path.is_file():
        raise BankError(f"{name}: there is no such file; give the path of a bank, or its id")
    return parse_bank(path.read_text(encoding="utf-8"), path.name)


def _others(banks: Sequence[Bank]) -> list[Bank]:
    """The other banks of the course, as far as they can be read: they define misconceptions."""
    others = []
    for bank_id in set(bank_ids()) - {bank.id for bank in banks}:
        try:
            others.append(load_bank(bank_id))
        except BankError:
            continue  # its own author is told
    return others


def summary(bank: Bank) -> str:
    """One line on a bank: items by kind, and what a guesser scores."""
    kinds = Counter(item.kind for item in bank.items)
    counted = ", ".join(f"{kinds[kind]} {kind}" for kind in _RULES if kinds[kind])
    return f"{bank.id}: {len(bank.items)} items ({counted}); {guess_scores(bank.items)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; 1 when something has to change, 2 when a bank cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m course_utils.quiz.lint", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("banks", nargs="*", help="bank ids or .toml files; all banks by default")
    names = parser.parse_args(arguments).banks
    try:
        banks = [_read(name) for name in names or bank_ids()]
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    problems = [problem for bank in banks for problem in lint_bank(bank)]
    for bank in banks:
        print(summary(bank))
    if names:
        asked = {bank.id for bank in banks}
        found = lint_misconceptions([*banks, *_others(banks)])
        problems += [problem for problem in found if problem.bank in asked]
    else:
        items = [item for bank in banks for item in bank.items]
        print(f"all banks: {len(items)} items; {guess_scores(items)}; {positions(items)}")
        problems += lint_pooled(banks)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} to change" if problems else "nothing to change")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
