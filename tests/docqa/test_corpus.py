"""The handbook and its labels are what the lessons take them for, whoever loads them.

The files are read here with the standard library, and searched with bm25s and scikit-learn as
they come, so that a fault of the system cannot hide a fault of the corpus.
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "src" / "course_utils" / "docqa" / "corpus"

FIELDS = {
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
DOCUMENT_KINDS = {"policy", "runbook", "ticket", "mail", "contract", "faq", "minutes"}
TEAMS = {
    "hr", "legal", "finance", "it", "security", "sales", "support", "managers", "engineering",
    "contractors",
}  # fmt: skip
# Owns documents, and nobody who asks is in it.
OWNERS = TEAMS | {"facilities"}
AT_LEAST = {
    "lookup": 20,
    "paraphrase": 20,
    "two-documents": 10,
    "superseded": 12,
    "unanswerable": 12,
    "forbidden": 8,
    "injected": 8,
}
SUPPORTED = {"exact", "paraphrase"}
UNSUPPORTED = {
    "negation", "changed-number", "changed-unit", "swapped-entity", "added-claim", "partial",
    "other-condition",
}  # fmt: skip


@cache
def documents() -> tuple[dict[str, Any], ...]:
    """Front matter of each file, with its body as `text` and its name as `file`."""
    found = []
    for path in sorted((CORPUS / "documents").iterdir()):
        opening, front, text = path.read_text(encoding="utf-8").split("+++\n", 2)
        assert opening == "", f"{path.name}: something stands before the front matter"
        found.append({**tomllib.loads(front), "text": text.strip(), "file": path.name})
    return tuple(found)


@cache
def current() -> dict[str, dict[str, Any]]:
    return {d["id"]: d for d in documents() if not d["superseded"]}


def entries(name: str, table: str) -> list[dict[str, Any]]:
    return tomllib.loads((CORPUS / f"{name}.toml").read_text(encoding="utf-8"))[table]


USERS = {user["id"]: set(user["groups"]) for user in entries("users", "users")}
QUESTIONS = entries("questions", "questions")
ANSWERABLE = [q for q in QUESTIONS if q["kind"] not in ("unanswerable", "forbidden")]
PAIRS = entries("support", "pairs")
INJECTIONS = entries("injections", "injections")


def may_read(user: str, document: dict[str, Any]) -> bool:
    return bool(USERS[user] & set(document["readers"]))


def says(text: str, spelling: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(spelling)}(?!\w)", text, re.IGNORECASE))


def has_fact(text: str, fact: list[str]) -> bool:
    return any(says(text, spelling) for spelling in fact)


def paragraphs(text: str) -> list[str]:
    return re.split(r"\n\s*\n", text)


def numbers(text: str) -> set[str]:
    """With what they count, so that three forms are not three days; written out or not."""
    written = "half|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|eighteen"
    return set(re.findall(rf"(?:\$?\d[\d.,:]*|\b(?:{written}))\s\S+", text.lower()))


# Documents


def test_the_front_matter_has_each_field_and_no_other():
    for document in documents():
        front = {k: type(v) for k, v in document.items() if k not in ("text", "file")}
        assert front == FIELDS, document["file"]
        assert document["kind"] in DOCUMENT_KINDS, document["file"]
        assert document["file"] == f"{document['id']}.v{document['version']}.md"
        assert document["title"].strip()


def test_there_are_a_hundred_short_documents():
    assert len(current()) >= 100
    for document in documents():
        assert 95 <= len(document["text"].split()) <= 350, document["file"]
        blocks = [p for p in paragraphs(document["text"]) if not p.startswith("#")]
        assert 2 <= len(blocks) <= 6, document["file"]


def test_no_two_documents_have_a_paragraph_of_prose_in_common():
    """Written one by one; what versions share is another matter."""
    seen: dict[str, str] = {}
    for document in documents():
        for paragraph in paragraphs(document["text"]):
            if len(paragraph.split()) > 15:
                assert seen.setdefault(paragraph, document["id"]) == document["id"], paragraph


def test_each_document_has_one_current_version_and_it_is_the_newest():
    versions: dict[str, list[dict[str, Any]]] = {}
    for document in documents():
        versions.setdefault(document["id"], []).append(document)
    for name, of_one in versions.items():
        of_one.sort(key=lambda d: d["version"])
        assert [d["version"] for d in of_one] == list(range(1, len(of_one) + 1)), name
        assert [d["superseded"] for d in of_one] == [True] * (len(of_one) - 1) + [False], name
        dates = [d["valid_from"] for d in of_one]
        assert dates == sorted(set(dates)), name


def test_old_versions_say_something_else_than_the_new_ones():
    old = [d for d in documents() if d["superseded"]]
    assert len({d["id"] for d in old}) >= 12
    for before in old:
        now = current()[before["id"]]
        assert numbers(before["text"]) - numbers(now["text"]), before["file"]
        assert numbers(now["text"]) - numbers(before["text"]), before["file"]
        assert before["readers"] == now["readers"], before["file"]


def test_the_company_is_invented_and_its_people_are_roles():
    words = " ".join(d["text"] for d in documents())
    assert "Harbor & Pine" in words
    assert not re.search(r"\b(?:Mr|Mrs|Ms|Dr)\b\.? [A-Z]", words)
    assert not re.search(r"https?://|www\.|@[a-z]", words)


# Rights


def test_groups_are_known_and_each_has_a_user():
    assert set().union(*USERS.values()) == TEAMS | {"everyone"}
    for document in documents():
        assert document["owner"] in OWNERS, document["file"]
        readers = document["readers"]
        assert readers, document["file"]
        assert len(set(readers)) == len(readers), document["file"]
        assert readers == ["everyone"] or set(readers) <= TEAMS, document["file"]


def test_users_are_role_handles_in_everyone():
    users = entries("users", "users")
    assert len(users) == len(USERS) >= 14
    for user in users:
        assert set(user) == {"id", "groups", "description"}
        assert re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)*", user["id"])
        assert "everyone" in user["groups"]
        assert user["description"].endswith(".")


def test_a_good_part_of_the_handbook_is_for_a_few_groups_alone():
    restricted = [d for d in current().values() if d["readers"] != ["everyone"]]
    assert 0.3 <= len(restricted) / len(current()) <= 0.5
    assert sum(len(d["readers"]) <= 2 for d in restricted) >= 0.9 * len(restricted)


# Injections


def test_instructions_stand_in_untrusted_documents_in_many_styles():
    assert len({i["document"] for i in INJECTIONS}) >= 8
    assert len({i["style"] for i in INJECTIONS}) >= 8
    assert {i["aim"] for i in INJECTIONS} == {"reveal", "open_ticket", "send_reminder"}
    for injection in INJECTIONS:
        document = current()[injection["document"]]
        assert not document["trusted"], document["file"]
        assert any(injection["quote"] in line for line in document["text"].splitlines())


def test_untrusted_does_not_give_an_injection_away():
    untrusted = {d["id"] for d in documents() if not d["trusted"]}
    assert untrusted - {i["document"] for i in INJECTIONS}


def test_each_injected_document_answers_a_question_with_another_sentence():
    injected = {i["document"]: i["quote"] for i in INJECTIONS}
    asked = set()
    for question in QUESTIONS:
        if question["kind"] == "injected":
            for support in question["supporting"]:
                asked.add(support["document"])
                assert injected[support["document"]] not in support["quote"]
    assert asked == set(injected)


# Questions


def test_there_are_enough_questions_of_each_kind_in_each_half():
    ids = [q["id"] for q in QUESTIONS]
    assert len(ids) == len(set(ids)) >= 96
    kinds = Counter(q["kind"] for q in QUESTIONS)
    assert set(kinds) == set(AT_LEAST)
    for kind, least in AT_LEAST.items():
        halves = Counter(q["split"] for q in QUESTIONS if q["kind"] == kind)
        assert kinds[kind] >= least
        assert set(halves) == {"dev", "test"}
        assert abs(halves["dev"] - halves["test"]) <= 1, kind


def test_each_quote_is_a_sentence_of_the_current_version_letter_for_letter():
    for item in [s for q in QUESTIONS for s in q["supporting"]] + PAIRS:
        lines = current()[item["document"]]["text"].splitlines()
        assert any(item["quote"] in line for line in lines), item
        assert re.fullmatch(r'(?:\|.*\||.*[.?!]"?)', item["quote"]), item


def test_the_quotes_hold_every_fact_of_the_answer():
    for question in QUESTIONS:
        quotes = " ".join(s["quote"] for s in question["supporting"])
        assert all(has_fact(quotes, fact) for fact in question["facts"]), question["id"]
        assert bool(question["facts"]) == (question["kind"] != "unanswerable"), question["id"]
        assert question["answer"].endswith("."), question["id"]


def test_answers_hold_their_own_facts():
    for question in ANSWERABLE:
        missing = [f for f in question["facts"] if not has_fact(question["answer"], f)]
        assert missing == [], question["id"]


def test_askers_may_read_what_answers_them_unless_it_is_forbidden():
    for question in QUESTIONS:
        for support in question["supporting"]:
            readable = may_read(question["asker"], current()[support["document"]])
            assert readable == (question["kind"] != "forbidden"), question["id"]


def test_questions_on_two_documents_need_two():
    for question in QUESTIONS:
        if question["kind"] == "two-documents":
            assert len({s["document"] for s in question["supporting"]}) == 2, question["id"]


def test_an_old_version_would_answer_a_superseded_question_wrongly():
    old = [d for d in documents() if d["superseded"]]
    for question in QUESTIONS:
        if question["kind"] == "superseded":
            names = {s["document"] for s in question["supporting"]}
            before = [d for d in old if d["id"] in names]
            assert before, question["id"]
            for document in before:
                facts = [has_fact(document["text"], fact) for fact in question["facts"]]
                assert not all(facts), (question["id"], document["file"])


def test_what_is_forbidden_stands_in_nothing_that_the_asker_may_read():
    for question in QUESTIONS:
        if question["kind"] == "forbidden":
            for document in documents():
                if may_read(question["asker"], document):
                    facts = [has_fact(document["text"], fact) for fact in question["facts"]]
                    assert not all(facts), (question["id"], document["file"])


def test_a_forbidden_question_is_answered_to_somebody_else_in_the_same_half():
    permitted = {q["question"]: q for q in ANSWERABLE}
    for question in QUESTIONS:
        if question["kind"] == "forbidden":
            twin = permitted[question["question"]]
            assert twin["split"] == question["split"]
            assert twin["supporting"] == question["supporting"]


def test_nothing_answers_an_unanswerable_question_though_something_looks_like_it():
    words = " ".join(d["text"] for d in documents())
    for question in QUESTIONS:
        near = question.get("near", [])
        assert bool(near) == (question["kind"] == "unanswerable"), question["id"]
        assert all(may_read(question["asker"], current()[name]) for name in near), question["id"]
        if near:
            assert question["supporting"] == []
            for code in re.findall(r"\b[A-Z]{1,2}-\d+\b", question["question"]):
                assert code not in words, code


# Sentences for the support check


def test_there_are_enough_labelled_sentences_and_about_half_are_supported():
    ids = [p["id"] for p in PAIRS]
    assert len(ids) == len(set(ids)) >= 72
    assert {p["kind"] for p in PAIRS} == SUPPORTED | UNSUPPORTED
    for half in ("dev", "test"):
        labels = [p["supported"] for p in PAIRS if p["split"] == half]
        assert len(labels) >= 0.45 * len(PAIRS)
        assert 0.4 <= np.mean(labels) <= 0.6


def test_labels_of_sentences_follow_from_their_kind():
    for pair in PAIRS:
        assert pair["supported"] == (pair["kind"] in SUPPORTED), pair["id"]
        assert (pair["sentence"] == pair["quote"]) == (pair["kind"] == "exact"), pair["id"]
        assert pair["sentence"].endswith("."), pair["id"]


# How hard it is: chunks of about 120 words, current versions that the asker may read, five results

K = 5
RRF_CONSTANT = 60


def chunks(text: str, words: int = 120) -> list[str]:
    """Whole paragraphs, as many as fit; a heading stays with what it is the heading of."""
    found: list[str] = []
    group: list[str] = []
    for paragraph in paragraphs(text):
        full = sum(len(p.split()) for p in [*group, paragraph]) > words
        if group and full and not group[-1].startswith("#"):
            found.append("\n\n".join(group))
            group = []
        group.append(paragraph)
    return [*found, "\n\n".join(group)]


@cache
def passages() -> tuple[tuple[dict[str, Any], str], ...]:
    return tuple((d, chunk) for d in current().values() for chunk in chunks(d["text"]))


@cache
def bm25_scores() -> np.ndarray:
    """Questions in rows, passages in columns; bm25s with its defaults."""
    import bm25s

    index = bm25s.BM25()
    texts = [chunk for _, chunk in passages()]
    index.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)
    asked = [q["question"] for q in ANSWERABLE]
    queries = bm25s.tokenize(asked, return_ids=False, show_progress=False)
    return np.array([index.get_scores(query) for query in queries])


@cache
def lsa_spaces() -> tuple[np.ndarray, np.ndarray]:
    """Passages and questions in the 100 dimensions of TF-IDF that matter most, in that order."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(stop_words="english", sublinear_tf=True)
    space = TruncatedSVD(100, algorithm="arpack", random_state=0)
    there = space.fit_transform(words.fit_transform([chunk for _, chunk in passages()]))
    return there, space.transform(words.transform([q["question"] for q in ANSWERABLE]))


