"""How large a vector index becomes."""

from __future__ import annotations

from course_utils.calculators.validate import MAX_TOKENS, Number, number, positive

MAX_CORPUS_TOKENS = 1e15
MAX_VECTORS = 1e12
MAX_DIMENSIONS = 100_000
MAX_LINKS = 1024
MAX_COMPONENT_BYTES = 8
LINK_BYTES = 4


def chunk_count(
    *, corpus_tokens: Number, chunk_tokens: Number, overlap_tokens: Number = 0.0
) -> Number:
    """The passages that a corpus is cut into, as a mean that may be a fraction.

    Units: tokens; neighboring passages share `overlap_tokens`, less than a passage.

    Formula: N / (c - o).

    Source: this course: 1,000,000 tokens in passages of 500 that overlap by 100 are
    2,500 passages, not 2,000.

    >>> chunk_count(corpus_tokens=1_000_000, chunk_tokens=500, overlap_tokens=100)
    2500.0
    """
    corpus = number("corpus_tokens", corpus_tokens, "tokens", high=MAX_CORPUS_TOKENS)
    chunk = number("chunk_tokens", chunk_tokens, "tokens", low=1, high=MAX_TOKENS)
    overlap = number("overlap_tokens", overlap_tokens, "tokens", high=MAX_TOKENS)
    new = number("chunk_tokens - overlap_tokens", chunk - overlap, "tokens", low=1)
    return corpus / new


def hnsw_bytes_per_vector(
    *, dimensions: Number, links: Number, bytes_per_component: Number = 4.0
) -> Number:
    """Memory for one vector in an HNSW index.

    Units: components of a vector; `links` is the parameter M, of which the lowest layer
    keeps 2 M per vector; bytes per component (4 for 32-bit floats, 1 for int8).

    Formula: b d + 8 M: links of four bytes in the lowest layer. The layers above it, the
    ids and the payload are not counted.

    Source: faiss wiki, Guidelines to choose an index: "(d * 4 + M * 2 * 4) bytes per
    vector".

    >>> hnsw_bytes_per_vector(dimensions=1024, links=32)
    4352.0
    """
    width = number("dimensions", dimensions, "components", low=1, high=MAX_DIMENSIONS)
    m = number("links", links, "links", low=1, high=MAX_LINKS)
    component = positive(
        "bytes_per_component", bytes_per_component, "bytes", high=MAX_COMPONENT_BYTES
    )
    return component * width + 2 * LINK_BYTES * m


def hnsw_bytes(
    *, vectors: Number, dimensions: Number, links: Number, bytes_per_component: Number = 4.0
) -> Number:
    """Memory for an HNSW index.

    Units: vectors; the others as in `hnsw_bytes_per_vector`.

    Formula: n (b d + 8 M).

    Source: this course, from the faiss wiki: 10 million vectors of 1,024 components with
    M = 32 take 43.5 GB, and 12.8 GB as int8.

    >>> hnsw_bytes(vectors=10_000_000, dimensions=1024, links=32) / 1e9
    43.52
    >>> hnsw_bytes(vectors=10_000_000, dimensions=1024, links=32, bytes_per_component=1) / 1e9
    12.8
    """
    count = number("vectors", vectors, "vectors", high=MAX_VECTORS)
    return count * hnsw_bytes_per_vector(
        dimensions=dimensions, links=links, bytes_per_component=bytes_per_component
    )
