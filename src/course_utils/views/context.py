"""The two views of context size: what it costs at an API, and how long it makes one wait."""

from __future__ import annotations

from course_utils.calculators import words
from course_utils.calculators.accuracy import error_sentence
from course_utils.calculators.context import COST_TERMS, context_cost, context_latency
from course_utils.calculators.decision import Decision
from course_utils.calculators.latency import latency
from course_utils.calculators.money import request_cost
from course_utils.catalog import accelerator, model, models, price, prices
from course_utils.views.model import Chart, Knob, Result, Rule, Series, Table, View

CONTEXT_STEPS = tuple(
    float(n * 1000)
    for n in (1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1000)
)
TABLE_CONTEXTS = (1_000, 4_000, 16_000, 64_000, 256_000, 1_000_000)
CURVE_POINTS = 41

OWN_PRICES = "own"


def _curve_contexts(most: float) -> tuple[float, ...]:
    """Contexts for the lines, evenly spread on a log axis from 1,000 up to `most`."""
    ratio = most / 1000
    return tuple(1000 * ratio ** (n / (CURVE_POINTS - 1)) for n in range(CURVE_POINTS))


def _table_contexts(context: float, most: float) -> tuple[list[float], int]:
    """The contexts of the table with the reader's own among them, and its row."""
    rows = sorted({*(c for c in TABLE_CONTEXTS if c <= most), context})
    return rows, rows.index(context)


def _threshold_label(decision: Decision) -> str:
    if decision.threshold_value is None:
        return f"No {decision.threshold_name}."
    name = decision.threshold_name[0].upper() + decision.threshold_name[1:]
    return f"{name}: {words.about_tokens(decision.threshold_value)}."


# ---------------------------------------------------------------- cost at an API


def _rates(
    price_id: str, input_price: float, cached_price: float, output_price: float
) -> tuple[dict[str, float], float, str]:
    """Prices in USD per million tokens, the context up to which they hold, and their source."""
    if price_id == OWN_PRICES:
        rates = (input_price, cached_price, output_price)
        most, source = 1_000_000.0, "your own"
    else:
        entry = price(price_id)
        rates = (
            entry.input_usd_per_mtok,
            entry.cached_input_usd_per_mtok,
            entry.output_usd_per_mtok,
        )
        most = float(entry.flat_up_to_tokens)
        source = f"{entry.source}, as of {entry.as_of}"
    names = ("input_usd_per_mtok", "cached_input_usd_per_mtok", "output_usd_per_mtok")
    return dict(zip(names, rates, strict=True)), most, source


def _cost_result(
    *,
    context_tokens: float,
    price_id: str,
    cached_percent: float,
    output_tokens: float,
    own_input_usd_per_mtok: float,
    own_cached_usd_per_mtok: float,
    own_output_usd_per_mtok: float,
) -> Result:
    rates, most, source = _rates(
        price_id, own_input_usd_per_mtok, own_cached_usd_per_mtok, own_output_usd_per_mtok
    )
    fixed = {"output_tokens": output_tokens, "cached_share": cached_percent / 100, **rates}
    decision = context_cost(context_tokens=context_tokens, flat_up_to_tokens=most, **fixed)
    costs = [(t, request_cost(context_tokens=t, **fixed)) for t in _curve_contexts(min(most, 1e6))]
    return Result(
        sentence=decision.sentence,
        chart=_cost_chart(decision, context_tokens, costs),
        table=_cost_table(context_tokens, most, fixed),
        binding_role=decision.binding_role,
        binding_label=f"the {COST_TERMS[decision.binding_role]}",
        threshold_label=_threshold_label(decision),
        limits=(
            f"Exact for these prices ({source}). Not included: cache writes, retries, "
            "batch discounts, taxes, and what the rest of the system costs."
        ),
    )


def _cost_chart(decision: Decision, context_tokens: float, costs: list) -> Chart:
    xs = tuple(t for t, _ in costs)
    fields = ("fresh_input_usd", "cached_input_usd", "output_usd", "total_usd")
    labels = (*COST_TERMS.values(), "whole request")
    roles = (*COST_TERMS, "total")
    series = tuple(
        Series(label, role, xs, tuple(1000 * getattr(cost, name) for _, cost in costs))
        for label, role, name in zip(labels, roles, fields, strict=True)
    )
    flips = decision.threshold_value
    title = "At these prices the context is free"
    if flips is not None:
        title = f"Beyond {words.about_tokens(flips)} of context the input carries the bill"
    return Chart(
        title=title,
        x_label="context (tokens)",
        y_label="USD per 1,000 requests",
        series=series,
        rules=(Rule(f"input = output: {words.about_tokens(flips)}", x=flips),) if flips else (),
        you_are_here=(context_tokens, decision.values["usd_per_1000_requests"]),
    )


