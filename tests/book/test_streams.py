"""Printed text looks the same however the kernel cut it."""

from __future__ import annotations

import pytest
from myst_nb.core import render
from nbformat.v4 import new_output

from course_utils.book.streams import joined, setup_streams

TEXT = "one  1\ntwo  2\n\nfour 4\n"


def printed(*pieces: str, name: str = "stdout") -> list:
    return [new_output("stream", name=name, text=piece) for piece in pieces]


@pytest.mark.parametrize("cut", range(1, len(TEXT)))
def test_a_cut_anywhere_changes_nothing(cut):
    setup_streams()
    whole = render.coalesce_streams(printed(TEXT))
    assert render.coalesce_streams(printed(TEXT[:cut], TEXT[cut:])) == whole


def test_other_outputs_and_streams_stay_apart_and_nothing_is_changed_in_place():
    result = new_output("execute_result", data={"text/plain": "3"}, execution_count=1)
    outputs = [*printed("a", "b"), *printed("!", name="stderr"), result, *printed("c\n")]
    kinds = [(o["output_type"], o.get("text")) for o in joined(outputs)]
    assert kinds == [
        ("stream", "ab"),
        ("stream", "!"),
        ("execute_result", None),
        ("stream", "c\n"),
    ]
    assert outputs[0]["text"] == "a"


def test_setting_it_up_twice_is_setting_it_up_once():
    setup_streams()
    once = render.coalesce_streams
    setup_streams()
    assert render.coalesce_streams is once
