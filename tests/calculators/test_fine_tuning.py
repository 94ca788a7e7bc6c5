"""Fine-tuning: break-even, payback, training, and the decision."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_utils.calculators.fine_tuning import (
    break_even_requests,
    data_usd,
    fine_tune_or_not,
    full_training_bytes,
    hosted_usd_per_request,
    lora_parameters,
    lora_training_bytes,
    payback_months,
    training_flops,
    training_usd,
    tuning_saving,
)

usd = st.floats(0.0001, 10)

# This course: $0.0105 with 1,800 tokens of examples at $3 and $15, tuned $0.0018. The other
# tokens and the tuned price are ours: 500 in and 240 out, at $1.20 and $5.
TOKENS = {
    "example_tokens": 1800,
    "task_tokens": 500,
    "output_tokens": 240,
    "base_input_usd_per_mtok": 3,
    "base_cached_input_usd_per_mtok": 0.3,
    "base_output_usd_per_mtok": 15,
    "tuned_input_usd_per_mtok": 1.2,
    "tuned_output_usd_per_mtok": 5,
    "cached_share": 0,
}
CASE = {
    **TOKENS,
    "fixed_usd": 8000,
    "upkeep_usd_per_month": 2000,
    "requests_per_month": 100_000,
    "horizon_months": 12,
}


# FACTS of this course: 8,000 / .0087 and, with every example read from the cache, 8,000 / .00384.
@pytest.mark.parametrize(("base", "requests"), [(0.0105, 919_540), (0.00564, 2_083_333)])
def test_published_break_even(base, requests):
    found = break_even_requests(
        fixed_usd=8000, base_usd_per_request=base, tuned_usd_per_request=0.0018
    )
    assert round(found) == requests


@pytest.mark.parametrize(("cached", "base"), [(0, 0.0105), (1, 0.00564)])
def test_the_base_call_with_and_without_prefix_cache(cached, base):
    saving = tuning_saving(**{**TOKENS, "cached_share": cached})
    assert saving.base_usd == pytest.approx(base)
    assert saving.tuned_usd == pytest.approx(0.0018)
    assert saving.total_usd == pytest.approx(base - 0.0018)
    assert saving.shorter_prompt_usd == pytest.approx(base - 0.0051)
    assert saving.other_model_usd == pytest.approx(0.0033)


def test_upkeep_of_2000_a_month_never_pays_at_100_000_requests():
    costs = {"fixed_usd": 8000, "base_usd_per_request": 0.0105, "tuned_usd_per_request": 0.0018}
    volume = {"requests_per_month": 100_000}
    assert payback_months(upkeep_usd_per_month=2000, **costs, **volume) == math.inf
    assert payback_months(upkeep_usd_per_month=0, **costs, **volume) == pytest.approx(8000 / 870)
    assert payback_months(upkeep_usd_per_month=70, **costs, **volume) == pytest.approx(10)


def test_a_tuned_call_that_is_no_cheaper_never_pays():
    for tuned in (0.01, 0.02):
        found = break_even_requests(
            fixed_usd=1, base_usd_per_request=0.01, tuned_usd_per_request=tuned
        )
        assert found == math.inf


@given(usd, usd, st.floats(1, 1e6))
def test_at_break_even_the_saving_is_what_tuning_cost(a, b, fixed):
    tuned, base = sorted((a, b))
    assume(base - tuned > 1e-6)
    requests = break_even_requests(
        fixed_usd=fixed, base_usd_per_request=base, tuned_usd_per_request=tuned
    )
    assert requests * (base - tuned) == pytest.approx(fixed)
    months = payback_months(
        fixed_usd=fixed,
        base_usd_per_request=base,
        tuned_usd_per_request=tuned,
        requests_per_month=1000,
        upkeep_usd_per_month=0,
    )
    assert months * 1000 == pytest.approx(requests)


def test_data_by_hand():
    assert data_usd(labels=2000, usd_per_label=2) == 4000
    assert data_usd(labels=2000, usd_per_label=2, checked_share=0.25) == 5000


# harvard-edge/cs249r_book, section 4: 16 bytes a parameter. Hu et al. 2022, arXiv 2106.09685:
# 10,000 times fewer trainable parameters and a third of the memory for GPT-3.
def test_training_memory():
    assert full_training_bytes(parameters=175e9) == 16 * 175e9
    adapter = lora_parameters(matrices=192, rank=4, input_width=12_288, output_width=12_288)
    assert adapter == 192 * 4 * 24_576
    assert 9_000 < 175e9 / adapter < 10_000
    assert lora_training_bytes(parameters=175e9, adapter_parameters=adapter) == (
        2 * 175e9 + 16 * adapter
    )
    small = lora_training_bytes(
        parameters=8e9, adapter_parameters=1e7, frozen_bytes_per_parameter=0.5
    )
    assert small == 4e9 + 1.6e8
    assert lora_parameters(matrices=1, rank=2, input_width=3, output_width=5) == 16


def test_training_compute():
    # Austin et al. 2025: 6 operations per parameter and token.
    flops = training_flops(parameters=8e9, training_tokens=1e9)
    assert flops == 4.8e19
    cost = training_usd(
        flops=flops, accelerator_tflops=1000, utilization=0.5, usd_per_accelerator_hour=3
    )
    assert cost == pytest.approx(4.8e19 / 5e14 / 3600 * 3, rel=1e-12)


def test_an_idle_box_makes_dear_requests():
    box = {"usd_per_hour": 20, "requests_per_hour_at_capacity": 10_000}
    assert hosted_usd_per_request(utilization=1, **box) == 0.002
    assert hosted_usd_per_request(utilization=0.1, **box) == pytest.approx(0.02)


def test_arrays_give_what_their_elements_give():
    base = np.array([0.0105, 0.00564, 0.0018])
    found = break_even_requests(
        fixed_usd=8000, base_usd_per_request=base, tuned_usd_per_request=0.0018
    )
    assert found.tolist() == pytest.approx([919_540.23, 2_083_333.33, math.inf])
    cached = tuning_saving(**{**TOKENS, "cached_share": np.array([0.0, 1.0])}).base_usd
    assert cached.tolist() == pytest.approx([0.0105, 0.00564])
    assert full_training_bytes(parameters=np.array([1e9, 2e9])).tolist() == [16e9, 32e9]


# ---- The decision ----


def test_the_prompt_stays_at_100_000_requests():
    decision = fine_tune_or_not(**CASE)
    assert decision.choice == "keep the prompt"
    assert decision.values == {
        "base_usd_per_request": pytest.approx(0.0105),
        "tuned_usd_per_request": pytest.approx(0.0018),
        "shorter_prompt_saving_usd_per_request": pytest.approx(0.0054),
        "other_model_saving_usd_per_request": pytest.approx(0.0033),
        "saving_usd_per_month": pytest.approx(870),
        "cost_usd_per_month": pytest.approx(8000 / 12 + 2000),
        "net_usd_over_horizon": pytest.approx(12 * 870 - 8000 - 24_000),
        "break_even_requests": pytest.approx(919_540.23),
        "payback_months": math.inf,
    }
    assert (decision.binding_role, decision.binding_label) == ("upkeep", "upkeep")
    assert decision.threshold_name == "requests per month above which fine-tuning pays"
    assert decision.threshold_value == pytest.approx((8000 / 12 + 2000) / 0.0087)
    assert decision.threshold_unit == "requests per month"
    assert decision.sentence == (
        "I choose to keep the prompt, because calls of a tuned model would cost $870 a month less "
        "at a cost of $2,670 a month for tuning and upkeep over 12 months; I would switch above "
        "about 307,000 requests a month."
    )


def test_without_a_share_nothing_is_read_from_the_cache():
    plain = {name: value for name, value in CASE.items() if name != "cached_share"}
    assert fine_tune_or_not(**plain) == fine_tune_or_not(**CASE)
    plain = {name: value for name, value in TOKENS.items() if name != "cached_share"}
    assert tuning_saving(**plain) == tuning_saving(**TOKENS)


def test_a_million_requests_a_month_pay():
    decision = fine_tune_or_not(**{**CASE, "requests_per_month": 1e6})
    assert decision.choice == "fine-tune"
    assert (decision.binding_role, decision.binding_label) == ("shorter_prompt", "shorter prompt")
    assert decision.values["payback_months"] == pytest.approx(8000 / 6700)
    assert decision.values["net_usd_over_horizon"] == pytest.approx(12 * 6700 - 8000)
    assert decision.sentence == (
        "I choose to fine-tune, because calls cost $8,700 a month less at a cost of $2,670 a month "
        "for tuning and upkeep over 12 months; I would switch below about 307,000 requests a month."
    )


def test_with_a_prefix_cache_the_other_model_saves_more():
    decision = fine_tune_or_not(**{**CASE, "requests_per_month": 1e6, "cached_share": 1})
    assert decision.choice == "fine-tune"
    assert (decision.binding_role, decision.binding_label) == (
        "other_model",
        "price of the tuned model",
    )


def test_a_short_horizon_is_bound_by_the_cost_of_tuning():
    decision = fine_tune_or_not(**{**CASE, "horizon_months": 1})
    assert (decision.binding_role, decision.binding_label) == ("fixed", "cost of tuning")
    assert "for tuning and upkeep over 1 month;" in decision.sentence
    # As dear as the upkeep: the cost of tuning is named.
    assert fine_tune_or_not(**{**CASE, "horizon_months": 4}).binding_role == "fixed"
    assert "over 2.5 months;" in fine_tune_or_not(**{**CASE, "horizon_months": 2.5}).sentence


@pytest.mark.parametrize("tuned_output", [36.25, 40])
def test_a_tuned_call_that_is_no_cheaper_is_never_chosen(tuned_output):
    # 500 tokens at $3.60 and 240 at $36.25 cost the $0.0105 of the base.
    dear = {"tuned_input_usd_per_mtok": 3.6, "tuned_output_usd_per_mtok": tuned_output}
    decision = fine_tune_or_not(**{**CASE, **dear, "requests_per_month": 1e9})
    assert decision.choice == "keep the prompt"
    assert decision.threshold_value is None
    assert decision.binding_role == "other_model"
    assert decision.sentence == (
        "I choose to keep the prompt, because tuned calls save too little at any volume to pay "
        "$2,670 a month for tuning and upkeep over 12 months; I would switch when a test shows "
        "that tuning answers better."
    )


def test_a_threshold_beyond_any_volume_is_none():
    # One token less at $1 per million, nothing else: a million requests to the dollar.
    tiny = {"example_tokens": 1, "base_input_usd_per_mtok": 1, "base_output_usd_per_mtok": 1}
    tiny |= {"tuned_input_usd_per_mtok": 1, "tuned_output_usd_per_mtok": 1, "task_tokens": 0}
    tiny |= {"output_tokens": 0, "fixed_usd": 0}
    at_most = fine_tune_or_not(**{**CASE, **tiny, "upkeep_usd_per_month": 999_999})
    assert at_most.threshold_value == pytest.approx(999_999e6)
    assert at_most.binding_role == "upkeep"
    beyond = fine_tune_or_not(**{**CASE, **tiny, "upkeep_usd_per_month": 1_000_001})
    assert (beyond.threshold_value, beyond.binding_role) == (None, "other_model")


def test_equal_savings_name_the_prompt():
    same = {"example_tokens": 0, "tuned_input_usd_per_mtok": 3, "tuned_output_usd_per_mtok": 15}
    assert fine_tune_or_not(**{**CASE, **same}).threshold_value is None
    # $0.000005 by the shorter prompt and as much by the other model.
    both = {"example_tokens": 1, "base_input_usd_per_mtok": 4, "base_output_usd_per_mtok": 0}
    both |= {"tuned_input_usd_per_mtok": 0, "tuned_output_usd_per_mtok": 0, "task_tokens": 1}
    decision = fine_tune_or_not(**{**CASE, **both, "requests_per_month": 1e12})
    assert (decision.choice, decision.binding_role) == ("fine-tune", "shorter_prompt")


def test_a_volume_at_the_threshold_does_not_pay():
    free = {"fixed_usd": 0, "upkeep_usd_per_month": 0, "requests_per_month": 0}
    decision = fine_tune_or_not(**{**CASE, **free})
    assert (decision.choice, decision.threshold_value) == ("keep the prompt", 0)


@given(
    st.floats(0, 5000),
    st.floats(0, 1),
    st.floats(0.01, 10),
    st.floats(0, 1e6),
    st.floats(0, 1e5),
    st.floats(0, 1e8),
    st.floats(0.5, 60),
)
def test_the_choice_pays_and_flips_at_the_threshold(
    examples, cached, tuned_price, fixed, upkeep, volume, horizon
):
    def decide(requests):
        return fine_tune_or_not(
            **{
                **CASE,
                "example_tokens": examples,
                "cached_share": cached,
                "tuned_input_usd_per_mtok": tuned_price,
                "fixed_usd": fixed,
                "upkeep_usd_per_month": upkeep,
                "requests_per_month": requests,
                "horizon_months": horizon,
            }
        )

    decision = decide(volume)
    net = decision.values["net_usd_over_horizon"]
    if abs(net) > 1e-6 * (fixed + horizon * upkeep):
        assert (decision.choice == "fine-tune") == (net > 0)
        assert (decision.values["payback_months"] < horizon) == (net > 0)
    limit = decision.threshold_value
    assume(limit is not None and 0 < limit < 1e11)
    assert decide(limit).choice == "keep the prompt"
    assert decide(limit * (1 + 1e-9)).choice == "fine-tune"


# ---- Bad input ----

USD = "a number from 0 to 1e+12 (US dollars)"
REQUEST_USD = "a number from 0 to 1,000,000 (US dollars)"
HOURLY_USD = "a number from 0 to 1,000,000 (US dollars)"
PER_MTOK = "a number from 0 to 10,000 (US dollars per million tokens)"
TOKENS_WANTED = "a number from 0 to 10,000,000 (tokens)"
PARAMETERS = "a number from 1 to 1e+15 (parameters)"
WIDTH = "a number from 1 to 10,000,000 (numbers)"
USED = "a number above 0 and up to 1 (share)"
WANTED = {
    **dict.fromkeys((name for name in TOKENS if name.endswith("_per_mtok")), PER_MTOK),
    **dict.fromkeys((name for name in TOKENS if name.endswith("_tokens")), TOKENS_WANTED),
    "cached_share": "a number from 0 to 1 (share)",
    "checked_share": "a number from 0 to 1 (share)",
    "fixed_usd": USD,
    "upkeep_usd_per_month": USD,
    "requests_per_month": "a number from 0 to 1e+12 (requests)",
    "horizon_months": "a number above 0 and up to 1,200 (months)",
    "base_usd_per_request": REQUEST_USD,
    "tuned_usd_per_request": REQUEST_USD,
    "labels": "a number from 0 to 1,000,000,000 (labels)",
    "usd_per_label": REQUEST_USD,
    "parameters": PARAMETERS,
    "adapter_parameters": PARAMETERS,
    "matrices": "a number from 1 to 1,000,000 (matrices)",
    "rank": "a number from 1 to 100,000 (rank)",
    "input_width": WIDTH,
    "output_width": WIDTH,
    "frozen_bytes_per_parameter": "a number above 0 and up to 8 (bytes)",
    "training_tokens": "a number from 0 to 1e+16 (tokens)",
    "flops": "a number from 0 to 1e+33 (floating-point operations)",
    "accelerator_tflops": "a number above 0 and up to 1,000,000 (TFLOPS)",
    "utilization": USED,
    "usd_per_accelerator_hour": HOURLY_USD,
    "usd_per_hour": HOURLY_USD,
    "requests_per_hour_at_capacity": "a number above 0 and up to 1e+12 (requests)",
}
CALLS = {"fixed_usd": 1, "base_usd_per_request": 1, "tuned_usd_per_request": 1}
CASES = [
    (break_even_requests, CALLS),
    (payback_months, {**CALLS, "requests_per_month": 1, "upkeep_usd_per_month": 1}),
    (tuning_saving, TOKENS),
    (data_usd, {"labels": 1, "usd_per_label": 1, "checked_share": 0.5}),
    (full_training_bytes, {"parameters": 1}),
    (lora_parameters, {"matrices": 1, "rank": 1, "input_width": 1, "output_width": 1}),
    (
        lora_training_bytes,
        {"parameters": 1, "adapter_parameters": 1, "frozen_bytes_per_parameter": 1},
    ),
    (training_flops, {"parameters": 1, "training_tokens": 1}),
    (
        training_usd,
        {"flops": 1, "accelerator_tflops": 1, "utilization": 1, "usd_per_accelerator_hour": 1},
    ),
    (
        hosted_usd_per_request,
        {"usd_per_hour": 1, "requests_per_hour_at_capacity": 1, "utilization": 1},
    ),
    (fine_tune_or_not, CASE),
]


@pytest.mark.parametrize(
    ("function", "good", "name"), [(f, good, name) for f, good in CASES for name in good]
)
def test_every_argument_is_checked_and_told_its_range(function, good, name):
    for value in (-1, float("nan"), float("inf"), "3", True, None, 1e40):
        with pytest.raises(ValueError, match=f"^{name} ") as caught:
            function(**{**good, name: value})
        assert str(caught.value).endswith(f"give {WANTED[name]}")


@pytest.mark.parametrize("name", CASE)
def test_the_decision_takes_one_case(name):
    with pytest.raises(ValueError, match=f"^{name} is an array"):
        fine_tune_or_not(**{**CASE, name: np.array([1.0])})
