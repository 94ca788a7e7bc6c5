"""Formulas of the quiz 07-retrieved-context: the right answers and the mistakes."""

from __future__ import annotations

from course_utils.calculators.index_size import chunk_count, hnsw_bytes
from course_utils.calculators.money import request_cost
from course_utils.calculators.retrieved_context import (
    answer_accuracy,
    how_many_passages,
    reranker_gain,
)


def best_number_of_passages(
    *, passage_tokens: int, input_usd_per_mtok: float, error_usd: float
) -> float:
    """The cheapest number of passages for the curves of lesson 07.

    The known answer is 10 for passages of 400 tokens at $3 and $5 an error.

    >>> best_number_of_passages(passage_tokens=400, input_usd_per_mtok=3, error_usd=5)
    10.0
    """
    return how_many_passages(
        passage_tokens=passage_tokens,
        input_usd_per_mtok=input_usd_per_mtok,
        error_cost_usd=error_usd,
    ).values["passages"]


def right_answers_percent(
    *, recall_percent: float, reading_percent: float, miss_percent: float
) -> float:
    """Right answers of retrieval and model together, in percent.

    R a + (1 - R) a_miss. The known answer is 54.9% for 30 passages of lesson 07.

    >>> round(right_answers_percent(recall_percent=92, reading_percent=57.2, miss_percent=28), 1)
    54.9
    """
    return 100 * answer_accuracy(
        recall=recall_percent / 100,
        reading_accuracy=reading_percent / 100,
        miss_accuracy=miss_percent / 100,
    )


def reranker_points(
    *,
    missed_before_percent: float,
    missed_after_percent: float,
    reading_percent: float,
    miss_percent: float,
) -> float:
    """Points of right answers from a better order of as many passages.

    (R' - R) (a - a_miss). The known answer is 0.33 points (lesson 07).

    >>> round(reranker_points(missed_before_percent=2.9, missed_after_percent=1.9,
    ...     reading_percent=61.1, miss_percent=28), 2)
    0.33
    """
    return 100 * reranker_gain(
        recall_before=1 - missed_before_percent / 100,
        recall_after=1 - missed_after_percent / 100,
        reading_accuracy=reading_percent / 100,
        miss_accuracy=miss_percent / 100,
    )


def index_memory_gb(
    *,
    corpus_mtok: float,
    chunk_tokens: int,
    overlap_tokens: int,
    dimensions: int,
    links: int,
    component_bytes: int,
) -> float:
    """Memory of an HNSW index, in GB.

    N / (c - o) (b d + 8 M). The known answer is 29.0 GB (lesson 07).

    >>> round(index_memory_gb(corpus_mtok=2000, chunk_tokens=400, overlap_tokens=100,
    ...     dimensions=1024, links=32, component_bytes=4), 1)
    29.0
    """
    vectors = chunk_count(
        corpus_tokens=1e6 * corpus_mtok, chunk_tokens=chunk_tokens, overlap_tokens=overlap_tokens
    )
    return (
        hnsw_bytes(
            vectors=vectors,
            dimensions=dimensions,
            links=links,
            bytes_per_component=component_bytes,
        )
        / 1e9
    )


def long_context_points(
    *, document_tokens: int, retrieved_tokens: int, input_usd_per_mtok: float, error_usd: float
) -> float:
    """Points of right answers that pay for sending all documents.

    The extra input over the cost of an error. The known answer is 11.8 points for
    200,000 tokens against 4,000 at $3 and $5 an error.

    >>> round(long_context_points(document_tokens=200_000, retrieved_tokens=4000,
    ...     input_usd_per_mtok=3, error_usd=5), 2)
    11.76
    """
    whole, retrieved = (
        request_cost(
            context_tokens=tokens,
            output_tokens=0,
            input_usd_per_mtok=input_usd_per_mtok,
            output_usd_per_mtok=0,
        ).total_usd
        for tokens in (document_tokens, retrieved_tokens)
    )
    return 100 * (whole - retrieved) / error_usd


def found_and_read_percent(
    *, recall_percent: float, reading_percent: float, miss_percent: float
) -> float:
    """Counts a missed passage as a wrong answer each time."""
    return recall_percent * reading_percent / 100


def recall_alone_percent(**parameters: float) -> float:
    """Takes recall for the share of right answers."""
    return parameters["recall_percent"]


def recall_points(
    *, missed_before_percent: float, missed_after_percent: float, **_: float
) -> float:
    """Takes the rise in recall for the rise in right answers."""
    return missed_before_percent - missed_after_percent


def fewer_misses_percent(
    *, missed_before_percent: float, missed_after_percent: float, **_: float
) -> float:
    """Gives how many misses of a hundred are mended, not the change in answers."""
    return 100 * (1 - missed_after_percent / missed_before_percent)


def vectors_alone_gb(**parameters: float) -> float:
    """Leaves out the links of the graph."""
    of_vector = parameters["dimensions"] * parameters["component_bytes"]
    whole = of_vector + 8 * parameters["links"]
    return index_memory_gb(**parameters) * of_vector / whole


def whole_long_context_points(**parameters: float) -> float:
    """Charges the long prompt in full, though the short one is paid today."""
    return long_context_points(**{**parameters, "retrieved_tokens": 0})


def extra_share_percent(
    *, document_tokens: int, retrieved_tokens: int, input_usd_per_mtok: float, error_usd: float
) -> float:
    """Gives how much of the long prompt is extra, and forgets what an error costs."""
    return 100 * (1 - retrieved_tokens / document_tokens)


RIGHT = (
    best_number_of_passages,
    right_answers_percent,
    reranker_points,
    index_memory_gb,
    long_context_points,
)

WRONG = (
    found_and_read_percent,
    recall_alone_percent,
    recall_points,
    fewer_misses_percent,
    vectors_alone_gb,
    whole_long_context_points,
    extra_share_percent,
)
