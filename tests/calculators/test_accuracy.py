"""The stated error of the latency model names what it was measured on."""

from __future__ import annotations

import re

from course_utils.calculators.accuracy import MEASURED_ERROR, error_sentence


def test_the_error_names_what_it_was_measured_on():
    for error in MEASURED_ERROR.values():
        assert "github:" in error.source
        assert error.n > 1000
        # Each is the worst of the groups left out, so none is below the fit.
        assert error.median_share <= error.left_out_accelerator_share
        assert error.median_share <= error.left_out_server_share
        assert error.median_share <= error.left_out_length_share


def test_the_sentence_gives_the_size_and_the_error_of_each_measurement():
    figures = re.findall(r"[\d,]+ (?:published|settings)|\d+ %|up to .* %", error_sentence())
    assert figures == [
        "11 %", "1,166 published", "1,518 settings", "14 %", "33 %", "up to 16, 18 and 41 %",
    ]  # fmt: skip


def test_the_sentence_says_where_it_comes_from_and_where_it_fails():
    sentence = error_sentence()
    assert sentence.startswith("On the measurements it was fitted to, the median error is 11 %")
    for what in ("LLM-Inference-Bench", "A100, H100 and GH200", "AIConfigurator", "H200 and B200"):
        assert what in sentence
    assert sentence.endswith(
        "With less tuned software (llama.cpp, early MI300X) real times are two to three times "
        "as long."
    )
