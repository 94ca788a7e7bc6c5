"""The cards on retrieved context: how many passages, and the memory of their index."""

from __future__ import annotations

import pytest

from course_utils.calculators.retrieved_context import EXAMPLE_RECALL
from course_utils.views import get_view
from course_utils.views.retrieved_context import (
    HOW_MANY_PASSAGES,
    INDEX_MEMORY,
    RERANKED_RECALL,
    VIEWS,
)


def column(result, name):
    return [row[result.table.columns.index(name)] for row in result.table.rows]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_found_by_its_id(view):
    assert get_view(view.id) is view


def test_ten_passages_are_best_and_thirty_answer_fewer():
    """.825 * .668 + .175 * .28 = 60.0%; .92 * .572 + .08 * .28 = 54.9%: by hand."""
    result = HOW_MANY_PASSAGES.result()
    right = dict(zip(column(result, "Passages"), column(result, "Right answers (%)"), strict=True))
    assert right[10] == pytest.approx(60.0, abs=0.05)
    assert right[30] == pytest.approx(54.9, abs=0.05)
    assert result.table.rows[result.table.marked_row][0] == 10
    assert result.binding_role == "distraction"


@pytest.mark.parametrize("retriever", ["plain", "reranked"])
@pytest.mark.parametrize("error", [0.02, 0.5, 5, 50])
def test_the_marked_row_is_the_cheapest_in_all(retriever, error):
    result = HOW_MANY_PASSAGES.result(error_usd=error, retriever=retriever)
    total = column(result, "With errors (USD per 1,000)")
    assert total[result.table.marked_row] == pytest.approx(min(total))


def test_a_re_ranker_answers_more_with_fewer_passages():
    plain = HOW_MANY_PASSAGES.result()
    ranked = HOW_MANY_PASSAGES.result(retriever="reranked")
    assert ranked.chart.you_are_here[0] < plain.chart.you_are_here[0]
    assert ranked.chart.you_are_here[1] > plain.chart.you_are_here[1] + 4


def test_a_re_ranker_reorders_and_finds_nothing_new():
    assert RERANKED_RECALL[30] == EXAMPLE_RECALL[30]
    assert all(RERANKED_RECALL[k] >= EXAMPLE_RECALL[k] for k in EXAMPLE_RECALL)


def test_the_choice_flips_at_the_threshold():
    assert "flips: $2.21" in HOW_MANY_PASSAGES.result().threshold_label
    for error, passages in ((2.3, 10), (2.1, 9)):
        assert HOW_MANY_PASSAGES.result(error_usd=error).chart.you_are_here[0] == passages


def test_two_billion_tokens_take_29_gigabytes():
    """2e9 / 300 passages of 4 * 1,024 + 8 * 32 bytes: by hand."""
    result = INDEX_MEMORY.result()
    assert column(result, "Index (GB)") == pytest.approx(
        [2e9 / 300 * size / 1e9 for size in (4352, 2304, 1280)]
    )
    assert "29 GB" in result.sentence
    assert "leave 32 GB" in result.sentence


def test_passages_of_the_threshold_just_fill_the_memory():
    tokens = 100 + 2e9 * 4352 / 32e9
    result = INDEX_MEMORY.result(chunk_tokens=tokens)
    assert column(result, "Of the memory (%)")[0] == pytest.approx(100)
    assert "372 tokens" in result.threshold_label
    assert "stay within" in INDEX_MEMORY.result(chunk_tokens=300).sentence


@pytest.mark.parametrize(
    ("view", "knobs", "complaint"),
    [
        (HOW_MANY_PASSAGES, {"error_usd": -1}, "error_cost_usd = -1"),
        (HOW_MANY_PASSAGES, {"retriever": "none"}, "retriever = 'none'"),
        (HOW_MANY_PASSAGES, {"miss_percent": 101}, "miss_percent = 101"),
        (HOW_MANY_PASSAGES, {"passage_tokens": -1}, "passage_tokens = -1"),
        (INDEX_MEMORY, {"chunk_tokens": 100}, "chunk_tokens - overlap_tokens"),
        (INDEX_MEMORY, {"precision": "3"}, "precision = '3'"),
        (INDEX_MEMORY, {"memory_gb": 0}, "memory_gb = 0"),
        (INDEX_MEMORY, {"corpus_mtok": 0}, "corpus_mtok = 0"),
    ],
)
def test_what_is_out_of_range_is_named(view, knobs, complaint):
    with pytest.raises(ValueError, match=complaint):
        view.result(**knobs)
