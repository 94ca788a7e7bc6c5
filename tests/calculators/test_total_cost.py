"""Designs compared on calls plus wrong answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_utils.calculators.total_cost import cheapest, switch_error_cost_usd, total_usd

SMALL, CASCADE, LARGE = (0.0007, 0.85), (0.0034, 0.93), (0.0068, 0.95)


# Worked figures of this course, lesson on the larger model.
@pytest.mark.parametrize(("design", "total"), [(LARGE, 0.0193), (CASCADE, 0.0209), (SMALL, 0.0382)])
def test_totals_at_a_quarter_dollar_per_error(design, total):
    cost, quality = design
    found = total_usd(request_cost_usd=cost, quality=quality, error_cost_usd=0.25)
    assert found == pytest.approx(total, abs=5e-12)


@pytest.mark.parametrize(
    ("cheap", "dear", "usd"), [(SMALL, CASCADE, 0.03375), (CASCADE, LARGE, 0.17)]
)
def test_switch_points(cheap, dear, usd):
    found = switch_error_cost_usd(
        cheap_cost_usd=cheap[0],
        cheap_quality=cheap[1],
        dear_cost_usd=dear[0],
        dear_quality=dear[1],
    )
    assert found == pytest.approx(usd)


def test_the_large_model_costs_9_7_times_a_small_call():
    assert LARGE[0] / SMALL[0] == pytest.approx(9.7, abs=0.02)


def test_a_dearer_design_that_is_no_better_never_wins():
    design = {"cheap_cost_usd": 1, "dear_cost_usd": 2, "cheap_quality": 0.9}
    assert switch_error_cost_usd(dear_quality=0.9, **design) == math.inf
    assert switch_error_cost_usd(dear_quality=0.8, **design) == math.inf


@pytest.mark.parametrize(
    ("error_cost", "index", "flip"),
    [(0.01, 0, (0.03375, 1)), (0.10, 1, (0.17, 2)), (0.25, 2, (0.17, 1))],
)
def test_the_cheapest_of_three_and_the_flip_next_to_it(error_cost, index, flip):
    best = cheapest([SMALL, CASCADE, LARGE], error_cost)
    assert best.index == index
    assert best.flip == (pytest.approx(flip[0]), flip[1])


def test_the_middle_design_has_a_flip_on_both_sides():
    best = cheapest([SMALL, CASCADE, LARGE], 0.1)
    assert (best.lower_usd, best.lower_index) == (pytest.approx(0.03375), 0)
    assert (best.upper_usd, best.upper_index) == (pytest.approx(0.17), 2)


def test_a_design_that_is_best_and_cheapest_has_no_flip():
    best = cheapest([(1, 0.9), (2, 0.9), (1, 0.8), (2, 0.8)], 10)
    assert best.index == 0
    assert best.flip is None


def test_ties_go_to_the_cheaper_then_to_the_better_design():
    assert cheapest([(2, 0.5), (1, 0.25)], 4).index == 1
    assert cheapest([(1, 0.25), (2, 0.5)], 4).index == 0
    assert cheapest([(1, 0.2), (1, 0.3)], 0).index == 1
    assert cheapest([(1, 0.3), (1, 0.2)], 0).index == 0


def test_qualities_that_differ_by_rounding_make_no_flip():
    assert cheapest([(1, 0.3), (2, 0.3 + 1e-13)], 1).flip is None
    assert cheapest([(1, 0.3), (2, 0.3 - 1e-13)], 1).flip is None
    # Here the dearer one is chosen, at an error cost that no rounding explains away.
    assert cheapest([(0, 0.3), (1e-6, 0.3 + 1e-13)], 1e9).flip is None


def test_a_flip_beyond_any_error_cost_is_none():
    assert cheapest([(0, 0.5), (2.5e8, 0.75)], 1).upper_usd == 1e9
    assert cheapest([(0, 0.5), (1e6, 0.5009)], 1).upper_usd is None
    assert cheapest([(0, 0.5), (1e6, 0.5009)], 1).upper_index is None
    assert cheapest([(0, 0.5), (1, 0.75)], 4e8).lower_usd == 4


designs = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 100).map(lambda q: q / 100)), min_size=2, max_size=6
)


@given(designs, st.floats(0, 1000))
def test_the_choice_is_the_cheapest_and_flips_where_it_says(lines, error_cost):
    def total(index, usd):
        return lines[index][0] + (1 - lines[index][1]) * usd

    best = cheapest(lines, error_cost)
    assert total(best.index, error_cost) == min(total(i, error_cost) for i in range(len(lines)))
    for usd, index, outward in (
        (best.lower_usd, best.lower_index, -1),
        (best.upper_usd, best.upper_index, 1),
    ):
        if usd is None:
            continue
        assume(1e-6 < usd < 1e6)
        assert total(best.index, usd) == pytest.approx(total(index, usd))
        beyond, within = usd * (1 + outward * 1e-6), usd * (1 - outward * 1e-6)
        assert total(index, beyond) < total(best.index, beyond)
        assert total(best.index, within) <= total(index, within)


def test_arrays_give_what_their_elements_give():
    costs, quality = np.array([0.1, 0.2]), np.array([[0.5], [0.9]])
    totals = total_usd(request_cost_usd=costs, quality=quality, error_cost_usd=2)
    assert totals.tolist() == [
        [total_usd(request_cost_usd=c, quality=q, error_cost_usd=2) for c in (0.1, 0.2)]
        for q in (0.5, 0.9)
    ]
    switch = switch_error_cost_usd(
        cheap_cost_usd=0.1,
        cheap_quality=0.5,
        dear_cost_usd=np.array([0.2, 0.3]),
        dear_quality=np.array([0.75, 0.5]),
    )
    assert switch.tolist() == [0.4, math.inf]


TOTAL = {"request_cost_usd": 0.1, "quality": 0.9, "error_cost_usd": 1}
SWITCH = {"cheap_cost_usd": 1, "cheap_quality": 0.8, "dear_cost_usd": 2, "dear_quality": 0.9}
WANTED = {
    "request_cost_usd": "a number from 0 to 1,000,000 (US dollars)",
    "quality": "a number from 0 to 1 (share)",
    "error_cost_usd": "a number from 0 to 1,000,000,000 (US dollars)",
    "cheap_cost_usd": "a number from 0 to 1,000,000 (US dollars)",
    "cheap_quality": "a number from 0 to 1 (share)",
    "dear_cost_usd": "a number from 0 to 1,000,000 (US dollars)",
    "dear_quality": "a number from 0 to 1 (share)",
}


@pytest.mark.parametrize("name", WANTED)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "3", True, None, 1e40])
def test_every_argument_is_checked(name, value):
    function, good = (total_usd, TOTAL) if name in TOTAL else (switch_error_cost_usd, SWITCH)
    with pytest.raises(ValueError, match=f"^{name} ") as caught:
        function(**{**good, name: value})
    assert str(caught.value).endswith(f"give {WANTED[name]}")


def test_the_dear_design_costs_no_less():
    with pytest.raises(
        ValueError, match=r"^dear_cost_usd - cheap_cost_usd = -1.0 is out"
    ) as caught:
        switch_error_cost_usd(**{**SWITCH, "cheap_cost_usd": 3})
    assert str(caught.value).endswith(
        "= -1.0 is out of range: give a number of at least 0 (US dollars)"
    )


def test_the_error_cost_of_the_cheapest_is_checked():
    with pytest.raises(ValueError, match=r"^error_cost_usd = -1 is out of"):
        cheapest([SMALL, LARGE], -1)


@given(st.floats(0, 1e6), st.floats(0, 1), st.floats(0, 1e6))
def test_a_worse_design_never_costs_less_in_total(cost, quality, error):
    def total(right):
        return total_usd(request_cost_usd=cost, quality=right, error_cost_usd=error)

    assert total(quality) >= cost
    assert total(1) == cost
    assert total(0) == cost + error
    assert total(quality / 2) >= total(quality)
