"""Ideal figures, against published ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.calculators.memory import kv_bytes_per_token, weight_bytes
from course_utils.calculators.roofline import (
    attention_crossover_tokens,
    ideal_prefill_s,
    ideal_step_s,
    prefill_flops,
    usd_per_mtok_self_hosted,
)

# Shapes of Llama-3.1, with the parameter counts of the lesson.
SHAPE_8B = {"params_active": 8.03e9, "layers": 32, "query_heads": 32, "head_dim": 128}
SHAPE_70B = {"params_active": 70.6e9, "layers": 80, "query_heads": 64, "head_dim": 128}

# The 70B model in bf16 on eight H100: 989 TFLOP/s and 3.35 TB/s each.
BOX = {
    "weight_bytes": weight_bytes(params=70.6e9),
    "params_active": 70.6e9,
    "flops_per_s": 8 * 989e12,
    "bytes_per_s": 8 * 3.35e12,
}
KV_70B = kv_bytes_per_token(layers=80, kv_heads=8, head_dim=128)


def test_attention_catches_up_at_61264_and_107727_tokens():
    assert attention_crossover_tokens(**SHAPE_8B) == pytest.approx(61_264, abs=0.5)
    assert attention_crossover_tokens(**SHAPE_70B) == pytest.approx(107_727, abs=0.5)


@pytest.mark.parametrize(("tokens", "percent"), [(8_000, 6.9), (30_000, 21.8), (128_000, 54.3)])
def test_share_of_attention_for_70b(tokens, percent):
    flops = prefill_flops(context_tokens=tokens, **SHAPE_70B)
    assert 100 * flops.attention_share == pytest.approx(percent, abs=0.05)


def test_prefill_flops_by_hand():
    flops = prefill_flops(context_tokens=1000, **SHAPE_8B)
    assert flops.linear == 2 * 8.03e9 * 1000
    assert flops.attention == 2 * 32 * 32 * 128 * 1000**2
    assert flops.total == flops.linear + flops.attention
    assert ideal_prefill_s(flops=1e15, flops_per_s=1e15) == 1
    assert ideal_prefill_s(flops=1e15, flops_per_s=1e15, compute_share=0.5) == 2


# Austin et al. 2025, pop quiz: prints 2.5 ms and 21 ms.
@pytest.mark.parametrize(("batch", "ms"), [(4, 2.57), (256, 21.05)])
def test_the_pop_quiz_of_the_scaling_book(batch, ms):
    step = ideal_step_s(
        weight_bytes=30e9,
        kv_bytes_per_sequence=8192 * 100e3,
        batch=batch,
        params_active=30e9,
        flops_per_s=16 * 1.97e14,
        bytes_per_s=16 * 8.1e11,
    )
    assert 1000 * step == pytest.approx(ms, abs=0.01)


def test_70b_on_eight_h100_one_user():
    step = ideal_step_s(kv_bytes_per_sequence=2000 * KV_70B, batch=1, **BOX)
    assert 1000 * step == pytest.approx(5.3, abs=0.05)
    assert 1 / step == pytest.approx(189, abs=0.5)


def test_70b_on_eight_h100_64_users():
    step = ideal_step_s(kv_bytes_per_sequence=8000 * KV_70B, batch=64, **BOX)
    assert 1000 * step == pytest.approx(11.5, abs=0.05)
    assert 64 / step == pytest.approx(5551, abs=1)
    assert (BOX["weight_bytes"] + 64 * 8000 * KV_70B) / 1e9 == pytest.approx(309, abs=0.5)


@pytest.mark.parametrize(
    ("tokens_per_s", "utilization", "usd"), [(5551, 1, 1.0), (5551, 0.3, 3.3), (189, 1, 29.4)]
)
def test_the_box_at_20_dollars_an_hour(tokens_per_s, utilization, usd):
    price = usd_per_mtok_self_hosted(
        usd_per_hour=20, tokens_per_s=tokens_per_s, utilization=utilization
    )
    assert price == pytest.approx(usd, abs=0.05)


@given(st.floats(1, 1e6))
def test_attention_is_half_of_the_work_at_the_crossover_and_a_tenth_at_a_ninth_of_it(params):
    shape = {**SHAPE_8B, "params_active": params * 1e6}
    crossover = attention_crossover_tokens(**shape)
    if 9 <= crossover <= 1e7:
        at = prefill_flops(context_tokens=crossover, **shape)
        ninth = prefill_flops(context_tokens=crossover / 9, **shape)
        assert at.attention_share == pytest.approx(0.5)
        assert ninth.attention_share == pytest.approx(0.1)


@given(st.floats(1, 5000), st.floats(0, 1e11))
def test_a_step_never_beats_reading_the_weights_once(batch, kv):
    step = ideal_step_s(kv_bytes_per_sequence=kv, batch=batch, **BOX)
    assert step >= BOX["weight_bytes"] / BOX["bytes_per_s"]
    assert step >= 2 * batch * 70.6e9 / BOX["flops_per_s"]


def test_arrays_give_what_their_elements_give():
    batches = np.array([1.0, 64, 2048])
    steps = ideal_step_s(kv_bytes_per_sequence=1e8, batch=batches, **BOX)
    assert steps.tolist() == [
        ideal_step_s(kv_bytes_per_sequence=1e8, batch=b, **BOX) for b in batches
    ]


CALLS = {
    prefill_flops: {**SHAPE_8B, "context_tokens": 1000},
    attention_crossover_tokens: SHAPE_8B,
    ideal_prefill_s: {"flops": 1e15, "flops_per_s": 1e15, "compute_share": 0.5},
    ideal_step_s: {**BOX, "kv_bytes_per_sequence": 1e9, "batch": 4},
    usd_per_mtok_self_hosted: {"usd_per_hour": 20, "tokens_per_s": 5551, "utilization": 1},
}


@pytest.mark.parametrize(
    ("function", "name"),
    [(f, name) for f, arguments in CALLS.items() for name in arguments],
    ids=lambda value: getattr(value, "__name__", value),
)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "many", True, None])
def test_every_argument_is_checked(function, name, value):
    good = CALLS[function]
    function(**good)
    with pytest.raises(ValueError, match=f"^{name} "):
        function(**{**good, name: value})


# What the message says would be right, for each argument.
ABOVE_ZERO_SHARE = "above 0 and up to 1 (share)"
WANTED = {
    prefill_flops: {
        "params_active": "above 0 (parameters)",
        "layers": "above 0 (layers)",
        "query_heads": "above 0 (heads)",
        "head_dim": "above 0 (numbers)",
        "context_tokens": "from 1 to 10,000,000 (tokens)",
    },
    attention_crossover_tokens: {"params_active": "above 0 (parameters)"},
    ideal_prefill_s: {
        "flops": "of at least 0 (operations)",
        "flops_per_s": "above 0 (operations per second)",
        "compute_share": ABOVE_ZERO_SHARE,
    },
    ideal_step_s: {
        "weight_bytes": "above 0 (bytes)",
        "kv_bytes_per_sequence": "of at least 0 (bytes)",
        "batch": "from 1 to 100,000 (sequences)",
        "params_active": "above 0 (parameters)",
        "flops_per_s": "above 0 (operations per second)",
        "bytes_per_s": "above 0 (bytes per second)",
    },
    usd_per_mtok_self_hosted: {
        "usd_per_hour": "from 0 to 1,000,000 (US dollars per hour)",
        "tokens_per_s": "above 0 (tokens per second)",
        "utilization": ABOVE_ZERO_SHARE,
    },
}


@pytest.mark.parametrize(
    ("function", "name", "wanted"),
    [(f, name, wanted) for f, names in WANTED.items() for name, wanted in names.items()],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_message_names_argument_unit_and_range(function, name, wanted):
    with pytest.raises(ValueError, match="is out of range") as error:
        function(**{**CALLS[function], name: -2})
    assert str(error.value) == f"{name} = -2 is out of range: give a number {wanted}"


@pytest.mark.parametrize(
    ("function", "name"),
    [(ideal_prefill_s, "compute_share"), (usd_per_mtok_self_hosted, "utilization")],
)
def test_a_share_is_above_zero_and_at_most_one(function, name):
    assert function(**{**CALLS[function], name: 1}) > 0
    for value in (0, 1.01):
        with pytest.raises(ValueError, match=name):
            function(**{**CALLS[function], name: value})


def test_a_box_that_is_always_full_at_a_million_tokens_an_hour_costs_its_hour():
    assert usd_per_mtok_self_hosted(usd_per_hour=20, tokens_per_s=1e6 / 3600) == pytest.approx(
        20, rel=1e-12
    )
    assert usd_per_mtok_self_hosted(usd_per_hour=0, tokens_per_s=1) == 0


def test_an_hour_may_cost_a_million_and_no_more():
    assert usd_per_mtok_self_hosted(usd_per_hour=1e6, tokens_per_s=1) > 0
    with pytest.raises(ValueError, match=r"^usd_per_hour = 1000000\.5 is out of range"):
        usd_per_mtok_self_hosted(usd_per_hour=1_000_000.5, tokens_per_s=1)


def test_an_empty_cache_takes_no_time():
    step = ideal_step_s(kv_bytes_per_sequence=0, batch=1, **BOX)
    assert step == BOX["weight_bytes"] / BOX["bytes_per_s"]
    assert ideal_prefill_s(flops=0, flops_per_s=1e15) == 0
