"""The labeled questions, sentences and injections of the handbook, as data."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from course_utils.calculators.validate import one_of
from course_utils.docqa import text as reading
from course_utils.docqa.documents import Chunk, corpus

SPLITS = ("dev", "test")
KINDS = (
    "lookup",
    "paraphrase",
    "two-documents",
    "superseded",
    "unanswerable",
    "forbidden",
    "injected",
)
# The right answer to these is none.
WITHOUT_ANSWER = ("unanswerable", "forbidden")


@dataclass(frozen=True)
class Support:
    """A sentence of a document's current version that an answer rests on."""

    document: str
    quote: str

    def is_in(self, document: str, text: str) -> bool:
        """Whether a passage of a document has the sentence."""
        return document == self.document and reading.plain(self.quote) in reading.plain(text)

    def is_in_chunk(self, chunk: Chunk) -> bool:
        return self.is_in(chunk.document.id, chunk.text)


@dataclass(frozen=True)
class LabelledQuestion:
    """A question of the handbook; the corpus file explains the fields."""

    id: str
    kind: str
    split: str
    asker: str
    question: str
    answer: str
    facts: tuple[tuple[str, ...], ...]
    supporting: tuple[Support, ...]

    @property
    def answerable(self) -> bool:
        return self.kind not in WITHOUT_ANSWER

    def facts_in(self, text: str) -> int:
        """How many of the facts a text has, each in one of its spellings."""
        return sum(any(_says(text, spelling) for spelling in fact) for fact in self.facts)

    def is_answered_by(self, text: str) -> bool:
        return bool(self.facts) and self.facts_in(text) == len(self.facts)


def _says(text: str, spelling: str) -> bool:
    wanted = re.escape(reading.plain(spelling).lower())
    return bool(re.search(rf"(?<!\w){wanted}(?!\w)", reading.plain(text).lower()))


@dataclass(frozen=True)
class SupportPair:
    """A sentence and a passage, and whether the passage supports all of it."""

    id: str
    kind: str
    split: str
    passage: str
    sentence: str
    supported: bool


@dataclass(frozen=True)
class Injection:
    """An instruction that stands in an untrusted document, and what it is after."""

    document: str
    style: str
    aim: str
    quote: str


def load_questions(split: str | None = None) -> list[LabelledQuestion]:
    """The questions of a split, or all."""
    found = [
        LabelledQuestion(
            id=entry["id"],
            kind=one_of("kind", entry["kind"], KINDS),
            split=one_of("split", entry["split"], SPLITS),
            asker=entry["asker"],
            question=entry["question"],
            answer=entry["answer"],
            facts=tuple(tuple(fact) for fact in entry["facts"]),
            supporting=tuple(Support(s["document"], s["quote"]) for s in entry["supporting"]),
        )
        for entry in _entries("questions")
    ]
    return _of_split(found, split)


def load_support_pairs(split: str | None = None) -> list[SupportPair]:
    """The labeled sentences of a split, or all."""
    found = [
        SupportPair(
            id=entry["id"],
            kind=entry["kind"],
            split=one_of("split", entry["split"], SPLITS),
            passage=entry["quote"],
            sentence=entry["sentence"],
            supported=entry["supported"],
        )
        for entry in _entries("support", "pairs")
    ]
    return _of_split(found, split)


def load_injections() -> list[Injection]:
    return [Injection(**entry) for entry in _entries("injections")]


def _entries(name: str, table: str = "") -> list[dict[str, Any]]:
    text = (corpus() / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text).get(table or name, [])


def _of_split(found: list[Any], split: str | None) -> list[Any]:
    if split is not None:
        one_of("split", split, SPLITS)
    return [item for item in found if split in (None, item.split)]
