"""The parts of a card as HTML and as text."""

from __future__ import annotations

import pytest

from course_utils.views.html import inline, table_html
from course_utils.views.model import Knob, Table, View
from course_utils.views.text import cell_text, table_text

TABLE = Table(
    "Cost", ("Context", "USD", "Verdict"), ((1_000, 0.009, "fits"), (128_000, 0.39, "no")), 1
)


def test_only_code_and_bold_are_markup():
    assert inline("`a<b` **x** <i>") == "<code>a&lt;b</code> <strong>x</strong> &lt;i&gt;"


def test_a_number_stays_with_its_unit():
    assert inline("10 s, 20 GB and 3 stones") == "10\u00a0s, 20\u00a0GB and 3 stones"


def test_the_table_in_words_has_aligned_numbers_and_a_mark():
    assert table_text(TABLE) == (
        "Cost\n  Context    USD  Verdict\n    1,000  0.009  fits\n> 128,000   0.39  no"
    )


def test_the_table_in_html_has_heads_and_marks_one_row():
    html = table_html(TABLE)
    assert html.count("<th scope=col") == 3
    assert html.count("cu-marked") == 1
    assert html.count("cu-number") == 2 * 3


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        *((0, "0"), (0.0, "0"), (12, "12"), (999.5, "1,000"), (999.4, "999"), (1234.5, "1,235")),
        *((11.25, "11.3"), (-11.25, "-11.3"), (0.1125, "0.113")),
        *((0.012345, "0.0123"), (1e-5, "1.00e-05")),
    ],
)
def test_cells_have_three_digits(cell, text):
    assert cell_text(cell) == text


def test_a_view_has_one_to_three_primary_knobs():
    knobs = tuple(Knob(f"k{n}", "K", "", "number", 1, primary=True) for n in range(4))
    with pytest.raises(ValueError, match="one to three primary knobs, got 4"):
        View("v", "V", "?", knobs, lambda **_: None)
    with pytest.raises(ValueError, match="got 0"):
        View("v", "V", "?", (), lambda **_: None)


def test_an_unknown_knob_is_named_with_those_there_are():
    view = View("v", "V", "?", (Knob("a", "A", "", "number", 1, primary=True),), lambda **_: None)
    with pytest.raises(ValueError, match="v: no knob named b; the knobs are a"):
        view.result(b=2)
