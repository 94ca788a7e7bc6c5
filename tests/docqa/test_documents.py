"""Document files, chunks, and the library."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.docqa import text as reading
from course_utils.docqa.documents import (
    Chunking,
    Document,
    DocumentError,
    Library,
    load_documents,
    parse_document,
)

FRONT = """\
+++
id = "travel"
version = 2
title = "Travel"
kind = "policy"
valid_from = 2026-01-01
superseded = false
owner = "finance"
readers = ["everyone"]
trusted = true
+++

A hotel costs up to 185 dollars.
"""


def test_a_file_becomes_a_document():
    document = parse_document(FRONT, "travel.v2.md")
    assert document.key == "travel.v2"
    assert document.valid_from == datetime.date(2026, 1, 1)
    assert document.readers == {"everyone"}
    assert document.text == "A hotel costs up to 185 dollars."


@pytest.mark.parametrize(
    ("old", "new", "name", "says"),
    [
        ("", "", "travel.md", "name the file <id>.v<N>.md"),
        ("", "", "travel.v3.md", "id and version differ"),
        ("+++\nid", "id", "travel.v2.md", "two lines of +++"),
        ("version = 2", "version = two", "travel.v2.md", "is not TOML"),
        ("version = 2", "version = true", "travel.v2.md", "version = True: give a int"),
        ('title = "Travel"\n', "", "travel.v2.md", "lacks title"),
        ("trusted = true", "trusted = 1", "travel.v2.md", "trusted = 1: give a bool"),
        ('["everyone"]', "[]", "travel.v2.md", "name the groups"),
        ('["everyone"]', "[1]", "travel.v2.md", "name the groups"),
        ("trusted = true", "trusted = true\nmood = 1", "travel.v2.md", "mood is no field"),
        ("A hotel costs up to 185 dollars.", "", "travel.v2.md", "no text"),
    ],
)
def test_a_bad_file_is_refused_with_what_is_wrong(old, new, name, says):
    with pytest.raises(DocumentError, match=says.replace("+", r"\+")) as caught:
        parse_document(FRONT.replace(old, new, 1), name)
    assert name in str(caught.value)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DocumentError, match="holds no document"):
        load_documents(tmp_path)


def test_the_digest_changes_with_what_an_answer_depends_on():
    document = parse_document(FRONT, "travel.v2.md")
    changed = parse_document(FRONT.replace("185", "190"), "travel.v2.md")
    closed = parse_document(FRONT.replace("everyone", "hr"), "travel.v2.md")
    old = parse_document(FRONT.replace("superseded = false", "superseded = true"), "travel.v2.md")
    assert len({document.digest, changed.digest, old.digest}) == 3
    assert closed.digest == document.digest


SENTENCE = st.integers(1, 40).map(lambda n: " ".join(["word"] * n).capitalize() + ".")


@given(st.lists(SENTENCE, min_size=1, max_size=20), st.integers(10, 60), st.data())
def test_chunks_hold_every_sentence_in_order_and_keep_their_size(sentences, size, data):
    overlap = data.draw(st.integers(0, size // 2))
    sentences = [s.replace("Word", f"N{i}") for i, s in enumerate(sentences)]
    document = Document(
        "d", 1, "D", "policy", datetime.date(2026, 1, 1), False, "hr", frozenset({"x"}), True,
        " ".join(sentences),
    )  # fmt: skip
    chunks = Chunking(chunk_words=size, overlap_words=overlap).chunks(document)
    seen = [s for chunk in chunks for s in reading.sentences(chunk.text)]
    assert list(dict.fromkeys(seen)) == sentences
    for chunk in chunks:
        assert len(chunk.text.split()) <= size or len(reading.sentences(chunk.text)) == 1
    if overlap == 0:
        assert seen == sentences
    assert [chunk.place for chunk in chunks] == list(range(1, len(chunks) + 1))


def test_an_overlap_repeats_the_last_sentence(make_document):
    text = " ".join(f"Sentence {i} has just six words." for i in range(6))
    chunks = Chunking(chunk_words=18, overlap_words=6).chunks(make_document("d", text))
    first, second = (reading.sentences(chunk.text) for chunk in chunks[:2])
    assert second[0] == first[-1]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"chunk_words": 5}, "chunk_words = 5 is out of range"),
        ({"chunk_words": 20, "overlap_words": 11}, "overlap_words = 11 is out of range"),
        ({"chunk_words": 20.5}, "not a whole number"),
    ],
)
def test_a_bad_chunking_is_refused(settings, says):
    with pytest.raises(ValueError, match=says):
        Chunking(**settings)


def test_a_snapshot_does_not_change(company, make_document):
    library = Library(company)
    before = library.snapshot()
    library.put(make_document("new", "Something new."))
    library.delete("parking")
    assert set(before) == {d.key for d in company}
    assert "new.v1" in library.snapshot()
    assert "parking.v1" not in library.snapshot()


def test_deleting_takes_every_version_or_the_one_that_is_named(company):
    library = Library(company)
    assert {d.key for d in library.delete("annual-leave")} == {"annual-leave.v1", "annual-leave.v2"}
    library = Library(company)
    assert [d.key for d in library.delete("annual-leave.v1")] == ["annual-leave.v1"]
    with pytest.raises(ValueError, match="there is no such document"):
        library.delete("annual-leave.v1")


def test_a_version_may_not_be_there_twice(company):
    with pytest.raises(DocumentError, match="there twice"):
        Library([*company, company[0]])