def _cost_table(context_tokens: float, most: float, fixed: dict[str, float]) -> Table:
    contexts, marked = _table_contexts(context_tokens, most)
    rows = []
    for tokens in contexts:
        cost = request_cost(context_tokens=tokens, **fixed)
        share = 100 * cost.input_usd / cost.total_usd
        rows.append(
            (
                int(tokens),
                1000 * cost.input_usd,
                1000 * cost.output_usd,
                1000 * cost.total_usd,
                share,
            )
        )
    return Table(
        caption="Cost of 1,000 requests by context size",
        columns=(
            "Context (tokens)",
            "Input (USD)",
            "Output (USD)",
            "Total (USD)",
            "Input share (%)",
        ),
        rows=tuple(rows),
        marked_row=marked,
    )


_PRICE_CHOICES = (
    *((entry.id, entry.name) for entry in prices().values()),
    (OWN_PRICES, "Your own prices (more settings)"),
)

CONTEXT_COST = View(
    id="context-cost",
    title="Cost against context",
    question="what do a thousand more tokens cost on every request?",
    knobs=(
        Knob(
            "context_tokens", "Context", "tokens", "steps", 8_000, steps=CONTEXT_STEPS, primary=True
        ),
        Knob(
            "price_id", "Model", "", "choice", "textbook-3-15", choices=_PRICE_CHOICES, primary=True
        ),
        Knob(
            "cached_percent",
            "Share of the context read from a cache",
            "%",
            "steps",
            0,
            steps=tuple(float(n) for n in range(0, 100, 5)),
            primary=True,
        ),
        Knob("output_tokens", "Answer", "tokens", "number", 400),
        Knob("own_input_usd_per_mtok", "Own input price", "USD per million", "number", 3),
        Knob("own_cached_usd_per_mtok", "Own cached input price", "USD per million", "number", 0.3),
        Knob("own_output_usd_per_mtok", "Own output price", "USD per million", "number", 15),
    ),
    compute=_cost_result,
)

# ---------------------------------------------------------------- waiting for an open model

# The counts in which each accelerator is usually rented as one server.
_SERVERS = (
    ("rtx-4090", 1),
    ("l4", 1),
    ("l40s", 1),
    ("a100-sxm-80gb", 1),
    ("a100-sxm-80gb", 8),
    ("h100-sxm-80gb", 1),
    ("h100-sxm-80gb", 2),
    ("h100-sxm-80gb", 4),
    ("h100-sxm-80gb", 8),
    ("h200-sxm", 1),
    ("h200-sxm", 8),
    ("b200-sxm", 1),
    ("b200-sxm", 8),
    ("mi300x", 1),
    ("mi300x", 8),
)


def _server_id(accelerator_id: str, count: int) -> str:
    return f"{count}x-{accelerator_id}"


_SERVER_BY_ID = {_server_id(*server): server for server in _SERVERS}


def _latency_result(
    *,
    context_tokens: float,
    model_id: str,
    server_id: str,
    batch: float,
    output_tokens: float,
    ttft_target_s: float,
    weight_bits: str,
    kv_bits: str,
    usd_per_accelerator_hour: float,
) -> Result:
    if server_id not in _SERVER_BY_ID:
        raise ValueError(f"server_id = {server_id!r}: give one of {', '.join(_SERVER_BY_ID)}")
    accelerator_id, count = _SERVER_BY_ID[server_id]
    box = {
        "model": model(model_id),
        "accelerator": accelerator(accelerator_id),
        "n_accelerators": count,
        "output_tokens": output_tokens,
        "weight_bits": float(weight_bits),
        "kv_bits": float(kv_bits),
    }
    service = {
        "batch": batch,
        "ttft_target_s": ttft_target_s,
        "usd_per_accelerator_hour": usd_per_accelerator_hour,
    }
    decision = context_latency(context_tokens=context_tokens, **box, **service)
    most = float(min(box["model"].max_context_tokens, 1_000_000))
    role = decision.binding_role
    return Result(
        sentence=decision.sentence,
        chart=_latency_chart(decision, context_tokens, most, box, service),
        table=_latency_table(context_tokens, most, box, service),
        binding_role=_DRAWN_AS.get(role, role),
        binding_label=decision.binding_label,
        threshold_label=_threshold_label(decision),
        limits=LATENCY_LIMITS,
    )


