"""Ranges as lognormals, and stratified Monte Carlo over them."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators.uncertainty import (
    Range,
    Spread,
    lognormal_median,
    lognormal_sigma,
    ordered_percentile,
    percentile_rank,
    simulate,
    standard_normals,
    uniforms,
)

lows = st.floats(1e-6, 1e6)
ratios = st.floats(1, 1e6)


def test_the_spread_of_a_ninety_percent_range():
    # sigma = ln(hi / lo) / (2 x 1.645), this course.
    assert lognormal_sigma(low=5_000, high=20_000) == pytest.approx(
        math.log(4) / (2 * 1.645), rel=1e-4
    )
    assert lognormal_median(low=5_000, high=20_000) == 10_000


def test_a_wider_coverage_means_a_narrower_lognormal():
    # 95%: z = 1.96.
    assert lognormal_sigma(low=1, high=10, coverage=0.95) == pytest.approx(
        math.log(10) / (2 * 1.96), rel=1e-4
    )


@given(lows, ratios, st.floats(0.1, 0.99))
def test_the_ends_of_the_range_are_its_percentiles(low, ratio, coverage):
    high = low * ratio
    sigma = lognormal_sigma(low=low, high=high, coverage=coverage)
    median = lognormal_median(low=low, high=high)
    z = NormalDist().inv_cdf((1 + coverage) / 2)
    assert median * math.exp(sigma * z) == pytest.approx(high)
    assert median * math.exp(-sigma * z) == pytest.approx(low)


def test_an_array_gives_what_its_elements_give():
    highs = np.array([1.0, 2.0, 30.0])
    for function in (lognormal_median, lognormal_sigma):
        together = function(low=1, high=highs)
        assert together == pytest.approx([function(low=1, high=h) for h in highs], rel=1e-15)


@pytest.mark.parametrize("function", [lognormal_median, lognormal_sigma])
@pytest.mark.parametrize("name", ["low", "high"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "3", True, None, 1e16])
def test_the_ends_are_checked(function, name, value):
    with pytest.raises(ValueError, match=rf"^{name} .*\(one unit for low and high\)$"):
        function(**{"low": 1, "high": 2, name: value})
    with pytest.raises(ValueError, match=f"^{name} "):
        Range(**{"low": 1, "high": 2, name: value})


@pytest.mark.parametrize("function", [lognormal_median, lognormal_sigma, Range])
def test_the_ends_in_the_wrong_order_are_refused(function):
    with pytest.raises(ValueError, match=r"^low = 3.0 is above high = 2.0: give the smaller"):
        function(low=3, high=2)


def test_one_wrong_pair_of_an_array_is_refused():
    with pytest.raises(ValueError, match="is above high"):
        lognormal_sigma(low=2, high=np.array([1.0, 3.0]))


@pytest.mark.parametrize("value", [0.001, 0.9999, float("nan"), "3", np.array([0.9, 0.8])])
def test_the_coverage_is_checked(value):
    with pytest.raises(ValueError, match=r"^coverage "):
        lognormal_sigma(low=1, high=2, coverage=value)


def test_the_limits_of_the_ends():
    assert lognormal_median(low=1e-12, high=1e15) == pytest.approx(math.sqrt(1000))
    assert lognormal_sigma(low=7, high=7) == 0
    assert lognormal_sigma(low=1, high=2, coverage=0.01) > lognormal_sigma(
        low=1, high=2, coverage=0.999
    )
    with pytest.raises(ValueError, match=r"from 0\.01 to 0\.999 \(share\)"):
        lognormal_sigma(low=1, high=2, coverage=1)


def test_a_cap_cuts_what_cannot_be_passed():
    share = Range(0.2, 0.8, cap=0.9)
    assert share.median == pytest.approx(0.4)
    assert share.at(0) == pytest.approx(0.4)
    assert share.at(1.6448536269514722) == pytest.approx(0.8)
    assert share.at(9) == 0.9
    assert share.at(-9) < 0.2


@pytest.mark.parametrize("cap", [0.5, 0, "1", float("nan"), True, 1e16])
def test_a_cap_below_the_range_is_refused(cap):
    with pytest.raises(ValueError, match=r"^cap "):
        Range(0.2, 0.8, cap=cap)
    assert Range(0.2, 0.8, cap=0.8).cap == 0.8
    assert Range(0.2, 0.8, cap=1e15).cap == 1e15


def test_the_cap_says_its_limits():
    with pytest.raises(ValueError, match=r"from 0\.8 to .* \(unit of the range\)"):
        Range(0.2, 0.8, cap=0.5)


@pytest.mark.parametrize("name", ["low", "high", "cap"])
def test_a_range_takes_no_arrays(name):
    with pytest.raises(ValueError, match=f"^{name} is an array"):
        Range(**{"low": 1, "high": 2, "cap": 3, name: np.array([1.0])})


def product(first, second, third=1.0):
    return first * second * third


@pytest.mark.parametrize("seed", range(4))
def test_a_product_of_ranges_is_the_lognormal_known_in_closed_form(seed):
    first, second = Range(1, 4), Range(10, 1000)
    spread = simulate(product, ranges={"first": first, "second": second}, seed=seed)
    sigma = math.hypot(first.sigma, second.sigma)
    median = first.median * second.median
    z = 1.6448536269514722
    assert spread.p50 == pytest.approx(median, rel=0.06)
    assert spread.p95 == pytest.approx(median * math.exp(z * sigma), rel=0.12)
    assert spread.p05 == pytest.approx(median * math.exp(-z * sigma), rel=0.12)
    assert spread.mean == pytest.approx(median * math.exp(sigma**2 / 2), rel=0.06)


def test_a_single_range_comes_out_with_its_own_percentiles():
    spread = simulate(product, ranges={"first": Range(5, 20)}, fixed={"second": 3, "third": 2})
    assert spread.p05 == pytest.approx(30)
    assert spread.p50 == pytest.approx(60)
    assert spread.p95 == pytest.approx(120)
    assert spread.p50 < spread.mean < 66


def test_a_simulation_is_the_same_every_time_and_another_with_another_seed():
    arguments = {"ranges": {"first": Range(1, 4), "second": Range(1, 9)}}
    assert simulate(product, **arguments) == simulate(product, **arguments, seed=0, draws=1_999)
    assert simulate(product, **arguments, seed=1) != simulate(product, **arguments)
    assert isinstance(simulate(product, **arguments), Spread)


def test_two_equal_ranges_are_drawn_independently():
    both = simulate(product, ranges={"first": Range(1, 10), "second": Range(1, 10)})
    assert both.p95 < 0.7 * 10 * 10


def test_what_is_no_range_is_refused():
    with pytest.raises(ValueError, match=r"ranges\['first'\] = \(1, 2\): give Range\(low, high\)"):
        simulate(product, ranges={"first": (1, 2)}, fixed={"second": 1})
    with pytest.raises(ValueError, match=r"^ranges is empty: give at least one Range, .* itself$"):
        simulate(product, ranges={}, fixed={"first": 1, "second": 1})


@pytest.mark.parametrize("name", ["draws", "seed"])
@pytest.mark.parametrize("value", [-1, 1.5, float("nan"), "3", True, 1e18, np.array([5])])
def test_draws_and_seed_are_checked(name, value):
    for function in (uniforms, standard_normals):
        with pytest.raises(ValueError, match=f"^{name} "):
            function(**{"draws": 9, "seed": 0, name: value})
    with pytest.raises(ValueError, match=f"^{name} "):
        simulate(product, ranges={"first": Range(1, 2)}, fixed={"second": 1}, **{name: value})


def test_the_limits_of_draws_and_seed():
    assert uniforms(1) == (0.5,)
    assert uniforms(1, seed=2**53) == (0.5,)
    with pytest.raises(ValueError, match=r"draws = 0 .*whole number from 1 to 1,000,000 \(draws\)"):
        uniforms(0)
    with pytest.raises(ValueError, match=r"draws = 1,000,001 "):
        uniforms(1_000_001)
    with pytest.raises(ValueError, match=r"whole number .*\(seed\)"):
        uniforms(1, seed=2**54)


@given(st.integers(1, 300), st.integers(0, 1000), st.integers(0, 9))
def test_every_slice_is_drawn_once(draws, seed, stream):
    drawn = uniforms(draws, seed=seed, stream=stream)
    assert sorted(drawn) == [i / (draws + 1) for i in range(1, draws + 1)]
    normal = standard_normals(draws, seed=seed, stream=stream)
    assert normal == tuple(NormalDist().inv_cdf(u) for u in drawn)


def test_the_order_is_the_same_on_every_machine():
    assert [round(6 * u) for u in uniforms(5)] == [1, 2, 5, 4, 3]
    assert [round(6 * u) for u in uniforms(5, seed=3, stream=2)] == [3, 2, 1, 5, 4]


def test_what_was_computed_does_not_change():
    with pytest.raises(AttributeError):
        Range(1, 2).low = 0
    with pytest.raises(AttributeError):
        simulate(product, ranges={"first": Range(1, 2)}, fixed={"second": 1}).mean = 0


def test_another_stream_or_seed_has_another_order():
    one = uniforms(99)
    assert one == uniforms(99, seed=0, stream=0)
    assert one != uniforms(99, seed=1)
    assert one != uniforms(99, stream=1)
    assert standard_normals(99) == standard_normals(99, seed=0, stream=0)
    assert standard_normals(99) != standard_normals(99, seed=1)
    assert standard_normals(99) != standard_normals(99, stream=1)


@pytest.mark.parametrize(
    ("size", "percentile", "rank"),
    [
        (1999, 95, 1900),
        (1999, 5, 100),
        (1999, 50, 1000),
        (9999, 95, 9500),
        (9999, 99.9, 9990),
        (100, 95, 95),
        (100, 95.5, 96),
        (1, 5, 1),
        (10, 0.0, 1),
        (4, 50, 2),
        (1000, 99.9, 999),
    ],
)
def test_the_rank_of_a_percentile(size, percentile, rank):
    assert percentile_rank(size, percentile) == rank


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 99))
def test_a_percentile_is_the_first_value_that_enough_do_not_pass(values, percentile):
    ordered = sorted(values)
    found = ordered_percentile(ordered, percentile)
    enough = [v for v in ordered if sum(w <= v for w in ordered) * 100 >= percentile * len(ordered)]
    assert found == enough[0]
