"""What a clarifying question is worth, and when to stop asking."""

from __future__ import annotations

import itertools
import math
import time
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.calculators.design_choice import EXAMPLE_DESIGNS, Design
from course_utils.calculators.uncertainty import Range
from course_utils.calculators.value_of_information import (
    Question,
    RangeQuestion,
    Worth,
    ask_or_stop,
    error_cost_totals,
    information_value_monte_carlo_usd,
    information_value_usd,
    perfect_information_usd,
    rank_questions,
)

# The worked example of the lesson: an error costs $0.01 (60%) or $0.30 (40%).
ERROR = Question("error_usd", "What does an error cost?", (0.01, 0.30), (0.6, 0.4))
CLOUD = Question("cloud", "Which cloud do you use?", ("one", "other"), (0.5, 0.5))
TOTALS = error_cost_totals(EXAMPLE_DESIGNS)
EVEN = (0.5, 0.5)
REPEATS = Question("repeats", "Do questions repeat?", (True, False), EVEN)
RIGHTS = Question("same_rights", "Have all users the same rights?", (True, False), EVEN)


def cache_totals(answers):
    """A shared cache saves only where questions repeat among users of the same rights."""
    shared = 0.2 if answers["repeats"] and answers["same_rights"] else 3.0
    return {"no cache": 1.0, "shared cache": shared}


# --- EVPI ---------------------------------------------------------------------------------


def test_knowing_the_cost_of_an_error_is_worth_2180_per_million_requests():
    totals = {
        name: [design.total_usd(0.01), design.total_usd(0.30)]
        for name, design in EXAMPLE_DESIGNS.items()
    }
    value = perfect_information_usd(totals_usd=totals, shares=[0.6, 0.4])
    assert 1e6 * value == pytest.approx(2180)
    asked = information_value_usd(totals=TOTALS, questions=[ERROR], asked=["error_usd"])
    assert asked == pytest.approx(value)


def test_evpi_of_arrays():
    errors = np.array([0.1, 0.3, 1.0])
    totals = {
        name: [d.total_usd(0.01), d.usd + (1 - d.quality) * errors]
        for name, d in EXAMPLE_DESIGNS.items()
    }
    together = perfect_information_usd(totals_usd=totals, shares=[0.6, 0.4])
    one = [
        information_value_usd(
            totals=TOTALS,
            questions=[Question("error_usd", "?", (0.01, error), (0.6, 0.4))],
            asked=["error_usd"],
        )
        for error in errors
    ]
    assert together == pytest.approx(one, abs=1e-15)


payoffs = st.lists(st.lists(st.floats(-100, 100), min_size=3, max_size=3), min_size=1, max_size=4)


@given(payoffs, st.floats(0.01, 0.9))
def test_evpi_is_the_expected_regret_of_the_best_fixed_design(rows, share):
    shares = [share, (1 - share) / 2, (1 - share) / 2]
    totals = {str(i): row for i, row in enumerate(rows)}
    value = perfect_information_usd(totals_usd=totals, shares=shares)
    best = [min(column) for column in zip(*rows, strict=True)]
    regrets = [
        math.fsum(p * (cost - least) for p, cost, least in zip(shares, row, best, strict=True))
        for row in rows
    ]
    assert value == pytest.approx(min(regrets), abs=1e-10)
    assert value >= 0


def test_evpi_is_checked():
    good = {"a": [1, 2], "b": [2, 1]}
    for bad in ({}, None, [[1, 2]], "ab"):
        with pytest.raises(ValueError, match=r"^totals_usd = .*: give each design's total in each"):
            perfect_information_usd(totals_usd=bad, shares=EVEN)
    with pytest.raises(
        ValueError, match=r"^totals_usd\['b'\] has 1 states, shares has 2: give one"
    ):
        perfect_information_usd(totals_usd={**good, "b": [1]}, shares=EVEN)
    for bad in (3, "12", None, []):
        with pytest.raises(
            ValueError, match=r"^totals_usd\['b'\] = .*: give a list with one entry"
        ):
            perfect_information_usd(totals_usd={**good, "b": bad}, shares=EVEN)
    for bad in (float("nan"), float("inf"), "1", True, -1.1e12, 1.1e12):
        with pytest.raises(ValueError, match=r"^totals_usd\['b'\]\[1\] .*\(US dollars\)"):
            perfect_information_usd(totals_usd={**good, "b": [1, bad]}, shares=EVEN)
    for bad in ([0.5, -0.5], [1.5, -0.5], ["1", 0], [float("nan"), 1], [True, 0]):
        with pytest.raises(ValueError, match=r"^shares\[[01]\] = .*from 0 to 1 \(share\)"):
            perfect_information_usd(totals_usd=good, shares=bad)
    with pytest.raises(ValueError, match=r"^shares\[0\] is an array"):
        perfect_information_usd(totals_usd=good, shares=[np.array([0.5]), 0.5])
    for bad in ([0.5, 0.4], [0.5, 0.5 + 1e-8]):
        with pytest.raises(ValueError, match=r"^shares add up to .*: give probabilities that add"):
            perfect_information_usd(totals_usd=good, shares=bad)
    for bad in (0.5, "ab", None, []):
        with pytest.raises(ValueError, match=r"^shares = .*: give a list with one entry or more"):
            perfect_information_usd(totals_usd=good, shares=bad)
    limits = {"a": [-1e12, 1e12], "b": [0, 0]}
    assert perfect_information_usd(totals_usd=limits, shares=[0.5, 0.5 + 1e-10]) > 0


