"""Three views of time and memory: the work in a prompt, the cost of an answer, the wait."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from course_utils.calculators import words
from course_utils.calculators.accuracy import error_sentence
from course_utils.calculators.admission import Waiting, admission, waiting
from course_utils.calculators.answer_cost import batch_choice, server_seconds
from course_utils.calculators.decision import Decision
from course_utils.calculators.prefill_work import prefill_work
from course_utils.catalog import accelerator, model, models
from course_utils.views.context import CONTEXT_LATENCY, CONTEXT_STEPS
from course_utils.views.model import Chart, Knob, Result, Rule, Series, Table, View

CURVE_POINTS = 33
TABLE_CONTEXTS = (1_000, 4_000, 16_000, 64_000, 120_000, 500_000, 1_000_000)
REQUEST_STEPS = tuple(
    float(n)
    for n in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
)


def _spread(low: float, high: float) -> tuple[float, ...]:
    """Points for the lines, evenly spread on a log axis."""
    return tuple(low * (high / low) ** (n / (CURVE_POINTS - 1)) for n in range(CURVE_POINTS))


def _with_own(rows: tuple[float, ...], own: float, most: float) -> tuple[list[float], int]:
    """The rows of a table up to `most`, the reader's own among them, and its place."""
    values = sorted({*(row for row in rows if row <= most), own})
    return values, values.index(own)


# ---------------------------------------------------------------- the work in a prompt

# The formula counts attention over the whole context in every layer.
_FULL_ATTENTION = tuple(
    entry for entry in models().values() if entry.full_attention_layers == entry.layers
)


def _work_result(*, context_tokens: float, model_id: str) -> Result:
    decision = prefill_work(model=model_id, context_tokens=context_tokens)
    tenth, half = decision.threshold_value, decision.values["half_at_tokens"]
    window = model(model_id).max_context_tokens
    return Result(
        sentence=decision.sentence,
        chart=_work_chart(model_id, context_tokens, decision),
        table=_work_table(model_id, context_tokens),
        binding_role=decision.binding_role,
        binding_label=decision.binding_label,
        threshold_label=(
            f"Attention is a tenth of the work at {words.about_tokens(tenth)}, and half of it at "
            f"{words.about_tokens(half)}."
        ),
        limits=(
            "Operations, exact for this formula; not times, since hardware is faster at one of the "
            f"two than at the other. {model(model_id).name} itself reads up to "
            f"{words.tokens(window)}. Not included: the output layer for the last token alone, and "
            "what a cached prefix saves."
        ),
    )


def _work_chart(model_id: str, context_tokens: float, decision: Decision) -> Chart:
    xs = _spread(CONTEXT_STEPS[0], CONTEXT_STEPS[-1])
    works = [prefill_work(model=model_id, context_tokens=x).values for x in xs]
    labels = {"total": "together", "linear": "parameters", "attention": "attention"}
    tenth, half = decision.threshold_value, decision.values["half_at_tokens"]
    return Chart(
        title=f"Attention passes the parameters at {words.about_tokens(half)}",
        x_label="context (tokens)",
        y_label="PFLOP (10^15 operations)",
        series=tuple(
            Series(label, role, xs, tuple(w[f"{role}_flops"] / 1e15 for w in works))
            for role, label in labels.items()
        ),
        rules=(
            Rule(f"a tenth: {words.digits(tenth)}", x=tenth),
            Rule(f"half: {words.digits(half)}", x=half),
        ),
        you_are_here=(context_tokens, decision.values["total_flops"] / 1e15),
    )


def _work_table(model_id: str, context_tokens: float) -> Table:
    contexts, marked = _with_own(TABLE_CONTEXTS, context_tokens, CONTEXT_STEPS[-1])
    rows = []
    for tokens in contexts:
        values = prefill_work(model=model_id, context_tokens=tokens).values
        rows.append(
            (
                int(tokens),
                values["linear_flops"] / 1e15,
                values["attention_flops"] / 1e15,
                100 * values["attention_share"],
                values["flops_per_token"] / 1e9,
            )
        )
    return Table(
        caption="Operations to read a prompt",
        columns=(
            "Context (tokens)",
            "Parameters (PFLOP)",
            "Attention (PFLOP)",
            "Attention share (%)",
            "Each token (GFLOP)",
        ),
        rows=tuple(rows),
        marked_row=marked,
    )


