"""The lint: the banks of the course pass, and each rule catches what it is for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from course_utils.quiz import bank_ids, load_bank
from course_utils.quiz.lint import guess_scores, lint_bank, lint_pooled, main
from course_utils.quiz.model import Option

BANK = load_bank("01-interview-basics")
SINGLE = BANK.item("policy-after-generation")
NUMERIC = BANK.item("kv-cache-of-long-conversations")


def with_item(item, **changes):
    """The bank with one item changed."""
    changed = replace(item, **changes)
    return replace(BANK, items=tuple(changed if i.id == item.id else i for i in BANK.items))


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
