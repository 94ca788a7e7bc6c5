"""A latency budget: percentiles do not add, fan-out meets tails."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.calculators.latency_budget import (
    EXAMPLE_STAGES,
    Stage,
    budgets_if_stretched,
    keep_or_cut,
    latency_budget,
    lognormal_percentile_s,
    slow_share_after_fan_out,
    slow_share_allowed,
)

# Two stages that are slow in 4% of cases each: neither shows at its own 95th percentile.
RARE = {"first": Stage(0.1, 0, 0.04, 2), "second": Stage(0.1, 0, 0.04, 2)}


def test_the_95th_percentiles_of_five_stages_do_not_add():
    # The figures of the lesson on the reference architecture.
    budget = latency_budget(stages=EXAMPLE_STAGES)
    assert round(budget.added_s, 2) == 4.39
    assert round(budget.total_s, 2) == 3.85


def convolved_percentile_s(stages, share, step_s=0.002, size=2**14):
    """By numerical convolution on a grid: another way to the same number."""
    erf = np.vectorize(math.erf)
    edges = (np.arange(size) + 0.5) * step_s
    spectrum = np.ones(size + 1, complex)
    for stage in stages:
        below = 0.5 + 0.5 * erf(np.log(edges / stage.median_s) / stage.sigma / math.sqrt(2))
        spectrum *= np.fft.rfft(np.diff(below, prepend=0), 2 * size)
    cumulated = np.cumsum(np.fft.irfft(spectrum, 2 * size))
    return step_s * int(np.searchsorted(cumulated, share))


def test_the_simulation_agrees_with_a_convolution():
    exact = convolved_percentile_s(EXAMPLE_STAGES.values(), 0.95)
    assert exact == pytest.approx(3.85, abs=0.005)
    for seed in range(5):
        budget = latency_budget(stages=EXAMPLE_STAGES, seed=seed)
        assert budget.total_s == pytest.approx(exact, rel=0.01)


def test_a_stretched_stage_gives_the_budget_of_a_longer_stage():
    longer = {**RARE, "second": Stage(0.15, 0, 0.04, 3)}
    [same, stretched] = budgets_if_stretched(stages=RARE, stage="second", factors=[1, 1.5])
    for ours, theirs in (
        (same, latency_budget(stages=RARE)),
        (stretched, latency_budget(stages=longer)),
    ):
        assert ours.total_s == pytest.approx(theirs.total_s)
        assert ours.added_s == pytest.approx(theirs.added_s)
        assert ours.stage_s == pytest.approx(theirs.stage_s)


def test_a_stage_that_is_gone_leaves_the_others():
    [gone] = budgets_if_stretched(stages=EXAMPLE_STAGES, stage="model", factors=[0])
    rest = {name: stage for name, stage in EXAMPLE_STAGES.items() if name != "model"}
    # Other draws, because the validation stage moves up one place.
    assert gone.total_s == pytest.approx(latency_budget(stages=rest).total_s, rel=0.01)
    assert gone.stage_s["model"] == 0


def test_the_share_that_a_stage_may_take_meets_the_target():
    decision = keep_or_cut(stages=EXAMPLE_STAGES, target_s=3)
    [budget] = budgets_if_stretched(
        stages=EXAMPLE_STAGES, stage="model", factors=[decision.threshold_value]
    )
    assert budget.total_s == pytest.approx(3)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"stage": "gpu"}, "stage = 'gpu'"),
        ({"factors": [1, -0.5]}, r"factors\[1\] = -0.5 is out of range"),
        ({"factors": ["2"]}, r"factors\[0\] = '2'"),
        ({"percentile": 100}, "percentile = 100"),
    ],
)
def test_a_stretch_that_makes_no_sense_is_refused(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        budgets_if_stretched(**{"stages": RARE, "stage": "first", "factors": [1], **change})


def test_the_sum_of_percentiles_is_no_safe_bound():
    budget = latency_budget(stages=RARE)
    assert budget.added_s == pytest.approx(0.2)
    assert budget.total_s == pytest.approx(2.2)
    # 1 - .96^2 = 7.8% are slow: seen at the 93rd percentile, not at the 92nd.
    assert latency_budget(stages=RARE, percentile=92).total_s == pytest.approx(0.2)
    assert latency_budget(stages=RARE, percentile=93).total_s == pytest.approx(2.2)


@pytest.mark.parametrize("percentile", [1, 50, 90, 95, 99, 99.9])
def test_one_stage_has_the_percentile_of_its_lognormal(percentile):
    budget = latency_budget(stages={"only": Stage(2, 0.5)}, percentile=percentile)
    closed = lognormal_percentile_s(median_s=2, sigma=0.5, percentile=percentile)
    assert budget.total_s == pytest.approx(closed, rel=1e-9)
    assert budget.added_s == budget.total_s == budget.stage_s["only"]


def test_the_percentile_is_the_95th_unless_told():
    assert latency_budget(stages=EXAMPLE_STAGES) == latency_budget(
        stages=EXAMPLE_STAGES, percentile=95, draws=9_999, seed=5
    )


def test_a_stage_that_is_always_slow_is_shifted():
    slow = latency_budget(stages={"only": Stage(1, 0.3, 1, 5)})
    assert slow.total_s == pytest.approx(5 + latency_budget(stages={"only": Stage(1, 0.3)}).total_s)


def test_a_slow_case_shows_at_its_share():
    stage = {"only": Stage(1, 0, 0.1, 5)}
    assert latency_budget(stages=stage, percentile=89).total_s == 1
    assert latency_budget(stages=stage, percentile=91).total_s == 6


def test_the_slow_cases_of_two_stages_come_independently():
    often = {"first": Stage(1, 0, 0.5, 5), "second": Stage(1, 0, 0.5, 5)}
    totals = [latency_budget(stages=often, percentile=p).total_s for p in (20, 50, 80)]
    assert totals == [2, 7, 12]


def test_a_stage_is_slow_whatever_its_time_else():
    # Were the slow cases those with the long times, the median of the slow would be high.
    stage = {"only": Stage(1, 1, 0.5, 1000)}
    high = latency_budget(stages=stage, percentile=75).total_s - 1000
    assert high == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_stage_is_slow_whatever_time_the_next_one_takes(before):
    stages = {f"at once {i}": Stage(1e-6, 0) for i in range(before)}
    stages |= {"often slow": Stage(1e-6, 0, 0.5, 1000), "next": Stage(1, 1)}
    # The median of the next stage, in the half of the cases in which this one is slow.
    high = latency_budget(stages=stages, percentile=75).total_s - 1000
    assert high == pytest.approx(1, abs=0.1)


def test_another_seed_makes_other_slow_cases_coincide():
    stages = {"first": Stage(1, 0, 0.5, 1), "second": Stage(1, 0, 0.5, 3)}
    # At p60 the second is slow; the first is in about half of these cases.
    shares = [
        keep_or_cut(stages=stages, target_s=9, percentile=60, seed=seed).values["first_tail_share"]
        for seed in range(4)
    ]
    assert len(set(shares)) == 4
    assert shares == pytest.approx([1.5 / 5.5] * 4, abs=0.01)


@pytest.mark.parametrize(
    ("sigma", "percentile", "seconds"),
    # median exp(z sigma); z(.95) = 1.645, z(.99) = 2.326.
    [(0.3, 95, 3.161), (0.3, 50, 1.93), (0.3, 99, 3.878), (0, 95, 1.93), (0.3, 5, 1.178)],
)
def test_the_percentile_of_a_lognormal(sigma, percentile, seconds):
    found = lognormal_percentile_s(median_s=1.93, sigma=sigma, percentile=percentile)
    assert found == pytest.approx(seconds, abs=0.001)


def test_arrays_of_lognormals():
    medians = np.array([0.1, 1.0])
    found = lognormal_percentile_s(median_s=medians, sigma=np.array([0.3, 0.5]), percentile=95)
    one = [
        lognormal_percentile_s(median_s=m, sigma=s, percentile=95)
        for m, s in zip(medians, (0.3, 0.5), strict=True)
    ]
    assert found == pytest.approx(one, rel=1e-14)


# --- fan-out ------------------------------------------------------------------------------


def test_a_hundred_calls_make_one_percent_the_rule():
    # Dean and Barroso, The Tail at Scale, CACM 2013: 63%.
    assert slow_share_after_fan_out(slow_share=0.01, calls=100) == pytest.approx(0.634, abs=5e-4)


@given(st.floats(0, 0.999), st.integers(1, 1000))
def test_fan_out_is_one_minus_all_fast_and_has_an_inverse(slow, calls):
    share = slow_share_after_fan_out(slow_share=slow, calls=calls)
    assert share == pytest.approx(1 - (1 - slow) ** calls, abs=1e-12)
    assert share >= slow * (1 - 1e-12)
    if share < 0.999:
        allowed = slow_share_allowed(slow_requests_share=share, calls=calls)
        assert allowed == pytest.approx(slow, rel=1e-6, abs=1e-12)


def test_tiny_shares_keep_their_digits():
    assert slow_share_after_fan_out(slow_share=1e-20, calls=7) == pytest.approx(7e-20, rel=1e-12)


def test_fan_out_of_an_array():
    calls = np.array([1.0, 10, 100])
    for function, name in (
        (slow_share_after_fan_out, "slow_share"),
        (slow_share_allowed, "slow_requests_share"),
    ):
        together = function(**{name: 0.05, "calls": calls})
        one = [function(**{name: 0.05, "calls": c}) for c in calls]
        assert together == pytest.approx(one, rel=1e-14)


@pytest.mark.parametrize(
    ("function", "name"),
    [(slow_share_after_fan_out, "slow_share"), (slow_share_allowed, "slow_requests_share")],
)
def test_the_arguments_of_fan_out_are_checked(function, name):
    good = {name: 0.01, "calls": 10}
    assert function(**{name: 0, "calls": 1e9}) == 0
    assert function(**{name: 0.999_999, "calls": 1}) == pytest.approx(0.999_999)
    for bad in (-0.1, 1, 1.5, float("nan"), float("inf"), "x", True):
        with pytest.raises(ValueError, match=rf"^{name} .*"):
            function(**{**good, name: bad})
    for bad in (0, 1.5, 1e9 + 1, float("nan"), float("inf"), "x", True):
        with pytest.raises(ValueError, match=r"^calls .*1 to 1,000,000,000 \(calls\)"):
            function(**{**good, "calls": bad})
    with pytest.raises(ValueError, match=r"from 0 to 0\.999999 \(share\)"):
        function(**{**good, name: 1})


# --- keep or cut --------------------------------------------------------------------------


def test_the_sentence_of_a_design_that_misses_its_target():
    decision = keep_or_cut(stages=EXAMPLE_STAGES, target_s=3)
    assert decision.choice == "cut model"
    assert decision.binding_role == decision.binding_label == "model"
    assert decision.values["slack_s"] == pytest.approx(3 - decision.values["total_s"])
    assert decision.values["sum_of_percentiles_s"] == pytest.approx(4.39, abs=0.005)
    assert decision.values["target_s"] == 3
    assert decision.threshold_unit == "share"
    assert decision.threshold_name == "share of its present time that model may take"
    assert decision.sentence == (
        "I choose to cut the model stage, because it takes the largest part of a p95 of 3.9 s "
        "against a target of 3 s; I would switch to keeping it at 73% of its present time."
    )


def test_the_sentence_of_a_design_that_meets_its_target():
    decision = keep_or_cut(stages=EXAMPLE_STAGES, target_s=4)
    assert decision.choice == "keep the design"
    assert decision.sentence == (
        "I choose to keep the design, because its p95 of 3.9 s is within the target of 4 s; I "
        "would switch when the model stage takes more than 1.05 times as long as today."
    )


def test_the_sentence_when_no_cut_of_one_stage_suffices():
    decision = keep_or_cut(stages=EXAMPLE_STAGES, target_s=0.5)
    assert decision.threshold_value is None
    assert decision.sentence == (
        "I choose to cut the model stage, because it takes the largest part of a p95 of 3.9 s "
        "against a target of 500 ms; I would switch to another design, because even without this "
        "stage the target is missed."
    )


def test_the_shares_of_the_tail_are_of_the_slow_requests():
    values = keep_or_cut(stages={"a b": Stage(1, 0), "c": Stage(1, 0, 0.1, 2)}, target_s=9).values
    # Above p95 the second stage takes 3 of 4 seconds.
    assert values["a_b_tail_share"] == pytest.approx(0.25)
    assert values["c_tail_share"] == pytest.approx(0.75)


def test_at_the_target_itself_the_design_is_kept():
    total = latency_budget(stages=EXAMPLE_STAGES).total_s
    decision = keep_or_cut(stages=EXAMPLE_STAGES, target_s=total)
    assert decision.choice == "keep the design"
    assert decision.threshold_value == pytest.approx(1)
    assert decision.threshold_value >= 1
    assert keep_or_cut(stages=EXAMPLE_STAGES, target_s=total * (1 - 1e-9)).choice == "cut model"


some_stages = st.lists(
    st.tuples(st.floats(0.01, 5), st.floats(0, 1), st.floats(0, 0.2), st.floats(0, 5)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=25, deadline=None)
@given(some_stages, st.floats(0.1, 20), st.sampled_from([50, 90, 95, 99]))
def test_stretching_the_binding_stage_to_the_threshold_flips_the_choice(rows, target, percentile):
    stages = {f"s{i}": Stage(*row) for i, row in enumerate(rows)}
    simulation = {"percentile": percentile, "draws": 199, "seed": 1}
    decision = keep_or_cut(stages=stages, target_s=target, **simulation)
    kept = decision.choice == "keep the design"
    assert kept == (latency_budget(stages=stages, **simulation).total_s <= target)
    shares = [decision.values[f"s{i}_tail_share"] for i in range(len(rows))]
    assert math.fsum(shares) == pytest.approx(1)
    assert decision.binding_role == f"s{shares.index(max(shares))}"

    def meets(factor):
        old = stages[decision.binding_role]
        new = Stage(old.median_s * factor, old.sigma, old.slow_share, old.slow_s * factor)
        changed = {**stages, decision.binding_role: new}
        return latency_budget(stages=changed, **simulation).total_s <= target

    flips = decision.threshold_value
    if flips is None:
        assert not meets(1e-3)
    elif 1e-3 < flips < 1e3:
        assert meets(flips * (1 - 1e-7))
        assert not meets(flips * (1 + 1e-7))
        assert kept == (flips >= 1)


@pytest.mark.parametrize("function", [latency_budget, keep_or_cut])
def test_stages_and_percentile_are_checked(function):
    rest = {"target_s": 3} if function is keep_or_cut else {}
    for bad in ({}, [Stage(1, 1)], None, "stages", {str(i): Stage(1, 1) for i in range(21)}):
        with pytest.raises(ValueError, match=r"^stages = .*give from 1 to 20 stages"):
            function(stages=bad, **rest)
    with pytest.raises(ValueError, match=r"^stages\['a'\] = 3: give Stage\(median_s, sigma\)"):
        function(stages={"a": 3}, **rest)
    twenty = {str(i): Stage(1, 0) for i in range(20)}
    function(stages=twenty, draws=99, **rest)
    for bad in (0, 0.9, 99.95, float("nan"), float("inf"), "95", True, np.array([95.0])):
        with pytest.raises(ValueError, match=r"^percentile "):
            function(stages=RARE, percentile=bad, **rest)
    with pytest.raises(ValueError, match=r"from 1 to 99\.9 \(percent\)"):
        function(stages=RARE, percentile=100, **rest)
    for name in ("draws", "seed"):
        with pytest.raises(ValueError, match=f"^{name} "):
            function(stages=RARE, **{name: -1}, **rest)


@pytest.mark.parametrize(
    "value", [0, -1, float("nan"), float("inf"), "3", True, 1e7, np.array([3.0])], ids=repr
)
def test_the_target_is_checked(value):
    with pytest.raises(ValueError, match=r"^target_s "):
        keep_or_cut(stages=RARE, target_s=value)


def test_the_target_says_its_limits():
    assert keep_or_cut(stages=RARE, target_s=1e6).choice == "keep the design"
    with pytest.raises(ValueError, match=r"above 0 and up to 1,000,000 \(seconds\)"):
        keep_or_cut(stages=RARE, target_s=0)


def test_a_stage_has_no_slow_cases_unless_told():
    assert Stage(1, 0.5) == Stage(1, 0.5, slow_share=0, slow_s=0)
    with pytest.raises(AttributeError):
        Stage(1, 0.5).sigma = 2
    with pytest.raises(AttributeError):
        latency_budget(stages=RARE).total_s = 2


def test_the_stages_of_the_example_are_the_printed_ones():
    assert {
        "auth and policy": Stage(0.05, 0.5),
        "retrieval": Stage(0.15, 0.5),
        "re-ranking": Stage(0.15, 0.4),
        "model": Stage(1.93, 0.3),
        "validation": Stage(0.25, 0.4),
    } == EXAMPLE_STAGES


STAGE = {"median_s": 1, "sigma": 0.5, "slow_share": 0.1, "slow_s": 2}


@pytest.mark.parametrize(
    ("name", "limits", "message"),
    [
        ("median_s", (1e-6, 1e6), r"from 1e-06 to 1,000,000 \(seconds\)"),
        ("sigma", (0, 3), r"from 0 to 3 \(standard deviation of the logarithm\)"),
        ("slow_share", (0, 1), r"from 0 to 1 \(share\)"),
        ("slow_s", (0, 1e6), r"from 0 to 1,000,000 \(seconds\)"),
    ],
)
def test_a_stage_is_checked(name, limits, message):
    for value in limits:
        assert getattr(Stage(**{**STAGE, name: value}), name) == value
    for bad in (-1, 1e6 + 1, float("nan"), "3", True, None):
        with pytest.raises(ValueError, match=f"^{name} = .*{message}"):
            Stage(**{**STAGE, name: bad})
    with pytest.raises(ValueError, match=f"^{name} is an array"):
        Stage(**{**STAGE, name: np.array([0.5])})


@pytest.mark.parametrize("name", ["median_s", "sigma", "percentile"])
def test_the_percentile_formula_is_checked(name):
    good = {"median_s": 1e6, "sigma": 3, "percentile": 95}
    assert lognormal_percentile_s(**good) > 1e6
    assert lognormal_percentile_s(**{**good, "median_s": 0}) == 0
    for bad in (-1, 1e6 + 1, float("nan"), "3", True):
        with pytest.raises(ValueError, match=f"^{name} "):
            lognormal_percentile_s(**{**good, name: bad})


def test_the_percentile_formula_says_its_limits():
    with pytest.raises(ValueError, match=r"1,000,000 \(seconds\)"):
        lognormal_percentile_s(median_s=-1, sigma=1, percentile=95)
    with pytest.raises(ValueError, match=r"from 0 to 3 \(standard deviation of the logarithm\)"):
        lognormal_percentile_s(median_s=1, sigma=3.1, percentile=95)
    with pytest.raises(ValueError, match="percentile is an array"):
        lognormal_percentile_s(median_s=1, sigma=1, percentile=np.array([95.0]))
