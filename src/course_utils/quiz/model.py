"""Banks, items and their variants as data.

An item is what an author wrote; a variant is what one learner sees: the options in
a drawn order, or the numbers of a computed item. The same seed draws the same
variant on every machine and Python version.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import count, islice
from typing import Any

from course_utils.quiz.formulas import all_formulas
from course_utils.quiz.quantities import quantity_text, unit_factors

Seed = int | str


class BankError(ValueError):
    """A bank that cannot be used; the message names file, item, field and what to do."""


@dataclass(frozen=True)
class Section:
    """A heading of the lesson: its anchor on the page and its words."""

    id: str
    title: str


@dataclass(frozen=True)
class Outcome:
    """What a learner can do after the lesson; every item tests one."""

    id: str
    text: str


@dataclass(frozen=True)
class Option:
    """One choice. `key` is its place in the bank file, whatever order it is shown in."""

    key: int
    text: str
    correct: bool
    feedback: str
    misconception: str = ""


@dataclass(frozen=True)
class Step:
    """One step of an order item. `key` is its place in the right order, from 0."""

    key: int
    text: str
    why: str


@dataclass(frozen=True)
class Mistake:
    """Step `before` was placed before step `after`, although it belongs after it; keys."""

    before: int
    after: int
    feedback: str
    misconception: str


@dataclass(frozen=True)
class Misconception:
    """A wrong idea: the belief as somebody would say it, and why it tempts."""

    id: str
    belief: str
    tempting: str


@dataclass(frozen=True)
class WrongFormula:
    """A named way to get the number wrong, and what to tell who did.

    `arguments` are given to the formula besides the drawn parameters, or in their place:
    the right formula with `users = 1` forgets the other users.
    """

    formula: str
    feedback: str
    misconception: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The formula with its arguments, for messages to authors."""
        given = ", ".join(f"{name} = {value}" for name, value in self.arguments.items())
        return f"{self.formula} with {given}" if given else self.formula

    def value(self, parameters: Mapping[str, Any]) -> float:
        """The number that this mistake gives."""
        return all_formulas().named(self.formula)(**{**parameters, **self.arguments})


@dataclass(frozen=True)
class Numeric:
    """How a number is asked for: drawn parameters, right formula, wrong formulas.

    One of `tolerance` (relative, for `numeric`) and `within_factor` (for `predict`) is set.
    """

    unit: str
    answer: str
    solution: str
    parameters: Mapping[str, tuple[Any, ...]]
    wrong: tuple[WrongFormula, ...] = ()
    hint: str = ""
    tolerance: float | None = None
    within_factor: float | None = None

    def accepts(self, value: float, target: float) -> bool:
        """Whether `value` passes for `target`; a target within a factor is positive."""
        if self.within_factor is None:
            return abs(value - target) <= self.tolerance * abs(target)
        return target / self.within_factor <= value <= target * self.within_factor

    @property
    def combinations(self) -> int:
        """How many different questions the parameters can make."""
        total = 1
        for choices in self.parameters.values():
            total *= len(choices)
        return total


@dataclass(frozen=True)
class WrongAnswer:
    """The number that a wrong formula gives, with its feedback."""

    value: float
    text: str
    feedback: str
    misconception: str


