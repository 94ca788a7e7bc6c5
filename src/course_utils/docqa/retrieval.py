"""Retrieval: BM25 and a dense part, fused, over exactly what the reader may see.

The permission filter sits inside the search: a user's search runs on an index of the
documents that this user may read, and of nothing else. One index for all with a mask over
the results would be smaller, but its word statistics count hidden documents, so the order
of what one may see would say something about what one may not. Users with the same rights
share an index; it is built at the first question and forgotten when a document in it goes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from course_utils.calculators.validate import number, one_of
from course_utils.docqa import text as reading
from course_utils.docqa.documents import Chunk, Chunking, Document
from course_utils.docqa.policy import fingerprint

METHODS = ("hybrid", "bm25", "dense")
VERSIONS = ("current", "all")
MAX_PASSAGES = 100

Bag = tuple[str, ...]


@dataclass(frozen=True)
class Passage:
    """A chunk that was found: its score, and its rank in each list that had it."""

    chunk: Chunk
    score: float
    ranks: Mapping[str, int]

    @property
    def id(self) -> str:
        return self.chunk.id


@dataclass(frozen=True)
class RetrievalSettings:
    """The knobs of a search.

    `dense_dimensions`: of the space of the dense part. `fusion_constant`: how slowly the
    weight of a rank falls, 60 in the paper. `candidates`: how deep each list is read.
    """

    chunking: Chunking = field(default_factory=Chunking)
    method: str = "hybrid"
    k: int = 5
    versions: str = "current"
    dense_dimensions: int = 100
    fusion_constant: int = 60
    candidates: int = 30

    def __post_init__(self) -> None:
        one_of("method", self.method, METHODS)
        one_of("versions", self.versions, VERSIONS)
        number("k", self.k, "passages", low=1, high=MAX_PASSAGES, whole=True)
        number("candidates", self.candidates, "passages", low=self.k, high=10_000, whole=True)
        number("fusion_constant", self.fusion_constant, "ranks", high=10_000, whole=True)
        dimensions = self.dense_dimensions
        number("dense_dimensions", dimensions, "dimensions", low=2, high=2_000, whole=True)


def fuse(lists: Mapping[str, Sequence[Any]], *, constant: int = 60) -> list[tuple[Any, float]]:
    """Ranked lists made one: ids with their scores, best first.

    Formula: the sum over the lists of 1 / (constant + rank).

    Source: Cormack, Clarke and Buettcher 2009, Reciprocal Rank Fusion, SIGIR.

    >>> fuse({"words": ["a", "b"], "meaning": ["b", "c"]})[0][0]
    'b'
    """
    scores: dict[Any, float] = {}
    for ranked in lists.values():
        for rank, item in enumerate(ranked, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (constant + rank)
    # sorted() keeps the order of first sight among equals, so the result is stable.
    return sorted(scores.items(), key=lambda pair: -pair[1])


class Index:
    """BM25 and latent semantic analysis over one set of chunks."""

    def __init__(self, cut: Sequence[tuple[Chunk, Bag]], dense_dimensions: int) -> None:
        self.chunks = tuple(chunk for chunk, _ in cut)
        self.keys = frozenset(chunk.document.key for chunk in self.chunks)
        bags = [bag for _, bag in cut]
        self._bm25 = _bm25(bags)
        self._dense = _Dense(bags, dense_dimensions)
        self._current = [not chunk.document.superseded for chunk in self.chunks]

    def ranked(self, method: str, query: Sequence[str], *, count: int, versions: str) -> list[int]:
        """Places of the best chunks, best first; those that share nothing are left out."""
        if not query or not self.chunks:
            return []
        scores = self._bm25(query) if method == "bm25" else self._dense(query)
        allowed = (i for i, now in enumerate(self._current) if now or versions == "all")
        # Rounded, so that the last bits, which differ between machines, decide no order.
        found = [(-round(float(scores[i]), 5), i) for i in allowed if scores[i] > 1e-4]
        return [i for _, i in sorted(found)[:count]]


def _bag(chunk: Chunk) -> Bag:
    """What a search sees of a chunk; the title too, or the middle would not say of what it is."""
    return reading.terms(chunk.document.title) + reading.terms(chunk.text)


def _bm25(bags: Sequence[Sequence[str]]) -> Any:
    import bm25s
    import numpy

    known = {term for bag in bags for term in bag}
    if not known:
        return lambda query: numpy.zeros(len(bags))
    index = bm25s.BM25(method="lucene")
    index.index([list(bag) for bag in bags], create_empty_token=False, show_progress=False)

    def scores(query: Sequence[str]) -> Any:
        asked = [term for term in query if term in known]
        return index.get_scores(asked) if asked else numpy.zeros(len(bags))

    return scores


@cache
def _threads() -> Any:
    """The thread pools under numpy; looking for them takes longer than a small search."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


