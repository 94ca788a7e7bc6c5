"""Confidence: the score is strictly proper, and calibration says what the counts say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators.intervals import wilson_interval
from course_utils.quiz import parse_bank
from course_utils.quiz.confidence import (
    BLIND_NUMBER,
    LEVELS,
    brier_score,
    calibration,
    chance_level,
    choices,
    mean_brier_score,
    summary,
)

TOML = Path(__file__).with_name("all-kinds.toml")
BANK = parse_bank(TOML.read_text("utf-8"), TOML.name)
SHARES = st.floats(0.01, 0.99)


@given(SHARES, SHARES)
def test_what_one_believes_has_the_smallest_expected_score(believed, said):
    def expected(stated):
        right, wrong = brier_score(stated, True), brier_score(stated, False)
        return believed * right + (1 - believed) * wrong

    # p(1-s)^2 + (1-p)s^2 exceeds its value at s = p by exactly (s-p)^2.
    excess = expected(said) - expected(believed)
    assert excess == pytest.approx((said - believed) ** 2, abs=1e-12)


def test_the_score_runs_from_sure_and_right_to_sure_and_wrong():
    assert brier_score(0.99, True) == pytest.approx(0.0001)
    assert brier_score(0.99, False) == pytest.approx(0.9801)
    assert brier_score(0.5, True) == brier_score(0.5, False) == 0.25
    assert mean_brier_score([]) is None
    assert summary([]) == ""
    for bad in (0, 1, 50, None, True, float("nan")):
        with pytest.raises(ValueError, match="such as 0.9 for 90%"):
            brier_score(bad, True)


def test_a_guess_is_the_chance_of_a_blind_answer():
    chances = {item.id: chance_level(item) for item in BANK.items}
    assert chances == {
        "choose-one": 1 / 3,
        "choose-some": 1 / 7,
        "type-a-number": BLIND_NUMBER,
        "put-in-order": 1 / 23,
        "guess-the-share": BLIND_NUMBER,
        "guess-the-bill": BLIND_NUMBER,
    }
    for item in BANK.items:
        assert choices(item) == (chance_level(item), *LEVELS)
        assert chance_level(item) < min(LEVELS)


def test_calibration_pools_guesses_and_keeps_levels_apart():
    answers = [(1 / 3, True), (1 / 7, False), (0.9, True), (0.9, False), (0.9, True)]
    guesses, nineties = calibration(answers)
    assert (guesses.level, guesses.label, guesses.answers, guesses.right) == (None, "a guess", 2, 1)
    assert guesses.confidence == pytest.approx((1 / 3 + 1 / 7) / 2)
    assert (nineties.level, nineties.label, nineties.answers) == (0.9, "90%", 3)
    assert nineties.share == pytest.approx(2 / 3)
    low, high = wilson_interval(successes=2, trials=3)
    assert (nineties.low, nineties.high) == (low, high)
    assert calibration([]) == ()


@pytest.mark.parametrize(
    ("level", "right", "answers", "end"),
    [
        (0.9, 7, 12, "7 were right: you are overconfident."),
        (0.5, 11, 12, "11 were right: you are underconfident."),
        (0.9, 18, 20, "18 were right, which fits."),
        (0.9, 0, 9, "0 were right; 10 answers or more would tell."),
    ],
)
def test_the_sentence_says_over_or_underconfident_where_the_interval_does(
    level, right, answers, end
):
    (entry,) = calibration((level, n < right) for n in range(answers))
    assert entry.sentence == f"Of {answers} answers that you gave {level:.0%}, {end}"
    assert (entry.low <= level <= entry.high) is ("confident" not in end and answers >= 10)