# --- EVPPI --------------------------------------------------------------------------------


def test_a_question_that_changes_nothing_is_worth_nothing():
    ranked = rank_questions(totals=TOTALS, questions=[CLOUD, ERROR])
    assert ranked == [Worth("error_usd", pytest.approx(0.00218)), Worth("cloud", 0.0)]


def test_two_questions_each_worth_nothing_are_worth_something_together():
    arguments = {"totals": cache_totals, "questions": [REPEATS, RIGHTS]}
    assert information_value_usd(asked=["repeats"], **arguments) == 0
    assert information_value_usd(asked=["same_rights"], **arguments) == 0
    # One case in four saves 0.8.
    both = information_value_usd(asked=["repeats", "same_rights"], **arguments)
    assert both == pytest.approx(0.2)
    assert information_value_usd(asked=[], **arguments) == 0


def test_an_answer_in_hand_makes_the_other_worth_asking():
    known = RIGHTS.answered(True)
    assert known == Question("same_rights", RIGHTS.text, (True,), (1.0,))
    arguments = {"totals": cache_totals, "questions": [REPEATS, known]}
    assert information_value_usd(asked=["repeats"], **arguments) == pytest.approx(0.4)
    assert information_value_usd(asked=["same_rights"], **arguments) == 0
    with pytest.raises(
        ValueError, match=r"answer to cloud = 'a third': give one of 'one', 'other'"
    ):
        CLOUD.answered("a third")


def random_problem(rows, shares):
    """Two questions of two and three answers, and designs with any total in each case."""
    first = Question("first", "?", ("a", "b"), (shares[0], 1 - shares[0]))
    rest = (1 - shares[1]) / 2
    second = Question("second", "?", (1, 2, 3), (shares[1], rest, 1 - shares[1] - rest))
    cases = list(itertools.product(first.answers, second.answers))

    def totals(answers):
        place = cases.index((answers["first"], answers["second"]))
        return {str(i): row[place] for i, row in enumerate(rows)}

    return first, second, totals


problems = st.tuples(
    st.lists(st.lists(st.floats(0, 9), min_size=6, max_size=6), min_size=2, max_size=3),
    st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95)),
)


@given(problems)
def test_partial_information_by_brute_force(problem):
    first, second, totals = random_problem(*problem)
    questions = [first, second]

    def mean(design, known):
        """The expected total of a design when one answer is known."""
        parts = []
        for (a, p), (b, q) in itertools.product(
            zip(first.answers, first.shares, strict=True),
            zip(second.answers, second.shares, strict=True),
        ):
            if known in (None, a):
                weight = q if known == a else p * q
                parts.append(weight * totals({"first": a, "second": b})[design])
        return math.fsum(parts)

    designs = list(totals({"first": "a", "second": 1}))
    before = min(mean(d, None) for d in designs)
    after = math.fsum(
        p * min(mean(d, a) for d in designs)
        for a, p in zip(first.answers, first.shares, strict=True)
    )
    found = information_value_usd(totals=totals, questions=questions, asked=["first"])
    assert found == pytest.approx(before - after, abs=1e-9)
    both = information_value_usd(totals=totals, questions=questions, asked=["second", "first"])
    other = information_value_usd(totals=totals, questions=questions, asked=["second"])
    assert 0 <= found <= both + 1e-9
    assert 0 <= other <= both + 1e-9
    ranked = rank_questions(totals=totals, questions=questions)
    assert [w.usd for w in ranked] == sorted([found, other], reverse=True)


