"""Retrieval metrics for one ranked list, and their means over queries.

Results are ids, best first. Judgments are the relevant ids, or a grade for each judged
id: 0 is not relevant, higher is better; what is not judged counts as not relevant. The
conventions are those of trec_eval: precision divides by k however few results there
are, and nDCG takes the grade itself as the gain.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping, Sequence, Set
from typing import Any

from course_utils.calculators.validate import number, one_of

Judgments = Mapping[Any, float] | Collection[Any]

MAX_RESULTS = 1_000_000
MAX_GRADE = 100
GAINS = ("linear", "exponential")


def recall_at_k(results: Sequence[Any], relevant: Judgments, *, k: int) -> float:
    """The share of the relevant ids that is among the first k results.

    Units: ids; ranks.

    Formula: |relevant in the first k| / |relevant|.

    Source: Manning, Raghavan and Schuetze 2008, Introduction to Information Retrieval,
    chapter 8; R@k of ir-measures.

    >>> recall_at_k(["a", "b", "c", "d"], {"a", "d", "e"}, k=4) == 2 / 3
    True
    """
    hits = _hits(results, relevant, _ranks(k))
    return sum(hits) / _relevant_count(relevant)


def precision_at_k(results: Sequence[Any], relevant: Judgments, *, k: int) -> float:
    """The share of the first k ranks that holds a relevant id; a missing result is a miss.

    Units: ids; ranks.

    Formula: |relevant in the first k| / k.

    Source: Manning, Raghavan and Schuetze 2008, chapter 8; P@k of trec_eval.

    >>> precision_at_k(["a", "b", "c", "d"], {"a", "d", "e"}, k=4)
    0.5
    """
    hits = _hits(results, relevant, _ranks(k))
    return sum(hits) / k


def reciprocal_rank(results: Sequence[Any], relevant: Judgments, *, k: int | None = None) -> float:
    """One over the rank of the first relevant result, 0 where there is none.

    Units: ids; ranks; k looks at the first k results only.

    Formula: 1 / rank.

    Source: Voorhees 1999, TREC-8 Question Answering Track Report; RR of ir-measures.

    >>> reciprocal_rank(["a", "b", "c"], {"b", "c"})
    0.5
    """
    for rank, hit in enumerate(_hits(results, relevant, k), start=1):
        if hit:
            return 1 / rank
    return 0.0


def average_precision(
    results: Sequence[Any], relevant: Judgments, *, k: int | None = None
) -> float:
    """The mean, over the relevant ids, of the precision at the rank where each one stands.

    Units: ids; ranks; k looks at the first k results only.

    Formula: (sum over relevant results of precision@rank) / |relevant|.

    Source: Manning, Raghavan and Schuetze 2008, chapter 8; AP of trec_eval.

    >>> average_precision(["a", "b", "c", "d"], {"a", "d"})
    0.75
    """
    found, total = 0, 0.0
    for rank, hit in enumerate(_hits(results, relevant, k), start=1):
        if hit:
            found += 1
            total += found / rank
    return total / _relevant_count(relevant)


def ndcg_at_k(
    results: Sequence[Any], relevant: Judgments, *, k: int | None = None, gain: str = "linear"
) -> float:
    """Discounted cumulative gain of the first k results over that of the best order.

    Units: ids with grades; ranks; the gain of a grade g is g ("linear", as in trec_eval)
    or 2^g - 1 ("exponential", as in much of the web search literature).

    Formula: sum of gain / log2(rank + 1), over the same sum with all judged ids in the
    best order, both cut at k.

    Source: Jarvelin and Kekalainen 2002, ACM TOIS 20(4). Published: the example of the
    article "Discounted cumulative gain" of Wikipedia, 0.785.

    >>> grades = {"d1": 3, "d2": 2, "d3": 3, "d4": 0, "d5": 1, "d6": 2, "d7": 3, "d8": 2}
    >>> round(ndcg_at_k(["d1", "d2", "d3", "d4", "d5", "d6"], grades, k=6), 3)
    0.785
    """
    one_of("gain", gain, GAINS)
    shown = _checked(results, k)
    grades = _grades(relevant)
    _relevant_count(relevant)
    best = sorted(grades.values(), reverse=True)
    ideal = _dcg(best[:k], gain)
    return _dcg([grades.get(item, 0.0) for item in shown], gain) / ideal


def mean_over_queries(scores: Mapping[Any, float]) -> float:
    """The mean of a metric over queries; of reciprocal ranks it is the MRR.

    Units: a score from 0 to 1 for each query.

    Formula: the arithmetic mean; every query counts the same.

    Source: the article "Mean reciprocal rank" of Wikipedia: ranks 3, 2 and 1 give 11/18.

    >>> round(mean_over_queries({"cat": 1 / 3, "torus": 1 / 2, "virus": 1}), 2)
    0.61
    """
    if not isinstance(scores, Mapping) or not scores:
        raise ValueError(f"scores = {scores!r}: give a score for each query, and one at least")
    checked = [number(f"scores[{q!r}]", s, "score", high=1) for q, s in scores.items()]
    return math.fsum(checked) / len(checked)


def _hits(results: Sequence[Any], relevant: Judgments, k: int | None) -> list[bool]:
    shown = _checked(results, k)
    grades = _grades(relevant)
    _relevant_count(relevant)
    return [grades.get(item, 0.0) > 0 for item in shown]


def _ranks(k: Any) -> int:
    return int(number("k", k, "ranks", low=1, high=MAX_RESULTS, whole=True))


def _checked(results: Sequence[Any], k: int | None) -> list[Any]:
    """The first k results, each id once, or `ValueError`."""
    if isinstance(results, str | Set | Mapping) or not isinstance(results, Sequence):
        raise ValueError(f"results = {results!r} is no list: give the ids in order, best first")
    _hashable("results", results)
    seen: set[Any] = set()
    for rank, item in enumerate(results, start=1):
        if item in seen:
            raise ValueError(
                f"results holds {item!r} twice, again at rank {rank}: keep the best rank of each id"
            )
        seen.add(item)
    if k is None:
        return list(results)
    return list(results[: _ranks(k)])


def _grades(relevant: Judgments) -> dict[Any, float]:
    if isinstance(relevant, Mapping):
        return {
            item: number(f"relevant[{item!r}]", grade, "grade", high=MAX_GRADE)
            for item, grade in relevant.items()
        }
    if isinstance(relevant, str) or not isinstance(relevant, Collection):
        raise ValueError(f"relevant = {relevant!r}: give a set of ids, or a grade for each id")
    _hashable("relevant", relevant)
    return dict.fromkeys(relevant, 1.0)


def _hashable(name: str, ids: Collection[Any]) -> None:
    for item in ids:
        if not isinstance(item, Hashable):
            raise ValueError(f"{name} holds {item!r}, which is no id: give strings or numbers")


def _relevant_count(relevant: Judgments) -> int:
    count = sum(grade > 0 for grade in _grades(relevant).values())
    if count == 0:
        raise ValueError(
            "relevant holds no relevant id, so the metric has no meaning: leave this query out, "
            "and score abstention on it instead"
        )
    return count


def _dcg(grades: Sequence[float], gain: str) -> float:
    gains = grades if gain == "linear" else [2**grade - 1 for grade in grades]
    return math.fsum(g / math.log2(rank + 1) for rank, g in enumerate(gains, start=1))