PREFILL_WORK = View(
    id="prefill-work",
    title="Work against context",
    question="from which length on does attention count?",
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
            choices=tuple((entry.id, entry.name) for entry in _FULL_ATTENTION),
            primary=True,
        ),
    ),
    compute=_work_result,
)

# ---------------------------------------------------------------- the cost of an answer

# The servers that one can rent, with their ids such as "8x-h100-sxm-80gb".
_SERVER_KNOB = next(knob for knob in CONTEXT_LATENCY.knobs if knob.name == "server_id")
_SERVER_IDS = tuple(key for key, _ in _SERVER_KNOB.choices)


def _server(server_id: str) -> dict[str, Any]:
    if server_id not in _SERVER_IDS:
        raise ValueError(f"server_id = {server_id!r}: give one of {', '.join(_SERVER_IDS)}")
    count, _, accelerator_id = server_id.partition("x-")
    return {"accelerator": accelerator(accelerator_id), "n_accelerators": int(count)}


def _cost_result(
    *,
    context_tokens: float,
    batch: float,
    busy_percent: float,
    model_id: str,
    server_id: str,
    output_tokens: float,
    weight_bits: str,
    kv_bits: str,
    usd_per_accelerator_hour: float,
) -> Result:
    box = {
        "model": model(model_id),
        **_server(server_id),
        "output_tokens": output_tokens,
        "weight_bits": float(weight_bits),
        "kv_bits": float(kv_bits),
    }
    rent = {
        "usd_per_accelerator_hour": usd_per_accelerator_hour,
        "busy_share": busy_percent / 100,
    }
    decision = batch_choice(context_tokens=context_tokens, batch=batch, **box, **rent)
    limit = decision.threshold_value
    said = words.about_tokens(limit) if decision.threshold_unit == "tokens" else words.count(limit)
    name = decision.threshold_name[0].upper() + decision.threshold_name[1:]
    return Result(
        sentence=decision.sentence,
        chart=_cost_chart(decision, context_tokens, batch, box, rent),
        table=_cost_table(context_tokens, batch, box, rent),
        binding_role=decision.binding_role,
        binding_label=decision.binding_label,
        threshold_label=f"{name}: {said}.",
        limits=(
            "Rent of the server and nothing else, for prompts that no cache has seen, and with "
            f"90% of the memory for weights and cache. {error_sentence()}"
        ),
    )


def _cost_chart(
    decision: Decision, context_tokens: float, batch: float, box: dict, rent: dict
) -> Chart:
    values = decision.values
    fitting, balance = values["requests_that_fit"], values["requests_at_balance"]
    xs = _spread(1.0, max(2 * batch, 2 * fitting, 64.0))
    usd_per_s = rent["usd_per_accelerator_hour"] * box["n_accelerators"] / 3600 / rent["busy_share"]
    # What does not fit waits; where nothing fits, the lines are those with memory enough.
    running = [min(x, fitting) if fitting >= 1 else x for x in xs]
    seconds = [server_seconds(context_tokens=context_tokens, batch=b, **box) for b in running]
    lines = {
        "total": ("one answer", [s.total_s for s in seconds]),
        "reading": ("reading the prompt", [s.reading_s for s in seconds]),
        "writing": ("writing the answer", [s.writing_s for s in seconds]),
    }
    rules = []
    if 1 < balance <= xs[-1] and balance <= max(fitting, 1):
        rules.append(Rule(f"reading = writing: {words.count(balance)}", x=balance))
    if fitting >= 1:
        rules.append(Rule(f"{words.count(fitting)} fit", x=fitting))
    here = (batch, 1000 * values["usd_per_answer"]) if fitting >= 1 else None
    return Chart(
        title=_cost_title(fitting, balance),
        x_label="requests at once",
        y_label="USD per 1,000 answers",
        series=tuple(
            Series(label, role, xs, tuple(1000 * usd_per_s * s for s in ys))
            for role, (label, ys) in lines.items()
        ),
        rules=tuple(rules),
        you_are_here=here,
    )