def test_twelve_questions_are_ranked_in_a_moment():
    questions = [Question(f"q{i}", "?", (0.0, 1.0), EVEN) for i in range(12)]

    def totals(answers):
        return {"a": 1.0, "b": sum(answers[f"q{i}"] * (i + 1) for i in range(12)) / 39}

    start = time.process_time()
    ranked = rank_questions(totals=totals, questions=questions)
    assert time.process_time() - start < 5
    assert [worth.name for worth in ranked] == [f"q{i}" for i in reversed(range(12))]


# --- questions ----------------------------------------------------------------------------


def test_a_question_is_checked():
    for bad in ("", "two words", "1st", 3, None):
        with pytest.raises(ValueError, match=r"^name = .*: give an identifier, for example error_"):
            Question(bad, "?", (1, 2), EVEN)
        with pytest.raises(ValueError, match=r"^name = .*: give an identifier"):
            RangeQuestion(bad, "?", Range(1, 2))
    with pytest.raises(ValueError, match=r"^answers of q: give as many .* there are 3 and 2"):
        Question("q", "?", (1, 2, 3), EVEN)
    for bad in ((), "ab", None, 3):
        with pytest.raises(ValueError, match=r"^answers of q = .*: give a list with one entry"):
            Question("q", "?", bad, EVEN)
        with pytest.raises(ValueError, match=r"^shares of q = .*: give a list with one entry"):
            Question("q", "?", (1, 2), bad)
    with pytest.raises(ValueError, match=r"^shares of q\[1\] = -0.5 "):
        Question("q", "?", (1, 2), (1.5 - 0.5, -0.5))
    with pytest.raises(ValueError, match=r"^shares of q add up to 0.9: give probabilities"):
        Question("q", "?", (1, 2), (0.5, 0.4))
    with pytest.raises(ValueError, match=r"^range of q = \(1, 2\): give Range\(low, high\)"):
        RangeQuestion("q", "?", (1, 2))


def test_answers_by_cumulated_probability():
    question = Question("q", "?", ("a", "b", "c"), (0.25, 0.5, 0.25))
    assert [question.at(u) for u in (0, 0.24, 0.25, 0.74, 0.75, 0.99, 1)] == list("aabbccc")


def test_a_range_as_equally_likely_answers():
    question = RangeQuestion("error_usd", "?", Range(0.01, 1))
    points = question.as_question(4)
    assert points.shares == (0.25,) * 4
    assert points.name == "error_usd"
    assert points.text == "?"
    z = [NormalDist().inv_cdf(u) for u in (0.125, 0.375, 0.625, 0.875)]
    sigma = math.log(100) / (2 * NormalDist().inv_cdf(0.95))
    assert points.answers == pytest.approx([0.1 * math.exp(sigma * each) for each in z])
    assert len(question.as_question().answers) == 20
    assert question.as_question(1).answers == pytest.approx((0.1,))
    for bad in (0, 1.5, 10_001, "4", float("nan")):
        with pytest.raises(ValueError, match=r"^points .*from 1 to 10,000 \(points\)"):
            question.as_question(bad)
    assert len(question.as_question(10_000).answers) == 10_000


def test_the_questions_are_checked():
    arguments = {"totals": TOTALS, "asked": ["error_usd"]}
    for function in (information_value_usd, information_value_monte_carlo_usd):
        for bad in ([], None, "error_usd"):
            with pytest.raises(ValueError, match=r"^questions = .*: give a list with one entry"):
                function(questions=bad, **arguments)
        with pytest.raises(ValueError, match=r"^questions\[1\] = 3: give .*Question"):
            function(questions=[ERROR, 3], **arguments)
        with pytest.raises(ValueError, match=r"the names \['error_usd', 'error_usd'\] are not all"):
            function(questions=[ERROR, ERROR], **arguments)
        for bad in ("error_usd", None, 3):
            with pytest.raises(ValueError, match=r"^asked = .*: give a list of names"):
                function(totals=TOTALS, questions=[ERROR], asked=bad)
        with pytest.raises(ValueError, match=r"^asked = 'cloud': give one of error_usd"):
            function(totals=TOTALS, questions=[ERROR], asked=["cloud"])
    unknown = RangeQuestion("error_usd", "?", Range(0.01, 1))
    with pytest.raises(ValueError, match=r"^questions\[0\] = RangeQuestion.*: give Question$"):
        rank_questions(totals=TOTALS, questions=[unknown])
    with pytest.raises(ValueError, match=r"give Question or RangeQuestion"):
        information_value_monte_carlo_usd(questions=[3], **arguments)