@dataclass(frozen=True)
class Item:
    """One question as its author wrote it; `options`, `steps` or `numeric`, by `kind`.

    `placement` marks an item for the placement check. `hint` belongs to an order item:
    it is said of a wrong order that no mistake explains.
    """

    id: str
    outcome: str
    kind: str
    stem: str
    read_again: Section
    difficulty: int
    options: tuple[Option, ...] = ()
    numeric: Numeric | None = None
    steps: tuple[Step, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    hint: str = ""
    placement: bool = False

    @property
    def misconceptions(self) -> tuple[str, ...]:
        """The ids of the wrong ideas that an answer to this item can show."""
        holders = (*self.options, *self.mistakes, *(self.numeric.wrong if self.numeric else ()))
        named = (holder.misconception for holder in holders if holder.misconception)
        return tuple(dict.fromkeys(named))

    @property
    def computed(self) -> bool:
        """True where a new seed gives a new question."""
        return self.numeric is not None and self.numeric.combinations > 1

    def variant(self, seed: Seed = 0) -> Variant:
        """The question that this seed draws."""
        draws = _Draws(seed, self.id)
        if self.kind == "order":
            return Variant(item=self, stem=self.stem, steps=draws.disordered(self.steps))
        if self.numeric is None:
            return Variant(item=self, stem=self.stem, options=draws.shuffled(self.options))
        parameters = {
            name: draws.one_of(choices) for name, choices in self.numeric.parameters.items()
        }
        return numeric_variant(self, parameters)

    def variants(self, seed: Seed = 0, most: int = 5) -> tuple[Variant, ...]:
        """Up to `most` different questions, the first of them the one of `seed` itself."""
        if not self.computed:
            return (self.variant(seed),)
        return tuple(islice(self._different(seed), min(most, self.numeric.combinations)))

    def _different(self, seed: Seed) -> Iterator[Variant]:
        seen = []
        for n in count():
            variant = self.variant(seed if n == 0 else f"{seed}.{n}")
            if variant.parameters not in seen:
                seen.append(variant.parameters)
                yield variant


@dataclass(frozen=True)
class Variant:
    """One question as one learner sees it."""

    item: Item
    stem: str
    options: tuple[Option, ...] = ()
    steps: tuple[Step, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    answer: float | None = None
    answer_text: str = ""
    solution: str = ""
    hint: str = ""
    wrong: tuple[WrongAnswer, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """What the browser module needs to grade this variant, as JSON-ready data."""
        numeric = self.item.numeric
        if numeric is None:
            return {"stem": self.stem}
        accepted = (
            {"tolerance": numeric.tolerance}
            if numeric.within_factor is None
            else {"withinFactor": numeric.within_factor}
        )
        return {
            "stem": self.stem,
            "parameters": dict(self.parameters),
            "answer": self.answer,
            "answerText": self.answer_text,
            **accepted,
            "solution": self.solution,
            "hint": self.hint,
            "wrong": [
                {
                    "value": wrong.value,
                    "text": wrong.text,
                    "feedback": wrong.feedback,
                    "misconception": wrong.misconception,
                }
                for wrong in self.wrong
            ],
        }


@dataclass(frozen=True)
class Bank:
    """The questions of one lesson."""

    id: str
    title: str
    outcomes: tuple[Outcome, ...]
    sections: tuple[Section, ...]
    items: tuple[Item, ...]
    misconceptions: tuple[Misconception, ...] = ()

    def outcome(self, outcome_id: str) -> Outcome:
        """The outcome with this id; the parser has checked that items name known ones."""
        return next(outcome for outcome in self.outcomes if outcome.id == outcome_id)

    def item(self, item_id: str) -> Item:
        """The item with this id; `ValueError` lists the ids there are."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise ValueError(
            f"item_id {item_id!r} is not in bank {self.id!r}; "
            f"it has {', '.join(item.id for item in self.items)}"
        )

    def as_text(self, **options: Any) -> str:
        """All questions with lettered options and explained answers; takes `seed`."""
        from course_utils.quiz.text import bank_text

        return bank_text(self, **show_options(self, options))


def show_options(bank: Bank, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `show(quiz(...))`, checked: `seed` and nothing else."""
    return seed_option("a quiz", f"show(quiz({bank.id!r}), seed=7)", options)


def seed_option(what: str, example: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """`{"seed": ...}` from the options of `show`; `ValueError` for anything else."""
    unknown = sorted(set(options) - {"seed"})
    if unknown:
        raise ValueError(
            f"{what} takes the option seed alone, got {', '.join(unknown)}; write {example}"
        )
    seed = options.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int | str) or seed == "":
        raise ValueError(f"seed must be a whole number or a text such as 'ada', got {seed!r}")
    return {"seed": seed}


def numeric_variant(item: Item, parameters: Mapping[str, Any]) -> Variant:
    """The question with these parameters: answer and wrong answers are computed here."""
    numeric = item.numeric
    answer = all_formulas().right[numeric.answer](**parameters)
    values = {**parameters, "answer": quantity_text(answer, numeric.unit)}
    wrong = []
    for entry in numeric.wrong:
        value = entry.value(parameters)
        text = quantity_text(value, numeric.unit)
        feedback = fill(entry.feedback, {**values, "wrong": text})
        wrong.append(WrongAnswer(value, text, feedback, entry.misconception))
    return Variant(
        item=item,
        stem=fill(item.stem, values),
        parameters=dict(parameters),
        answer=answer,
        answer_text=values["answer"],
        solution=fill(numeric.solution, values),
        hint=fill(numeric.hint, values),
        wrong=tuple(wrong),
    )


def fill(template: str, values: Mapping[str, Any]) -> str:
    """`template` with the names in braces replaced; the parser has checked the names.

    An amount in US dollars is written as one writes money: 0.4 as 0.40.

    >>> fill("${error_usd} an error, ${usd_per_mtok} per million", {"error_usd": 0.4,
    ...     "usd_per_mtok": 0.075})
    '$0.40 an error, $0.075 per million'
    """
    return template.format_map({name: _money(name, value) for name, value in values.items()})


class _Dimes(float):
    """An amount that needs its second decimal."""

    def __format__(self, spec: str) -> str:
        return format(float(self), spec or ".2f")


def _money(name: str, value: Any) -> Any:
    in_dimes = "usd" in name and isinstance(value, float) and value == round(value, 1)
    return _Dimes(value) if in_dimes and not value.is_integer() else value


def item_data(item: Item, seed: Seed, most: int = 5) -> dict[str, Any]:
    """An item with its prepared variants as JSON-ready data for the browser module.

    Every item has id, kind, outcome, difficulty, guess (the confidence that "a guess"
    states), section {id, title} and variants. Besides, by kind:

    single, multiple: options [{key, text, correct, feedback, misconception}] as shown.
    order: steps [{key, text, why}] as shown, mistakes [{before, after, feedback,
    misconception}] and hint; keys count the right order from 0.
    numeric, predict: unit and factors; each variant has stem, parameters, answer,
    answerText, tolerance or withinFactor, solution, hint and wrong [{value, text,
    feedback, misconception}]. The variants of the other kinds have a stem alone.
    """
    from course_utils.quiz.confidence import chance_level

    data = {
        "id": item.id,
        "kind": item.kind,
        "outcome": item.outcome,
        "difficulty": item.difficulty,
        "guess": chance_level(item),
        "section": {"id": item.read_again.id, "title": item.read_again.title},
        "variants": [variant.as_data() for variant in item.variants(seed, most)],
    }
    if item.numeric is not None:
        return {**data, "unit": item.numeric.unit, "factors": unit_factors(item.numeric.unit)}
    shown = item.variant(seed)
    if item.kind == "order":
        return {
            **data,
            "steps": [asdict(step) for step in shown.steps],
            "mistakes": [asdict(mistake) for mistake in item.mistakes],
            "hint": item.hint,
        }
    return {**data, "options": [asdict(option) for option in shown.options]}


def draw_key(seed: Seed, name: str) -> float:
    """A number that stands for `name` in the order that `seed` draws."""
    return random.Random(f"{seed}:{name}").random()


class _Draws:
    """Draws from a seed by `random()` alone.

    `shuffle` and `choice` may change between Python versions; the sequence of
    `random()` for a string seed is guaranteed not to.
    """

    def __init__(self, seed: Seed, item_id: str):
        self._random = random.Random(f"{seed}:{item_id}").random

    def one_of(self, choices: tuple[Any, ...]) -> Any:
        return choices[int(self._random() * len(choices))]

    def shuffled(self, options: tuple[Any, ...]) -> tuple[Any, ...]:
        keys = [self._random() for _ in options]
        return tuple(options[i] for i in sorted(range(len(options)), key=keys.__getitem__))

    def disordered(self, steps: tuple[Any, ...]) -> tuple[Any, ...]:
        """A drawn order that is not the given one."""
        drawn = self.shuffled(steps)
        while drawn == steps:
            drawn = self.shuffled(steps)
        return drawn
