"""Auth + Policy: a token becomes an identity, an identity may read, and all of it is logged."""

from __future__ import annotations

import datetime
import hashlib
import json
import secrets
import threading
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.docqa.documents import EVERYONE, Document, corpus


class AccessError(Exception):
    """Nobody we know, or nothing they may do. Says what to do, and nothing about documents."""


@dataclass(frozen=True)
class Identity:
    """Who asks, and the groups that decide what they may read."""

    user: str
    groups: frozenset[str]


@dataclass(frozen=True)
class Entry:
    """One access decision. `documents` are keys; `sequence` has no gap unless an entry is lost."""

    sequence: int
    request: str
    user: str
    action: str
    allowed: bool
    documents: tuple[str, ...] = ()
    detail: str = ""


class AuditLog:
    """Every access decision, in order, appended and never changed.

    It names documents that a user may not see, so it is read by whoever runs the system,
    not through the API. With a `path` each entry is also a line of JSON in that file.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._path = path

    def record(
        self,
        request: str,
        user: str,
        action: str,
        allowed: bool,
        documents: Iterable[str] = (),
        detail: str = "",
    ) -> None:
        with self._lock:
            entry = Entry(
                len(self._entries) + 1, request, user, action, allowed, tuple(documents), detail
            )
            if self._path:
                # Written before anything is answered: no answer without its entry.
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(vars(entry)) + "\n")
            self._entries.append(entry)

    def entries(self, request: str | None = None) -> list[Entry]:
        with self._lock:
            return [e for e in self._entries if request is None or e.request == request]


class Directory:
    """The users and their groups, as the company's identity provider would know them."""

    def __init__(self, users: Mapping[str, Iterable[str]]) -> None:
        self._users = {user: frozenset(groups) for user, groups in users.items()}

    def users(self) -> tuple[str, ...]:
        return tuple(sorted(self._users))

    def identity(self, user: str) -> Identity:
        """The identity of a user as of now; `AccessError` if there is none."""
        if not isinstance(user, str) or user not in self._users:
            raise AccessError("there is no such user: sign in with an account of the company")
        return Identity(user, self._users[user])

    def set_groups(self, user: str, groups: Iterable[str]) -> None:
        """Give and take rights; they hold from the next request on."""
        self._users = {**self._users, user: frozenset(groups)}

    def remove(self, user: str) -> None:
        self._users = {name: groups for name, groups in self._users.items() if name != user}


def load_users(text: str | None = None) -> dict[str, list[str]]:
    """The groups of each user in a users.toml; that of the handbook by default."""
    if text is None:
        text = (corpus() / "users.toml").read_text(encoding="utf-8")
    users: dict[str, list[str]] = {}
    for entry in tomllib.loads(text).get("users", []):
        for name in ("id", "groups"):
            if name not in entry:
                raise ValueError(f"users.toml: {entry!r} has no {name}: add it")
        if entry["id"] in users:
            raise ValueError(f"users.toml: {entry['id']!r} is there twice: keep one")
        users[entry["id"]] = list(entry["groups"])
    if not users:
        raise ValueError("users.toml names no user: add [[users]] with id and groups")
    return users


@dataclass
class Tokens:
    """Bearer tokens. Only their digests are kept, so the store gives none away."""

    now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC)
    lifetime: datetime.timedelta = datetime.timedelta(hours=8)
    _issued: dict[str, tuple[str, datetime.datetime]] = field(default_factory=dict, repr=False)

    def issue(self, user: str) -> str:
        token = secrets.token_urlsafe(24)
        self._issued[_digest(token)] = (user, self.now() + self.lifetime)
        return token

    def user(self, token: str) -> str:
        """Whose token this is; `AccessError` if it is unknown or has expired."""
        user, expires = self._issued.get(_digest(token), ("", None))
        if expires is None:
            raise AccessError("this token is unknown: sign in again for a new one")
        if self.now() >= expires:
            raise AccessError("this token has expired: sign in again for a new one")
        return user

    def revoke(self, user: str) -> None:
        """Make every token of a user worthless at once."""
        self._issued = {d: entry for d, entry in self._issued.items() if entry[0] != user}


def _digest(token: str) -> str:
    # surrogatepass: a token is whatever bytes a client sends, and must not crash the check.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def may_read(identity: Identity, document: Document) -> bool:
    """Whether one of the user's groups is on the document's access list."""
    return EVERYONE in document.readers or not document.readers.isdisjoint(identity.groups)


def visible(identity: Identity, documents: Iterable[Document]) -> list[Document]:
    """The documents that this user may read, by key."""
    return sorted((d for d in documents if may_read(identity, d)), key=lambda d: d.key)


def fingerprint(documents: Iterable[Document]) -> str:
    """One name for exactly this set of documents in exactly this state.

    Two users share it only if they may read the same documents. Everything that is kept
    between requests is filed under it, so nothing kept can say more than its reader may see,
    and a right or a document that is taken away makes what was kept unreachable.
    """
    joined = "\n".join(f"{d.key} {d.digest}" for d in sorted(documents, key=lambda d: d.key))
    return hashlib.sha256(joined.encode()).hexdigest()
