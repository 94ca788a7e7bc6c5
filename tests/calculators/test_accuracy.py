"""The stated error of the latency model names what it was measured on."""

from __future__ import annotations

import re

from course_utils.calculators.accuracy import MEASURED_ERROR, UNSEEN_ERROR, error_sentence


def test_the_error_names_what_it_was_measured_on():
    for error in MEASURED_ERROR.values():
        assert "github:" in error.source
        assert error.n > 1000
        # Each is the worst of the groups left out, so none is below the fit.
        assert error.median_share <= error.left_out_accelerator_share
        assert error.median_share <= error.left_out_server_share
        assert error.median_share <= error.left_out_length_share


def test_what_nobody_tuned_on_is_no_better_than_what_the_constants_follow():
    for kind, error in MEASURED_ERROR.items():
        assert UNSEEN_ERROR[kind].median_share >= error.median_share


def test_an_error_and_its_direction_agree():
    # Where most times are off to one side, the median ratio is off by the median error.
    for error in UNSEEN_ERROR.values():
        assert abs(1 / error.times_as_long - 1) <= error.median_share + 0.01
    for kind in ("amd", "transformers"):
        off = abs(1 / UNSEEN_ERROR[kind].times_as_long - 1)
        assert abs(off - UNSEEN_ERROR[kind].median_share) < 0.01


def test_the_sentence_gives_the_size_and_the_error_of_each_measurement():
    figures = re.findall(
        r"[\d,]+ (?:published|settings|static)|\d+%|[\d.]+ times", error_sentence()
    )
    assert figures == [
        "11%", "1,166 published", "1,518 settings", "15%", "32%",
        "17%", "391 static", "19%", "69%", "38 settings", "1.8 times", "8.0 times",
    ]  # fmt: skip


def test_the_sentence_says_where_it_comes_from_and_where_it_fails():
    sentence = error_sentence()
    assert sentence.startswith("On the measurements it follows, the median error is 11%")
    for what in ("LLM-Inference-Bench", "A100, H100 and GH200", "AIConfigurator", "H200 and B200"):
        assert what in sentence
    assert "with vLLM on MI300X" in sentence
    assert sentence.endswith("as long with plain Hugging Face transformers.")
