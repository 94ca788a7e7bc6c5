"""The parts that the widgets of quizzes, calculators and explanations are made of."""

from __future__ import annotations

import ipywidgets as widgets

from course_utils.lab.quiz_parts import Folded, is_shown


def test_a_fold_shows_and_hides_its_content_and_says_its_state_to_eye_and_ear():
    told = []
    fold = Folded("Table", [widgets.HTML("rows")], on_toggled=lambda: told.append(fold.opened))
    closed = (fold.toggle.icon, fold.toggle.tooltip)
    assert (is_shown(fold.content), fold.opened) == (False, False)
    fold.toggle.value = True
    assert (is_shown(fold.content), fold.opened) == (True, True)
    assert fold.toggle.icon != closed[0]
    assert "open" in fold.toggle.tooltip
    assert "closed" in closed[1]
    fold.close_up()
    assert not is_shown(fold.content)
    assert (fold.toggle.icon, fold.toggle.tooltip) == closed
    assert told == [True, False]