def _cost_title(fitting: float, balance: float) -> str:
    if fitting < 1:
        return "Nothing fits here; this is the cost with memory enough"
    if balance <= 1:
        return "Reading the prompt carries the bill, however many share a step"
    if balance <= fitting:
        return f"From {words.count(balance)} at once reading the prompts carries the bill"
    return f"Memory ends the sharing at {words.several(fitting, 'request', 'requests')} at once"


def _cost_table(context_tokens: float, batch: float, box: dict, rent: dict) -> Table:
    most = box["model"].max_context_tokens - box["output_tokens"]
    contexts, marked = _with_own(TABLE_CONTEXTS, context_tokens, most)
    rows = []
    for tokens in contexts:
        values = batch_choice(context_tokens=tokens, batch=batch, **box, **rent).values
        fits = values["requests_that_fit"] >= 1
        rows.append(
            (
                int(tokens),
                values["kv_gb_per_request"],
                int(values["requests_that_fit"]),
                int(values["answers_per_hour"]),
                1000 * values["usd_per_answer"] if fits else "-",
                100 * values["reading_usd"] / values["usd_per_answer"] if fits else "-",
            )
        )
    return Table(
        caption=f"Memory and cost with up to {words.count(batch)} at once, by context size",
        columns=(
            "Context (tokens)",
            "KV cache per request (GB)",
            "Requests that fit",
            "Answers per hour",
            "USD per 1,000 answers",
            "Of which reading (%)",
        ),
        rows=tuple(rows),
        marked_row=marked,
    )