def test_too_many_combinations_are_refused():
    def totals(answers):
        return {"a": 1.0, "b": float(answers["q0"])}

    many = [Question(f"q{i}", "?", tuple(range(101)), (1 / 101,) * 101) for i in range(2)]
    with pytest.raises(
        ValueError, match=r"have 10,201 combinations, at most 10,000 are tried; ask"
    ):
        rank_questions(totals=totals, questions=many)
    hundred = [Question(f"q{i}", "?", tuple(range(100)), (0.01,) * 100) for i in range(2)]
    assert len(rank_questions(totals=totals, questions=hundred)) == 2


def test_what_the_totals_give_is_checked():
    def changing(answers):
        return {"a": 1.0} if answers["error_usd"] == 0.01 else {"b": 1.0}

    for function in (information_value_usd, information_value_monte_carlo_usd):
        arguments = {"questions": [ERROR], "asked": ["error_usd"]}
        with pytest.raises(ValueError, match=r"gave the designs \['[ab]'\]: give every design, in"):
            function(totals=changing, **arguments)
        with pytest.raises(ValueError, match=r"^totals\(\{'error_usd': 0.*gave the designs \[\]"):
            function(totals=lambda _: {}, **arguments)
        for bad in (float("nan"), "1", True, 1.1e12, -1.1e12, np.array([1.0])):
            with pytest.raises(ValueError, match=r"^totals: a "):
                function(totals=lambda _, bad=bad: {"a": bad}, **arguments)


def test_the_totals_of_an_error_cost():
    totals = error_cost_totals(EXAMPLE_DESIGNS, "loss")({"loss": 0.25})
    assert totals == pytest.approx({"small": 0.0382, "cascade": 0.0209, "large": 0.0193})
    with pytest.raises(ValueError, match=r"^loss = -1 is out of range"):
        error_cost_totals(EXAMPLE_DESIGNS, "loss")({"loss": -1})
    with pytest.raises(ValueError, match=r"^designs = "):
        error_cost_totals({"a": Design(1, 1)})


# --- Monte Carlo --------------------------------------------------------------------------


def lognormal_evpi(designs, median, sigma):
    """Two designs and a lognormal error cost, in closed form by partial expectations."""
    cheap, good = designs
    switch = (good.usd - cheap.usd) / (good.quality - cheap.quality)
    mean = median * math.exp(sigma**2 / 2)
    d = math.log(switch / median) / sigma
    below, mean_below = NormalDist().cdf(d), mean * NormalDist().cdf(d - sigma)
    after = cheap.usd * below + (1 - cheap.quality) * mean_below
    after += good.usd * (1 - below) + (1 - good.quality) * (mean - mean_below)
    before = min(each.usd + (1 - each.quality) * mean for each in designs)
    return before - after


LOSS = RangeQuestion("error_usd", "What does an error cost?", Range(0.01, 1))
TWO = {"small": EXAMPLE_DESIGNS["small"], "large": EXAMPLE_DESIGNS["large"]}


@pytest.mark.parametrize("seed", range(3))
def test_the_simulation_agrees_with_the_closed_form(seed):
    exact = lognormal_evpi(TWO.values(), LOSS.range.median, LOSS.range.sigma)
    arguments = {"totals": error_cost_totals(TWO), "asked": ["error_usd"]}
    simulated = information_value_monte_carlo_usd(
        questions=[LOSS], outer_draws=1999, seed=seed, **arguments
    )
    assert simulated == pytest.approx(exact, rel=0.01)
    by_points = information_value_usd(questions=[LOSS.as_question(200)], **arguments)
    assert by_points == pytest.approx(exact, rel=0.01)


def test_a_question_that_changes_nothing_is_worth_nothing_in_the_simulation_too():
    value = information_value_monte_carlo_usd(
        totals=TOTALS, questions=[CLOUD, LOSS], asked=["cloud"], outer_draws=29
    )
    assert value == 0


