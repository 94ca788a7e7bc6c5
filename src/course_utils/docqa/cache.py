"""Answers that are kept: filed under the question and everything that may be read.

The key has the fingerprint of the documents that the reader may see, so an entry is found
only by who may read the same, and only while nothing of it has changed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from course_utils.calculators.validate import number
from course_utils.docqa import text as reading

T = TypeVar("T")


@dataclass(frozen=True)
class CacheKey:
    """`readable` is the fingerprint; empty where the switch leaves it out."""

    question: str
    readable: str
    model: str

    @classmethod
    def of(cls, question: str, readable: str, model: str) -> CacheKey:
        return cls(reading.plain(question).lower(), readable, model)


class AnswerCache(Generic[T]):
    """The last answers, least recently used out first. Each knows the documents it is from."""

    def __init__(self, entries_kept: int = 1_000) -> None:
        self._kept = int(number("entries_kept", entries_kept, "entries", high=1e6, whole=True))
        self._lock = threading.Lock()
        self._entries: OrderedDict[CacheKey, tuple[T, frozenset[str]]] = OrderedDict()
        self._forgotten = 0

    def get(self, key: CacheKey) -> T | None:
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    @property
    def epoch(self) -> int:
        """Changes with each `forget`; an answer made before one is not kept after it."""
        return self._forgotten

    def put(self, key: CacheKey, value: T, documents: Iterable[str], epoch: int) -> None:
        with self._lock:
            if epoch != self._forgotten:
                return
            self._entries[key] = (value, frozenset(documents))
            while len(self._entries) > self._kept:
                self._entries.popitem(last=False)

    def forget(self, documents: Iterable[str]) -> None:
        """Remove every answer that these documents were before the model for."""
        gone = set(documents)
        with self._lock:
            self._forgotten += 1
            for key in [k for k, (_, used) in self._entries.items() if used & gone]:
                del self._entries[key]

    def __len__(self) -> int:
        return len(self._entries)