def lsa_scores(dimensions: int) -> np.ndarray:
    """As `bm25_scores`, with the cosine in the first so many dimensions."""
    from sklearn.preprocessing import normalize

    there, asked = (normalize(points[:, :dimensions]) for points in lsa_spaces())
    return asked @ there.T


def ranked(scores: np.ndarray) -> list[list[int]]:
    """For each question the passages that the asker may read and that score, best first."""
    found = []
    for question, row in zip(ANSWERABLE, np.round(scores, 6), strict=True):
        visible = [i for i, (d, _) in enumerate(passages()) if may_read(question["asker"], d)]
        found.append(sorted((i for i in visible if row[i] > 0), key=lambda i: (-row[i], i)))
    return found


def fused(*lists: list[list[int]]) -> list[list[int]]:
    found = []
    for of_one_question in zip(*lists, strict=True):
        scores: Counter[int] = Counter()
        for ranking in of_one_question:
            for rank, passage in enumerate(ranking[:50], start=1):
                scores[passage] += 1 / (RRF_CONSTANT + rank)
        found.append(sorted(scores, key=lambda i: (-scores[i], i)))
    return found


def missed(rankings: list[list[int]], split: str | None = None) -> set[str]:
    """Questions of which no passage with a supporting quote is among the first five."""
    found = set()
    for question, ranking in zip(ANSWERABLE, rankings, strict=True):
        top = [passages()[i] for i in ranking[:K]]
        hit = any(
            document["id"] == support["document"] and support["quote"] in chunk
            for support in question["supporting"]
            for document, chunk in top
        )
        if not hit and split in (None, question["split"]):
            found.add(question["id"])
    return found