def test_the_simulation_agrees_with_the_enumeration():
    questions = [
        Question("first", "?", (0, 1), (0.3, 0.7)),
        Question("second", "?", (0, 1, 2), (0.2, 0.5, 0.3)),
    ]

    def totals(answers):
        return {"a": 1.0, "b": 0.4 + 1.1 * answers["first"] * answers["second"] / 1.5}

    for asked in (["first"], ["second"], ["first", "second"]):
        exact = information_value_usd(totals=totals, questions=questions, asked=asked)
        simulated = information_value_monte_carlo_usd(
            totals=totals, questions=questions, asked=asked, outer_draws=199, inner_draws=199
        )
        assert exact > 0.01
        assert simulated == pytest.approx(exact, abs=0.03)


def test_nothing_asked_is_worth_nothing_in_the_simulation():
    assert information_value_monte_carlo_usd(totals=TOTALS, questions=[LOSS], asked=[]) == 0


def test_the_simulation_is_the_same_every_time():
    arguments = {"totals": TOTALS, "questions": [LOSS, CLOUD], "asked": ["error_usd"]}
    first = information_value_monte_carlo_usd(**arguments)
    assert first == information_value_monte_carlo_usd(
        **arguments, outer_draws=499, inner_draws=99, seed=0
    )
    skewed = Question("cloud", "?", (0.1, 2), EVEN)
    both = {
        "totals": lambda a: {"a": 1.0, "b": a["cloud"] * a["error_usd"] * 5},
        "questions": [LOSS, skewed],
        "asked": ["error_usd", "cloud"],
    }
    one, other = (information_value_monte_carlo_usd(**both, seed=s) for s in (0, 1))
    assert one == information_value_monte_carlo_usd(**both)
    assert one != other
    assert one == pytest.approx(other, rel=0.2)


@pytest.mark.parametrize("name", ["outer_draws", "inner_draws", "seed"])
def test_the_settings_of_the_simulation_are_checked(name):
    for bad in (-1, 0.5, "3", None, float("nan")):
        with pytest.raises(ValueError, match=r"^(draws|seed) "):
            information_value_monte_carlo_usd(
                totals=TOTALS, questions=[LOSS, CLOUD], asked=["cloud"], **{name: bad}
            )


# --- ask or stop --------------------------------------------------------------------------

ASK = {"totals": TOTALS, "questions": [CLOUD, ERROR], "requests": 1_000_000, "question_usd": 500}


def test_a_question_worth_its_price_is_asked():
    decision = ask_or_stop(**ASK)
    assert decision.choice == "ask error_usd"
    assert (decision.binding_role, decision.binding_label) == (
        "worth",
        "what the answers are worth",
    )
    assert decision.threshold_value == pytest.approx(2180)
    assert decision.threshold_unit == "US dollars"
    assert decision.threshold_name == "cost of a question at which one stops asking"
    assert decision.values == pytest.approx(
        {
            "cloud_worth_usd": 0,
            "error_usd_worth_usd": 2180,
            "all_worth_usd": 2180,
            "best_set_worth_usd": 2180,
            "best_set_price_usd": 500,
            "net_usd": 1680,
        }
    )
    assert decision.sentence == (
        'I choose to ask "What does an error cost?", because the answers can change the design and '
        "are worth $2,180 over 1,000,000 requests at a cost of $500; I would switch to designing "
        "when a question costs more than $2,180."
    )


def test_a_question_that_costs_more_than_its_answer_is_not_asked():
    decision = ask_or_stop(**{**ASK, "question_usd": 3000})
    assert decision.choice == "stop asking"
    assert (decision.binding_role, decision.binding_label) == ("price", "price of asking")
    assert decision.values["net_usd"] == pytest.approx(-820)
    assert decision.sentence == (
        'I choose to stop asking, because answers to "What does an error cost?" are worth $2,180 '
        "over 1,000,000 requests at a cost of $3,000; I would switch to asking when a question "
        "costs less than $2,180."
    )


def test_a_single_request_is_worth_a_fraction_of_a_cent():
    decision = ask_or_stop(**{**ASK, "requests": 1, "question_usd": 0.01})
    assert decision.threshold_value == pytest.approx(0.00218)
    assert decision.sentence == (
        'I choose to stop asking, because answers to "What does an error cost?" are worth $0.00218 '
        "over 1 request at a cost of $0.01; I would switch to asking when a question costs less "
        "than $0.00218."
    )


