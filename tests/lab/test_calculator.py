"""The live cards: every knob of every view is moved, as a student would.

nbval cannot see this: callbacks do not fire while it runs a notebook.
"""

from __future__ import annotations

import pytest

from course_utils import calculator, show
from course_utils.lab.calculator import CalculatorCard
from course_utils.lab.quiz_parts import is_shown
from course_utils.views import get_view, view_ids

KNOBS = [(view_id, knob.name) for view_id in view_ids() for knob in get_view(view_id).knobs]


def parts(card):
    return {name: widget.value for name, widget in card._parts.items()}


@pytest.mark.parametrize(("view_id", "name"), KNOBS)
def test_every_position_of_every_knob_gives_a_card(view_id, name):
    card = CalculatorCard(get_view(view_id))
    control = card.controls[name]
    seen = set()
    if control.menu is not None:
        positions = [
            lambda key=key: setattr(control.menu, "value", key) for _, key in control.menu.options
        ]
    elif control.slider is not None:
        count = len(control.slider.options)
        positions = [lambda n=n: setattr(control.slider, "index", n) for n in range(count)]
    else:
        default = float(control.knob.default)
        positions = [lambda f=f: setattr(control.box, "value", str(default * f)) for f in (2, 3, 1)]
    for move in positions:
        move()
        # A knob may say that it cannot go there; a callback may not raise.
        if not card.error:
            seen.add(str(parts(card)))
        else:
            assert " = " in card.error or ":" in card.error, card.error
    assert seen, "no position of this knob gives a result"


@pytest.mark.parametrize("view_id", view_ids())
def test_sliders_change_sentence_figure_and_table(view_id):
    card = CalculatorCard(get_view(view_id))
    before = parts(card)
    changed = set()
    for knob in get_view(view_id).knobs:
        if knob.kind != "steps":
            continue
        slider = card.controls[knob.name].slider
        start = slider.index
        for step in range(len(slider.options)):
            slider.index = step
            if step != start and not card.error:
                after = parts(card)
                changed |= {part for part in after if after[part] != before[part]}
        slider.index = start
    assert changed >= {"sentence", "figure", "table"}


def test_slider_and_box_follow_each_other():
    control = CalculatorCard(get_view("context-cost")).controls["context_tokens"]
    control.slider.index = 0
    assert control.box.value == "1,000"
    control.box.value = "100k"
    assert control.slider.value == 96_000


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("-5", "context_tokens = -5"),
        ("many", "Context: 'many' is not a number"),
        ("<b>", "Context"),
    ],
)
def test_bad_input_is_named_in_place_and_the_card_goes_on(typed, complaint):
    card = CalculatorCard(get_view("context-cost"))
    good = parts(card)
    card.controls["context_tokens"].box.value = typed
    assert complaint in card.error
    assert "<b>" not in card._error.value
    assert parts(card) == good, "the last good card stays"
    card.controls["context_tokens"].box.value = "4,000"
    assert card.error == ""
    assert card._error.value == ""
    assert parts(card) != good


@pytest.mark.parametrize("view_id", view_ids())
def test_the_table_and_the_knobs_that_are_not_primary_are_behind_buttons(view_id):
    card = CalculatorCard(get_view(view_id))
    more = [knob for knob in get_view(view_id).knobs if not knob.primary]
    folds = ["More settings"] * bool(more) + ["Table", "Text to copy"]
    assert list(card.folds) == folds
    for title, fold in card.folds.items():
        assert fold.toggle.description == title
        assert not is_shown(fold.content)
        fold.toggle.value = True
        assert is_shown(fold.content)
    assert card.folds["Table"].content.children == (card._parts["table"],)
    assert card.folds["Text to copy"].content.children == (card._parts["copy"],)
    if more:
        (row,) = card.folds["More settings"].content.children
        assert row.children == tuple(card.controls[knob.name].view for knob in more)


def test_a_card_can_start_from_other_knobs():
    shown = show(calculator("context-cost"), context_tokens=32_000)
    assert "32,000" in shown.text
    assert shown.widget.controls["context_tokens"].box.value == "32,000"


def test_an_unknown_view_or_knob_fails_in_the_cell():
    with pytest.raises(
        ValueError, match="there is no calculator 'context'; there are context-cost"
    ):
        calculator("context")
    with pytest.raises(ValueError, match="no knob named context"):
        show(calculator("context-cost"), context=1)


def test_the_bundle_offers_the_widget_the_page_and_the_text():
    bundle = show(calculator("context-cost"))._repr_mimebundle_()
    assert set(bundle) == {
        "application/vnd.jupyter.widget-view+json",
        "text/html",
        "text/plain",
    }