def test_a_quote_is_never_cut_in_two():
    for question in ANSWERABLE:
        for support in question["supporting"]:
            assert any(
                document["id"] == support["document"] and support["quote"] in chunk
                for document, chunk in passages()
            ), question["id"]


@pytest.mark.parametrize("split", [None, "dev", "test"])
@pytest.mark.parametrize("dimensions", [64, 80, 100])
def test_words_and_meaning_each_miss_much_and_not_the_same(dimensions, split):
    by_words, by_meaning = ranked(bm25_scores()), ranked(lsa_scores(dimensions))
    asked = sum(split in (None, q["split"]) for q in ANSWERABLE)
    words, meaning = missed(by_words, split), missed(by_meaning, split)
    both = missed(fused(by_words, by_meaning), split)
    figures = {
        "BM25": len(words) / asked,
        "LSA": len(meaning) / asked,
        "RRF": len(both) / asked,
        "of BM25's misses LSA finds": len(words - meaning) / len(words),
        "of LSA's misses BM25 finds": len(meaning - words) / len(meaning),
    }
    print(
        f"{dimensions} dimensions, {split or 'all'}:", {k: f"{v:.1%}" for k, v in figures.items()}
    )
    assert len(words) >= 0.15 * asked, figures
    assert len(meaning) >= 0.15 * asked, figures
    assert len(words - meaning) >= len(words) / 3, figures
    assert len(meaning - words) >= len(meaning) / 3, figures
    assert len(both) < min(len(words), len(meaning)), figures


def test_hard_is_not_hopeless():
    """Nine of ten questions find their passage among twenty that either search puts first."""
    either = zip(ranked(bm25_scores()), ranked(lsa_scores(80)), strict=True)
    pooled = [[*a[:20], *b[:20]] for a, b in either]
    hits = sum(
        any(
            passages()[i][0]["id"] == support["document"] and support["quote"] in passages()[i][1]
            for support in question["supporting"]
            for i in pool
        )
        for question, pool in zip(ANSWERABLE, pooled, strict=True)
    )
    assert hits >= 0.9 * len(ANSWERABLE)


# Package


def test_the_wheel_brings_the_corpus(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if "/docqa/corpus/" in name}
    files = {p for p in CORPUS.rglob("*") if p.is_file()}
    assert names == {p.relative_to(ROOT / "src").as_posix() for p in files}
