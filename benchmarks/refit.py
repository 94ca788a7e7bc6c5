"""Fits the constants of the latency model again, with one group of measurements left out.

The formulas are those of `course_utils.calculators.latency` and `serving`, over arrays of
rows and with the constants as arguments, because a fit evaluates all rows hundreds of
times. A test holds them to the calculators, digit by digit.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from benchmarks import measured
from course_utils.calculators import latency as _latency
from course_utils.calculators import serving as _serving
from course_utils.calculators.memory import USABLE_MEMORY_SHARE, cached_token_layers

Array = NDArray[Any]
Constants = dict[str, float]

# Fitted together. Not among them: how attention speeds up with the prompt, for which the
# measurements are too short, and the exchange over PCIe, for which there are none (see
# `latency`).
FITTED = (
    "COMPUTE_SHARE",
    "BANDWIDTH_SHARE",
    "LINK_SHARE",
    "STEP_S",
    "LAYER_S",
    "EXPERT_LAYER_S",
    "SEQUENCE_S",
    "ALL_REDUCE_S",
    "REQUEST_S",
    "QUEUE_SHARE",
)
SHARES = ("COMPUTE_SHARE", "BANDWIDTH_SHARE", "LINK_SHARE", "QUEUE_SHARE")

# Errors beyond this share of the value count by their size, smaller ones by their square:
# nearly the median error that is reported, but smooth enough to descend on.
SOFT_SHARE = 0.1
# A constant may move this far from the shipped one, up or down.
FACTOR = 8.0

FAMILIES = ("static", "time per output token, live", "time to first token, live")


def shipped() -> Constants:
    """The constants that the calculators use."""
    return {n: getattr(_latency if hasattr(_latency, n) else _serving, n) for n in FITTED}


# --- the model over arrays ---------------------------------------------------------------


def columns(rows: list[measured.Row]) -> dict[str, Array]:
    """What the formulas need of each row, one array for each quantity."""
    cells = [_cells(row) for row in rows]
    return {name: np.array([c[name] for c in cells]) for name in cells[0]}


def _cells(row: measured.Row) -> dict[str, Any]:
    model = measured._model(tuple(row["m"].items()))
    accelerator = measured._accelerator(tuple(row["g"].items()))
    n = measured.group_size(row, model, accelerator)
    prompt, output = max(row["input_tokens"], 1), max(row["output_tokens"], 1)
    embedding = model.vocabulary_size * model.hidden_size
    unused = 0 if model.tied_embedding else embedding
    cache = model.kv_elements_per_token_per_layer * row["kv_bits"] / 8
    memory = accelerator.memory_gb * 1e9 * n * USABLE_MEMORY_SHARE
    free = max(memory - model.params_total * row["w_bits"] / 8, 0.0)
    fitting = free // (cache * cached_token_layers(model, prompt + output))
    bits = measured.COMPUTE_BITS.get(row["compute"], 16)
    heads = 1 if model.kv_lora_rank else model.kv_heads
    link = accelerator.link_gb_per_s_bidirectional or _latency.PCIE_GB_PER_S
    return {
        "value": row["value"],
        "metric": row["metric"],
        "live": row["kind"] == "closed_loop",
        "batch": float(row["batch"]),
        "prompt": float(prompt),
        "output": float(output),
        "n": float(n),
        "body": float(model.params_active - unused - embedding),
        "embedding": float(embedding),
        "unused": float(unused),
        "params": float(model.params_total),
        "experts": float(model.params_experts),
        "missed": 1 - model.experts_per_token / model.experts if model.experts else 0.0,
        "expert_layers": float(model.layers if model.experts else 0),
        "layers": float(model.layers),
        "hidden": float(model.hidden_size),
        "width": model.attention_width,
        "weight_bytes": row["w_bits"] / 8,
        "flops": n * _latency.peak_flops_per_s(accelerator, bits),
        "attention_flops": n * accelerator.bf16_tflops * 1e12,
        "bandwidth": n * accelerator.bandwidth_gb_per_s * 1e9,
        "link": link * 1e9 / 2,
        "direct": link > _latency.FASTEST_PCIE_GB_PER_S,
        "cache_share": min(n, heads) / n,
        "prompt_token_layers": cached_token_layers(model, prompt),
        "cache_bytes": cache * cached_token_layers(model, prompt + output / 2),
        "fitting": max(fitting, 1.0),
    }


def _pass_s(x: dict[str, Array], c: Constants, tokens: Array, sequences: Array) -> Array:
    compute_s = 2 * (x["body"] * tokens + x["embedding"] * sequences)
    compute_s = compute_s / (x["flops"] * c["COMPUTE_SHARE"])
    touched = x["params"] - x["experts"] * x["missed"] ** tokens - x["unused"]
    wider = np.maximum(_latency.OUTPUT_LAYER_BYTES - x["weight_bytes"], 0.0)
    read = touched * x["weight_bytes"] + x["embedding"] * wider
    memory_s = read / (x["bandwidth"] * c["BANDWIDTH_SHARE"])
    fixed_s = c["STEP_S"] + x["layers"] * c["LAYER_S"] + c["SEQUENCE_S"] * sequences
    fixed_s = fixed_s + x["expert_layers"] * c["EXPERT_LAYER_S"]
    moved = tokens * x["hidden"] * 2 * 2 * (x["n"] - 1) / x["n"]
    each_s = np.where(x["direct"], c["ALL_REDUCE_S"], _latency.PCIE_ALL_REDUCE_S)
    exchange_s = each_s + moved / (x["link"] * c["LINK_SHARE"])
    exchange_s = np.where(x["n"] > 1, 2 * x["layers"] * exchange_s, 0.0)
    return np.maximum(compute_s, memory_s) + fixed_s + exchange_s


def _batch_s(x: dict[str, Array], c: Constants, batch: Array) -> tuple[Array, Array]:
    pairs = x["prompt_token_layers"] * (x["prompt"] + _latency.ATTENTION_HALF_TOKENS)
    rate = x["attention_flops"] * _latency.ATTENTION_SHARE
    prefill_s = _pass_s(x, c, batch * x["prompt"], batch) + 2 * batch * x["width"] * pairs / rate
    reading = x["bandwidth"] * c["BANDWIDTH_SHARE"] * x["cache_share"]
    return prefill_s, _pass_s(x, c, batch, batch) + batch * x["cache_bytes"] / reading


def predict(x: dict[str, Array], c: Constants) -> Array:
    """The predicted value of each row."""
    running = np.minimum(x["batch"], np.where(x["live"], x["fitting"], np.inf))
    prefill_s, decode_s = _batch_s(x, c, running)
    alone_s, _ = _batch_s(x, c, np.ones_like(running))
    others_s = (running - 1) * alone_s
    finished_per_s = running / (running * alone_s + x["output"] * decode_s)
    waiting_s = c["QUEUE_SHARE"] * others_s + (x["batch"] - running) / finished_per_s
    stalls_s = (1 - c["QUEUE_SHARE"]) * others_s / np.maximum(x["output"] - 1, 1)
    live_ttft_s = c["REQUEST_S"] + decode_s + alone_s + waiting_s
    ttft_s = np.where(x["live"], live_ttft_s, prefill_s)
    tpot_s = decode_s + np.where(x["live"], stalls_s, 0.0)
    e2e_s = ttft_s + (x["output"] - 1) * tpot_s
    answers = {
        "ttft_ms": 1e3 * ttft_s,
        "tpot_ms": 1e3 * tpot_s,
        "e2e_s": e2e_s,
        "out_tok_s": x["batch"] * x["output"] / e2e_s,
        "prefill_tok_s": x["batch"] * x["prompt"] / np.where(x["live"], e2e_s, ttft_s),
    }
    return np.select([x["metric"] == name for name in answers], list(answers.values()))


# --- fits --------------------------------------------------------------------------------


def family(x: dict[str, Array]) -> Array:
    """Which of `FAMILIES` each row belongs to."""
    return np.where(~x["live"], 0, np.where(x["metric"] == "tpot_ms", 1, 2))


def fit(x: dict[str, Array]) -> Constants:
    """The constants with the smallest errors, each family of rows counting the same."""
    families = family(x)
    counts = np.bincount(families, minlength=3)
    weights = np.sqrt(len(families) / (np.count_nonzero(counts) * counts[families]))
    start = np.array([np.log(value) for value in shipped().values()])
    highest = np.minimum(start + np.log(FACTOR), [0.0 if n in SHARES else 9.0 for n in FITTED])
    measured_log = np.log(x["value"])

    def off(logs: Array) -> Array:
        constants = dict(zip(FITTED, np.exp(logs), strict=True))
        return weights * (np.log(predict(x, constants)) - measured_log)

    found = least_squares(
        off,
        start,
        bounds=(start - np.log(FACTOR), highest),
        loss="soft_l1",
        f_scale=SOFT_SHARE,
        max_nfev=50,
    )
    return {name: float(v) for name, v in zip(FITTED, np.exp(found.x), strict=True)}


LENGTHS = (600, 1100, 2100, 4100)
SIZES = (10e9, 80e9)
GROUPS: dict[str, Callable[[measured.Row], str]] = {
    "accelerator": lambda row: row["gpu_id"],
    "server": measured.server,
    "tokens in and out": lambda row: _range(row["input_tokens"] + row["output_tokens"], LENGTHS),
    "parameters": lambda row: _range(float(row["m"]["params_total_b"]) * 1e9, SIZES),
}


def _range(value: float, edges: tuple[float, ...]) -> str:
    def show(edge: float) -> str:
        return f"{edge / 1e9:.0f}e9" if edge >= 1e9 else f"{edge:,.0f}"

    low = max((edge for edge in edges if edge <= value), default=None)
    high = min((edge for edge in edges if edge > value), default=None)
    if low is None:
        return f"below {show(high)}"
    return f"from {show(low)}" if high is None else f"{show(low)} to {show(high)}"


def left_out(
    rows: list[measured.Row], group: Callable[[measured.Row], str]
) -> list[tuple[str, int, Array]]:
    """Each group, its place among the families, and its errors when it is not fitted."""
    x = columns(rows)
    names = np.array([group(row) for row in rows])
    families = family(x)
    found = []
    for name in sorted(set(names)):
        out = names == name
        if out.all():
            continue
        kept = {key: values[~out] for key, values in x.items()}
        tested = {key: values[out] for key, values in x.items()}
        errors = np.abs(predict(tested, fit(kept)) / tested["value"] - 1)
        found += [(name, k, errors[families[out] == k]) for k in range(len(FAMILIES))]
    return [item for item in found if len(item[2])]


def report(rows: list[measured.Row]) -> str:
    """The errors with one group at a time left out of the fit, as Markdown tables."""
    if len(rows) < 100:
        raise ValueError(f"{len(rows)} rows are too few to fit {len(FITTED)} constants: give 100")
    x = columns(rows)
    families = family(x)
    ours, again = shipped(), fit(x)
    lines = ["| constant | shipped | fitted again to all rows |", "|---|---:|---:|"]
    lines += [f"| {name} | {ours[name]:.3g} | {again[name]:.3g} |" for name in FITTED]
    lines += ["", f"| left out | group | {' | '.join(FAMILIES)} |", "|---|---|---:|---:|---:|"]
    for label, constants in (("nothing, shipped constants", ours), ("nothing", again)):
        off = np.abs(predict(x, constants) / x["value"] - 1)
        lines.append(_line(label, "", [off[families == k] for k in range(len(FAMILIES))]))
    for label, group in GROUPS.items():
        lines += _section(label, left_out(rows, group))
    return "\n".join(lines)


def _section(label: str, found: list[tuple[str, int, Array]]) -> list[str]:
    every = [[e for _, k, e in found if k == place] for place in range(len(FAMILIES))]
    together = [np.concatenate(parts) if parts else np.array([]) for parts in every]
    lines = [_line(label, "all together", together)]
    for name in dict.fromkeys(name for name, _, _ in found):
        parts = {k: e for group, k, e in found if group == name}
        lines.append(_line("", name, [parts.get(k, np.array([])) for k in range(len(FAMILIES))]))
    return lines


def _line(label: str, group: str, off: list[Array]) -> str:
    cells = [f"{statistics.median(e):.1%} ({len(e):,})" if len(e) else "" for e in off]
    return f"| {label} | {group} | {' | '.join(cells)} |"
