"""How much context to send: what it costs at an API, and what it takes on own hardware."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils import catalog
from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.latency import Latency, latency
from course_utils.calculators.memory import (
    USABLE_MEMORY_SHARE,
    kv_cache_bytes,
    largest_batch,
    largest_context_tokens,
    usable_memory_bytes,
    weight_bytes,
)
from course_utils.calculators.money import (
    blended_input_usd_per_mtok,
    input_output_crossover_tokens,
    request_cost,
    usd_per_mtok,
)

COST_TERMS = {
    "fresh_input": "fresh input",
    "cached_input": "cached input",
    "output": "output",
}

LATENCY_TERMS = {
    "prefill_linear": "prefill: multiplying the weights",
    "prefill_attention": "prefill: attention",
    "decode_linear": "decode: reading the weights",
    "decode_attention": "decode: reading the KV cache",
    "overhead": "fixed overhead of each step",
    "capacity": "memory capacity",
}


def context_cost(
    *,
    context_tokens: float,
    output_tokens: float,
    input_usd_per_mtok: float,
    cached_input_usd_per_mtok: float,
    output_usd_per_mtok: float,
    cached_share: float = 0.0,
    flat_up_to_tokens: float = validate.MAX_TOKENS,
) -> Decision:
    """What a request costs at an API, and whether to shorten the context or the answer.

    Units: tokens per request; US dollars per million tokens; `cached_share` of the
    context is billed at the cached price. The rates hold for contexts of up to
    `flat_up_to_tokens`.

    Formula: the terms of `request_cost`; the choice flips at
    T* = T_out p_out / p_in, with the blended price of fresh and cached input.

    Source: this course: 32,000 tokens in and 400 out at $3 and $15 cost $102 per
    1,000 requests, and input passes output at 2,000 tokens.

    >>> decision = context_cost(context_tokens=32000, output_tokens=400, input_usd_per_mtok=3,
    ...     cached_input_usd_per_mtok=0.3, output_usd_per_mtok=15)
    >>> round(decision.values["usd_per_1000_requests"], 2), decision.threshold_value
    (102.0, 2000.0)
    """
    for name, value in list(locals().items()):
        validate.scalar(name, value)
    flat = validate.number(
        "flat_up_to_tokens", flat_up_to_tokens, "tokens", low=1, high=validate.MAX_TOKENS
    )
    validate.number("context_tokens", context_tokens, "tokens", low=1, high=flat)
    validate.tokens("output_tokens", output_tokens)
    p_in = usd_per_mtok("input_usd_per_mtok", input_usd_per_mtok)
    validate.number(
        "cached_input_usd_per_mtok",
        cached_input_usd_per_mtok,
        "US dollars per million tokens, no more than fresh input",
        high=p_in,
    )
    validate.positive(
        "output_usd_per_mtok", output_usd_per_mtok, "US dollars per million tokens", high=1e4
    )
    cost = request_cost(
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        input_usd_per_mtok=input_usd_per_mtok,
        cached_input_usd_per_mtok=cached_input_usd_per_mtok,
        output_usd_per_mtok=output_usd_per_mtok,
        cached_share=cached_share,
    )
    blended = blended_input_usd_per_mtok(
        input_usd_per_mtok=input_usd_per_mtok,
        cached_input_usd_per_mtok=cached_input_usd_per_mtok,
        cached_share=cached_share,
    )
    threshold = None
    if blended > 0:
        threshold = input_output_crossover_tokens(
            output_tokens=output_tokens,
            input_usd_per_mtok=blended,
            output_usd_per_mtok=output_usd_per_mtok,
        )
    input_first = threshold is not None and context_tokens > threshold
    role = "output"
    if input_first:
        fresh_binds = cost.fresh_input_usd >= cost.cached_input_usd
        role = "fresh_input" if fresh_binds else "cached_input"
    return Decision(
        choice="shorten the context first" if input_first else "shorten the answer first",
        values={
            "request_usd": cost.total_usd,
            "usd_per_1000_requests": 1000 * cost.total_usd,
            "fresh_input_usd": cost.fresh_input_usd,
            "cached_input_usd": cost.cached_input_usd,
            "input_usd": cost.input_usd,
            "output_usd": cost.output_usd,
            "input_share": cost.input_usd / cost.total_usd,
            "blended_input_usd_per_mtok": blended,
        },
        binding_role=role,
        binding_label=COST_TERMS[role],
        threshold_name="context at which input costs as much as output",
        threshold_value=threshold,
        threshold_unit="tokens",
        sentence=_cost_sentence(
            input_first, 1000 * cost.input_usd, 1000 * cost.output_usd, threshold
        ),
    )


def _cost_sentence(
    input_first: bool, input_usd: float, output_usd: float, threshold: float | None
) -> str:
    half_input, half_output = words.dollars(input_usd / 2), words.dollars(output_usd / 2)
    if input_first:
        return (
            f"I choose to shorten the context before the answer, because half the context saves "
            f"{half_input} per 1,000 requests and half the answer only {half_output}; I would "
            f"switch below {words.tokens(threshold)} of context, where the answer costs more."
        )
    first = (
        f"I choose to shorten the answer before the context, because half the answer saves "
        f"{half_output} per 1,000 requests and half the context only {half_input}; "
    )
    if threshold is None:
        return first + "I would not switch at any context, because the context is free."
    return first + (
        f"I would switch above {words.tokens(threshold)} of context, where the context costs more."
    )


def added_context(
    *,
    extra_context_tokens: float,
    input_usd_per_mtok: float,
    quality_gain: float,
    error_cost_usd: float,
) -> Decision:
    """Whether more context is worth its price: the marginal-value rule.

    Units: tokens added to each request; US dollars per million tokens; `quality_gain`
    is the rise in the share of right answers (0.02 is two points); US dollars that a
    wrong answer costs.

    Formula: add it iff dQ c_err > dT p_in. The threshold is the cost of a wrong
    answer at which both are equal.

    Source: this course, lesson on tokens and money.

    >>> decision = added_context(extra_context_tokens=8000, input_usd_per_mtok=3,
    ...     quality_gain=0.02, error_cost_usd=5)
    >>> decision.choice, round(decision.threshold_value, 2)
    ('add the context', 1.2)
    """
    for name, value in list(locals().items()):
        validate.scalar(name, value)
    extra = validate.tokens("extra_context_tokens", extra_context_tokens)
    p_in = usd_per_mtok("input_usd_per_mtok", input_usd_per_mtok)
    gain = validate.share("quality_gain", quality_gain)
    error_cost = validate.number("error_cost_usd", error_cost_usd, "US dollars", high=1e9)
    cost, benefit = extra * p_in / 1e6, gain * error_cost
    threshold = cost / gain if gain > 0 else None
    # Compared with the threshold itself, so that rounding cannot part the two.
    add = threshold is not None and error_cost > threshold
    return Decision(
        choice="add the context" if add else "leave the context out",
        values={
            "cost_usd_per_1000_requests": 1000 * cost,
            "benefit_usd_per_1000_requests": 1000 * benefit,
            "net_usd_per_1000_requests": 1000 * (benefit - cost),
        },
        binding_role="benefit" if add else "cost",
        binding_label="errors avoided" if add else "price of the added input",
        threshold_name="cost of a wrong answer at which the context pays",
        threshold_value=threshold,
        threshold_unit="US dollars",
        sentence=_added_sentence(add, extra, gain, 1000 * cost, 1000 * benefit, threshold),
    )


def _added_sentence(
    add: bool, extra: float, gain: float, cost: float, benefit: float, threshold: float | None
) -> str:
    price = f"{words.dollars(cost)} per 1,000 requests"
    if threshold is None:
        return (
            f"I choose to leave out the extra {words.tokens(extra)}, because they improve no "
            f"answer and cost {price}; I would switch when a test shows a gain."
        )
    points = f"{words.digits(100 * gain, 2)} points"
    if add:
        return (
            f"I choose to add {words.tokens(extra)}, because right answers rise by {points} at a "
            f"cost of {price} and avoid errors worth {words.dollars(benefit)}; I would switch when "
            f"a wrong answer costs less than {words.dollars(threshold)}."
        )
    return (
        f"I choose to leave out the extra {words.tokens(extra)}, because {points} more right "
        f"answers avoid errors worth {words.dollars(benefit)} at a cost of {price}; I would switch "
        f"when a wrong answer costs more than {words.dollars(threshold)}."
    )


@dataclass(frozen=True)
class _Box:
    """A model on its accelerators, with everything but the context fixed."""

    model: catalog.Model
    accelerator: catalog.Accelerator
    n_accelerators: int
    output_tokens: float
    batch: float
    weight_bits: float
    kv_bits: float
    usable_share: float

    def latency(self, context_tokens: float, batch: float) -> Latency:
        return latency(
            model=self.model,
            accelerator=self.accelerator,
            n_accelerators=self.n_accelerators,
            context_tokens=context_tokens,
            output_tokens=self.output_tokens,
            batch=batch,
            weight_bits=self.weight_bits,
            kv_bits=self.kv_bits,
            compute_bits=8 if self.weight_bits == 8 else 16,
        )

    @property
    def name(self) -> str:
        return f"{self.n_accelerators} x {self.accelerator.name}"

    @property
    def memory_bytes(self) -> float:
        return usable_memory_bytes(
            memory_gb=self.accelerator.memory_gb,
            n_accelerators=self.n_accelerators,
            usable_share=self.usable_share,
        )

    @property
    def weight_bytes(self) -> float:
        return weight_bytes(params=self.model.params_total, weight_bits=self.weight_bits)

    def kv_bytes(self, context_tokens: float) -> float:
        """Cache of one sequence when its last token is out."""
        length = context_tokens + self.output_tokens
        return kv_cache_bytes(model=self.model, context_tokens=length, kv_bits=self.kv_bits)

    def largest_context(self) -> float:
        """The longest prompt for which all sequences fit in memory."""
        length = largest_context_tokens(
            model=self.model,
            memory_bytes=self.memory_bytes,
            batch=self.batch,
            weight_bits=self.weight_bits,
            kv_bits=self.kv_bits,
        )
        return max(length - self.output_tokens, 0.0)

    def quickest_context(self, ttft_target_s: float, limit: float) -> float:
        """The longest prompt up to `limit` whose first token meets the target."""
        low, high = 0, int(limit)
        while low < high:
            middle = (low + high + 1) // 2
            if self.latency(middle, 1).ttft_s <= ttft_target_s:
                low = middle
            else:
                high = middle - 1
        return float(low)


def context_latency(
    *,
    model: str | catalog.Model,
    accelerator: str | catalog.Accelerator,
    n_accelerators: int,
    context_tokens: int,
    output_tokens: int,
    batch: int,
    ttft_target_s: float,
    usd_per_accelerator_hour: float,
    weight_bits: float = 16,
    kv_bits: float = 16,
    usable_memory_share: float = USABLE_MEMORY_SHARE,
) -> Decision:
    """Whether an open model on these accelerators can serve a context of this size.

    Units: whole tokens; `batch` sequences decode at the same time; seconds; US dollars
    per accelerator and hour; bits per number. `model` and `accelerator` are catalogue
    ids or entries. The first token is that of one prompt on a server that prefills
    nothing else: queueing is not in it. The price is that of a server that is never idle.

    Formula: `latency`, `kv_cache_bytes` and `usable_memory_bytes`; the choice flips
    where the first token misses its target, the memory is full, or the context
    window of the model ends, whichever comes first.

    Source: the formulas named above; `latency` says how far it is off.

    >>> decision = context_latency(model="llama-3.1-70b", accelerator="h100-sxm-80gb",
    ...     n_accelerators=8, context_tokens=128_000, output_tokens=400, batch=1,
    ...     ttft_target_s=60, usd_per_accelerator_hour=2.5)
    >>> round(decision.values["kv_gb_per_sequence"], 1), decision.choice
    (42.1, 'send the whole context')
    """
    for name, value in list(locals().items()):
        validate.scalar(name, value)
    most = validate.MAX_TOKENS
    context = validate.number(
        "context_tokens", context_tokens, "tokens", low=1, high=most, whole=True
    )
    output = validate.number("output_tokens", output_tokens, "tokens", low=1, high=most, whole=True)
    sequences = validate.number("batch", batch, "sequences", low=1, high=100_000, whole=True)
    target = validate.positive("ttft_target_s", ttft_target_s, "seconds", high=3600)
    hourly = validate.number(
        "usd_per_accelerator_hour", usd_per_accelerator_hour, "US dollars per hour", high=1e4
    )
    n = validate.number(
        "n_accelerators", n_accelerators, "accelerators", low=1, high=1024, whole=True
    )
    box = _Box(
        model=_entry("model", model, catalog.Model, catalog.model),
        accelerator=_entry("accelerator", accelerator, catalog.Accelerator, catalog.accelerator),
        n_accelerators=int(n),
        output_tokens=output,
        batch=sequences,
        weight_bits=weight_bits,
        kv_bits=kv_bits,
        usable_share=usable_memory_share,
    )
    return _latency_decision(box, context, target, hourly)


def _entry(name, value, kind, look_up):
    """A catalogue entry, given itself or its id."""
    return value if isinstance(value, kind) else look_up(value)


@dataclass(frozen=True)
class _Limit:
    """The first thing that breaks as the context grows."""

    tokens: float
    kind: str
    name: str


def _first_limit(box: _Box, target: float) -> _Limit:
    """Where, as the context grows, the first of three things breaks."""
    memory = box.largest_context()
    window = max(box.model.max_context_tokens - box.output_tokens, 0.0)
    limit = min(memory, window, validate.MAX_TOKENS)
    quick = box.quickest_context(target, limit)
    if quick < limit:
        return _Limit(quick, "ttft", "context at which the first token misses its target")
    if memory <= window:
        return _Limit(limit, "memory", "context at which the memory is full")
    return _Limit(limit, "window", "context at which the model's window ends")


def _latency_decision(box: _Box, context: float, target: float, hourly: float) -> Decision:
    first = box.latency(context, 1)
    running = box.latency(context, box.batch)
    limit = _first_limit(box, target)
    whole = context <= limit.tokens
    # Each prompt is read alone; the decode steps are shared by the batch.
    request_s = first.ttft_s + (box.output_tokens - 1) * running.tpot_s / box.batch
    request_usd = hourly * box.n_accelerators * request_s / 3600
    values = _latency_values(box, context, first, running)
    values["usd_per_request"] = request_usd
    role, label = _binding(limit, whole, values)
    return Decision(
        choice="send the whole context" if whole else "shorten the context",
        values=values,
        binding_role=role,
        binding_label=label,
        threshold_name=limit.name,
        threshold_value=limit.tokens,
        threshold_unit="tokens",
        sentence=_latency_sentence(box, context, target, limit, values),
    )


def _latency_values(
    box: _Box, context: float, first: Latency, running: Latency
) -> dict[str, float]:
    steps = box.output_tokens - 1
    kv = box.kv_bytes(context)
    weights = box.weight_bytes
    fitting = largest_batch(
        memory_bytes=box.memory_bytes, weight_bytes=weights, kv_bytes_per_sequence=kv
    )
    return {
        "ttft_s": first.ttft_s,
        "tpot_s": running.tpot_s,
        "e2e_s": first.ttft_s + steps * running.tpot_s,
        "prefill_linear_s": first.prefill_linear_s,
        "prefill_attention_s": first.prefill_attention_s,
        "prefill_overhead_s": first.prefill_overhead_s,
        "decode_linear_s": steps * running.decode_linear_s,
        "decode_attention_s": steps * running.decode_attention_s,
        "decode_overhead_s": steps * running.decode_overhead_s,
        "overhead_s": first.prefill_overhead_s + steps * running.decode_overhead_s,
        "weights_gb": weights / 1e9,
        "kv_gb_per_sequence": kv / 1e9,
        "kv_gb": kv * box.batch / 1e9,
        "needed_gb": (weights + kv * box.batch) / 1e9,
        "usable_memory_gb": box.memory_bytes / 1e9,
        "fits": float(fitting >= box.batch),
        "users_that_fit": fitting,
        "output_tokens_per_s": box.batch / running.tpot_s,
    }


def _binding(limit: _Limit, whole: bool, values: dict[str, float]) -> tuple[str, str]:
    """What binds: the limit that is broken, or the largest share of the waiting time."""
    if not whole and limit.kind == "memory":
        return "capacity", LATENCY_TERMS["capacity"]
    if not whole and limit.kind == "window":
        return "capacity", "the model's context window"
    terms = {
        "prefill_linear": values["prefill_linear_s"],
        "prefill_attention": values["prefill_attention_s"],
        "overhead": values["prefill_overhead_s"],
    }
    if whole:
        terms["overhead"] = values["overhead_s"]
        terms["decode_linear"] = values["decode_linear_s"]
        terms["decode_attention"] = values["decode_attention_s"]
    role = max(terms, key=terms.__getitem__)
    return role, LATENCY_TERMS[role]


def _latency_sentence(
    box: _Box, context: float, target: float, limit: _Limit, values: dict[str, float]
) -> str:
    usable = words.gigabytes(1e9 * values["usable_memory_gb"])
    if limit.kind == "memory" and limit.tokens < 1:
        needs = words.gigabytes(1e9 * values["weights_gb"])
        return (
            f"I cannot serve {box.model.name} to {_users(box.batch)} on {box.name}: the weights "
            f"alone take {needs} of the {usable} that are usable; I would take more accelerators, "
            f"fewer bits or a smaller model."
        )
    ttft, goal = words.seconds(values["ttft_s"]), words.seconds(target)
    reason = {
        "ttft": "the first token misses the target",
        "memory": f"{_users(box.batch)} no longer fit in memory",
        "window": "the context window of the model ends",
    }[limit.kind]
    if context <= limit.tokens:
        return (
            f"I choose to send all {words.tokens(context)}, because the first token still comes "
            f"in {ttft} against a target of {goal}, at {words.dollars(values['usd_per_request'])} "
            f"a request; I would switch to a shorter context above {words.tokens(limit.tokens)}, "
            f"where {reason}."
        )
    trouble = {
        "ttft": f"at {words.tokens(context)} the first token takes {ttft} against a target of "
        f"{goal}",
        "memory": f"{words.tokens(context)} for {_users(box.batch)} need "
        f"{words.gigabytes(1e9 * values['needed_gb'])} and {usable} are usable",
        "window": f"{words.tokens(context)} and the answer are more than the "
        f"{words.count(box.model.max_context_tokens)} that {box.model.name} can read",
    }[limit.kind]
    if limit.tokens < 1:
        return f"I choose another model or other hardware, because {trouble}; no context is short enough."
    return (
        f"I choose to shorten the context, because {trouble}; I would switch to the whole of it "
        f"at {words.tokens(limit.tokens)} or fewer, above which {reason}."
    )


def _users(batch: float) -> str:
    return words.several(batch, "user", "users")