class _Dense:
    """TF-IDF brought down to a few dimensions (LSA): a dense part that needs no weights.

    The singular vectors come from the small matrix of the passages with each other, exactly
    and the same each time: a tenth of a second for 500 passages, seconds for 2,000.

    Source: Deerwester et al. 1990, Indexing by Latent Semantic Analysis, JASIS 41(6).
    """

    def __init__(self, bags: Sequence[Sequence[str]], dimensions: int) -> None:
        self._words = None
        if not any(bags):
            return
        import numpy
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = TfidfVectorizer(analyzer=list, sublinear_tf=True)
        matrix = words.fit_transform(bags)
        # So small a matrix is fastest on one thread; more of them wait for each other.
        with _threads().limit(limits=1):
            values, vectors = numpy.linalg.eigh((matrix @ matrix.T).toarray())
        kept = [i for i in range(len(values))[::-1] if values[i] > 1e-9][:dimensions]
        lengths = numpy.sqrt(values[kept])
        space = vectors[:, kept]
        # A text with the words w lies at (w . matrix^T) space / lengths.
        self._to_space = matrix.T @ (space / lengths)
        self._passages = _unit(space * lengths)
        self._words = words

    def __call__(self, query: Sequence[str]) -> Any:
        if self._words is None:
            return _NoScores()
        place = self._words.transform([list(query)]) @ self._to_space
        return self._passages @ _unit(place)[0]


def _unit(rows: Any) -> Any:
    """The rows at length 1; those of length 0 stay."""
    import numpy

    lengths = numpy.linalg.norm(rows, axis=1, keepdims=True)
    return rows / numpy.where(lengths > 0, lengths, 1.0)


class _NoScores:
    """What a space of too few passages says of each of them."""

    def __getitem__(self, place: int) -> float:
        return 0.0


class Retriever:
    """Searches for a reader; keeps the indexes that readers with the same rights share."""

    def __init__(self, settings: RetrievalSettings, *, indexes_kept: int = 32) -> None:
        self.settings = settings
        self._indexes_kept = indexes_kept
        self._lock = threading.RLock()
        self._indexes: OrderedDict[str, Index] = OrderedDict()
        self._cuts: dict[str, list[tuple[Chunk, Bag]]] = {}
        self._gone: set[str] = set()

    def index(self, documents: Iterable[Document]) -> Index:
        """The index over exactly these documents."""
        documents = list(documents)
        name = fingerprint(documents)
        with self._lock:
            index = self._indexes.get(name)
            if index is None:
                cut = [pair for document in documents for pair in self._cut(document)]
                index = Index(cut, self.settings.dense_dimensions)
                # A request that began before a deletion may finish; it leaves nothing behind.
                if not any(document.digest in self._gone for document in documents):
                    self._indexes[name] = index
                    if len(self._indexes) > self._indexes_kept:
                        self._indexes.popitem(last=False)
            else:
                self._indexes.move_to_end(name)
            return index

    def _cut(self, document: Document) -> list[tuple[Chunk, Bag]]:
        cut = self._cuts.get(document.digest)
        # The rights are no part of the digest, and a chunk carries its document.
        if cut is None or (cut and cut[0][0].document != document):
            chunks = self.settings.chunking.chunks(document)
            cut = [(chunk, _bag(chunk)) for chunk in chunks]
            if document.digest not in self._gone:
                self._cuts[document.digest] = cut
        return cut

    def search(
        self,
        index: Index,
        question: str,
        *,
        k: int | None = None,
        method: str | None = None,
        versions: str | None = None,
    ) -> list[Passage]:
        """The best passages of an index, best first; the settings hold where nothing is said."""
        settings = self.settings
        k = settings.k if k is None else int(number("k", k, "passages", low=1, high=MAX_PASSAGES))
        method = one_of("method", method or settings.method, METHODS)
        versions = one_of("versions", versions or settings.versions, VERSIONS)
        query = reading.terms(question)
        parts = ("bm25", "dense") if method == "hybrid" else (method,)
        depth = max(settings.candidates, k)
        lists = {p: index.ranked(p, query, count=depth, versions=versions) for p in parts}
        ranks = {part: {i: r for r, i in enumerate(ranked, 1)} for part, ranked in lists.items()}
        return [
            Passage(index.chunks[i], score, {p: ranks[p][i] for p in parts if i in ranks[p]})
            for i, score in fuse(lists, constant=settings.fusion_constant)[:k]
        ]

    def add(self, document: Document) -> None:
        """Say that a document is there (again), so that what is made from it may be kept."""
        with self._lock:
            self._gone.discard(document.digest)

    def forget(self, documents: Iterable[Document]) -> None:
        """Drop everything that was made from these documents, and keep nothing of them again."""
        documents = list(documents)
        keys = {document.key for document in documents}
        with self._lock:
            for name in [n for n, index in self._indexes.items() if index.keys & keys]:
                del self._indexes[name]
            for document in documents:
                self._cuts.pop(document.digest, None)
                self._gone.add(document.digest)
        reading.stem.cache_clear()