ANSWER_COST = View(
    id="answer-cost",
    title="Cost of an answer on your own server",
    question="do more requests at once make it cheaper, or only a shorter context?",
    knobs=(
        Knob(
            "context_tokens", "Context", "tokens", "steps", 8_000, steps=CONTEXT_STEPS, primary=True
        ),
        Knob(
            "batch",
            "Requests at once",
            "",
            "steps",
            16,
            steps=REQUEST_STEPS,
            primary=True,
        ),
        Knob(
            "busy_percent",
            "Hours with this much work",
            "%",
            "steps",
            100,
            steps=(2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100),
            primary=True,
        ),
        Knob(
            "model_id",
            "Open model",
            "",
            "choice",
            "llama-3.1-70b",
            choices=tuple((entry.id, entry.name) for entry in models().values()),
        ),
        Knob("server_id", "Server", "", "choice", "8x-h100-sxm-80gb", choices=_SERVER_KNOB.choices),
        Knob("output_tokens", "Answer", "tokens", "number", 400),
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
    compute=_cost_result,
)

# ---------------------------------------------------------------- waiting on a busy server


@dataclass(frozen=True)
class Setting:
    """A model on a server, and what was measured there: by context, requests -> (s, s).

    The two are the mean time to first token and per output token, with `MEASURED_OUTPUT`
    tokens in each answer.
    """

    name: str
    server_id: str
    bits: float
    software: str = ""
    measured: tuple[tuple[int, dict[int, tuple[float, float]]], ...] = ()

    def at(self, context_tokens: float, output_tokens: float) -> dict[int, tuple[float, float]]:
        """The measurements at exactly this length; none at any other."""
        if output_tokens != MEASURED_OUTPUT:
            return {}
        return dict(self.measured).get(int(context_tokens), {})


MODEL_ID = "llama-3.1-70b"
MEASURED_OUTPUT = 1024
# A server is held at so many requests; each finished one is followed by the next.
MEASURED_SOURCE = (
    "AIConfigurator (github:ai-dynamo/aiconfigurator@095f58a51, "
    "aic-core/src/aiconfigurator_core/systems/silicon_sample.csv)"
)
SETTINGS = {
    "8x-h100-8bit": Setting(
        "8 x H100, 8 bits",
        "8x-h100-sxm-80gb",
        8,
        "vLLM",
        (
            (
                1024,
                {
                    4: (0.0704104, 0.00911389),
                    8: (0.0757984, 0.00935605),
                    16: (0.0930132, 0.0113917),
                    32: (0.124399, 0.0126372),
                    64: (0.184828, 0.015455),
                },
            ),
            (
                8192,
                {
                    4: (0.300781, 0.0102178),
                    8: (0.360731, 0.0115878),
                    16: (0.482889, 0.0158526),
                    32: (0.689243, 0.0216121),
                    64: (1.15026, 0.0344826),
                },
            ),
        ),
    ),
    "8x-h200-8bit": Setting(
        "8 x H200, 8 bits",
        "8x-h200-sxm",
        8,
        "TensorRT-LLM",
        (
            (
                1024,
                {
                    4: (0.0686914, 0.00625851),
                    8: (0.0818166, 0.00671576),
                    16: (0.103158, 0.00769268),
                    32: (0.143285, 0.00930264),
                    64: (0.225423, 0.0135056),
                    128: (0.323506, 0.021644),
                },
            ),
            (
                8192,
                {
                    4: (0.301974, 0.00715104),
                    8: (0.369306, 0.00842583),
                    16: (0.511667, 0.0112612),
                    32: (0.706049, 0.0166672),
                    64: (1.13237, 0.0279757),
                    128: (1.89931, 0.0500287),
                },
            ),
        ),
    ),
    "8x-h100-16bit": Setting("8 x H100, 16 bits", "8x-h100-sxm-80gb", 16),
}

# What the chart can show: a label, the parts of that time, its place in a measurement.
_SHOWN: dict[str, tuple[str, Callable[[Waiting], tuple[float, float]], int]] = {
    "first": ("first token", lambda w: (w.own_prompt_s, w.queue_s), 0),
    "further": ("each further token", lambda w: (w.own_step_s, w.stalls_s), 1),
}
_DRAWN_AS = {"own_prompt": "own", "own_step": "own", "queue": "others", "stalls": "others"}


def _busy_result(
    *,
    context_tokens: float,
    requests: float,
    shown: str,
    setting_id: str,
    output_tokens: float,
    ttft_target_s: float,
    tpot_target_ms: float,
) -> Result:
    if setting_id not in SETTINGS:
        raise ValueError(f"setting_id = {setting_id!r}: give one of {', '.join(SETTINGS)}")
    if shown not in _SHOWN:
        raise ValueError(f"shown = {shown!r}: give one of {', '.join(_SHOWN)}")
    setting = SETTINGS[setting_id]
    box = {
        "model": MODEL_ID,
        **_server(setting.server_id),
        "context_tokens": context_tokens,
        "output_tokens": output_tokens,
        "weight_bits": setting.bits,
        "kv_bits": setting.bits,
    }
    decision = admission(
        requests=requests,
        ttft_target_s=ttft_target_s,
        tpot_target_s=tpot_target_ms / 1000,
        **box,
    )
    measured = setting.at(context_tokens, output_tokens)
    return Result(
        sentence=decision.sentence,
        chart=_busy_chart(
            decision, requests, shown, (ttft_target_s, tpot_target_ms / 1000), measured, box
        ),
        table=_busy_table(requests, measured, box),
        binding_role=_DRAWN_AS[decision.binding_role],
        binding_label=decision.binding_label,
        threshold_label=(
            f"Requests at once that meet both targets: {words.count(decision.threshold_value)}."
        ),
        limits=_busy_limits(setting, measured, box),
    )


def _busy_limits(setting: Setting, measured: dict, box: dict) -> str:
    means = "Means, not percentiles, for prompts that no cache has seen."
    if not measured:
        there = " and ".join(words.count(context) for context, _ in setting.measured)
        dots = f" Measured at {there} tokens in and {words.count(MEASURED_OUTPUT)} out."
        return f"{means}{dots if there else ''} {error_sentence()}"
    off = {
        shown: [
            sum(parts(waiting(requests=count, **box))) / times[place] - 1
            for count, times in measured.items()
        ]
        for shown, (_, parts, place) in _SHOWN.items()
    }
    median = {
        shown: words.percent(statistics.median(map(abs, misses))) for shown, misses in off.items()
    }
    return (
        f"{means} The dots were measured with {setting.software}: {MEASURED_SOURCE}; here the "
        f"median error of the model is {median['first']} for the first token and "
        f"{median['further']} for each further one. {error_sentence()}"
    )


def _busy_chart(
    decision: Decision,
    requests: float,
    shown: str,
    targets: tuple[float, float],
    measured: dict[int, tuple[float, float]],
    box: dict,
) -> Chart:
    label, parts, place = _SHOWN[shown]
    most = decision.threshold_value
    xs = _spread(1.0, min(max(2 * requests, 2 * most, 128.0), 4096.0))
    both = [parts(waiting(requests=x, **box)) for x in xs]
    scale = 1.0 if shown == "first" else 1000.0
    # A request that is nearly alone waits for next to nothing: on a log axis that would be a
    # line down to the floor.
    visible = [(x, others) for x, (own, others) in zip(xs, both, strict=True) if others > own / 20]
    lines = {
        "total": (label, [(x, own + others) for x, (own, others) in zip(xs, both, strict=True)]),
        "own": (
            "own prompt" if shown == "first" else "own step",
            [(x, own) for x, (own, _) in zip(xs, both, strict=True)],
        ),
        "others": ("other prompts", visible),
    }
    series = [
        Series(name, role, tuple(x for x, _ in points), tuple(scale * y for _, y in points))
        for role, (name, points) in lines.items()
    ]
    if measured:
        dots = tuple(scale * times[place] for times in measured.values())
        series.append(
            Series("measured", "measured", tuple(map(float, measured)), dots, style="dots")
        )
    rules = [Rule(f"target: {words.seconds(targets[place])}", y=scale * targets[place])]
    if most >= 1:
        rules.insert(0, Rule(f"{words.count(most)} at once", x=most))
    return Chart(
        title=_busy_title(shown, decision, xs[-1]),
        x_label="requests at once",
        y_label="seconds" if shown == "first" else "milliseconds",
        series=tuple(series),
        rules=tuple(rules),
        you_are_here=(requests, scale * sum(parts(waiting(requests=requests, **box)))),
    )


def _busy_title(shown: str, decision: Decision, end: float) -> str:
    """From where on a user waits for other people's prompts more than for your own work."""
    if shown == "first":
        at, name, own = (
            decision.values["queue_passes_own_at"],
            "first token waits",
            "its own prompt",
        )
    else:
        at, name, own = (
            decision.values["stalls_pass_own_at"],
            "further tokens wait",
            "their own step",
        )
    if at > end:
        return f"The {name} mostly for {own}"
    return f"From {words.count(at)} at once the {name} mostly for other prompts"


def _busy_table(requests: float, measured: dict[int, tuple[float, float]], box: dict) -> Table:
    counts, marked = _with_own((1, 4, 8, 16, 32, 64, 128, 256), requests, 1e9)
    rows = []
    for count in counts:
        times = waiting(requests=count, **box)
        first, further = measured.get(int(count), ("", ""))
        rows.append(
            (
                int(count),
                times.ttft_s,
                first if first else "-",
                1000 * times.tpot_s,
                1000 * further if further else "-",
            )
        )
    return Table(
        caption="Mean waiting times by requests at once",
        columns=(
            "Requests at once",
            "First token (s)",
            "Measured (s)",
            "Each further token (ms)",
            "Measured (ms)",
        ),
        rows=tuple(rows),
        marked_row=marked,
    )


BUSY_SERVER = View(
    id="busy-server",
    title="Waiting on a busy server",
    question="how many requests may it hold at once?",
    knobs=(
        Knob(
            "context_tokens",
            "Context",
            "tokens",
            "steps",
            8_192,
            steps=(1_024, 2_000, 4_000, 8_192, 16_000, 32_000, 64_000, 100_000, 120_000),
            primary=True,
        ),
        Knob(
            "requests",
            "Requests at once",
            "",
            "steps",
            16,
            steps=REQUEST_STEPS,
            primary=True,
        ),
        Knob(
            "shown",
            "Waiting for",
            "",
            "choice",
            "first",
            choices=(("first", "the first token"), ("further", "each further token")),
            primary=True,
        ),
        Knob(
            "setting_id",
            "Llama 3.1 70B on",
            "",
            "choice",
            "8x-h100-8bit",
            choices=tuple((key, setting.name) for key, setting in SETTINGS.items()),
        ),
        Knob("output_tokens", "Answer", "tokens", "number", MEASURED_OUTPUT),
        Knob("ttft_target_s", "Target for the first token", "s", "number", 2),
        Knob("tpot_target_ms", "Target for each further token", "ms", "number", 100),
    ),
    compute=_busy_result,
)

VIEWS = (PREFILL_WORK, ANSWER_COST, BUSY_SERVER)
