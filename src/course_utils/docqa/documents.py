"""What can be read: documents in versions, each with an access list, cut into chunks."""

from __future__ import annotations

import datetime
import hashlib
import re
import threading
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from course_utils.calculators.validate import number
from course_utils.docqa import text as reading

EVERYONE = "everyone"
_NAME = re.compile(r"(?P<id>.+)\.v(?P<version>\d+)\.md")
_FIELDS = {
    "id": str,
    "version": int,
    "title": str,
    "kind": str,
    "valid_from": datetime.date,
    "superseded": bool,
    "owner": str,
    "readers": list,
    "trusted": bool,
}


class DocumentError(ValueError):
    """A document file is not as it must be; the message says which field and what to do."""


@dataclass(frozen=True)
class Document:
    """One version of a document. `readers` are groups; `everyone` stands for all.

    `superseded`: a newer version holds now. `trusted`: written inside the company; the
    mail of a customer is not, and what it says is never an instruction.
    """

    id: str
    version: int
    title: str
    kind: str
    valid_from: datetime.date
    superseded: bool
    owner: str
    readers: frozenset[str]
    trusted: bool
    text: str

    @cached_property
    def key(self) -> str:
        return f"{self.id}.v{self.version}"

    @cached_property
    def digest(self) -> str:
        """Changes with anything in the document that an answer can depend on."""
        parts = [str(getattr(self, name)) for name in _FIELDS if name != "readers"]
        parts.append(self.text)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Chunk:
    """A passage of a document: what is retrieved, shown to the model and cited."""

    document: Document
    place: int
    text: str

    @property
    def id(self) -> str:
        return f"{self.document.key}#{self.place}"


@dataclass(frozen=True)
class Chunking:
    """How documents are cut: at most so many words, the last ones again in the next chunk."""

    chunk_words: int = 90
    overlap_words: int = 20

    def __post_init__(self) -> None:
        number("chunk_words", self.chunk_words, "words", low=10, high=10_000, whole=True)
        high = self.chunk_words // 2
        number("overlap_words", self.overlap_words, "words", high=high, whole=True)

    def chunks(self, document: Document) -> tuple[Chunk, ...]:
        """The document in whole sentences; one sentence longer than a chunk stays whole.

        The overlap is in whole sentences too, so it may be shorter than asked for.
        """
        windows: list[list[str]] = []
        window: list[str] = []
        for sentence in reading.sentences(document.text):
            if window and _words([*window, sentence]) > self.chunk_words:
                windows.append(window)
                window = self._tail(window, sentence)
            window = [*window, sentence]
        if window:
            windows.append(window)
        return tuple(Chunk(document, i, " ".join(w)) for i, w in enumerate(windows, start=1))

    def _tail(self, window: list[str], sentence: str) -> list[str]:
        """The last sentences that fit into the overlap, and beside the next sentence."""
        limit = min(self.overlap_words, self.chunk_words - _words([sentence]))
        tail: list[str] = []
        for last in reversed(window[1:]):
            if _words([last, *tail]) > limit:
                break
            tail = [last, *tail]
        return tail


def _words(sentences: Iterable[str]) -> int:
    return sum(len(sentence.split()) for sentence in sentences)


class Library:
    """The documents there are now. A request works on one `snapshot` from start to end."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._lock = threading.Lock()
        self._documents: dict[str, Document] = {}
        for document in documents:
            if document.key in self._documents:
                raise DocumentError(f"{document.key} is there twice: give each version once")
            self._documents[document.key] = document

    def snapshot(self) -> Mapping[str, Document]:
        """The documents by key; never changes, because a change makes a new one."""
        return self._documents

    def put(self, document: Document) -> Document | None:
        """Add a version, or replace it; the replaced one is returned."""
        with self._lock:
            before = self._documents.get(document.key)
            changed = {**self._documents, document.key: document}
            self._documents = dict(sorted(changed.items()))
        return before

    def delete(self, document_id: str) -> list[Document]:
        """Remove all versions of a document, and return them; `ValueError` if there is none."""
        with self._lock:
            gone = [d for d in self._documents.values() if document_id in (d.id, d.key)]
            if not gone:
                raise ValueError(f"document_id = {document_id!r}: there is no such document")
            self._documents = {k: d for k, d in self._documents.items() if d not in gone}
        return gone

    def __len__(self) -> int:
        return len(self._documents)


def corpus() -> Traversable:
    """The folder of the handbook that comes with the course."""
    return files("course_utils.docqa") / "corpus"


def load_documents(folder: Traversable | None = None) -> list[Document]:
    """The documents in a folder of `<id>.v<N>.md` files, by key; the handbook's by default."""
    folder = folder if folder is not None else corpus() / "documents"
    found = [
        parse_document(path.read_text(encoding="utf-8"), path.name)
        for path in folder.iterdir()
        if path.name.endswith(".md")
    ]
    if not found:
        raise DocumentError(f"{folder} holds no document: put <id>.v<N>.md files there")
    return sorted(found, key=lambda document: document.key)


def parse_document(text: str, name: str) -> Document:
    """The document in a file with TOML front matter between `+++` lines."""
    match = _NAME.fullmatch(name)
    if not match:
        raise DocumentError(f"{name}: name the file <id>.v<N>.md, like travel.v2.md")
    parts = re.split(r"^\+\+\+[ \t]*$", text, maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0].strip():
        raise DocumentError(f"{name}: begin with TOML front matter between two lines of +++")
    try:
        front = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as error:
        raise DocumentError(f"{name}: the front matter is not TOML: {error}") from error
    _check(front, name)
    if (front["id"], front["version"]) != (match["id"], int(match["version"])):
        raise DocumentError(f"{name}: id and version differ from the name of the file")
    if not parts[2].strip():
        raise DocumentError(f"{name}: there is no text after the front matter")
    readers = frozenset(front.pop("readers"))
    return Document(**front, readers=readers, text=parts[2].strip())


def _check(front: Mapping[str, Any], name: str) -> None:
    for field, kind in _FIELDS.items():
        if field not in front:
            raise DocumentError(f"{name}: the front matter lacks {field}: add it")
        if not isinstance(front[field], kind) or (kind is int and isinstance(front[field], bool)):
            raise DocumentError(f"{name}: {field} = {front[field]!r}: give a {kind.__name__}")
    if unknown := sorted(set(front) - set(_FIELDS)):
        raise DocumentError(f"{name}: {unknown[0]} is no field: there are {', '.join(_FIELDS)}")
    if front["version"] < 1:
        raise DocumentError(f"{name}: version = {front['version']}: count from 1")
    readers = front["readers"]
    if not readers or not all(isinstance(group, str) and group for group in readers):
        raise DocumentError(
            f"{name}: readers = {readers!r}: name the groups, or {EVERYONE!r}; "
            "a document that nobody may read does not belong here"
        )
