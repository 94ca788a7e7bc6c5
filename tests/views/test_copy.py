"""The text of a card that a reader takes along: complete, and it gives the same card again."""

from __future__ import annotations

import re
from html import unescape

import pytest

from course_utils import __version__
from course_utils.catalog import data_digest
from course_utils.views import get_view, view_ids
from course_utils.views.copy import call_text, copy_html, copy_text
from course_utils.views.html import card_html
from course_utils.views.knobs import parse_value
from course_utils.views.model import Chart, Knob, Result, Table, View


def other_knobs(view: View) -> dict:
    """Each knob at another value than its default where it offers one."""
    values = {}
    for knob in view.knobs:
        offered = [*knob.steps, *(key for key, _ in knob.choices)]
        others = [value for value in offered if value != knob.default]
        values[knob.name] = others[0] if others else knob.default
    return values


def shown_by(code: str) -> str:
    names: dict = {}
    lines, call = code.rsplit("\n\n", 1)
    exec(lines, names)
    return eval(call, names).text


@pytest.mark.parametrize("view_id", view_ids())
@pytest.mark.parametrize("knobs_of", [lambda view: {}, other_knobs], ids=["defaults", "others"])
def test_the_call_in_the_text_gives_the_same_card(view_id, knobs_of):
    view = get_view(view_id)
    knobs = knobs_of(view)
    text = copy_text(view, view.result(**knobs), knobs)
    (code,) = re.findall(r"```python\n(.*?)\n```", text, re.DOTALL)
    assert shown_by(code) == view.as_text(**knobs)
    assert all(f"    {knob.name}=" in code for knob in view.knobs), "a default may change"


@pytest.mark.parametrize("view_id", view_ids())
def test_the_text_says_what_the_card_says_and_which_data_it_was(view_id):
    view = get_view(view_id)
    result = view.result()
    text = copy_text(view, result, {})
    plain = text.replace("\\$", "$")
    for said in (result.sentence, result.binding_label, result.threshold_label, result.limits):
        assert said in plain
    assert text.endswith(f"course_utils {__version__}, catalog data {data_digest()}")
    assert text.count("\n| ") == len(result.table.rows) + 2


def test_dollars_and_bars_are_no_markup():
    table = Table("What $5 buys", ("a|b", "c"), (("x|$1", 1.0), ("", 2)), marked_row=1)
    knob = Knob("n", "Number", "USD", "number", 1, primary=True)
    result = Result("$1 or $2.", Chart("", "", "", ()), table, "", "it", "At $3.")
    text = copy_text(View("v", "T", "Q?", (knob,), lambda n: result), result, {"n": 2_500.0})
    assert re.findall(r"(?<!\\)\$", text.split("```")[0]) == []
    assert "| a\\|b | c |\n| --- | ---: |\n| x\\|\\$1 | 1 |\n|  | **2** |" in text
    assert "- Number: 2,500 USD" in text
    assert "n=2_500," in text


def test_the_box_holds_the_text_and_is_for_reading():
    view = get_view("context-cost")
    html = copy_html(view, view.result(), {})
    (content,) = re.findall(r"<textarea[^>]* readonly[^>]*>(.*)</textarea>", html, re.DOTALL)
    assert "<" not in content
    assert unescape(content) == copy_text(view, view.result(), {})
    assert card_html(view, {})["copy"] == html


def test_what_was_typed_stands_in_the_call_as_a_number():
    view = get_view("context-cost")
    knob = view.knobs[0]
    assert "context_tokens=32_000," in call_text(view, {"context_tokens": parse_value(knob, "32k")})
    assert "context_tokens=0.5," in call_text(view, {"context_tokens": 0.5})


def test_a_text_with_quotes_is_python():
    view = View(
        'a"\\b',
        "T",
        "Q?",
        (Knob("n", "N", "", "choice", "x", choices=(("x", "X"),), primary=True),),
        lambda n: None,
    )
    assert 'calculator("a\\"\\\\b")' in call_text(view, {})
