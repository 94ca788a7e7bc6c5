"""A busy server: published times, Little's law, memory that is full, and the same for arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.calculators.latency import latency
from course_utils.calculators.serving import service

SERVER = {
    "model": "llama-3.1-70b",
    "accelerator": "h200-sxm",
    "n_accelerators": 8,
    "weight_bits": 8,
    "kv_bits": 8,
}


# github:ai-dynamo/aiconfigurator@095f58a51, silicon_sample.csv: vLLM gave 11.0 ms and
# TensorRT-LLM 9.3 ms per output token (137 and 143 ms to the first).
def test_published_times_of_a_busy_server():
    users = service(context_tokens=1024, output_tokens=1024, concurrency=32, **SERVER)
    assert 1000 * users.tpot_s == pytest.approx(10.2, rel=0.1)
    assert 137 / 2 < 1000 * users.ttft_s < 143 * 2


def test_littles_law_holds():
    users = service(context_tokens=4000, output_tokens=500, concurrency=32, **SERVER)
    assert users.running == 32
    # Requests inside = rate x time inside; taking in a request is outside the server.
    inside = users.requests_per_s * users.e2e_s
    assert inside == pytest.approx(32, rel=0.1)


@settings(max_examples=40)
@given(st.integers(100, 100_000), st.integers(2, 4000), st.integers(1, 500))
def test_more_users_wait_longer_and_the_server_does_more(context, output, users):
    few = service(context_tokens=context, output_tokens=output, concurrency=users, **SERVER)
    many = service(context_tokens=context, output_tokens=output, concurrency=users + 1, **SERVER)
    assert many.ttft_s >= few.ttft_s
    assert many.requests_per_s >= few.requests_per_s * (1 - 1e-12)
    assert many.running <= users + 1


def test_one_user_alone_waits_for_the_prompt_and_one_step():
    alone = service(context_tokens=2000, output_tokens=100, concurrency=1, **SERVER)
    idle = latency(context_tokens=2000, output_tokens=100, batch=1, **SERVER)
    assert alone.queue_s == 0
    assert alone.tpot_s == idle.tpot_s
    assert idle.ttft_s < alone.ttft_s < idle.ttft_s + idle.tpot_s + 0.1


def test_requests_that_do_not_fit_in_memory_queue():
    shape = {"model": "llama-3.1-8b", "accelerator": "l4", "weight_bits": 8}
    shape |= {"context_tokens": 8000, "output_tokens": 500}
    fits = service(concurrency=12, **shape)
    full = service(concurrency=24, **shape)
    assert fits.running == 12 > full.running / 2
    assert full.running < 24
    assert full.queue_s > 5 * fits.queue_s
    assert service(concurrency=48, **shape).requests_per_s == full.requests_per_s


def test_a_busy_server_takes_arrays():
    users = np.array([1.0, 8, 64])
    whole = service(context_tokens=4000, output_tokens=500, concurrency=users, **SERVER)
    each = [service(context_tokens=4000, output_tokens=500, concurrency=u, **SERVER) for u in users]
    for name in ("ttft_s", "tpot_s", "e2e_s", "queue_s", "requests_per_s", "running"):
        assert getattr(whole, name) == pytest.approx([getattr(one, name) for one in each])


GOOD = {
    "model": "llama-3.1-8b",
    "accelerator": "h100-sxm-80gb",
    "n_accelerators": 1,
    "context_tokens": 1000,
    "output_tokens": 100,
    "concurrency": 4,
    "weight_bits": 16,
    "kv_bits": 16,
    "compute_bits": 16,
    "usable_memory_share": 0.9,
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "many", True, 1e12])
def test_every_argument_is_checked(name, value):
    service(**GOOD)
    with pytest.raises(ValueError, match=f"(^{name} |no {name} )"):
        service(**{**GOOD, name: value})
