"""Identities, rights, tokens and the audit log."""

from __future__ import annotations

import dataclasses
import datetime
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.docqa.documents import EVERYONE, Document
from course_utils.docqa.policy import (
    AccessError,
    AuditLog,
    Directory,
    Identity,
    Tokens,
    fingerprint,
    load_users,
    may_read,
    visible,
)

GROUPS = ("everyone", "hr", "sales", "it")


OPEN = Document(
    "d", 1, "D", "policy", datetime.date(2026, 1, 1), False, "hr", frozenset(), True, "Text."
)  # fmt: skip


@given(st.sets(st.sampled_from(GROUPS), min_size=1), st.sets(st.sampled_from(GROUPS)))
def test_one_shared_group_opens_a_document_and_nothing_else_does(readers, groups):
    document = dataclasses.replace(OPEN, readers=frozenset(readers))
    expected = EVERYONE in readers or bool(readers & groups)
    assert may_read(Identity("u", frozenset(groups)), document) == expected


def test_being_the_owner_opens_nothing(make_document):
    document = make_document("d", "Text.", readers=("sales",))
    assert document.owner == "hr"
    assert not may_read(Identity("u", frozenset({"hr"})), document)


def test_a_fingerprint_names_the_documents_and_their_state(company):
    worker = Identity("worker", frozenset({"everyone"}))
    other = Identity("other", frozenset({"everyone", "unheard-of"}))
    seller = Identity("seller", frozenset({"everyone", "sales"}))
    names = [fingerprint(visible(who, company)) for who in (worker, other, seller)]
    assert names[0] == names[1] != names[2]
    changed = [dataclasses.replace(company[-1], text="New text."), *company[:-1]]
    assert fingerprint(visible(worker, changed)) != names[0]
    assert fingerprint(visible(worker, reversed(company))) == names[0]


def test_rights_and_users_can_be_taken_away():
    directory = Directory({"u": ["hr"]})
    assert directory.identity("u").groups == {"hr"}
    directory.set_groups("u", [])
    assert directory.identity("u").groups == frozenset()
    directory.remove("u")
    with pytest.raises(AccessError, match="no such user"):
        directory.identity("u")


@pytest.mark.parametrize("user", ["", "nobody", None, 7])
def test_an_unknown_user_is_refused(user):
    with pytest.raises(AccessError, match="no such user"):
        Directory({"u": []}).identity(user)


def test_a_token_expires_and_can_be_revoked():
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    tokens = Tokens(now=lambda: now, lifetime=datetime.timedelta(hours=1))
    token, other = tokens.issue("u"), tokens.issue("v")
    assert tokens.user(token) == "u"
    tokens.revoke("u")
    with pytest.raises(AccessError, match="unknown"):
        tokens.user(token)
    assert tokens.user(other) == "v"
    now += datetime.timedelta(hours=1)
    with pytest.raises(AccessError, match="expired"):
        tokens.user(other)


@given(st.text())
def test_no_made_up_token_is_known(text):
    tokens = Tokens()
    tokens.issue("u")
    with pytest.raises(AccessError, match="unknown"):
        tokens.user(text)


def test_the_store_of_tokens_gives_none_away():
    tokens = Tokens()
    token = tokens.issue("u")
    assert token not in repr(tokens)
    assert token not in repr(vars(tokens))


def test_an_audit_log_keeps_every_entry_of_many_threads(tmp_path):
    audit = AuditLog(tmp_path / "audit.jsonl")

    def write(name):
        for i in range(50):
            audit.record(f"{name}-{i}", name, "search", True, [f"{name}.v1"])

    threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = audit.entries()
    assert [entry.sequence for entry in entries] == list(range(1, 401))
    assert {entry.request for entry in entries} == {
        f"t{n}-{i}" for n in range(8) for i in range(50)
    }
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [line["sequence"] for line in lines] == list(range(1, 401))
    assert len(audit.entries("t3-7")) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no user"),
        ('[[users]]\nid = "a"', "has no groups"),
        ("[[users]]\ngroups = []", "has no id"),
        ('[[users]]\nid = "a"\ngroups = []\n[[users]]\nid = "a"\ngroups = []', "there twice"),
    ],
)
def test_a_bad_file_of_users_is_refused(text, says):
    with pytest.raises(ValueError, match=says):
        load_users(text)
