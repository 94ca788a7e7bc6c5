"""A latency budget over several stages: percentiles do not add, and fan-out meets tails."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.elementwise import expm1, log1p
from course_utils.calculators.uncertainty import (
    ordered_percentile,
    standard_normals,
    uniforms,
)
from course_utils.calculators.validate import Number, number, share

# One less than a round number: the 95th percentile is then draw number 9,500.
DRAWS = 9_999
# Another seed moves a 95th percentile by about 0.3%; this one is close to the limit of
# many draws for the stages below (3.8505 s by numerical convolution).
SEED = 5
MAX_STAGES = 20
MAX_CALLS = 1e9


@dataclass(frozen=True)
class Stage:
    """One stage of a request: a lognormal time, and now and then a slow case.

    Units: `median_s` in seconds; `sigma` is the standard deviation of the logarithm;
    with probability `slow_share` the stage takes `slow_s` seconds more (a retry, a
    cold start, a lock).
    """

    median_s: float
    sigma: float
    slow_share: float = 0.0
    slow_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("median_s", "sigma", "slow_share", "slow_s"):
            validate.scalar(name, getattr(self, name))
        number("median_s", self.median_s, "seconds", low=1e-6, high=1e6)
        number("sigma", self.sigma, "standard deviation of the logarithm", high=3)
        share("slow_share", self.slow_share)
        number("slow_s", self.slow_s, "seconds", high=1e6)


# Stages of a document assistant, chosen by this course so that the sum of the 95th
# percentiles (4.39 s) and the 95th percentile of the sum (3.85 s) are well apart.
EXAMPLE_STAGES = {
    "auth and policy": Stage(0.05, 0.5),
    "retrieval": Stage(0.15, 0.5),
    "re-ranking": Stage(0.15, 0.4),
    "model": Stage(1.93, 0.3),
    "validation": Stage(0.25, 0.4),
}


@dataclass(frozen=True)
class Budget:
    """The time of the whole request and of its stages, in seconds.

    `total_s` is the percentile of the sum; `added_s` the sum of the stages' own
    percentiles, which is another number.
    """

    total_s: float
    added_s: float
    stage_s: dict[str, float]


def lognormal_percentile_s(*, median_s: Number, sigma: Number, percentile: float) -> Number:
    """A percentile of one lognormal stage.

    Units: seconds; the standard deviation of the logarithm; percent.

    Formula: median exp(z sigma), with z = 1.645 for the 95th percentile.

    >>> round(lognormal_percentile_s(median_s=1.93, sigma=0.3, percentile=95), 2)
    3.16
    """
    middle = number("median_s", median_s, "seconds", high=1e6)
    spread = number("sigma", sigma, "standard deviation of the logarithm", high=3)
    rank = _percentile(percentile)
    return middle * (1 + expm1(spread * NormalDist().inv_cdf(rank / 100)))


def latency_budget(
    *,
    stages: Mapping[str, Stage],
    percentile: float = 95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Budget:
    """The percentile of a request's time over its stages, by Monte Carlo.

    Units: seconds; percent. The stages run one after the other and are independent of
    each other; stages that are slow together have a longer tail than this says.

    Formula: percentile of the sum of the stages' times, which is the sum of their
    percentiles only if all stages are slow at once. With rare slow cases it can
    also be larger: two stages that take 2 s more in 4% of cases each have a 95th
    percentile that does not see it; their sum does (7.8% of cases).

    Source: this course: five stages whose 95th percentiles add up to 4.39 s have a
    95th percentile of 3.85 s together.

    >>> budget = latency_budget(stages=EXAMPLE_STAGES)
    >>> round(budget.added_s, 2), round(budget.total_s, 2)
    (4.39, 3.85)
    """
    rank = _percentile(percentile)
    return _budget(_draw(stages, draws, seed), rank)


def budgets_if_stretched(
    *,
    stages: Mapping[str, Stage],
    stage: str,
    factors: Sequence[float],
    percentile: float = 95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> list[Budget]:
    """The budgets that result if one stage takes so many times its present time.

    Units: factors from 0 (the stage is gone) to 1,000; the rest as in `latency_budget`.

    Formula: every draw of the stage is multiplied by the factor.

    >>> half, whole = budgets_if_stretched(stages=EXAMPLE_STAGES, stage="model",
    ...     factors=[0.5, 1])
    >>> round(half.total_s, 2), round(whole.total_s, 2)
    (2.3, 3.85)
    """
    rank = _percentile(percentile)
    times = _draw(stages, draws, seed)
    validate.one_of("stage", stage, tuple(times))
    own = {name: ordered_percentile(sorted(column), rank) for name, column in times.items()}
    mine = times[stage]
    rest = [
        math.fsum(row) - part
        for row, part in zip(zip(*times.values(), strict=True), mine, strict=True)
    ]
    budgets = []
    for index, value in enumerate(factors):
        validate.scalar(f"factors[{index}]", value)
        factor = number(f"factors[{index}]", value, "times its present time", high=1_000)
        sums = sorted(other + factor * part for other, part in zip(rest, mine, strict=True))
        stretched = {**own, stage: factor * own[stage]}
        total = ordered_percentile(sums, rank)
        budgets.append(Budget(total, math.fsum(stretched.values()), stretched))
    return budgets


def slow_share_after_fan_out(*, slow_share: Number, calls: Number) -> Number:
    """How often a request is slow that waits for the slowest of its calls.

    Units: share of single calls that are slow; calls made in parallel, independent of
    each other.

    Formula: 1 - (1 - p)^n.

    Source: Dean and Barroso, The Tail at Scale, CACM 56(2), 2013: one call in a
    hundred slow, a hundred servers: 63% of the requests.

    >>> round(slow_share_after_fan_out(slow_share=0.01, calls=100), 3)
    0.634
    """
    slow = number("slow_share", slow_share, "share", high=0.999_999)
    count = number("calls", calls, "calls", low=1, high=MAX_CALLS, whole=True)
    return -expm1(count * log1p(-slow))


def slow_share_allowed(*, slow_requests_share: Number, calls: Number) -> Number:
    """How rarely a single call may be slow, so that no more requests are slow than this.

    Units: share of requests that may be slow; calls made in parallel.

    Formula: 1 - (1 - P)^(1/n), the inverse of `slow_share_after_fan_out`.

    >>> round(slow_share_allowed(slow_requests_share=0.05, calls=100), 6)
    0.000513
    """
    slow = number("slow_requests_share", slow_requests_share, "share", high=0.999_999)
    count = number("calls", calls, "calls", low=1, high=MAX_CALLS, whole=True)
    return -expm1(log1p(-slow) / count)


def keep_or_cut(
    *,
    stages: Mapping[str, Stage],
    target_s: float,
    percentile: float = 95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Decision:
    """Whether the stages meet the latency target, and which one to cut if they do not.

    Units: seconds; percent. The stage that binds takes the largest part of the time of
    those requests that are at or above the percentile.

    Formula: the percentile of the sum against the target. The threshold is the share
    of its present time that the binding stage may take at the target: below 1 it must
    be cut to it, above 1 it may grow to it.

    Source: this course: the stages of `EXAMPLE_STAGES`.

    >>> decision = keep_or_cut(stages=EXAMPLE_STAGES, target_s=3)
    >>> decision.choice, round(decision.threshold_value, 2)
    ('cut model', 0.73)
    """
    rank = _percentile(percentile)
    validate.scalar("target_s", target_s)
    target = validate.positive("target_s", target_s, "seconds", high=1e6)
    times = _draw(stages, draws, seed)
    budget = _budget(times, rank)
    tail = _tail_seconds(times, budget.total_s)
    binding = max(tail, key=tail.__getitem__)
    keep = budget.total_s <= target
    allowed = _allowed_factor(times, binding, target, rank)
    if keep:
        # At the target itself rounding may leave a little less than 1.
        allowed = max(allowed, 1.0)
    whole_tail = math.fsum(tail.values())
    return Decision(
        choice="keep the design" if keep else f"cut {binding}",
        values={
            "total_s": budget.total_s,
            "sum_of_percentiles_s": budget.added_s,
            "target_s": target,
            "slack_s": target - budget.total_s,
            **{
                f"{name.replace(' ', '_')}_tail_share": part / whole_tail
                for name, part in tail.items()
            },
        },
        binding_role=binding,
        binding_label=binding,
        threshold_name=f"share of its present time that {binding} may take",
        threshold_value=allowed,
        threshold_unit="share",
        sentence=_sentence(keep, binding, rank, budget.total_s, target, allowed),
    )


def _percentile(value: float) -> float:
    validate.scalar("percentile", value)
    return number("percentile", value, "percent", low=1, high=99.9)


def _draw(stages: Mapping[str, Stage], draws: int, seed: int) -> dict[str, list[float]]:
    """Seconds of each stage in each draw."""
    if not isinstance(stages, Mapping) or not 1 <= len(stages) <= MAX_STAGES:
        raise ValueError(
            f"stages = {stages!r}: give from 1 to {MAX_STAGES} stages as a mapping of name to Stage"
        )
    for name, stage in stages.items():
        if not isinstance(stage, Stage):
            raise ValueError(f"stages[{name!r}] = {stage!r}: give Stage(median_s, sigma)")
    return {
        name: _seconds(stage, draws, seed, index)
        for index, (name, stage) in enumerate(stages.items())
    }


def _seconds(stage: Stage, draws: int, seed: int, index: int) -> list[float]:
    normals = standard_normals(draws, seed=seed, stream=2 * index)
    times = [stage.median_s * math.exp(stage.sigma * z) for z in normals]
    if stage.slow_share == 0:
        return times
    luck = uniforms(draws, seed=seed, stream=2 * index + 1)
    return [
        time + (stage.slow_s if u > 1 - stage.slow_share else 0.0)
        for time, u in zip(times, luck, strict=True)
    ]


def _budget(times: Mapping[str, list[float]], percentile: float) -> Budget:
    own = {name: ordered_percentile(sorted(column), percentile) for name, column in times.items()}
    sums = sorted(map(math.fsum, zip(*times.values(), strict=True)))
    return Budget(
        total_s=ordered_percentile(sums, percentile), added_s=math.fsum(own.values()), stage_s=own
    )


def _tail_seconds(times: Mapping[str, list[float]], at_least_s: float) -> dict[str, float]:
    """Seconds that each stage takes in the draws that are at or above the percentile."""
    rows = [row for row in zip(*times.values(), strict=True) if math.fsum(row) >= at_least_s]
    return {name: math.fsum(row[i] for row in rows) for i, name in enumerate(times)}


def _allowed_factor(
    times: Mapping[str, list[float]], binding: str, target_s: float, percentile: float
) -> float | None:
    """By how much the binding stage may be stretched; None if even nothing is too much.

    A draw meets the target up to a factor of its own; the target holds for so many
    percent of the draws up to the factor that so many percent of them reach.
    """
    totals = map(math.fsum, zip(*times.values(), strict=True))
    factors = sorted(
        (
            (target_s - (total - own)) / own
            for total, own in zip(totals, times[binding], strict=True)
        ),
        reverse=True,
    )
    allowed = ordered_percentile(factors, percentile)
    return allowed if allowed > 0 else None


def _sentence(
    keep: bool, binding: str, rank: float, total_s: float, target_s: float, allowed: float | None
) -> str:
    ordinal = f"p{words.digits(rank)}"
    total, target = words.seconds(total_s), words.seconds(target_s)
    if keep:
        return (
            f"I choose to keep the design, because its {ordinal} of {total} is within the target "
            f"of {target}; I would switch when the {binding} stage takes more than "
            f"{words.digits(allowed)} times as long as today."
        )
    if allowed is None:
        return (
            f"I choose to cut the {binding} stage, because it takes the largest part of a "
            f"{ordinal} of {total} against a target of {target}; I would switch to another design, "
            f"because even without this stage the target is missed."
        )
    return (
        f"I choose to cut the {binding} stage, because it takes the largest part of a {ordinal} of "
        f"{total} against a target of {target}; I would switch to keeping it at "
        f"{words.percent(allowed)} of its present time."
    )
