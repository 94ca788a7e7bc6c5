"""The lint: the banks of the course pass, and each rule catches what it is for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from course_utils.quiz import bank_ids, load_bank, parse_bank
from course_utils.quiz.lint import (
    guess_scores,
    lint_bank,
    lint_misconceptions,
    lint_pooled,
    main,
    positions,
)
from course_utils.quiz.model import Option

BANK = load_bank("01-interview-basics")
TOML = Path(__file__).with_name("all-kinds.toml")
ALL_KINDS = parse_bank(TOML.read_text("utf-8"), TOML.name)
ORDER, PREDICT = ALL_KINDS.item("put-in-order"), ALL_KINDS.item("guess-the-share")
SINGLE = BANK.item("policy-after-generation")
NUMERIC = BANK.item("kv-cache-of-long-conversations")


def with_item(item, **changes):
    """The bank with one item changed."""
    changed = replace(item, **changes)
    return replace(BANK, items=tuple(changed if i.id == item.id else i for i in BANK.items))


def of_kind(item, **changes) -> str:
    """What the lint says of the bank with each kind when one item is changed."""
    changed = replace(item, **changes)
    items = tuple(changed if i.id == item.id else i for i in ALL_KINDS.items)
    return complaints(replace(ALL_KINDS, items=items))


def with_texts(*texts):
    """The bank with other option texts in the single item; the second one is the right one."""
    pairs = zip(SINGLE.options, texts, strict=True)
    return with_item(SINGLE, options=tuple(replace(option, text=text) for option, text in pairs))


def complaints(bank) -> str:
    return "\n".join(map(str, lint_bank(bank)))


@pytest.mark.parametrize("bank_id", bank_ids())
def test_every_bank_passes(bank_id):
    assert complaints(load_bank(bank_id)) == ""


def test_all_banks_together_pass():
    banks = [load_bank(bank_id) for bank_id in bank_ids()]
    assert lint_pooled(banks) == []


def test_options_of_unlike_length_are_found():
    found = complaints(with_texts("word " * 4, "word and " * 4 + "more", "other ones", "third one"))
    assert 'item "policy-after-generation"' in found
    assert "times less (limit 1.6)" in found


@pytest.mark.parametrize(
    "text",
    ["All of the above are right", "None of these options", "Both of the above", "a and c"],
)
def test_options_that_refer_to_others_are_found(text):
    found = complaints(with_texts("one option here", "two options here", "three is here", text))
    assert "option 4 refers to the other options" in found


def test_absolute_words_in_wrong_options_are_found():
    found = complaints(with_texts("It always fails", "It may well fail", "It never fails", "It is"))
    assert "absolute words stand in" in found


def test_a_right_option_that_resembles_the_others_is_found():
    found = complaints(
        with_texts(
            "filter documents after the model",
            "filter documents before the ranking",
            "hide citations before the ranking",
            "filter users inside every gateway",
        )
    )
    assert "shares more words with the others" in found


def test_feedback_and_misconceptions_of_their_own_are_asked_for():
    first, *rest = SINGLE.options
    same = replace(rest[1], feedback=first.feedback, misconception=first.misconception)
    found = complaints(with_item(SINGLE, options=(first, rest[0], same, rest[2])))
    assert "same feedback" in found
    assert "same misconception" in found


def test_a_wrong_answer_within_tolerance_of_the_right_one_is_found():
    numeric = replace(NUMERIC.numeric, tolerance=0.1)
    found = complaints(with_item(NUMERIC, numeric=numeric))
    assert "kv_cache_gb" in found
    assert "kv_cache_gib_as_gb" in found
    assert "within the tolerance of 10%" in found


def test_wrong_answers_that_cannot_be_told_apart_are_found():
    # With two users, half of the cache is one user's.
    parameters = {**NUMERIC.numeric.parameters, "users": (2,)}
    found = complaints(with_item(NUMERIC, numeric=replace(NUMERIC.numeric, parameters=parameters)))
    assert "kv_cache_keys_alone_gb" in found
    assert "kv_cache_one_user_gb" in found


def test_an_outcome_without_an_item_is_found():
    items = tuple(item for item in BANK.items if item.outcome != "evaluate")
    assert "no item tests the outcome 'evaluate'" in complaints(replace(BANK, items=items))


def test_a_lesson_that_makes_the_placement_check_long_is_found():
    items = tuple(replace(item, placement=True) for item in BANK.items[:3])
    found = complaints(replace(BANK, items=items))
    assert f"{items[2].id} are marked for the placement check" in found
    assert "leave 2 of them" in found


def single_item(lengths, right: int):
    options = tuple(
        Option(key, "x" * length, key == right, "why") for key, length in enumerate(lengths)
    )
    return replace(SINGLE, options=options)


def test_guess_scores_count_ties_by_their_share():
    items = [
        single_item((9, 5, 6, 7), right=0),  # longest
        single_item((9, 9, 6, 7), right=0),  # half of the longest
        single_item((9, 5, 6, 7), right=1),  # shortest
        single_item((9, 5, 6, 7), right=2),
    ]
    scores = guess_scores(items)
    assert (scores.items, scores.longest, scores.shortest) == (4, 1.5 / 4, 1 / 4)
    assert guess_scores([]).items == 0


def test_a_bank_in_which_the_longest_option_is_right_fails():
    items = tuple(
        replace(single_item((12, 10, 11, 11), right=0), id=f"item-{n}", outcome=outcome.id)
        for n, outcome in enumerate(BANK.outcomes)
    )
    bank = replace(BANK, items=items)
    assert "choosing the longest option is right for 100%" in complaints(bank)
    assert "choosing the longest option" in str(lint_pooled([bank])[0])


def test_the_command_reports_and_its_exit_code_says_whether_all_is_well(tmp_path, capsys):
    assert main([]) == 0
    assert "nothing to change" in capsys.readouterr().out
    assert main(["no-such-bank"]) == 2
    assert "01-interview-basics" in capsys.readouterr().err
    assert main([str(tmp_path / "missing.toml")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_the_command_lints_a_draft(tmp_path, capsys):
    from importlib.resources import files

    text = (files("course_utils.quiz") / "banks" / f"{BANK.id}.toml").read_text("utf-8")
    draft = tmp_path / f"{BANK.id}.toml"
    draft.write_text(text.replace("tolerance = 0.03", "tolerance = 0.1"), encoding="utf-8")
    assert main([str(draft)]) == 1
    assert "1 to change" in capsys.readouterr().out


def test_a_bank_with_each_kind_passes_its_own_rules():
    assert complaints(ALL_KINDS) == ""


def with_steps(*texts):
    steps = zip(ORDER.steps, texts, strict=True)
    return of_kind(ORDER, steps=tuple(replace(step, text=text) for step, text in steps))


def test_steps_of_very_unlike_length_are_found():
    found = with_steps("Rights are looked up", "Fetch", "The model answers", "Claims are checked")
    assert 'item "put-in-order"' in found
    assert "4.00 times less (limit 2.0)" in found


@pytest.mark.parametrize("text", ["Then passages are fetched", "2. Fetch the passages", "At last!"])
def test_a_step_that_says_where_it_stands_is_found(text):
    found = with_steps("Rights are looked up", text, "The model answers", "Claims are checked")
    assert "step 2 says where it stands" in found


def test_a_right_order_that_is_the_order_by_form_is_found():
    found = with_steps("b rights now", "c passages", "d the model answers", "e claims checked")
    assert "the right order is the order by alphabet" in found
    found = with_steps("rights known now", "passages here", "model talks", "a check")
    assert "the right order is the order by length" in found


def test_mistakes_that_cannot_be_told_apart_or_reached_are_found():
    first, second = ORDER.mistakes
    same = replace(second, misconception=first.misconception, feedback=first.feedback)
    found = of_kind(ORDER, mistakes=(first, same))
    assert "two mistakes have the same misconception" in found
    assert "two mistakes have the same feedback" in found
    # Step 3 before step 1 puts 3 before 2 or 2 before 1, which are said before it.
    hidden = replace(first, before=2, after=0, feedback="x", misconception="x")
    assert "mistake 3 is never said" in of_kind(ORDER, mistakes=(first, second, hidden))
    assert "never said" not in of_kind(ORDER, mistakes=(hidden, first, second))
    steps = tuple(replace(step, why="because") for step in ORDER.steps)
    assert "two steps have the same reason" in of_kind(ORDER, steps=steps)


def test_a_guess_that_passes_for_the_answer_and_for_a_mistake_is_found():
    # 59.9% and 95% lie a factor of 1.59 apart, 1.3 on each side is 1.69.
    found = of_kind(PREDICT, numeric=replace(PREDICT.numeric, within_factor=1.3))
    assert "task_success_percent (59.8737) and task_success_of_one_step_percent (95)" in found
    assert "within the factor of 1.3 of each other" in found


def test_a_prediction_of_nothing_or_of_a_given_answer_is_found():
    parameters = {"steps": (10,), "step_success_percent": (0,)}
    found = of_kind(PREDICT, numeric=replace(PREDICT.numeric, parameters=parameters, wrong=()))
    assert "the answer is 0; nothing lies within a factor of it" in found
    assert "the stem shows the answer 59.9%" in of_kind(PREDICT, stem="Is it 59.9% of {steps}?")
    assert "the stem shows" not in of_kind(PREDICT, stem="Is it 159.9% of {steps}?")


def four_options(place: int, number: int):
    """A single item whose right option is shown at `place` with seed 0."""
    item = replace(single_item((9, 9, 9, 9), right=0), id=f"item-{number}")
    shown = [option.key for option in item.variant(0).options]
    options = tuple(replace(o, correct=o.key == shown[place]) for o in item.options)
    return replace(item, options=options)


def test_the_places_of_right_options_are_tested_over_all_banks():
    even = [four_options(n % 4, n) for n in range(40)]
    places = positions(even)
    assert (places.counts, places.chi_square, places.p) == ((10,) * 4, 0, 1)
    # 20, 10, 5 and 5 against 10 each: 15.0, and p = .0018 with three degrees of freedom.
    uneven = [four_options((0, 0, 0, 0, 1, 1, 2, 3)[n % 8], n) for n in range(40)]
    places = positions(uneven)
    assert places.counts == (20, 10, 5, 5)
    assert places.chi_square == pytest.approx(15.0)
    assert places.p == pytest.approx(0.0018, abs=5e-5)
    problems = lint_pooled([replace(BANK, items=tuple(uneven))])
    assert any("the right option favors a place" in str(problem) for problem in problems)
    assert positions([]).p == 1


def test_items_with_three_options_expect_no_fourth_place():
    three = [replace(four_options(0, n), options=()) for n in range(2)]
    three = [
        replace(item, options=tuple(Option(k, "x", k == 0, "why") for k in range(3)))
        for item in three
    ]
    places = positions([*three, four_options(0, 9)])
    assert places.expected == pytest.approx((2 / 3 + 1 / 4,) * 3 + (1 / 4,))
    assert sum(places.counts) == 3


def test_misconceptions_are_defined_once_and_used():
    assert lint_misconceptions([BANK, *(load_bank(b) for b in bank_ids() if b != BANK.id)]) == []
    first, *rest = BANK.misconceptions
    found = "\n".join(map(str, lint_misconceptions([replace(BANK, misconceptions=tuple(rest))])))
    assert f"the misconception '{first.id}' is defined in no bank; define it" in found
    assert 'item "questions-that-change-the-design"' in found
    extra = replace(first, id="nobody-thinks-so")
    added = replace(BANK, misconceptions=(*BANK.misconceptions, extra))
    assert [str(problem) for problem in lint_misconceptions([added])] == [
        "01-interview-basics: no item uses the misconception 'nobody-thinks-so'; remove it"
    ]
    other = replace(ALL_KINDS, items=(), misconceptions=(first,))
    counts = Counter(problem.bank for problem in lint_misconceptions([BANK, other]))
    assert counts == {BANK.id: 1, "all-kinds": 1}


def test_the_report_counts_the_kinds_and_tests_the_places(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "5 single, 2 multiple, 3 numeric" in out
    assert "longest option right" in out
    assert "chi-square" in out
