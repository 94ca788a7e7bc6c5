"""What a clarifying question is worth: expected value of perfect information.

Designs have a total cost that depends on things not yet known. A question is worth what
its answer saves on average, because one can then choose the design that fits it. A
question whose answers all lead to the same design is worth nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.design_choice import Design, check_designs
from course_utils.calculators.solved_task import us_dollars
from course_utils.calculators.uncertainty import Range, uniforms
from course_utils.calculators.validate import Number, larger, number, share, smaller

MAX_SCENARIOS = 10_000
MAX_QUESTIONS_TO_COMBINE = 6
# Differences below this share of the costs are rounding, not information.
NOISE = 1e-12

# Given an answer to every question, US dollars in total of each design, by name.
Totals = Callable[[Mapping[str, Any]], Mapping[str, float]]

# Every combination of answers (by place), its probability, the total of each design.
_Table = list[tuple[tuple[int, ...], float, tuple[float, ...]]]


@dataclass(frozen=True)
class Question:
    """A question with its possible answers and how likely each is.

    `name` is an identifier, `text` what one would ask, and `shares` the probabilities
    of the `answers`, which add up to 1.
    """

    name: str
    text: str
    answers: tuple[Any, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        _check_identifier(self.name)
        _check_list(f"answers of {self.name}", self.answers)
        _check_list(f"shares of {self.name}", self.shares)
        if len(self.answers) != len(self.shares):
            raise ValueError(
                f"answers of {self.name}: give as many answers as shares; there are "
                f"{len(self.answers)} and {len(self.shares)}"
            )
        _check_shares(f"shares of {self.name}", self.shares)

    def answered(self, answer: Any) -> Question:
        """The same question when its answer is known."""
        if answer not in self.answers:
            listed = ", ".join(map(repr, self.answers))
            raise ValueError(f"answer to {self.name} = {answer!r}: give one of {listed}")
        return Question(self.name, self.text, (answer,), (1.0,))

    def at(self, uniform: float) -> Any:
        """The answer at this point of the cumulated probabilities, from 0 to 1."""
        for answer, reached in zip(self.answers, itertools.accumulate(self.shares), strict=True):
            if uniform < reached:
                return answer
        return self.answers[-1]


@dataclass(frozen=True)
class RangeQuestion:
    """A question for a number that is known to lie in a range (90%, lognormal)."""

    name: str
    text: str
    range: Range

    def __post_init__(self) -> None:
        _check_identifier(self.name)
        if not isinstance(self.range, Range):
            raise ValueError(f"range of {self.name} = {self.range!r}: give Range(low, high)")

    def as_question(self, points: int = 20) -> Question:
        """The range as so many equally likely numbers, each the middle of its slice."""
        size = int(number("points", points, "points", low=1, high=MAX_SCENARIOS, whole=True))
        answers = tuple(self.at((i + 0.5) / size) for i in range(size))
        return Question(self.name, self.text, answers, (1 / size,) * size)

    def at(self, uniform: float) -> float:
        """The number at this point of its cumulated distribution, from 0 to 1."""
        return self.range.at(NormalDist().inv_cdf(uniform))


@dataclass(frozen=True)
class Worth:
    """What the answer to one question is worth, in US dollars."""

    name: str
    usd: float


def error_cost_totals(designs: Mapping[str, Design], question: str = "error_usd") -> Totals:
    """Totals that depend on one unknown, the cost of an error: C + (1 - Q) c_err."""
    check_designs(designs)

    def totals(answers: Mapping[str, Any]) -> dict[str, float]:
        error = us_dollars(question, answers[question])
        return {name: each.usd + (1 - each.quality) * error for name, each in designs.items()}

    return totals


def perfect_information_usd(
    *, totals_usd: Mapping[str, Sequence[Number]], shares: Sequence[float]
) -> Number:
    """What it is worth to know the state of the world before choosing: EVPI.

    Units: US dollars in total of each design in each state; the probabilities of the
    states.

    Formula: min_a E[cost(a)] - E[min_a cost(a)], which is E[max U] - max E[U] with
    costs instead of utilities.

    Source: Raiffa and Schlaifer, Applied Statistical Decision Theory (1961); worked
    figure from this course: with the designs of `EXAMPLE_DESIGNS` and an error cost of
    $0.01 (60%) or $0.30 (40%), knowing it is worth $2,180 per million requests.

    >>> from course_utils.calculators.design_choice import EXAMPLE_DESIGNS
    >>> totals = {name: [each.total_usd(0.01), each.total_usd(0.30)]
    ...     for name, each in EXAMPLE_DESIGNS.items()}
    >>> round(1e6 * perfect_information_usd(totals_usd=totals, shares=[0.6, 0.4]))
    2180
    """
    _check_list("shares", shares)
    _check_shares("shares", shares)
    if not isinstance(totals_usd, Mapping) or not totals_usd:
        raise ValueError(
            f"totals_usd = {totals_usd!r}: give each design's total in each state, by name"
        )
    for name, row in totals_usd.items():
        _check_list(f"totals_usd[{name!r}]", row)
        if len(row) != len(shares):
            raise ValueError(
                f"totals_usd[{name!r}] has {len(row)} states, shares has {len(shares)}: give one "
                f"total for each state"
            )
        for state, total in enumerate(row):
            _check_total(f"totals_usd[{name!r}][{state}]", total)
    rows = list(totals_usd.values())
    chosen_before = _least([_mean(row, shares) for row in rows])
    chosen_after = _mean([_least(state) for state in zip(*rows, strict=True)], shares)
    # Rounding may leave a little less than nothing.
    return larger(chosen_before - chosen_after, 0.0)


def information_value_usd(
    *, totals: Totals, questions: Sequence[Question], asked: Iterable[str]
) -> float:
    """What the answers to some of the questions are worth together: EVPPI.

    Units: US dollars, in the unit of `totals` (per request, per month). The answers to
    different questions are independent of each other. With every question asked it is
    the EVPI.

    Formula: min_a E[cost(a)] - E_asked[min_a E[cost(a) | asked]].

    Source: expected value of partial perfect information, Raiffa and Schlaifer (1961).
    Questions interact: below, each is worth nothing alone and both together are not,
    because sharing answers between users is allowed only if two things hold.

    >>> even = (0.5, 0.5)
    >>> questions = [Question("repeats", "Do questions repeat?", (True, False), even),
    ...     Question("same_rights", "Have all users the same rights?", (True, False), even)]
    >>> def totals(answers):
    ...     shared = 0.2 if answers["repeats"] and answers["same_rights"] else 3.0
    ...     return {"no cache": 1.0, "shared cache": shared}
    >>> [round(information_value_usd(totals=totals, questions=questions, asked=asked), 3)
    ...     for asked in (["repeats"], ["same_rights"], ["repeats", "same_rights"])]
    [0.0, 0.0, 0.2]
    """
    return _value(_table(totals, questions), _places(questions, asked))


def rank_questions(*, totals: Totals, questions: Sequence[Question]) -> list[Worth]:
    """The questions by what the answer to each alone is worth, the most first.

    >>> from course_utils.calculators.design_choice import EXAMPLE_DESIGNS
    >>> ranked = rank_questions(totals=error_cost_totals(EXAMPLE_DESIGNS), questions=[
    ...     Question("cloud", "Which cloud do you use?", ("one", "other"), (0.5, 0.5)),
    ...     Question("error_usd", "What does an error cost?", (0.01, 0.30), (0.6, 0.4))])
    >>> [(worth.name, round(1e6 * worth.usd)) for worth in ranked]
    [('error_usd', 2180), ('cloud', 0)]
    """
    table = _table(totals, questions)
    worths = [Worth(each.name, _value(table, (i,))) for i, each in enumerate(questions)]
    return sorted(worths, key=lambda worth: -worth.usd)


def information_value_monte_carlo_usd(
    *,
    totals: Totals,
    questions: Sequence[Question | RangeQuestion],
    asked: Iterable[str],
    outer_draws: int = 499,
    inner_draws: int = 99,
    seed: int = 0,
) -> float:
    """What the answers to some of the questions are worth together, by simulation.

    Units: US dollars, in the unit of `totals`. For every draw of the answers to what
    is asked, the means over draws of the rest; the rest is drawn once and used for
    every answer, so that a question that changes nothing is worth exactly nothing.
    With few inner draws the result is too high, never below zero.

    Formula: as in `information_value_usd`.

    >>> from course_utils.calculators.design_choice import EXAMPLE_DESIGNS
    >>> question = RangeQuestion("error_usd", "What does an error cost?", Range(0.01, 1))
    >>> value = information_value_monte_carlo_usd(
    ...     totals=error_cost_totals(EXAMPLE_DESIGNS), questions=[question], asked=["error_usd"])
    >>> 1e6 * value > 500
    True
    """
    places = _places(questions, asked)
    rest = tuple(i for i in range(len(questions)) if i not in places)
    outer = _draw_answers(questions, places, outer_draws, seed)
    inner = _draw_answers(questions, rest, inner_draws, seed)
    means: list[tuple[float, ...]] = []
    names: tuple[str, ...] | None = None
    for known in outer:
        rows = []
        for unknown in inner:
            names, row = _totals_row(totals, {**known, **unknown}, names)
            rows.append(row)
        means.append(tuple(math.fsum(column) / len(rows) for column in zip(*rows, strict=True)))
    before = min(math.fsum(column) / len(means) for column in zip(*means, strict=True))
    after = math.fsum(map(min, means)) / len(means)
    return _without_noise(before - after, max(abs(mean) for row in means for mean in row))


def ask_or_stop(
    *, totals: Totals, questions: Sequence[Question], requests: float, question_usd: float
) -> Decision:
    """Whether to ask on, and what: the questions whose answers are worth more than asking.

    Units: `totals` gives US dollars per request; the requests that the design will
    serve; US dollars that it costs to get one answer (people's time, delay). Give what
    is not yet known; a question that is answered stays in with its one answer.

    Formula: the set S of questions with the largest EVPPI(S) requests - |S| cost; stop
    if no set is above zero. The threshold is the cost of a question at which one stops:
    the largest EVPPI(S) requests / |S|.

    Source: this course, lesson on clarifying questions.

    >>> from course_utils.calculators.design_choice import EXAMPLE_DESIGNS
    >>> decision = ask_or_stop(totals=error_cost_totals(EXAMPLE_DESIGNS), questions=[
    ...     Question("cloud", "Which cloud do you use?", ("one", "other"), (0.5, 0.5)),
    ...     Question("error_usd", "What does an error cost?", (0.01, 0.30), (0.6, 0.4))],
    ...     requests=1_000_000, question_usd=500)
    >>> decision.choice, round(decision.threshold_value)
    ('ask error_usd', 2180)
    """
    validate.scalar("requests", requests)
    validate.scalar("question_usd", question_usd)
    volume = validate.positive("requests", requests, "requests", high=1e15)
    price = number("question_usd", question_usd, "US dollars per question", high=1e9)
    _check_questions(questions, (Question,))
    if len(questions) > MAX_QUESTIONS_TO_COMBINE:
        raise ValueError(
            f"questions: there are {len(questions)}, give at most {MAX_QUESTIONS_TO_COMBINE}; "
            f"rank_questions says which are worth most"
        )
    worths = _worths_of_sets(_table(totals, questions), len(questions), volume)
    everything = worths[max(worths, key=len)]
    threshold = max(worth / len(places) for places, worth in worths.items())
    # Compared with the threshold itself, so that rounding cannot part the two.
    ask = price < threshold
    best = _best_set(worths, price if ask else threshold, NOISE * everything)
    net = worths[best] - price * len(best)
    chosen = [questions[i] for i in best]
    singles = {f"{each.name}_worth_usd": worths[(i,)] for i, each in enumerate(questions)}
    return Decision(
        choice="ask " + " and ".join(each.name for each in chosen) if ask else "stop asking",
        values={
            **singles,
            "all_worth_usd": everything,
            "best_set_worth_usd": worths[best],
            "best_set_price_usd": price * len(best),
            "net_usd": net,
        },
        binding_role="worth" if ask else "price",
        binding_label="what the answers are worth" if ask else "price of asking",
        threshold_name="cost of a question at which one stops asking",
        threshold_value=threshold if threshold > 0 else None,
        threshold_unit="US dollars",
        sentence=_sentence(
            ask, [each.text for each in chosen], worths[best], price, volume, threshold
        ),
    )


def _best_set(
    worths: Mapping[tuple[int, ...], float], price: float, noise: float
) -> tuple[int, ...]:
    """The set that is worth most after its price; the smaller, which comes first, of equals."""
    best, best_net = (), -math.inf
    for places in worths:
        net = worths[places] - price * len(places)
        if net > best_net + noise:
            best, best_net = places, net
    return best


def _worths_of_sets(table: _Table, questions: int, requests: float) -> dict[tuple[int, ...], float]:
    """US dollars that each set of questions is worth over all requests."""
    return {
        places: requests * _value(table, places)
        for size in range(1, questions + 1)
        for places in itertools.combinations(range(questions), size)
    }


def _sentence(
    ask: bool, texts: list[str], worth: float, price: float, requests: float, threshold: float
) -> str:
    quoted = " and ".join(f'"{text}"' for text in texts)
    over = f"over {words.several(requests, 'request', 'requests')}"
    if ask:
        return (
            f"I choose to ask {quoted}, because the answers can change the design and are worth "
            f"{words.dollars(worth)} {over} at a cost of {words.dollars(price * len(texts))}; I "
            f"would switch to designing when a question costs more than {words.dollars(threshold)}."
        )
    if threshold <= 0:
        return (
            "I choose to stop asking, because no answer would change the design; I would switch "
            "to asking when a new unknown or a new design appears."
        )
    return (
        f"I choose to stop asking, because answers to {quoted} are worth "
        f"{words.dollars(worth)} {over} at a cost of {words.dollars(price * len(texts))}; I would "
        f"switch to asking when a question costs less than {words.dollars(threshold)}."
    )


def _table(totals: Totals, questions: Sequence[Question]) -> _Table:
    _check_questions(questions, (Question,))
    size = math.prod(len(each.answers) for each in questions)
    if size > MAX_SCENARIOS:
        raise ValueError(
            f"questions: their answers have {size:,} combinations, at most {MAX_SCENARIOS:,} are "
            f"tried; ask about less, with fewer answers, or use "
            f"information_value_monte_carlo_usd"
        )
    names: tuple[str, ...] | None = None
    table: _Table = []
    for places in itertools.product(*(range(len(each.answers)) for each in questions)):
        pairs = list(zip(questions, places, strict=True))
        answers = {each.name: each.answers[i] for each, i in pairs}
        names, row = _totals_row(totals, answers, names)
        table.append((places, math.prod(each.shares[i] for each, i in pairs), row))
    return table


def _totals_row(
    totals: Totals, answers: Mapping[str, Any], names: tuple[str, ...] | None
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The designs' names and totals, the same designs as before."""
    by_name = totals(answers)
    here = tuple(by_name)
    if not here or (names is not None and here != names):
        raise ValueError(
            f"totals({dict(answers)!r}) gave the designs {list(here)}: give every design, in the "
            f"same order, for all answers"
        )
    for name, total in by_name.items():
        validate.scalar(f"totals: {name}", total)
        _check_total(f"totals: {name}", total)
    return here, tuple(map(float, by_name.values()))


def _value(table: _Table, places: Sequence[int]) -> float:
    groups: dict[tuple[int, ...], list[float]] = {}
    designs = len(table[0][2])
    for answers, weight, totals in table:
        sums = groups.setdefault(tuple(answers[i] for i in places), [0.0] * designs)
        for design, total in enumerate(totals):
            sums[design] += weight * total
    before = min(math.fsum(column) for column in zip(*groups.values(), strict=True))
    after = math.fsum(map(min, groups.values()))
    return _without_noise(before - after, max(abs(t) for _, _, row in table for t in row))


def _without_noise(value: float, scale: float) -> float:
    return value if value > NOISE * scale else 0.0


def _places(questions: Sequence[Question | RangeQuestion], asked: Iterable[str]) -> tuple[int, ...]:
    _check_questions(questions, (Question, RangeQuestion))
    names = [each.name for each in questions]
    if isinstance(asked, str) or not isinstance(asked, Iterable):
        raise ValueError(f"asked = {asked!r}: give a list of names")
    return tuple(names.index(validate.one_of("asked", name, tuple(names))) for name in asked)


def _draw_answers(
    questions: Sequence[Question | RangeQuestion], places: Sequence[int], draws: int, seed: int
) -> list[dict[str, Any]]:
    """Draws of the answers to these questions; one empty draw where there is none."""
    if not places:
        return [{}]
    columns = [[questions[i].at(u) for u in uniforms(draws, seed=seed, stream=i)] for i in places]
    names = [questions[i].name for i in places]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _check_questions(questions: Sequence[Any], kinds: tuple[type, ...]) -> None:
    _check_list("questions", questions)
    wanted = " or ".join(kind.__name__ for kind in kinds)
    for i, each in enumerate(questions):
        if not isinstance(each, kinds):
            raise ValueError(f"questions[{i}] = {each!r}: give {wanted}")
    names = [each.name for each in questions]
    if len(set(names)) < len(names):
        raise ValueError(f"questions: the names {names} are not all different")


def _check_identifier(name: str) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"name = {name!r}: give an identifier, for example error_usd")


def _check_list(name: str, value: Any) -> None:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ValueError(f"{name} = {value!r}: give a list with one entry or more")


def _check_shares(name: str, shares: Sequence[float]) -> None:
    for i, value in enumerate(shares):
        validate.scalar(f"{name}[{i}]", value)
        share(f"{name}[{i}]", value)
    total = math.fsum(shares)
    if abs(total - 1) > 1e-9:
        raise ValueError(f"{name} add up to {total:.10g}: give probabilities that add up to 1")


def _check_total(name: str, value: Number) -> None:
    number(name, value, "US dollars", low=-1e12, high=1e12)


def _mean(values: Sequence[Number], shares: Sequence[float]) -> Number:
    return sum(weight * value for value, weight in zip(values, shares, strict=True))


def _least(values: Sequence[Number]) -> Number:
    least = values[0]
    for value in values[1:]:
        least = smaller(least, value)
    return least
