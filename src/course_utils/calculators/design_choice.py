"""Which of several designs is the cheapest once their errors are counted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.solved_task import us_dollars
from course_utils.calculators.total_cost import MAX_ERROR_USD, total_usd

MAX_DESIGNS = 50
TERMS = {"price": "price of the task", "errors": "cost of its errors"}


@dataclass(frozen=True)
class Design:
    """A candidate: US dollars per task, and the share of tasks that it solves."""

    usd: float
    quality: float

    def __post_init__(self) -> None:
        for name in ("usd", "quality"):
            validate.scalar(name, getattr(self, name))
        us_dollars("usd", self.usd)
        validate.share("quality", self.quality)

    def total_usd(self, error_usd: float) -> float:
        """US dollars per task with its errors."""
        return total_usd(request_cost_usd=self.usd, quality=self.quality, error_cost_usd=error_usd)


# The candidates of the lessons on clarifying questions and on the larger model.
EXAMPLE_DESIGNS = {
    "small": Design(0.0007, 0.85),
    "cascade": Design(0.0034, 0.93),
    "large": Design(0.0068, 0.95),
}


@dataclass(frozen=True)
class Step:
    """A design, and the cost of an error (US dollars) above which it is the cheapest."""

    name: str
    above_usd: float


def switch_points(designs: Mapping[str, Design]) -> list[Step]:
    """The designs that are worth having, with the cost of an error from which each is.

    Units: US dollars. What is not in the list costs more than another one whatever an
    error costs.

    Formula: the lower envelope of the lines C + (1 - Q) c_err; two designs cost the
    same at c_err = (C_2 - C_1) / (Q_2 - Q_1).

    Source: this course: $0.0007 and 85%, $0.0034 and 93%, $0.0068 and 95% switch at
    $0.034 and $0.17.

    >>> [(step.name, round(step.above_usd, 3)) for step in switch_points(EXAMPLE_DESIGNS)]
    [('small', 0.0), ('cascade', 0.034), ('large', 0.17)]
    """
    check_designs(designs)
    first = min(designs, key=lambda name: (designs[name].usd, -designs[name].quality))
    steps = [Step(first, 0.0)]
    while True:
        here = designs[steps[-1].name]
        # Only a better design can take over when errors become dearer.
        ahead = [
            ((other.usd - here.usd) / (other.quality - here.quality), -other.quality, name)
            for name, other in designs.items()
            if other.quality > here.quality
        ]
        cost, _, name = min(ahead, default=(math.inf, 0.0, ""))
        if cost > MAX_ERROR_USD:
            return steps
        steps.append(Step(name, cost))


def which_design(*, designs: Mapping[str, Design], error_usd: float) -> Decision:
    """Which design to build, given what an error costs.

    Units: US dollars that an error costs; the designs hold US dollars per task and the
    share of tasks solved.

    Formula: the least C + (1 - Q) c_err. The threshold is the nearest cost of an error
    (by ratio) at which another design becomes the cheapest; at it the less expensive
    of the two is kept.

    Source: this course: at $0.25 an error the large model is the cheapest in total,
    though 9.7 times as dear per call as the small one; below $0.17 it is the cascade.

    >>> decision = which_design(designs=EXAMPLE_DESIGNS, error_usd=0.25)
    >>> decision.choice, round(decision.threshold_value, 2)
    ('large', 0.17)
    """
    check_designs(designs)
    validate.scalar("error_usd", error_usd)
    error = us_dollars("error_usd", error_usd)
    steps = switch_points(designs)
    # Compared with the thresholds themselves, so that rounding cannot part the two.
    place = sum(error > step.above_usd for step in steps[1:])
    chosen = steps[place].name
    design = designs[chosen]
    below = steps[place].above_usd if place > 0 else None
    above = steps[place + 1].above_usd if place + 1 < len(steps) else None
    threshold, other = _nearest(steps, place, error)
    errors_usd = (1 - design.quality) * error
    role = "errors" if errors_usd > design.usd else "price"
    return Decision(
        choice=chosen,
        values={
            "total_usd": design.total_usd(error),
            "price_usd": design.usd,
            "errors_usd": errors_usd,
            **{f"{name}_total_usd": each.total_usd(error) for name, each in designs.items()},
            **({} if below is None else {"cheapest_above_usd": below}),
            **({} if above is None else {"cheapest_up_to_usd": above}),
        },
        binding_role=role,
        binding_label=TERMS[role],
        threshold_name="cost of an error at which another design is cheaper",
        threshold_value=threshold,
        threshold_unit="US dollars",
        sentence=_sentence(designs, chosen, other, error, threshold),
    )


def check_designs(designs: Mapping[str, Design]) -> None:
    """`ValueError` unless these are two designs or more, by name."""
    if not isinstance(designs, Mapping) or not 2 <= len(designs) <= MAX_DESIGNS:
        raise ValueError(
            f"designs = {designs!r}: give from 2 to {MAX_DESIGNS} designs as a mapping of name to "
            f"Design"
        )
    for name, design in designs.items():
        if not isinstance(design, Design):
            raise ValueError(f"designs[{name!r}] = {design!r}: give Design(usd, quality)")


def _nearest(steps: list[Step], place: int, error: float) -> tuple[float | None, str | None]:
    """The nearer switch point by ratio, and the design on its other side."""
    down = (steps[place].above_usd, steps[place - 1].name) if place > 0 else None
    up = (steps[place + 1].above_usd, steps[place + 1].name) if place + 1 < len(steps) else None
    if down is None or up is None:
        return down or up or (None, None)
    # error / down < up / error, without dividing by a switch point of zero.
    return down if error * error < down[0] * up[0] else up


def _sentence(
    designs: Mapping[str, Design],
    chosen: str,
    other: str | None,
    error: float,
    threshold: float | None,
) -> str:
    if other is None:
        return (
            f"I choose {chosen}, because it costs the least in total whatever an error costs; I "
            f"would switch when another design is cheaper or solves more."
        )
    here, there = designs[chosen], designs[other]
    price = words.dollars(1000 * abs(there.usd - here.usd))
    points = 1000 * abs(there.quality - here.quality)
    fewer = f"{words.digits(points)} error{'' if words.digits(points) == '1' else 's'}"
    worth = words.dollars(points * error)
    if here.quality > there.quality:
        return (
            f"I choose {chosen}, because against {other} it avoids {fewer} per 1,000 tasks, worth "
            f"{worth}, at an extra price of {price}; I would switch to {other} when an error costs "
            f"less than {words.dollars(threshold)}."
        )
    return (
        f"I choose {chosen}, because against {other} it saves {price} per 1,000 tasks at the cost "
        f"of {fewer} more, worth {worth}; I would switch to {other} when an error costs more than "
        f"{words.dollars(threshold)}."
    )
