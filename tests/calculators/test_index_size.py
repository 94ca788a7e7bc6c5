"""Passages of a corpus and the memory of an index."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators.index_size import chunk_count, hnsw_bytes, hnsw_bytes_per_vector


# faiss wiki, Guidelines to choose an index: (d * 4 + M * 2 * 4) bytes per vector. Worked in
# this course: 10 million vectors of 1,024 components with M = 32.
def test_ten_million_vectors_take_43_5_gb_and_12_8_gb_as_int8():
    shape = {"vectors": 10_000_000, "dimensions": 1024, "links": 32}
    assert hnsw_bytes(**shape) == 43.52e9
    assert hnsw_bytes(bytes_per_component=1, **shape) == 12.8e9
    assert hnsw_bytes_per_vector(dimensions=1024, links=32) == 1024 * 4 + 32 * 2 * 4


def test_overlap_makes_more_passages():
    assert chunk_count(corpus_tokens=1000, chunk_tokens=500) == 2
    assert chunk_count(corpus_tokens=1_000_000, chunk_tokens=500, overlap_tokens=100) == 2500
    assert chunk_count(corpus_tokens=10, chunk_tokens=2, overlap_tokens=1) == 10


@given(st.floats(0, 1e9), st.floats(10, 1000), st.floats(0, 0.9))
def test_passages_hold_the_corpus_once_without_overlap_and_more_with_it(corpus, chunk, part):
    plain = chunk_count(corpus_tokens=corpus, chunk_tokens=chunk)
    overlapping = chunk_count(corpus_tokens=corpus, chunk_tokens=chunk, overlap_tokens=part * chunk)
    assert plain * chunk == pytest.approx(corpus)
    assert overlapping * (1 - part) == pytest.approx(plain)


@given(st.integers(1, 4096), st.integers(1, 256), st.integers(1, 1000))
def test_an_index_grows_with_each_of_its_sizes(dimensions, links, vectors):
    shape = {"dimensions": dimensions, "links": links, "vectors": vectors}
    size = hnsw_bytes(**shape)
    for name, value in shape.items():
        assert hnsw_bytes(**{**shape, name: value + 1}) > size


def test_arrays_give_what_their_elements_give():
    dims = np.array([256, 1024])
    assert hnsw_bytes(vectors=10, dimensions=dims, links=16).tolist() == [
        hnsw_bytes(vectors=10, dimensions=d, links=16) for d in dims.tolist()
    ]
    chunks = np.array([200.0, 500.0])
    assert chunk_count(corpus_tokens=1e6, chunk_tokens=chunks, overlap_tokens=100).tolist() == [
        1e4,
        2500,
    ]


CHUNKS = {"corpus_tokens": 1000, "chunk_tokens": 500, "overlap_tokens": 100}
INDEX = {"vectors": 10, "dimensions": 8, "links": 4, "bytes_per_component": 4}
WANTED = {
    "corpus_tokens": "a number from 0 to 1e+15 (tokens)",
    "chunk_tokens": "a number from 1 to 10,000,000 (tokens)",
    "overlap_tokens": "a number from 0 to 10,000,000 (tokens)",
    "vectors": "a number from 0 to 1e+12 (vectors)",
    "dimensions": "a number from 1 to 100,000 (components)",
    "links": "a number from 1 to 1,024 (links)",
    "bytes_per_component": "a number above 0 and up to 8 (bytes)",
}


def failing_call(name, value):
    function, good = (chunk_count, CHUNKS) if name in CHUNKS else (hnsw_bytes, INDEX)
    with pytest.raises(ValueError, match=f"^{name} ") as caught:
        function(**{**good, name: value})
    return str(caught.value)


@pytest.mark.parametrize("name", WANTED)
def test_an_argument_out_of_range_is_told_its_range(name):
    assert failing_call(name, -1) == f"{name} = -1 is out of range: give {WANTED[name]}"


@pytest.mark.parametrize("name", WANTED)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "3", True, None, 1e40])
def test_every_argument_is_checked(name, value):
    assert failing_call(name, value).endswith(f"give {WANTED[name]}")


def test_passages_that_overlap_altogether_are_refused():
    with pytest.raises(
        ValueError, match=r"^chunk_tokens - overlap_tokens = 0.5 is out of range"
    ) as e:
        chunk_count(corpus_tokens=1000, chunk_tokens=500, overlap_tokens=499.5)
    assert str(e.value).endswith("give a number of at least 1 (tokens)")
