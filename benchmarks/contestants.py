"""One package answers the questions of the speed benchmark, and is timed.

    PYTHON benchmarks/contestants.py NAME [--points 10000] [--runs 5] [--run-s 2]

`speed` runs this file once for each package, with the interpreter that the package is
installed for, and reads the line of JSON that it prints last. It needs the standard
library and the package that it asks, nothing else. Each peer is called as its own
documentation does, with its own defaults, and what can be made ready before is made ready
outside of the time that counts.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple


class Question(NamedTuple):
    """One request to Llama 3.1 8B, in 16 bits on one idle accelerator."""

    accelerator: str
    context_tokens: Any  # or an array, where the package takes one
    output_tokens: int


ASKED = Question("H100 SXM 80GB", 8192, 512)

# LLM-Inference-Bench (github:argonne-lcf/LLM-Inference-Bench@4211f5d, Plots/All_results.csv):
# Llama-3-8B, which has the shape of 3.1, with TensorRT-LLM in bf16.
MEASURED = Question("A100 SXM 40GB", 1024, 1024)
MEASURED_E2E_S = 14.86

# Of the server that `service` is asked about; no peer models one.
LIVE_USERS = 16

# One request of ASKED's size to an API model whose price both packages know.
PRICED_MODEL = "gpt-4.1"

SHORTEST_TOKENS, LONGEST_TOKENS = 1000, 128_000
# Of a sweep that is extrapolated.
FEWEST_CALLS = 5

Answer = dict[str, float]


class Contestant(NamedTuple):
    """How a package is asked: one question, or (where it can) all contexts at once.

    `ready` makes the contexts ready and gives the call that is timed.
    """

    answer: Callable[[Question], Answer]
    ready: Callable[[list[int]], Callable[[], Answer]] | None = None


def e2e_s(answer: Answer, question: Question) -> float:
    """End to end: the first token, and each further one."""
    return answer["ttft_s"] + (question.output_tokens - 1) * answer["tpot_s"]


# --- the packages ------------------------------------------------------------------------


def course_utils() -> Contestant:
    from course_utils.calculators.latency import latency

    return _of_the_course(latency)


def course_utils_live() -> Contestant:
    from functools import partial

    from course_utils.calculators.serving import service

    return _of_the_course(partial(service, concurrency=LIVE_USERS))


def _of_the_course(times: Callable[..., Any]) -> Contestant:
    names = {"H100 SXM 80GB": "h100-sxm-80gb", "A100 SXM 40GB": "a100-sxm-40gb"}

    def answer(question: Question) -> Answer:
        found = times(
            model="llama-3.1-8b",
            accelerator=names[question.accelerator],
            context_tokens=question.context_tokens,
            output_tokens=question.output_tokens,
        )
        return {"ttft_s": found.ttft_s, "tpot_s": found.tpot_s}

    return Contestant(answer, _with_arrays(answer))


def _with_arrays(answer: Callable[[Question], Answer]) -> Callable[..., Callable[[], Answer]]:
    def ready(contexts: list[int]) -> Callable[[], Answer]:
        import numpy

        question = ASKED._replace(context_tokens=numpy.array(contexts, dtype=float))
        return lambda: answer(question)

    return ready


def course_utils_cost() -> Contestant:
    from course_utils.calculators.money import request_cost
    from course_utils.catalog import price

    def answer(question: Question) -> Answer:
        rates = price(f"openai/{PRICED_MODEL}").rates(question.context_tokens)
        cost = request_cost(
            context_tokens=question.context_tokens,
            output_tokens=question.output_tokens,
            input_usd_per_mtok=rates.input_usd_per_mtok,
            output_usd_per_mtok=rates.output_usd_per_mtok,
        )
        return {"usd": cost.total_usd}

    return Contestant(answer, _with_arrays(answer))


def llm_analysis() -> Contestant:
    from llm_analysis.analysis import LLMAnalysis
    from llm_analysis.config import (
        ModelConfig,
        ParallelismConfig,
        get_dtype_config_by_name,
        get_gpu_config_by_name,
    )

    # The package counts two matrices in a feed-forward block and this model has three, so
    # the width is half as large again: the parameters are then right.
    width = 14336 * 3 // 2
    model = ModelConfig(
        name="llama-3.1-8b",
        num_layers=32,
        n_head=32,
        hidden_dim=4096,
        vocab_size=128256,
        max_seq_len=131072,
        num_key_value_heads=8,
        ffn_embed_dim=width,
        expansion_ratio=width / 4096,
        model_type="llama",
    )
    names = {"H100 SXM 80GB": "h100-sxm-80gb", "A100 SXM 40GB": "a100-sxm-40gb"}
    analyses = {
        accelerator: LLMAnalysis(
            model,
            get_gpu_config_by_name(name),
            get_dtype_config_by_name("w16a16e16"),
            ParallelismConfig(),
        )
        for accelerator, name in names.items()
    }

    def answer(question: Question) -> Answer:
        found = analyses[question.accelerator].inference(
            batch_size_per_gpu=1,
            seq_len=question.context_tokens,
            num_tokens_to_generate=question.output_tokens,
        )
        return {"ttft_s": found["prefill_latency"], "tpot_s": found["decode_latency"]}

    return Contestant(answer)


def genz() -> Contestant:
    from GenZ import decode_moddeling, prefill_moddeling

    names = {"H100 SXM 80GB": "H100_GPU", "A100 SXM 40GB": "A100_40GB_GPU"}

    def answer(question: Question) -> Answer:
        shape = {
            "model": "meta-llama/meta-llama-3.1-8b",
            "batch_size": 1,
            "input_tokens": question.context_tokens,
            "system_name": names[question.accelerator],
            "bits": "bf16",
        }
        prefill = prefill_moddeling(**shape)
        decode = decode_moddeling(**shape, output_tokens=question.output_tokens, Bb=1)
        return {"ttft_s": prefill["Latency"] / 1e3, "tpot_s": decode["Latency"] / 1e3}

    return Contestant(answer)


def mlsysim() -> Contestant:
    from mlsysim import Hardware, Models
    from mlsysim.solvers import ServingModel

    hardware = {"H100 SXM 80GB": Hardware.Cloud.H100, "A100 SXM 40GB": Hardware.Cloud.A100_40GB}
    solver = ServingModel()

    def answer(question: Question) -> Answer:
        found = solver.solve(
            Models.Language.Llama3_8B,
            hardware[question.accelerator],
            seq_len=question.context_tokens,
            batch_size=1,
            precision="fp16",
        )
        return {
            "ttft_s": found.ttft.to("s").magnitude,
            "tpot_s": found.itl.to("s").magnitude,
        }

    return Contestant(answer)


def tokencost() -> Contestant:
    from tokencost import calculate_cost_by_tokens

    def answer(question: Question) -> Answer:
        read = calculate_cost_by_tokens(question.context_tokens, PRICED_MODEL, "input")
        written = calculate_cost_by_tokens(question.output_tokens, PRICED_MODEL, "output")
        return {"usd": float(read + written)}

    return Contestant(answer)


# Name -> how to ask it, and the distribution whose version counts.
CONTESTANTS: dict[str, tuple[Callable[[], Contestant], str]] = {
    "course_utils": (course_utils, "ai-system-design-course"),
    "course_utils_live": (course_utils_live, "ai-system-design-course"),
    "course_utils_cost": (course_utils_cost, "ai-system-design-course"),
    "llm-analysis": (llm_analysis, "llm-analysis"),
    "GenZ": (genz, "genz-llm"),
    "mlsysim": (mlsysim, "mlsysim"),
    "tokencost": (tokencost, "tokencost"),
}


# --- the clock ---------------------------------------------------------------------------


def median_s(work: Callable[[], Any], runs: int, at_least_s: float = 0.02) -> float:
    """Seconds that one call takes: the median of `runs` runs, each long enough to be timed.

    Processor time: all contestants compute on one thread and wait for nothing, so on a quiet
    machine it is what one waits, and on a busy one it counts less of the others' work.
    """
    work()  # the first call loads and caches
    start = time.process_time()
    work()
    calls = max(1, int(at_least_s / max(time.process_time() - start, 1e-9)))
    times = []
    for _ in range(runs):
        start = time.process_time()
        for _ in range(calls):
            work()
        times.append((time.process_time() - start) / calls)
    return statistics.median(times)


def contexts(points: int) -> list[int]:
    """So many context sizes from the shortest to the longest, evenly spaced."""
    step = (LONGEST_TOKENS - SHORTEST_TOKENS) / max(points - 1, 1)
    return [round(SHORTEST_TOKENS + step * i) for i in range(points)]


def compete(contestant: Contestant, points: int, runs: int, run_s: float) -> dict[str, Any]:
    """Seconds for one answer and for the sweep, and the answers themselves.

    A package that takes one context at a time is called for as many of them, evenly spread,
    as fit into `run_s`; the time of all `points` is then extrapolated, and `sweep_calls`
    says how many calls there were.
    """
    prediction_s = median_s(lambda: contestant.answer(ASKED), runs)
    every = contexts(points)
    if contestant.ready:
        sweep_s, calls = median_s(contestant.ready(every), runs), 1
    else:
        calls = min(points, max(FEWEST_CALLS, int(run_s / prediction_s)))
        asked = [ASKED._replace(context_tokens=tokens) for tokens in contexts(calls)]
        one_by_one_s = median_s(lambda: [contestant.answer(q) for q in asked], runs, 0)
        sweep_s = one_by_one_s * points / calls
    found = {"prediction_s": prediction_s, "sweep_s": sweep_s, "sweep_calls": calls}
    answer = contestant.answer(ASKED)
    if "ttft_s" in answer:
        found["measured_e2e_s"] = e2e_s(contestant.answer(MEASURED), MEASURED)
    return {**found, **answer}


def main(arguments: list[str] | None = None) -> int:
    """Prints the figures as one line of JSON."""
    parser = argparse.ArgumentParser(description="One package answers, and is timed.")
    parser.add_argument("name", choices=CONTESTANTS)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--run-s", type=float, default=2.0)
    options = parser.parse_args(arguments)
    # Remarks of the packages, some at every call, are no part of the answer.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    build, distribution = CONTESTANTS[options.name]
    found = compete(build(), options.points, options.runs, options.run_s)
    print(json.dumps({"version": version(distribution), **found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
