"""Search: what is found, for whom, and what a deletion leaves."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.docqa.documents import Chunking
from course_utils.docqa.retrieval import METHODS, RetrievalSettings, Retriever, fuse


def found(retriever, documents, question, **settings):
    index = retriever.index(documents)
    return [p.chunk.document.key for p in retriever.search(index, question, **settings)]


@pytest.mark.parametrize("method", METHODS)
def test_each_method_finds_the_document_that_has_the_words(company, method):
    retriever = Retriever(RetrievalSettings(method=method))
    assert found(retriever, company, "lost laptop")[0] == "lost-devices.v1"


def test_superseded_versions_are_found_only_on_request(company):
    retriever = Retriever(RetrievalSettings())
    question = "days of annual leave"
    assert "annual-leave.v1" not in found(retriever, company, question)
    both = found(retriever, company, question, versions="all")
    assert set(both[:2]) == {"annual-leave.v1", "annual-leave.v2"}


@pytest.mark.parametrize("question", ["", "the of and", "zzzz qqqq", "?!"])
def test_words_that_no_document_has_find_nothing(company, question):
    assert found(Retriever(RetrievalSettings()), company, question) == []


@pytest.mark.parametrize("size", [0, 1, 2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_few_documents_can_be_searched(company, size, method):
    retriever = Retriever(RetrievalSettings(method=method))
    assert len(found(retriever, company[:size], "annual leave", versions="all")) <= size


def test_a_document_without_words_can_be_indexed(make_document):
    retriever = Retriever(RetrievalSettings())
    empty = dataclasses.replace(make_document("x", "..."), title="?")
    assert found(retriever, [empty], "anything") == []


def test_nothing_hidden_moves_what_is_found(company, make_document):
    """The order and the scores depend on the readable documents and on no other."""
    hidden = [
        make_document(f"h{i}", "Laptop laptop extension days leave gate.", readers=("x",))
        for i in range(5)
    ]
    with_hidden = Retriever(RetrievalSettings())
    with_hidden.index([*company, *hidden])
    alone = Retriever(RetrievalSettings())
    question = "laptop leave gate"
    one = with_hidden.search(with_hidden.index(company), question)
    other = alone.search(alone.index(company), question)
    assert [(p.id, p.score) for p in one] == [(p.id, p.score) for p in other]


def test_readers_with_the_same_rights_share_an_index(company):
    retriever = Retriever(RetrievalSettings())
    assert retriever.index(company) is retriever.index(reversed(company))


def test_indexes_that_are_not_used_go_first(company):
    retriever = Retriever(RetrievalSettings(), indexes_kept=2)
    first, second = retriever.index(company[:2]), retriever.index(company[:3])
    retriever.index(company[:2])
    retriever.index(company[:4])
    assert retriever.index(company[:2]) is first
    assert retriever.index(company[:3]) is not second


def test_new_rights_on_a_document_reach_its_chunks(company):
    retriever = Retriever(RetrievalSettings())
    retriever.index(company)
    closed = dataclasses.replace(company[-1], readers=frozenset({"hr"}))
    retriever.forget([company[-1]])
    retriever.add(closed)
    index = retriever.index([*company[:-1], closed])
    assert {c.document.readers for c in index.chunks if c.document.id == closed.id} == {
        frozenset({"hr"})
    }


def test_an_index_that_is_built_after_a_deletion_is_not_kept(company):
    retriever = Retriever(RetrievalSettings())
    retriever.forget([company[0]])
    assert retriever.index(company) is not retriever.index(company)
    retriever.add(company[0])
    assert retriever.index(company) is retriever.index(company)


def test_fusion_adds_reciprocal_ranks():
    fused = dict(fuse({"one": ["a", "b"], "two": ["b", "c"]}, constant=60))
    assert fused == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61, "c": 1 / 62})


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(0, 30), unique=True))
def test_fusion_keeps_every_id_once_and_what_both_agree_on(one, other):
    fused = [item for item, _ in fuse({"one": one, "two": other})]
    assert sorted(fused) == sorted(set(one) | set(other))
    if one and other and one[0] == other[0]:
        assert fused[0] == one[0]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"method": "magic"}, "method = 'magic'"),
        ({"versions": "old"}, "versions = 'old'"),
        ({"k": 0}, "k = 0 is out of range"),
        ({"k": 40}, "candidates = 30 is out of range"),
        ({"dense_dimensions": 1}, "dense_dimensions = 1"),
    ],
)
def test_bad_settings_are_refused(settings, says):
    with pytest.raises(ValueError, match=says):
        RetrievalSettings(**settings)


def test_k_and_chunking_are_knobs(company):
    small = Retriever(RetrievalSettings(chunking=Chunking(chunk_words=10, overlap_words=0)))
    large = Retriever(RetrievalSettings())
    assert len(small.index(company).chunks) > len(large.index(company).chunks)
    assert len(large.search(large.index(company), "days leave laptop gate", k=2)) == 2
