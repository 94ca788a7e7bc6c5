"""How much context an open model on own accelerators can take: time, memory and money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.entries import as_accelerator, as_model
from course_utils.calculators.latency import Latency, latency
from course_utils.calculators.memory import (
    USABLE_MEMORY_SHARE,
    accelerator_count,
    batch_size,
    kv_cache_bytes,
    largest_batch,
    largest_context_tokens,
    usable_memory_bytes,
    weight_bytes,
)
from course_utils.calculators.serving import Service, service

if TYPE_CHECKING:
    from course_utils.catalog import Accelerator, Model

LATENCY_TERMS = {
    "prefill_linear": "prefill: multiplying the weights",
    "prefill_attention": "prefill: attention",
    "decode_linear": "decode: reading the weights",
    "decode_attention": "decode: reading the KV cache",
    "overhead": "overhead: kernel launches and exchange",
    "capacity": "memory capacity",
}


@dataclass(frozen=True)
class _Box:
    """A model on its accelerators, with everything but the context fixed."""

    model: Model
    accelerator: Accelerator
    n_accelerators: int
    output_tokens: float
    batch: float
    weight_bits: float
    kv_bits: float
    usable_memory_share: float

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
        )

    def service(self, context_tokens: float) -> Service:
        return service(
            model=self.model,
            accelerator=self.accelerator,
            n_accelerators=self.n_accelerators,
            context_tokens=context_tokens,
            output_tokens=self.output_tokens,
            concurrency=self.batch,
            weight_bits=self.weight_bits,
            kv_bits=self.kv_bits,
            usable_memory_share=self.usable_memory_share,
        )

    @property
    def name(self) -> str:
        return f"{self.n_accelerators} x {self.accelerator.name}"

    @property
    def memory_bytes(self) -> float:
        return usable_memory_bytes(
            memory_gb=self.accelerator.memory_gb,
            n_accelerators=self.n_accelerators,
            usable_memory_share=self.usable_memory_share,
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
    model: str | Model,
    accelerator: str | Accelerator,
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
    per accelerator and hour; bits per number. `model` and `accelerator` are catalog
    ids or entries. `ttft_s` is that of one prompt which no other is before, and `tpot_s`
    that of `batch` sequences which nothing interrupts; `live_ttft_s` and `live_tpot_s` are
    what users see on average when the server always holds `batch` requests (`service`).
    The price is that of such a server, never idle. Times of what does not fit are those of
    the same accelerators with memory enough.

    Formula: `latency`, `service`, `kv_cache_bytes` and `usable_memory_bytes`; the choice flips
    where the first token misses its target, the memory is full, or the context
    window of the model ends, whichever comes first.

    Source: the formulas named above, each with its own; `accuracy` says how far the times
    are off. KV cache of 128,400 tokens: 42.1 GB.

    >>> decision = context_latency(model="llama-3.1-70b", accelerator="h100-sxm-80gb",
    ...     n_accelerators=8, context_tokens=128_000, output_tokens=400, batch=1,
    ...     ttft_target_s=60, usd_per_accelerator_hour=2.5)
    >>> round(decision.values["kv_gb_per_sequence"], 1), decision.choice
    (42.1, 'send the whole context')
    """
    arguments = dict(locals())
    for name, value in arguments.items():
        validate.scalar(name, value)
    context = validate.tokens("context_tokens", context_tokens, whole=True)
    target = validate.positive("ttft_target_s", ttft_target_s, "seconds", high=3600)
    hourly = validate.number(
        "usd_per_accelerator_hour", usd_per_accelerator_hour, "US dollars per hour", high=1e4
    )
    box = _Box(
        model=as_model(model),
        accelerator=as_accelerator(accelerator),
        n_accelerators=int(accelerator_count(n_accelerators)),
        output_tokens=validate.tokens("output_tokens", output_tokens, whole=True),
        batch=batch_size(batch, whole=True),
        weight_bits=weight_bits,
        kv_bits=kv_bits,
        usable_memory_share=usable_memory_share,
    )
    return _latency_decision(box, context, target, hourly)


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
    limit = _first_limit(box, target)
    whole = context <= limit.tokens
    values = _latency_values(box, context, hourly)
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


def _latency_values(box: _Box, context: float, hourly: float) -> dict[str, float]:
    first, running = box.latency(context, 1), box.latency(context, box.batch)
    live = box.service(context)
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
        "live_ttft_s": live.ttft_s,
        "live_tpot_s": live.tpot_s,
        "live_e2e_s": live.e2e_s,
        "requests_per_s": live.requests_per_s,
        "usd_per_request": hourly * box.n_accelerators / (3600 * live.requests_per_s),
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
    users = words.several(box.batch, "user", "users")
    usable = words.gigabytes(1e9 * values["usable_memory_gb"])
    if values["weights_gb"] > values["usable_memory_gb"]:
        needs = words.gigabytes(1e9 * values["weights_gb"])
        return (
            f"I cannot serve {box.model.name} on {box.name}, because the weights alone take "
            f"{needs} and {usable} are usable; I would take more accelerators, fewer bits or a "
            f"smaller model."
        )
    ttft, goal = words.seconds(values["ttft_s"]), words.seconds(target)
    price = words.dollars(1000 * values["usd_per_request"])
    # A window is an exact number; the other limits are as rough as the model of time.
    say = words.tokens if limit.kind == "window" else words.about_tokens
    flips = say(limit.tokens)
    if context <= limit.tokens:
        reason = {
            "ttft": "the first token comes too late",
            "memory": f"{users} no longer fit in memory",
            "window": "the context window of the model ends",
        }[limit.kind]
        return (
            f"I choose to send all {words.tokens(context)}, because the first token still comes "
            f"in {ttft} against a target of {goal}, at {price} per 1,000 "
            f"requests; I would switch to a shorter context above {flips}, where {reason}."
        )
    readable = words.count(box.model.max_context_tokens)
    takes, besides = "takes", ""
    if context + box.output_tokens > box.model.max_context_tokens:
        takes, besides = "would take", f", and {box.model.name} can read only {readable}"
    trouble = {
        "ttft": f"the first token {takes} {ttft} at {words.tokens(context)} against a target of "
        f"{goal}{besides}",
        "memory": f"{words.tokens(context)} for {users} need "
        f"{words.gigabytes(1e9 * values['needed_gb'])} and {usable} are usable",
        "window": f"{words.tokens(context)} and the answer are more than the {readable} that "
        f"{box.model.name} can read",
    }[limit.kind]
    if limit.tokens < 1:
        return (
            f"I choose other hardware or another model, because {trouble}; no context is short "
            f"enough to switch."
        )
    most = {
        "ttft": "the longest context whose first token comes in time",
        "memory": f"the longest context with which {users} fit in memory",
        "window": "the longest context that leaves room for the answer",
    }[limit.kind]
    return (
        f"I choose to shorten the context, because {trouble}; I would switch back at {flips}, "
        f"{most}."
    )
