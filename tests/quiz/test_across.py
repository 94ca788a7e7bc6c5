"""What spans the banks: practice, the placement check and the misconception index."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from course_utils.quiz import (
    bank_ids,
    load_bank,
    misconception_index,
    parse_bank,
    placement_check,
    select,
)
from course_utils.quiz.model import Misconception
from course_utils.quiz.placement import PLACEMENT_WORDS

TOML = Path(__file__).with_name("all-kinds.toml")
KINDS = parse_bank(TOML.read_text("utf-8"), TOML.name)
BASICS = load_bank("01-interview-basics")
BANKS = (BASICS, KINDS)


def keys(practice) -> list[tuple[str, str]]:
    return [question.key for question in practice.questions]


def test_without_a_filter_every_question_of_every_bank_is_there_once():
    everything = [(b, item.id) for b in bank_ids() for item in load_bank(b).items]
    assert sorted(keys(select())) == sorted(everything)


def test_filters_select_what_they_say():
    assert {bank for bank, _ in keys(select(BANKS, lesson="all-kinds"))} == {"all-kinds"}
    traded = select(BANKS, lesson=BASICS.id, outcome="trade", difficulty=3)
    assert keys(traded) == [(BASICS.id, "kv-cache-of-long-conversations")]
    both = {("all-kinds", "choose-one"), (BASICS.id, "policy-after-generation")}
    assert set(keys(select(BANKS, missed=both))) == both
    assert keys(select(BANKS, missed=())) == []
    assert len(keys(select(BANKS, most=3))) == 3


def test_the_order_is_the_seed_s_and_a_filter_moves_nothing():
    order = keys(select(BANKS, seed="ada"))
    assert order == keys(select(BANKS[::-1], seed="ada"))
    assert order != keys(select(BANKS, seed="bob"))
    easy = keys(select(BANKS, seed="ada", difficulty=1))
    assert easy == [key for key in order if key in easy]
    # Drawn once and written down: another Python or machine has to draw the same.
    drawn = [item for _, item in keys(select((KINDS,)))]
    assert drawn[:3] == ["choose-some", "put-in-order", "type-a-number"]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"lesson": "99-none"}, "lesson '99-none' has no bank; there are 01-interview-basics"),
        ({"outcome": "trade"}, "belongs to a lesson; give lesson too"),
        ({"lesson": "all-kinds", "outcome": "trade"}, "not in lesson 'all-kinds'; it has use"),
        ({"difficulty": 4}, "difficulty must be 1, 2 or 3, got 4"),
        ({"most": 0}, "most must be 1 question or more, got 0"),
    ],
)
def test_a_filter_that_cannot_match_is_an_error(filters, message):
    with pytest.raises(ValueError, match=message):
        select(BANKS, **filters)


def test_practice_has_its_text_and_its_data():
    practice = select(BANKS)
    text = practice.as_text()
    assert text == practice.as_text(seed=0) != practice.as_text(seed=1)
    assert text.count("Lesson: All kinds") == 6
    assert max(map(len, text.splitlines())) <= 88
    data = json.loads(json.dumps(practice.as_data(most=2)))
    assert [(entry["bank"], entry["id"]) for entry in data] == keys(practice)
    assert all(len(entry["variants"]) <= 2 for entry in data)
    assert {entry["outcomeText"] for entry in data if entry["bank"] == "all-kinds"} == {
        "Answer a question of each kind"
    }
    with pytest.raises(ValueError, match="takes the option seed alone, got lesson"):
        practice.as_text(lesson="x")


def test_the_placement_check_takes_marked_items_or_lends_the_easiest():
    marked = [item.id for item in BASICS.items if item.placement]
    assert [q.item.id for q in placement_check((BASICS,)).questions] == marked
    assert marked
    unmarked = tuple(replace(item, placement=False) for item in BASICS.items)
    lent = placement_check((replace(BASICS, items=unmarked),)).questions
    assert [q.item.id for q in lent] == [
        "questions-that-change-the-design",
        "policy-after-generation",
    ]
    assert {q.bank.id for q in placement_check().questions} == set(bank_ids())


def test_the_first_lesson_with_a_missed_or_open_question_is_recommended_with_reasons():
    check = placement_check(BANKS)
    first, second, kinds = (question.key for question in check.questions)
    assert check.recommend({}).sentence == PLACEMENT_WORDS["answer_first"]
    done = check.recommend({first: True, second: True, kinds: True})
    assert (done.lesson, done.reasons) == ("", ())
    late = check.recommend({first: True, second: True, kinds: False})
    assert late.lesson == "all-kinds"
    assert late.sentence == "Begin with “All kinds”."
    assert late.reasons == ("You missed a question on this: answer a question of each kind.",)
    early = check.recommend({first: False, kinds: False})
    assert early.lesson == BASICS.id
    assert early.reasons[0].startswith("You missed a question on this: turn a vague prompt")
    assert early.reasons[1].startswith("You left out a question on this: draw the reference")
    assert early.reasons[2] == ("Later lessons with questions you missed or left out: All kinds.")


def test_the_placement_check_is_no_grade_and_has_its_text():
    check = placement_check(BANKS)
    text = check.as_text()
    assert PLACEMENT_WORDS["no_grade"] in text
    assert text == check.as_text(seed=0) != check.as_text(seed=3)
    assert all(len(entry["variants"]) == 1 for entry in check.as_data())


def test_every_misconception_says_where_it_is_answered():
    index = misconception_index()
    assert all(entry.places for entry in index.entries)
    entry = index.entry("kv-cache-uses-query-heads")
    place = entry.places[0]
    assert (place.bank, place.section.id) == (BASICS.id, "tradeoff-language")
    assert place.items == ("kv-cache-of-long-conversations",)
    assert entry.belief in " ".join(index.as_text().split())
    assert max(map(len, index.as_text().splitlines())) <= 88
    with pytest.raises(ValueError, match="'x' is defined in no bank"):
        index.entry("x")
    with pytest.raises(ValueError, match="takes no option, got seed"):
        index.as_text(seed=1)


def test_items_of_one_section_are_one_place_and_other_banks_are_others():
    same = Misconception("check-after-reading", "It can wait.", "It is easy.")
    items = tuple(
        replace(item, options=KINDS.items[0].options) if item.id == "choose-some" else item
        for item in KINDS.items
    )
    here = replace(KINDS, items=items, misconceptions=(same,))
    there = replace(KINDS, id="other", title="Other")
    places = misconception_index((here, there)).entry("check-after-reading").places
    assert [(place.bank, place.items) for place in places] == [
        ("all-kinds", ("choose-one", "choose-some")),
        ("other", ("choose-one",)),
    ]
