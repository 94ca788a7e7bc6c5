"""How many passages to retrieve."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_utils.calculators.retrieved_context import (
    ACCURACY_BY_POSITION,
    CLOSED_BOOK_ACCURACY,
    EXAMPLE_MISS_ACCURACY,
    EXAMPLE_RECALL,
    LIU_READING,
    ORACLE_ACCURACY,
    answer_accuracy,
    how_many_passages,
    measured_share,
    reranker_gain,
)

shares = st.floats(0, 1)


# Liu et al. 2024, TACL 12:157-173, tables 1 and 5 to 7, GPT-3.5-Turbo (16K) unless named.
@pytest.mark.parametrize(("documents", "mean"), [(10, 0.668), (20, 0.611), (30, 0.572)])
def test_the_published_means_over_positions(documents, mean):
    by_position = ACCURACY_BY_POSITION["gpt-3.5-turbo-16k", documents]
    assert statistics.mean(by_position.values()) == pytest.approx(mean, abs=5e-4)
    assert LIU_READING[documents] == mean
    assert len(by_position) == documents // 5 + (documents // 10 if documents == 10 else 1)


def test_the_published_rows():
    assert list(ACCURACY_BY_POSITION["gpt-3.5-turbo", 20].items()) == [
        (0, 0.758),
        (4, 0.572),
        (9, 0.538),
        (14, 0.554),
        (19, 0.632),
    ]
    assert list(ACCURACY_BY_POSITION["gpt-3.5-turbo-16k", 10].items()) == [
        (0, 0.769),
        (4, 0.610),
        (9, 0.625),
    ]
    assert list(ACCURACY_BY_POSITION["gpt-3.5-turbo-16k", 20].items()) == [
        (0, 0.757),
        (4, 0.573),
        (9, 0.541),
        (14, 0.554),
        (19, 0.631),
    ]
    assert list(ACCURACY_BY_POSITION["gpt-3.5-turbo-16k", 30].items()) == [
        (0, 0.734),
        (4, 0.551),
        (9, 0.505),
        (14, 0.509),
        (19, 0.518),
        (24, 0.549),
        (29, 0.637),
    ]
    assert ORACLE_ACCURACY == {"gpt-3.5-turbo-16k": 0.886, "gpt-3.5-turbo": 0.883}
    assert CLOSED_BOOK_ACCURACY == {"gpt-3.5-turbo-16k": 0.560, "gpt-3.5-turbo": 0.561}
    assert LIU_READING == {1: 0.886, 10: 0.668, 20: 0.611, 30: 0.572}


def test_distractors_alone_are_worse_than_no_document():
    assert CLOSED_BOOK_ACCURACY["gpt-3.5-turbo-16k"] > EXAMPLE_MISS_ACCURACY == 0.28
    assert EXAMPLE_RECALL == {1: 0.45, 3: 0.58, 5: 0.68, 10: 0.825, 20: 0.89, 30: 0.92}


# This course: illustration with R(10) = .825, R(30) = .92, a_miss = .28.
@pytest.mark.parametrize(("passages", "percent"), [(10, 60.0), (30, 54.9)])
def test_the_illustration(passages, percent):
    accuracy = answer_accuracy(
        recall=measured_share(passages=passages, measured=EXAMPLE_RECALL),
        reading_accuracy=measured_share(passages=passages, measured=LIU_READING),
        miss_accuracy=EXAMPLE_MISS_ACCURACY,
    )
    assert 100 * accuracy == pytest.approx(percent, abs=0.05)


def test_measurements_are_met_and_joined_in_the_logarithm():
    for passages, value in LIU_READING.items():
        assert measured_share(passages=passages, measured=LIU_READING) == pytest.approx(value)
    halfway = measured_share(passages=2, measured={4: 0.8, 1: 0.2})
    assert halfway == pytest.approx(0.5)
    assert measured_share(passages=8, measured={1: 0.2, 4: 0.8, 16: 0.9}) == pytest.approx(0.85)


@given(st.floats(1, 30), st.floats(1, 30))
def test_recall_never_falls_and_reading_never_rises(a, b):
    low, high = sorted((a, b))
    margin = 1e-12
    recall = [measured_share(passages=k, measured=EXAMPLE_RECALL) for k in (low, high)]
    reading = [measured_share(passages=k, measured=LIU_READING) for k in (low, high)]
    assert recall[0] <= recall[1] + margin
    assert reading[0] >= reading[1] - margin


@given(shares, shares, shares)
def test_accuracy_lies_between_its_two_cases(recall, reading, missed):
    accuracy = answer_accuracy(recall=recall, reading_accuracy=reading, miss_accuracy=missed)
    assert min(reading, missed) - 1e-12 <= accuracy <= max(reading, missed) + 1e-12
    at_limits = [
        answer_accuracy(recall=r, reading_accuracy=reading, miss_accuracy=missed) for r in (0, 1)
    ]
    assert at_limits == [missed, reading]


@given(shares, shares, shares, shares)
def test_a_reranker_is_worth_the_difference_it_makes(before, after, reading, missed):
    def accuracy(recall):
        return answer_accuracy(recall=recall, reading_accuracy=reading, miss_accuracy=missed)

    gain = reranker_gain(
        recall_before=before, recall_after=after, reading_accuracy=reading, miss_accuracy=missed
    )
    assert gain == pytest.approx(accuracy(after) - accuracy(before), abs=1e-12)


def test_a_reranker_by_hand():
    # Anthropic 2024, Contextual Retrieval: failures in the top 20 from 2.9% to 1.9%.
    gain = reranker_gain(
        recall_before=0.971, recall_after=0.981, reading_accuracy=0.611, miss_accuracy=0.28
    )
    assert gain == pytest.approx(0.00331)


def test_arrays_give_what_their_elements_give():
    passages = np.array([1, 7, 10, 30])
    found = measured_share(passages=passages, measured=LIU_READING)
    one_by_one = [measured_share(passages=k, measured=LIU_READING) for k in passages.tolist()]
    assert found.tolist() == pytest.approx(one_by_one, rel=1e-14)
    accuracy = answer_accuracy(recall=np.array([0.5, 1]), reading_accuracy=0.8, miss_accuracy=0.2)
    assert accuracy.tolist() == [0.5, 0.8]


# ---- The decision ----

CASE = {"passage_tokens": 150, "input_usd_per_mtok": 1, "error_cost_usd": 1}


def test_ten_passages_are_best_when_errors_cost_a_dollar():
    decision = how_many_passages(**CASE)
    assert decision.choice == "10 passages"
    assert decision.values == {
        "passages": 10,
        "recall": pytest.approx(0.825),
        "reading_accuracy": pytest.approx(0.668),
        "accuracy": pytest.approx(0.6001),
        "fewest_accuracy": pytest.approx(0.5527),
        "most_accuracy": pytest.approx(0.54864),
        "input_usd_per_1000_requests": pytest.approx(1.5, rel=1e-12),
        "errors_usd_per_1000_requests": pytest.approx(399.9),
    }
    assert (decision.binding_role, decision.binding_label) == (
        "distraction",
        "distraction by more passages",
    )
    assert decision.threshold_name == "cost of a wrong answer at which the choice flips"
    assert decision.threshold_value == pytest.approx(0.2767, abs=1e-4)
    assert decision.threshold_unit == "US dollars"
    assert decision.sentence == (
        "I choose 10 passages, because 60% of the answers are then right at $1.50 of input per "
        "1,000 requests, against 54.9% at $4.50 with 30 passages; I would switch to 9 passages "
        "when a wrong answer costs less than $0.277."
    )


def test_fewer_passages_when_errors_are_cheap():
    decision = how_many_passages(**{**CASE, "error_cost_usd": 0.001})
    assert decision.choice == "1 passage"
    assert (decision.binding_role, decision.binding_label) == ("price", "price of the input")
    assert decision.sentence == (
        "I choose 1 passage, because 55.3% of the answers are then right at $0.15 of input per "
        "1,000 requests, against 56.7% at $0.30 with 2 passages; I would switch to 2 passages "
        "when a wrong answer costs more than $0.0101."
    )
    dearer = how_many_passages(**{**CASE, "error_cost_usd": 0.001, "input_usd_per_mtok": 6.66})
    assert "right at $0.999 of input per 1,000 requests, against 56.7% at $2" in dearer.sentence


def test_free_input_leaves_only_distraction():
    decision = how_many_passages(**{**CASE, "input_usd_per_mtok": 0})
    assert (decision.choice, decision.threshold_value) == ("10 passages", None)
    assert decision.sentence.endswith("I would not switch at any cost of a wrong answer.")


def test_a_reader_that_is_not_distracted_takes_all_that_was_measured():
    steady = {1: 0.9, 40: 0.9}
    decision = how_many_passages(**CASE, reading_at=steady)
    assert decision.choice == "30 passages"
    assert (decision.binding_role, decision.binding_label) == (
        "measurement",
        "end of the measurements",
    )
    # From 29 to 30 recall rises by .03 ln(30/29) / ln(30/20), at .62 per found passage.
    assert "against 55.9% at $0.15 with 1 passage; I would switch to 29 " in decision.sentence
    assert decision.sentence.endswith("when a wrong answer costs less than $0.0965.")


def test_only_what_both_measurements_span_is_a_candidate():
    decision = how_many_passages(**CASE, recall_at={4: 0.5, 8: 0.6}, reading_at={2: 0.9, 6: 0.9})
    assert decision.choice == "6 passages"
    cheap = {**CASE, "error_cost_usd": 0}
    assert how_many_passages(
        **cheap, recall_at={2: 0.5, 6: 0.6}, reading_at={4: 0.9, 8: 0.9}
    ).choice == ("4 passages")
    single = how_many_passages(**CASE, recall_at={2: 0.5, 4: 0.6}, reading_at={4: 0.9, 8: 0.9})
    assert (single.choice, single.threshold_value) == ("4 passages", None)


@settings(max_examples=30)  # each example tries thirty numbers of passages five times
@given(
    st.floats(10, 2000),
    st.floats(0.01, 20),
    st.floats(0.001, 100),
    st.floats(0, 0.5),
    st.floats(0.3, 0.6),
)
def test_the_choice_is_the_cheapest_and_flips_at_the_threshold(
    tokens, price, error_cost, missed, reading_at_30
):
    reading = {1: 0.9, 30: reading_at_30}

    def total(k, usd):
        accuracy = answer_accuracy(
            recall=measured_share(passages=k, measured=EXAMPLE_RECALL),
            reading_accuracy=measured_share(passages=k, measured=reading),
            miss_accuracy=missed,
        )
        return k * tokens * price / 1e6 + (1 - accuracy) * usd

    def decide(usd):
        return how_many_passages(
            passage_tokens=tokens,
            input_usd_per_mtok=price,
            error_cost_usd=usd,
            reading_at=reading,
            miss_accuracy=missed,
        )

    decision = decide(error_cost)
    chosen = total(decision.values["passages"], error_cost)
    assert chosen <= min(total(k, error_cost) for k in range(1, 31)) * (1 + 1e-12)
    limit = decision.threshold_value
    assume(limit is not None and 1e-6 < limit < 1e6)
    sides = {decide(limit * (1 - 1e-6)).choice, decide(limit * (1 + 1e-6)).choice}
    assert len(sides) == 2
    assert decision.choice in sides


# ---- Bad input ----

SHARE = "a number from 0 to 1 (share)"
ACCURACY = {"recall": 0.5, "reading_accuracy": 0.5, "miss_accuracy": 0.5}
RERANKER = {
    "recall_before": 0.5,
    "recall_after": 0.5,
    "reading_accuracy": 0.5,
    "miss_accuracy": 0.5,
}
WANTED = {
    "passage_tokens": "a number from 1 to 10,000,000 (tokens)",
    "input_usd_per_mtok": "a number from 0 to 10,000 (US dollars per million tokens)",
    "error_cost_usd": "a number from 0 to 1,000,000,000 (US dollars)",
}
CASES = [
    (answer_accuracy, ACCURACY),
    (reranker_gain, RERANKER),
    (how_many_passages, {**CASE, "miss_accuracy": 0.3}),
]


@pytest.mark.parametrize(
    ("function", "good", "name"), [(f, good, name) for f, good in CASES for name in good]
)
def test_every_argument_is_checked_and_told_its_range(function, good, name):
    for value in (-1, float("nan"), float("inf"), "3", True, None, 1e40):
        with pytest.raises(ValueError, match=f"^{name} ") as caught:
            function(**{**good, name: value})
        assert str(caught.value).endswith(f"give {WANTED.get(name, SHARE)}")
    if function is how_many_passages:
        with pytest.raises(ValueError, match=f"^{name} is an array"):
            function(**{**good, name: np.array([1.0])})


@pytest.mark.parametrize("value", [0.5, 31, float("nan"), "3", None])
def test_nothing_is_extrapolated(value):
    with pytest.raises(ValueError, match=r"^passages = ") as caught:
        measured_share(passages=value, measured=LIU_READING)
    assert str(caught.value).endswith(
        "give a number from 1 to 30 (passages, as far as was measured)"
    )


@pytest.mark.parametrize("bad", [None, 0.5, [(1, 0.5), (2, 0.6)], {}, {1: 0.5}])
@pytest.mark.parametrize("name", ["recall_at", "reading_at"])
def test_a_measurement_has_two_points(name, bad):
    with pytest.raises(ValueError, match=f"^{name} = ") as caught:
        how_many_passages(**CASE, **{name: bad})
    assert str(caught.value) == (
        f"{name} = {bad!r}: give a share for two numbers of passages or more, "
        "such as {1: 0.45, 10: 0.82}"
    )


def test_every_point_is_checked():
    with pytest.raises(ValueError, match=r"^measured = 3: give a share for two numbers"):
        measured_share(passages=1, measured=3)
    with pytest.raises(ValueError, match=r"^recall_at\[10\] = 1.5 is out of range"):
        how_many_passages(**CASE, recall_at={1: 0.5, 10: 1.5})
    for key in (0, 1.5, 1001, "1"):
        with pytest.raises(ValueError, match=r"^recall_at key = ") as caught:
            how_many_passages(**CASE, recall_at={key: 0.5, 10: 0.6})
        assert str(caught.value).endswith("give a whole number from 1 to 1,000 (passages)")


def test_recall_that_falls_is_a_mistake():
    with pytest.raises(ValueError, match=r"^recall_at falls") as caught:
        how_many_passages(**CASE, recall_at={20: 0.5, 1: 0.4, 5: 0.6})
    assert str(caught.value) == (
        "recall_at falls from 0.6 at 5 to 0.5 at 20 passages: recall cannot fall as passages are "
        "added, so measure it again on the same queries"
    )
    assert how_many_passages(**CASE, recall_at={1: 0.5, 30: 0.5}).choice == "1 passage"


def test_measurements_have_to_overlap():
    few, many = {1: 0.5, 2: 0.55, 3: 0.6}, {4: 0.9, 6: 0.85, 9: 0.8}
    with pytest.raises(ValueError, match=r"^recall_at was measured") as caught:
        how_many_passages(**CASE, recall_at=few, reading_at=many)
    assert str(caught.value) == (
        "recall_at was measured from 1 to 3 passages and reading_at from 4 to 9: "
        "give measurements that overlap"
    )