def test_when_nothing_can_change_the_design_one_stops():
    for price in (0, 5):
        decision = ask_or_stop(
            **{**ASK, "questions": [CLOUD, ERROR.answered(0.01)], "question_usd": price}
        )
        assert decision.choice == "stop asking"
        assert decision.threshold_value is None
        assert decision.values["all_worth_usd"] == 0
        assert decision.sentence == (
            "I choose to stop asking, because no answer would change the design; I would switch to "
            "asking when a new unknown or a new design appears."
        )


def test_questions_that_count_together_are_asked_together():
    arguments = {"totals": cache_totals, "questions": [REPEATS, CLOUD, RIGHTS], "requests": 100}
    decision = ask_or_stop(question_usd=9, **arguments)
    assert decision.choice == "ask repeats and same_rights"
    assert decision.values["best_set_price_usd"] == 18
    assert decision.values["net_usd"] == pytest.approx(2)
    assert decision.threshold_value == pytest.approx(10)
    assert decision.sentence == (
        'I choose to ask "Do questions repeat?" and "Have all users the same rights?", because the '
        "answers can change the design and are worth $20 over 100 requests at a cost of $18; I "
        "would switch to designing when a question costs more than $10."
    )
    stop = ask_or_stop(question_usd=11, **arguments)
    assert stop.choice == "stop asking"
    assert 'answers to "Do questions repeat?" and "Have all users' in stop.sentence
    assert "are worth $20 over 100 requests at a cost of $22;" in stop.sentence
    assert stop.values["best_set_price_usd"] == 22
    # However dear: those that one would ask first if questions got cheaper.
    assert ask_or_stop(question_usd=30, **arguments).values["best_set_price_usd"] == 60
    free = ask_or_stop(question_usd=0, **arguments)
    assert free.choice == "ask repeats and same_rights"


def test_a_price_at_the_threshold_stops():
    threshold = ask_or_stop(**ASK).threshold_value
    assert ask_or_stop(**{**ASK, "question_usd": threshold}).choice == "stop asking"


@settings(max_examples=60, deadline=None)
@given(problems, st.floats(0, 5))
def test_one_asks_exactly_while_some_questions_are_worth_their_price(problem, price):
    first, second, totals = random_problem(*problem)
    arguments = {"totals": totals, "questions": [first, second], "requests": 1}
    decision = ask_or_stop(question_usd=price, **arguments)
    nets = {
        asked: information_value_usd(totals=totals, questions=[first, second], asked=asked)
        - price * len(asked)
        for asked in (("first",), ("second",), ("first", "second"))
    }
    best = max(nets.values())
    if abs(best) > 1e-9:
        assert (decision.choice != "stop asking") == (best > 0)
    if decision.choice != "stop asking":
        asked = tuple(decision.choice.removeprefix("ask ").split(" and "))
        assert nets[asked] == pytest.approx(best, abs=1e-9)
        assert decision.values["net_usd"] == pytest.approx(best, abs=1e-9)
    flips = decision.threshold_value
    if flips is not None:
        for factor, asks in ((1 - 1e-6, True), (1 + 1e-6, False)):
            changed = ask_or_stop(question_usd=flips * factor, **arguments)
            assert (changed.choice != "stop asking") == asks


@pytest.mark.parametrize("name", ["requests", "question_usd"])
@pytest.mark.parametrize(
    "value", [-1, float("nan"), float("inf"), "3", True, None, 1e15 + 1, np.array([5.0])], ids=repr
)
def test_the_numbers_of_the_decision_are_checked(name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        ask_or_stop(**{**ASK, name: value})


def test_the_limits_of_the_decision():
    assert ask_or_stop(**{**ASK, "requests": 1e15, "question_usd": 1e9}).sentence
    with pytest.raises(ValueError, match=r"requests = 0 .*above 0 .*\(requests\)"):
        ask_or_stop(**{**ASK, "requests": 0})
    with pytest.raises(ValueError, match=r"1,000,000,000 \(US dollars per question\)"):
        ask_or_stop(**{**ASK, "question_usd": 1.1e9})
    seven = [Question(f"q{i}", "?", (0, 1), EVEN) for i in range(7)]
    flat = {"totals": lambda _: {"a": 1.0}, "requests": 1, "question_usd": 1}
    with pytest.raises(ValueError, match=r"there are 7, give at most 6; rank_questions says"):
        ask_or_stop(questions=seven, **flat)
    assert ask_or_stop(questions=seven[:6], **flat).choice == "stop asking"
    with pytest.raises(ValueError, match=r"^questions\[0\] = RangeQuestion.*: give Question$"):
        ask_or_stop(questions=[LOSS], **flat)
