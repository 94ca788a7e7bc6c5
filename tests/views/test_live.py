"""What the reader's browser asks for, answered here by CPython."""

from __future__ import annotations

import json

import pytest

from course_utils.views import get_view, view_ids
from course_utils.views.html import card_html
from course_utils.views.live import answer


@pytest.mark.parametrize("view_id", view_ids())
def test_the_defaults_give_the_card_of_the_page(view_id):
    view = get_view(view_id)
    reply = json.loads(answer(view_id, "{}"))
    assert reply["parts"] == card_html(view, {})
    assert set(reply["texts"]) == {k.name for k in view.knobs if k.kind != "choice"}


def test_typed_text_is_read_by_the_same_rules_as_in_the_notebook():
    reply = json.loads(answer("context-cost", json.dumps({"context_tokens": "32k"})))
    assert reply["texts"]["context_tokens"] == "32,000"
    assert "32,000" in reply["setting"]


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"context_tokens": "x"}, "Context: 'x' is not a number"),
        ({"context_tokens": "-1"}, "context_tokens = -1"),
        ({"nonsense": "1"}, "no knob named nonsense"),
        ({"price_id": "nobody"}, "Model: 'nobody' is not one of"),
    ],
)
def test_bad_input_comes_back_as_a_message(typed, complaint):
    assert complaint in json.loads(answer("context-cost", json.dumps(typed)))["error"]
