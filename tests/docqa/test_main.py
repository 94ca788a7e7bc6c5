"""The command."""

from __future__ import annotations

import pytest

from course_utils.docqa.__main__ import main


def test_ask_shows_answer_sources_and_what_each_stage_took(capsys):
    assert main(["ask", "--user", "intern-1", "What does PT-270 mean?"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "Answer: PT-270 means that the clock has drifted by more than 90 seconds."
    )
    for part in ("Sources:", "[1] Pinetag: status codes", "retrieval", "model", "tokens in", "$"):
        assert part in out


def test_ask_says_why_there_is_no_answer(capsys):
    assert main(["ask", "--user", "intern-1", "qqqq zzzz?"]) == 0
    assert capsys.readouterr().out.startswith("No answer: I found nothing about this")


def test_an_unknown_user_is_told_the_known_ones(capsys):
    assert main(["ask", "--user", "nobody", "What?"]) == 2
    assert "There is no user 'nobody'. There are" in capsys.readouterr().err


def test_a_question_that_is_too_long_is_refused(capsys):
    assert main(["ask", "--user", "intern-1", "x" * 3000]) == 2
    assert "ask in at most 2,000" in capsys.readouterr().err


def test_a_command_is_needed(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "usage" in capsys.readouterr().err
