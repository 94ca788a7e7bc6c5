"""The Anki deck: opens as Anki opens it, holds every question, and is the same each time."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest

from course_utils.authoring import anki
from course_utils.authoring.__main__ import main
from course_utils.quiz import bank_ids, load_bank, parse_bank

ROOT = Path(__file__).resolve().parents[2]
ALL_KINDS = parse_bank(
    (ROOT / "tests" / "quiz" / "all-kinds.toml").read_text("utf-8"), "all-kinds.toml"
)
BANKS = [load_bank(bank_id) for bank_id in bank_ids()]


def rows(path: Path, query: str) -> list[tuple]:
    """What the collection in a deck's file says to a query."""
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        assert package.read("media") == b"{}"
        collection = package.read("collection.anki2")
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(collection)
        return database.execute(query).fetchall()


def notes_of(path: Path) -> dict[str, list[str]]:
    """The fields of each note by its guid."""
    return {guid: text.split("\x1f") for guid, text in rows(path, "SELECT guid, flds FROM notes")}


@pytest.fixture(scope="module")
def deck(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("anki") / "deck.apkg"
    assert anki.write_deck(path) == sum(len(bank.items) for bank in BANKS)
    return path


@pytest.fixture
def kinds(tmp_path) -> dict[str, list[str]]:
    """The notes with one item of each kind, by item."""
    import genanki

    path = tmp_path / "kinds.apkg"
    anki.write_deck(path, [ALL_KINDS])
    notes = notes_of(path)
    return {item.id: notes[genanki.guid_for("all-kinds", item.id)] for item in ALL_KINDS.items}


def text_of(html: str) -> str:
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    return " ".join(root.text_content().replace("\u00a0", " ").split())


def test_the_deck_opens_and_has_a_card_for_every_question_of_every_bank(deck):
    assert rows(deck, "PRAGMA integrity_check") == [("ok",)]
    total = sum(len(bank.items) for bank in BANKS)
    assert rows(deck, "SELECT count(*) FROM notes") == [(total,)]
    # Each note has one card, in the deck of its lesson.
    assert rows(deck, "SELECT count(DISTINCT nid), count(*) FROM cards") == [(total, total)]
    ((decks,),) = rows(deck, "SELECT decks FROM col")
    names = {int(key): value["name"] for key, value in json.loads(decks).items()}
    cards = Counter(names[did] for (did,) in rows(deck, "SELECT did FROM cards"))
    assert cards == {f"{anki.NAME}::{b.id[:2]} {b.title}": len(b.items) for b in BANKS}


def test_the_note_type_has_the_fields_that_its_card_shows(deck):
    (model,) = json.loads(*rows(deck, "SELECT models FROM col")[0]).values()
    assert tuple(field["name"] for field in model["flds"]) == anki.FIELDS
    (template,) = model["tmpls"]
    assert "{{Answer}}" not in template["qfmt"]
    assert all(f"{{{{{name}}}}}" in template["afmt"] for name in ("FrontSide", "Answer", "Source"))
    assert rows(deck, "SELECT count(*) FROM notes WHERE mid != " + model["id"]) == [(0,)]


def test_every_note_has_its_fields_and_its_tags(deck):
    for fields in notes_of(deck).values():
        assert len(fields) == len(anki.FIELDS)
        assert all(text_of(field) for field in fields)
    tags = Counter(tag for (text,) in rows(deck, "SELECT tags FROM notes") for tag in text.split())
    assert {bank.id: tags[bank.id] for bank in BANKS} == {b.id: len(b.items) for b in BANKS}


def test_a_choice_shows_its_options_and_explains_each(kinds):
    question, answer, source = map(text_of, kinds["choose-one"])
    variant = ALL_KINDS.item("choose-one").variant(0)
    for letter, option in zip("abc", variant.options, strict=True):
        assert f"{letter} {option.text}" in question
        assert option.feedback not in question
        assert f"{letter}: {'right' if option.correct else 'wrong'}. {option.feedback}" in answer
    assert source == "All kinds: The kinds"


def test_a_number_is_that_of_seed_0_with_its_solution_and_mistakes(kinds):
    for item_id in ("type-a-number", "guess-the-share"):
        question, answer, _ = map(text_of, kinds[item_id])
        variant = ALL_KINDS.item(item_id).variant(0)
        assert variant.stem in question
        assert variant.answer_text not in question
        assert variant.answer_text in answer
        assert all(wrong.feedback in answer for wrong in variant.wrong)
    assert "Work it out (GB)." in text_of(kinds["type-a-number"][0])
    assert "Guess (%). Within a factor of 1.2 counts." in text_of(kinds["guess-the-share"][0])


def test_steps_are_shown_as_drawn_and_answered_in_their_order(kinds):
    question, answer, _ = map(text_of, kinds["put-in-order"])
    item = ALL_KINDS.item("put-in-order")
    assert [question.index(step.text) for step in item.variant(0).steps] == sorted(
        question.index(step.text) for step in item.steps
    )
    places = [answer.index(f"{step.text} {step.why}") for step in item.steps]
    assert places == sorted(places)


def test_text_of_a_bank_is_never_markup(tmp_path):
    evil = "<img src=x onerror=alert(1)> {{Question}} </div><script>alert(1)</script>"
    item = ALL_KINDS.item("choose-one")
    options = (replace(item.options[0], text=evil, feedback=evil), *item.options[1:])
    bank = replace(ALL_KINDS, title=evil, items=(replace(item, stem=f"{evil}", options=options),))
    path = tmp_path / "evil.apkg"
    anki.write_deck(path, [bank])
    ((question, answer, source),) = notes_of(path).values()
    for field in (question, answer, source):
        root = lxml.html.fragment_fromstring(field, create_parent="div")
        assert root.xpath(".//img | .//script") == []
        assert evil in " ".join(root.text_content().split())


def test_the_same_banks_give_the_same_file(deck, tmp_path):
    again = tmp_path / "again.apkg"
    anki.write_deck(again)
    assert again.read_bytes() == deck.read_bytes()


def test_a_note_keeps_its_identity_when_its_text_and_its_neighbors_change(tmp_path):
    first, *rest = ALL_KINDS.items
    paths = [tmp_path / "before.apkg", tmp_path / "after.apkg"]
    anki.write_deck(paths[0], [ALL_KINDS])
    changed = replace(ALL_KINDS, title="Renamed", items=(*rest[1:], replace(first, stem="New?")))
    anki.write_deck(paths[1], [changed])
    before, after = map(notes_of, paths)
    assert len(after) == len(before) - 1
    assert set(after) < set(before)
    (new,) = [guid for guid, fields in after.items() if "New?" in fields[0]]
    assert "Where does a check of rights belong?" in before[new][0]
    # The deck of a lesson, and the note type, are the same as well.
    query = "SELECT DISTINCT did, mid FROM cards JOIN notes ON nid = notes.id"
    ids = [rows(path, query) for path in paths]
    assert ids[0] == ids[1]


def test_guids_and_decks_of_all_banks_differ(deck):
    assert len(notes_of(deck)) == sum(len(bank.items) for bank in BANKS)
    assert len({anki._stable_id(bank.id) for bank in BANKS}) == len(BANKS)


def test_cards_can_be_read_in_light_and_in_dark(page):
    axe = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.is_file():
        pytest.fail("axe-core is missing in node_modules: run `make book` first")
    for item in ALL_KINDS.items:
        question, answer, source = anki.fields(ALL_KINDS, item)
        back = anki.BACK.replace("{{FrontSide}}", question)
        back = back.replace("{{Answer}}", answer).replace("{{Source}}", source)
        for theme in ("", "nightMode", "night_mode"):
            page.set_content(
                f"<!doctype html><html lang='en'><title>Card</title><style>{anki.CSS}</style>"
                f"<body class='card {theme}'>{back}</body></html>"
            )
            page.evaluate(axe.read_text("utf-8"))
            found = page.evaluate(
                "async () => (await axe.run({runOnly: ['color-contrast']})).violations"
            )
            assert found == [], (item.id, theme)
            dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert dark == ("rgb(27, 32, 39)" if theme else "rgb(255, 255, 255)")


def test_the_command_writes_where_it_is_told_and_by_default_into_build(
    tmp_path, monkeypatch, capsys
):
    total = sum(len(bank.items) for bank in BANKS)
    assert main(["anki", str(tmp_path / "new" / "mine.apkg")]) == 0
    assert f"mine.apkg: {total} notes" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    assert main(["anki"]) == 0
    assert (tmp_path / "_build" / "anki" / "ai-system-design-interviews.apkg").is_file()


def test_the_command_says_why_it_wrote_nothing(tmp_path, capsys):
    assert main(["anki", str(tmp_path)]) == 2
    assert "the deck was not written" in capsys.readouterr().err


def test_the_practice_page_links_to_the_file_that_the_command_writes():
    assert f"(../{anki.FILE.as_posix()})" in (ROOT / "chapters" / "practice.md").read_text("utf-8")
