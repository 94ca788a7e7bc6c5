"""Retrieval metrics against published examples and against ir-measures."""

from __future__ import annotations

import math

import ir_measures
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ir_measures import AP, RR, P, Qrel, R, ScoredDoc, nDCG

from course_utils.calculators.retrieval_metrics import (
    average_precision,
    mean_over_queries,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    reciprocal_rank,
)

# The article "Discounted cumulative gain" of Wikipedia: DCG 6.861, ideal 8.740, nDCG 0.785.
WIKIPEDIA = {"d1": 3, "d2": 2, "d3": 3, "d4": 0, "d5": 1, "d6": 2, "d7": 3, "d8": 2}
SIX = ["d1", "d2", "d3", "d4", "d5", "d6"]


def test_the_published_ndcg():
    assert ndcg_at_k(SIX, WIKIPEDIA, k=6) == pytest.approx(6.861 / 8.740, abs=1e-4)


def test_the_published_mean_reciprocal_rank():
    # The article "Mean reciprocal rank" of Wikipedia: ranks 3, 2 and 1 give 11/18.
    ranked = {
        "cat": (["catten", "cati", "cats"], {"cats"}),
        "torus": (["torii", "tori", "toruses"], {"tori"}),
        "virus": (["viruses", "virii", "viri"], {"viruses"}),
    }
    scores = {query: reciprocal_rank(*case) for query, case in ranked.items()}
    assert mean_over_queries(scores) == pytest.approx(11 / 18)


def test_the_published_average_precision():
    # Manning, Raghavan and Schuetze 2008, figure 8.2 and 8.4: precision at each relevant result.
    results = ["a", "x", "b", "y", "c"]
    assert average_precision(results, ["a", "b", "c"]) == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


RESULTS = ["a", "x", "b", "y"]
RELEVANT = {"a", "b", "c"}


def test_each_metric_by_hand():
    assert recall_at_k(RESULTS, RELEVANT, k=1) == pytest.approx(1 / 3)
    assert recall_at_k(RESULTS, RELEVANT, k=3) == pytest.approx(2 / 3)
    assert precision_at_k(RESULTS, RELEVANT, k=3) == pytest.approx(2 / 3)
    # Six ranks, four results: what is missing is a miss.
    assert precision_at_k(RESULTS, RELEVANT, k=6) == pytest.approx(2 / 6)
    assert reciprocal_rank(RESULTS, {"b"}) == pytest.approx(1 / 3)
    assert reciprocal_rank(RESULTS, {"b"}, k=2) == 0
    assert average_precision(RESULTS, RELEVANT) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision(RESULTS, RELEVANT, k=2) == pytest.approx(1 / 3)
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert ndcg_at_k(RESULTS, RELEVANT) == pytest.approx((1 + 1 / 2) / ideal)
    assert ndcg_at_k(RESULTS, RELEVANT, k=1) == 1


def test_the_exponential_gain_by_hand():
    grades = {"a": 1, "b": 3}
    found = ndcg_at_k(["a", "b"], grades, gain="exponential")
    assert found == pytest.approx((1 + 7 / math.log2(3)) / (7 + 1 / math.log2(3)))


def test_nothing_found_scores_zero():
    for metric in (recall_at_k, precision_at_k, reciprocal_rank, average_precision, ndcg_at_k):
        assert metric(["x", "y"], {"a"}, k=2) == 0
        assert metric([], {"a"}, k=2) == 0


def test_a_grade_of_zero_is_not_relevant():
    assert recall_at_k(["a", "b"], {"a": 0, "b": 0.5}, k=1) == 0
    assert recall_at_k(["a", "b"], {"a": 0, "b": 0.5}, k=2) == 1


ids = st.sampled_from([f"d{n}" for n in range(12)])
rankings = st.lists(ids, unique=True, min_size=1, max_size=12)
judgments = st.dictionaries(ids, st.integers(0, 3), min_size=1, max_size=12)


@settings(max_examples=60)
@given(rankings, judgments, st.integers(1, 15))
def test_every_metric_agrees_with_ir_measures(results, grades, k):
    assume(any(grades.values()))
    ours = {
        R @ k: recall_at_k(results, grades, k=k),
        P @ k: precision_at_k(results, grades, k=k),
        RR: reciprocal_rank(results, grades),
        RR @ k: reciprocal_rank(results, grades, k=k),
        AP: average_precision(results, grades),
        AP @ k: average_precision(results, grades, k=k),
        nDCG: ndcg_at_k(results, grades),
        nDCG @ k: ndcg_at_k(results, grades, k=k),
    }
    theirs = ir_measures.calc_aggregate(
        list(ours),
        [Qrel("q", item, grade) for item, grade in grades.items()],
        [ScoredDoc("q", item, -rank) for rank, item in enumerate(results)],
    )
    assert ours == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=60)