# Decoding and the overhead of its steps are drawn as one line: the rest of the answer.
_DRAWN_AS = {"decode_linear": "rest", "decode_attention": "rest", "overhead": "rest"}

LATENCY_LIMITS = (
    "A roofline with constants fitted on published measurements, for one prompt at a time: on a "
    f"busy server the first token comes later. {error_sentence()}"
)


def _latency_chart(
    decision: Decision, context_tokens: float, most: float, box: dict, service: dict
) -> Chart:
    xs = _curve_contexts(most)
    steps = box["output_tokens"] - 1
    first = [latency(context_tokens=x, batch=1, **box) for x in xs]
    running = [latency(context_tokens=x, batch=service["batch"], **box) for x in xs]
    lines = {
        "ttft": ("first token", [f.ttft_s for f in first]),
        "prefill_linear": ("of which weights", [f.prefill_linear_s for f in first]),
        "prefill_attention": ("of which attention", [f.prefill_attention_s for f in first]),
        "rest": ("rest of the answer", [steps * r.tpot_s for r in running]),
    }
    series = [Series(label, role, xs, tuple(ys)) for role, (label, ys) in lines.items()]
    target, flips = service["ttft_target_s"], decision.threshold_value
    rules = [Rule(words.about_tokens(flips), x=flips)] if flips else []
    rules.append(Rule(f"target: {words.seconds(target)}", y=target))
    return Chart(
        title=_latency_title(decision),
        x_label="context (tokens)",
        y_label="seconds",
        series=tuple(series),
        rules=tuple(rules),
        you_are_here=(context_tokens, decision.values["ttft_s"]),
    )


def _latency_title(decision: Decision) -> str:
    if not decision.threshold_value:
        return "No context is short enough here"
    what = {
        "context at which the first token misses its target": "the first token comes too late",
        "context at which the memory is full": "the requests no longer fit in memory together",
        "context at which the model's window ends": "the model can read no further",
    }[decision.threshold_name]
    return f"Beyond {words.about_tokens(decision.threshold_value)} of context {what}"


def _latency_table(context_tokens: float, most: float, box: dict, service: dict) -> Table:
    contexts, marked = _table_contexts(context_tokens, most)
    rows = []
    for tokens in contexts:
        values = context_latency(context_tokens=tokens, **box, **service).values
        rows.append(
            (
                int(tokens),
                values["ttft_s"],
                1000 * values["tpot_s"],
                values["e2e_s"],
                values["kv_gb_per_sequence"],
                int(values["users_that_fit"]),
                1000 * values["usd_per_request"],
            )
        )
    return Table(
        caption="Waiting time, memory and cost by context size",
        columns=(
            "Context (tokens)",
            "First token (s)",
            "Each further token (ms)",
            "Whole answer (s)",
            "KV cache per request (GB)",
            "Requests that fit",
            "USD per 1,000 requests",
        ),
        rows=tuple(rows),
        marked_row=marked,
    )


_SERVER_CHOICES = tuple(
    (key, f"{count} x {accelerator(accelerator_id).name}")
    for key, (accelerator_id, count) in _SERVER_BY_ID.items()
)

CONTEXT_LATENCY = View(
    id="context-latency",
    title="Waiting against context",
    question="how much context can the first token afford?",
    knobs=(
        Knob(
            "context_tokens", "Context", "tokens", "steps", 8_000, steps=CONTEXT_STEPS, primary=True
        ),
        Knob(
            "model_id",
            "Open model",
            "",
            "choice",
            "llama-3.1-70b",
            choices=tuple((entry.id, entry.name) for entry in models().values()),
            primary=True,
        ),
        Knob(
            "server_id",
            "Server",
            "",
            "choice",
            "8x-h100-sxm-80gb",
            choices=_SERVER_CHOICES,
            primary=True,
        ),
        Knob("batch", "Requests served at once", "requests", "number", 16),
        Knob("output_tokens", "Answer", "tokens", "number", 400),
        Knob("ttft_target_s", "Target for the first token", "s", "number", 2),
        Knob(
            "weight_bits",
            "Weights",
            "bits",
            "choice",
            "16",
            choices=(("16", "16"), ("8", "8"), ("4", "4")),
        ),
        Knob("kv_bits", "KV cache", "bits", "choice", "16", choices=(("16", "16"), ("8", "8"))),
        Knob("usd_per_accelerator_hour", "Rent of one accelerator", "USD per hour", "number", 2.5),
    ),
    compute=_latency_result,
)

VIEWS = (CONTEXT_COST, CONTEXT_LATENCY)
