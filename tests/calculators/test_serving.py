"""A busy server: published times, Little's law, memory that is full, and the same for arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.calculators.latency import latency
from course_utils.calculators.serving import QUEUE_SHARE, REQUEST_S, service

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


@pytest.mark.parametrize("tokens", [2, 101])
def test_a_steady_server_by_hand(tokens):
    shape = {"context_tokens": 2000, "output_tokens": tokens}
    users = service(concurrency=9, **shape, **SERVER)
    prompt = latency(batch=1, **shape, **SERVER).ttft_s
    step = latency(batch=9, **shape, **SERVER).tpot_s
    # In one round every request has its prompt read and takes its steps.
    assert users.requests_per_s == pytest.approx(9 / (9 * prompt + tokens * step), rel=1e-12)
    # A share of the eight other prompts stands before the first token, the rest between the
    # further ones.
    before = QUEUE_SHARE * 8 * prompt
    assert users.queue_s == pytest.approx(before, rel=1e-12)
    assert users.ttft_s == pytest.approx(REQUEST_S + before + prompt + step, rel=1e-12)
    assert users.tpot_s == pytest.approx(step + (8 * prompt - before) / (tokens - 1), rel=1e-12)
    assert users.output_tokens == tokens
    assert users.e2e_s == users.ttft_s + (tokens - 1) * users.tpot_s


def test_an_answer_of_one_token_is_complete_with_its_first():
    users = service(context_tokens=2000, output_tokens=1, concurrency=9, **SERVER)
    assert users.e2e_s == users.ttft_s
    assert users.tpot_s < float("inf")


def test_as_many_run_as_fit_with_prompt_and_answer_beside_the_weights():
    # Llama-3.1-8B in eight bits on an L4: 0.9 x 24 GB less 8.03 GB of weights, 131,072 bytes
    # for each of 8,500 tokens: 12.2 requests.
    shape = {"model": "llama-3.1-8b", "accelerator": "l4", "weight_bits": 8, "concurrency": 500}
    shape |= {"context_tokens": 8000, "output_tokens": 500}
    assert service(**shape).running == 12
    assert service(n_accelerators=2, **shape).running == 31
    assert service(kv_bits=8, **shape).running == 24
    assert service(usable_memory_share=0.5, **shape).running == 3
    # Where not one fits, the figures are those of one.
    assert service(usable_memory_share=0.2, **shape).running == 1


def test_those_who_wait_are_let_in_as_fast_as_others_leave():
    shape = {"model": "llama-3.1-8b", "accelerator": "l4", "weight_bits": 8}
    shape |= {"context_tokens": 8000, "output_tokens": 500}
    full, more = (service(concurrency=users, **shape) for users in (12, 60))
    assert more.requests_per_s == full.requests_per_s
    assert more.tpot_s == full.tpot_s
    # Little's law for the line in front of the door.
    assert (more.queue_s - full.queue_s) * full.requests_per_s == pytest.approx(48)


@pytest.mark.parametrize("bits", [{"weight_bits": 4}, {"kv_bits": 8}, {"compute_bits": 8}])
def test_the_precision_reaches_prompt_and_step(bits):
    shape = {"model": "llama-3.1-8b", "accelerator": "h100-sxm-80gb", "concurrency": 1}
    shape |= {"context_tokens": 8000, "output_tokens": 101}
    users = service(**shape, **bits)
    del shape["concurrency"]
    idle = latency(**shape, **bits)
    assert users.tpot_s == idle.tpot_s
    assert users.ttft_s == pytest.approx(REQUEST_S + idle.ttft_s + idle.tpot_s)
    assert idle.e2e_s < latency(**shape).e2e_s


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


def test_a_busy_server_holds_from_one_to_100000_requests():
    assert service(**{**GOOD, "concurrency": 1.5}).running == 1.5
    assert service(**{**GOOD, "concurrency": 100_000}).running < 100_000
    for value, shown in ((0.5, "0.5"), (100_001, "100,001")):
        with pytest.raises(ValueError, match="concurrency") as error:
            service(**{**GOOD, "concurrency": value})
        assert str(error.value) == (
            f"concurrency = {shown} is out of range: give a number from 1 to 100,000 (requests)"
        )
