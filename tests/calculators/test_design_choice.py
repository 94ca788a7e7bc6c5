"""Which design is the cheapest once its errors are counted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators.design_choice import (
    EXAMPLE_DESIGNS,
    TERMS,
    Design,
    Step,
    switch_points,
    which_design,
)

designs_of_any_kind = st.lists(
    st.tuples(st.floats(0, 10), st.floats(0, 1)), min_size=2, max_size=6
).map(lambda rows: {f"d{i}": Design(*row) for i, row in enumerate(rows)})


def test_the_switch_points_of_the_lesson():
    # Lessons on clarifying questions and on the larger model: $0.034 and $0.17.
    steps = switch_points(EXAMPLE_DESIGNS)
    assert [step.name for step in steps] == ["small", "cascade", "large"]
    assert [step.above_usd for step in steps] == pytest.approx([0, 0.03375, 0.17])


# Below $0.034 the small model, from there to $0.17 the cascade, then the large one.
@pytest.mark.parametrize(
    ("error_usd", "choice", "threshold"),
    [
        (0, "small", 0.03375),
        (0.03, "small", 0.03375),
        (0.04, "cascade", 0.03375),
        (0.075, "cascade", 0.03375),
        (0.076, "cascade", 0.17),
        (0.16, "cascade", 0.17),
        (0.25, "large", 0.17),
        (1e9, "large", 0.17),
    ],
)
def test_the_choice_of_the_lesson_and_its_nearest_threshold(error_usd, choice, threshold):
    decision = which_design(designs=EXAMPLE_DESIGNS, error_usd=error_usd)
    assert decision.choice == choice
    assert decision.threshold_value == pytest.approx(threshold)
    assert decision.threshold_unit == "US dollars"
    assert decision.threshold_name == "cost of an error at which another design is cheaper"


def test_the_large_model_is_cheapest_in_total_though_dearest_per_call():
    # Lesson on the larger model: $0.0193 against $0.0209 and $0.0382 at $0.25 an error.
    values = which_design(designs=EXAMPLE_DESIGNS, error_usd=0.25).values
    assert values["large_total_usd"] == values["total_usd"] == pytest.approx(0.0193)
    assert values["cascade_total_usd"] == pytest.approx(0.0209)
    assert values["small_total_usd"] == pytest.approx(0.0382)
    assert values["price_usd"] == 0.0068
    assert values["errors_usd"] == pytest.approx(0.0125)
    assert values["cheapest_above_usd"] == pytest.approx(0.17)
    assert "cheapest_up_to_usd" not in values


def test_the_range_in_which_a_design_is_cheapest():
    values = which_design(designs=EXAMPLE_DESIGNS, error_usd=0.1).values
    assert values["cheapest_above_usd"] == pytest.approx(0.03375)
    assert values["cheapest_up_to_usd"] == pytest.approx(0.17)
    values = which_design(designs=EXAMPLE_DESIGNS, error_usd=0.01).values
    assert "cheapest_above_usd" not in values
    assert values["cheapest_up_to_usd"] == pytest.approx(0.03375)


@pytest.mark.parametrize(
    ("designs", "names"),
    [
        # Dearer and worse, or as dear and worse, or between two others but above their line.
        ({"a": Design(1, 0.5), "b": Design(2, 0.4)}, ["a"]),
        ({"a": Design(1, 0.5), "b": Design(1, 0.6)}, ["b"]),
        ({"a": Design(1, 0.5), "b": Design(1, 0.5)}, ["a"]),
        ({"a": Design(1, 0.5), "b": Design(3, 0.6), "c": Design(4, 0.9)}, ["a", "c"]),
        ({"c": Design(4, 0.9), "b": Design(1.5, 0.6), "a": Design(1, 0.5)}, ["a", "b", "c"]),
        # On the line: the middle one is never alone the cheapest.
        ({"a": Design(1, 0.25), "b": Design(2, 0.5), "c": Design(3, 0.75)}, ["a", "c"]),
        # So small an improvement that no cost of an error pays for it.
        ({"a": Design(1, 0.5), "b": Design(1e6, 0.5 + 1e-9)}, ["a"]),
        # At the limit of what an error can cost.
        ({"a": Design(0, 0.5), "b": Design(5e8, 1)}, ["a", "b"]),
        ({"a": Design(0, 0.5), "b": Design(5.1e8, 1)}, ["a"]),
    ],
)
def test_designs_that_are_never_cheapest_are_left_out(designs, names):
    steps = switch_points(designs)
    assert [step.name for step in steps] == names
    assert steps[0] == Step(names[0], 0.0)


@given(designs_of_any_kind, st.floats(0, 1e4))
def test_the_choice_is_the_cheapest_by_brute_force(designs, error):
    totals = {name: d.usd + (1 - d.quality) * error for name, d in designs.items()}
    decision = which_design(designs=designs, error_usd=error)
    # The 1e-12 is the difference of two nearly equal totals.
    assert totals[decision.choice] <= min(totals.values()) * (1 + 1e-9) + 1e-12
    for name, total in totals.items():
        assert decision.values[f"{name}_total_usd"] == pytest.approx(total)
    chosen = designs[decision.choice]
    assert decision.values["total_usd"] == pytest.approx(totals[decision.choice])
    errors_bind = (1 - chosen.quality) * error > chosen.usd
    assert decision.binding_role == ("errors" if errors_bind else "price")
    assert decision.binding_label == TERMS[decision.binding_role]


@given(designs_of_any_kind, st.floats(1e-3, 1e4))
def test_the_choice_flips_at_the_threshold_where_both_cost_the_same(designs, error):
    decision = which_design(designs=designs, error_usd=error)
    flips = decision.threshold_value
    steps = switch_points(designs)
    if flips is None:
        assert len(steps) == 1
        return
    if 1e-6 < flips < 1e8:
        below = which_design(designs=designs, error_usd=flips * (1 - 1e-9)).choice
        above = which_design(designs=designs, error_usd=flips * (1 + 1e-9)).choice
        assert below != above
        assert designs[above].quality > designs[below].quality
        here, there = (designs[name].total_usd(flips) for name in (below, above))
        assert math.isclose(here, there, rel_tol=1e-6, abs_tol=1e-9)


@given(designs_of_any_kind)
def test_dearer_errors_never_choose_a_worse_design(designs):
    steps = switch_points(designs)
    assert [s.above_usd for s in steps] == sorted(s.above_usd for s in steps)
    qualities = [designs[s.name].quality for s in steps]
    assert qualities == sorted(set(qualities))


def test_what_binds():
    free = {"a": Design(1, 0.5), "b": Design(3, 1)}
    # (1 - .5) x 2 = 1 costs as much as the price: the price is named.
    assert which_design(designs=free, error_usd=2).binding_role == "price"
    assert which_design(designs=free, error_usd=2.01).binding_role == "errors"
    assert which_design(designs=free, error_usd=2).binding_label == "price of the task"
    assert which_design(designs=free, error_usd=2.01).binding_label == "cost of its errors"


def test_at_the_threshold_the_less_expensive_design_is_kept():
    designs = {"a": Design(1, 0.5), "b": Design(2, 0.75)}
    assert which_design(designs=designs, error_usd=4).choice == "a"
    assert which_design(designs=designs, error_usd=4.0001).choice == "b"


def test_half_way_by_ratio_the_dearer_threshold_is_named():
    designs = {"a": Design(0, 0), "b": Design(0.5, 0.5), "c": Design(2.5, 1)}
    # Switches at 1 and 4; 2 is as far from the one as from the other.
    assert which_design(designs=designs, error_usd=2).threshold_value == 4
    assert which_design(designs=designs, error_usd=1.99).threshold_value == 1


def test_the_sentence_of_the_better_design():
    decision = which_design(designs=EXAMPLE_DESIGNS, error_usd=0.25)
    assert decision.sentence == (
        "I choose large, because against cascade it avoids 20 errors per 1,000 tasks, worth $5, at "
        "an extra price of $3.40; I would switch to cascade when an error costs less than $0.17."
    )


def test_the_sentence_of_the_cheaper_design():
    decision = which_design(designs=EXAMPLE_DESIGNS, error_usd=0.02)
    assert decision.sentence == (
        "I choose small, because against cascade it saves $2.70 per 1,000 tasks at the cost of 80 "
        "errors more, worth $1.60; I would switch to cascade when an error costs more than $0.0337."
    )
    designs = {"a": Design(0.001, 0.5), "b": Design(0.003, 0.501)}
    assert (
        "at the cost of 1 error more, worth $1;"
        in which_design(designs=designs, error_usd=1).sentence
    )


def test_the_price_in_the_sentence_is_for_a_thousand_tasks():
    designs = {"a": Design(1, 0.5), "b": Design(10.99, 0.75)}
    sentence = which_design(designs=designs, error_usd=50).sentence
    assert "250 errors per 1,000 tasks, worth $12,500, at an extra price of $9,990" in sentence


def test_the_sentence_when_nothing_flips_the_choice():
    decision = which_design(designs={"a": Design(1, 0.5), "b": Design(2, 0.4)}, error_usd=1)
    assert decision.choice == "a"
    assert decision.threshold_value is None
    assert decision.sentence == (
        "I choose a, because it costs the least in total whatever an error costs; I would switch "
        "when another design is cheaper or solves more."
    )


@pytest.mark.parametrize("name", ["usd", "quality"])
@pytest.mark.parametrize("value", [-1, float("nan"), "1", True, None, 1.1e9, np.array([0.5])])
def test_a_design_is_checked(name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        Design(**{"usd": 1, "quality": 0.5, name: value})


@pytest.mark.parametrize(
    "function", [switch_points, lambda d: which_design(designs=d, error_usd=1)]
)
def test_the_designs_are_checked(function):
    one = {"a": Design(1, 0.5)}
    many = {str(i): Design(1, 0.5) for i in range(51)}
    for bad in ({}, one, many, None, "ab", [Design(1, 0.5), Design(2, 0.6)]):
        with pytest.raises(
            ValueError, match=r"^designs = .*give from 2 to 50 designs as a mapping"
        ):
            function(bad)
    with pytest.raises(
        ValueError, match=r"^designs\['b'\] = \(1, 2\): give Design\(usd, quality\)"
    ):
        function({**one, "b": (1, 2)})
    assert function({str(i): Design(1, 0.5) for i in range(50)})


@pytest.mark.parametrize(
    "value", [-1, float("nan"), float("inf"), "3", True, None, 1.1e9, np.array([0.5])], ids=repr
)
def test_the_cost_of_an_error_is_checked(value):
    with pytest.raises(ValueError, match=r"^error_usd "):
        which_design(designs=EXAMPLE_DESIGNS, error_usd=value)