@given(rankings, judgments, st.integers(1, 15))
def test_the_exponential_gain_agrees_with_ir_measures_on_mapped_grades(results, grades, k):
    assume(any(grades.values()))
    mapped = {item: 2**grade - 1 for item, grade in grades.items()}
    theirs = ir_measures.calc_aggregate(
        [nDCG @ k],
        [Qrel("q", item, grade) for item, grade in mapped.items()],
        [ScoredDoc("q", item, -rank) for rank, item in enumerate(results)],
    )
    ours = ndcg_at_k(results, grades, k=k, gain="exponential")
    assert ours == pytest.approx(theirs[nDCG @ k], abs=1e-9)


@given(rankings, judgments)
def test_metrics_are_shares_and_recall_rises_with_k(results, grades):
    assume(any(grades.values()))
    recalls = [recall_at_k(results, grades, k=k) for k in range(1, 13)]
    assert recalls == sorted(recalls)
    for metric in (reciprocal_rank, average_precision, ndcg_at_k):
        assert 0 <= metric(results, grades) <= 1 + 1e-12


@given(judgments)
def test_the_best_order_is_perfect(grades):
    assume(any(grades.values()))
    best = sorted(grades, key=grades.get, reverse=True)
    assert ndcg_at_k(best, grades) == pytest.approx(1)
    assert ndcg_at_k(best, grades, gain="exponential") == pytest.approx(1)
    assert average_precision(best, grades) == pytest.approx(1)
    assert reciprocal_rank(best, grades) == 1


# ---- Bad input ----

METRICS = [recall_at_k, precision_at_k, reciprocal_rank, average_precision, ndcg_at_k]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [0, -1, 1.5, float("nan"), "3", True, 1_000_001])
def test_ranks_are_counted_from_one(metric, k):
    with pytest.raises(ValueError, match=r"^k = ") as caught:
        metric(RESULTS, RELEVANT, k=k)
    assert str(caught.value).endswith("give a whole number from 1 to 1,000,000 (ranks)")
    assert metric(RESULTS, RELEVANT, k=1_000_000) >= 0


@pytest.mark.parametrize("metric", [recall_at_k, precision_at_k])
def test_recall_and_precision_need_their_k(metric):
    with pytest.raises(ValueError, match="^k = None is not a number"):
        metric(RESULTS, RELEVANT, k=None)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("results", ["abc", {"a", "b"}, {"a": 1}, None, 3])
def test_results_are_a_list(metric, results):
    with pytest.raises(ValueError, match="^results = ") as caught:
        metric(results, RELEVANT, k=2)
    assert str(caught.value) == (
        f"results = {results!r} is no list: give the ids in order, best first"
    )


@pytest.mark.parametrize("metric", METRICS)
def test_an_id_stands_once_in_the_results(metric):
    with pytest.raises(ValueError, match="^results holds") as caught:
        metric(["a", "b", "a"], RELEVANT, k=1)
    assert str(caught.value) == (
        "results holds 'a' twice, again at rank 3: keep the best rank of each id"
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("relevant", ["abc", None, 3])
def test_judgments_are_a_collection(metric, relevant):
    with pytest.raises(ValueError, match="^relevant = ") as caught:
        metric(RESULTS, relevant, k=2)
    assert str(caught.value) == (
        f"relevant = {relevant!r}: give a set of ids, or a grade for each id"
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("relevant", [set(), [], {}, {"a": 0}])
def test_a_query_without_relevant_ids_has_no_score(metric, relevant):
    with pytest.raises(ValueError, match="^relevant holds no relevant id") as caught:
        metric(RESULTS, relevant, k=2)
    assert str(caught.value) == (
        "relevant holds no relevant id, so the metric has no meaning: leave this query out, "
        "and score abstention on it instead"
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("grade", [-1, float("nan"), "1", True, None, 101])
def test_every_grade_is_checked(metric, grade):
    with pytest.raises(ValueError, match=r"^relevant\['a'\] = ") as caught:
        metric(RESULTS, {"a": grade, "b": 1}, k=2)
    assert str(caught.value).endswith("give a number from 0 to 100 (grade)")


def test_ids_are_hashable():
    with pytest.raises(ValueError, match="^results holds") as caught:
        recall_at_k(["a", ["b"]], RELEVANT, k=2)
    assert str(caught.value) == "results holds ['b'], which is no id: give strings or numbers"
    with pytest.raises(ValueError, match=r"^relevant holds \['b'\], which is no id"):
        recall_at_k(RESULTS, ["a", ["b"]], k=2)


@pytest.mark.parametrize("gain", ["log", None, True])
def test_the_gain_is_one_of_two(gain):
    with pytest.raises(ValueError, match="^gain = ") as caught:
        ndcg_at_k(RESULTS, RELEVANT, gain=gain)
    assert str(caught.value).endswith("give one of linear, exponential")


@pytest.mark.parametrize("scores", [{}, [], [0.5], None, 0.5])
def test_a_mean_needs_scores_by_query(scores):
    with pytest.raises(ValueError, match="^scores = ") as caught:
        mean_over_queries(scores)
    assert str(caught.value) == (
        f"scores = {scores!r}: give a score for each query, and one at least"
    )


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), "1", None])
def test_every_score_is_checked(score):
    with pytest.raises(ValueError, match=r"^scores\['q'\] = ") as caught:
        mean_over_queries({"q": score})
    assert str(caught.value).endswith("give a number from 0 to 1 (score)")
