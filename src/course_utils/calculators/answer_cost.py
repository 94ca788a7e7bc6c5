"""What an answer costs on a rented server: the step of decoding is shared, the prompt is not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from course_utils.calculators import validate, words
from course_utils.calculators.box import Box
from course_utils.calculators.decision import Decision
from course_utils.calculators.entries import as_accelerator, as_model
from course_utils.calculators.latency import latency
from course_utils.calculators.memory import (
    MAX_BATCH,
    accelerator_count,
    batch_size,
    kv_cache_bytes,
    largest_batch,
    largest_context_tokens,
    usable_memory_bytes,
    weight_bytes,
)
from course_utils.calculators.validate import Number

if TYPE_CHECKING:
    from course_utils.catalog import Accelerator, Model

ANSWER_TERMS = {
    "reading": "reading the prompts",
    "writing": "writing the answers",
    "memory": "memory for the KV cache",
}


@dataclass(frozen=True)
class ServerSeconds:
    """Seconds of the whole server that one answer takes up, by what they are spent on."""

    reading_s: Number
    writing_s: Number

    @property
    def total_s(self) -> Number:
        return self.reading_s + self.writing_s


def server_seconds(
    *,
    model: str | Model,
    accelerator: str | Accelerator,
    n_accelerators: int,
    context_tokens: Number,
    output_tokens: Number,
    batch: Number,
    weight_bits: float = 16,
    kv_bits: float = 16,
) -> ServerSeconds:
    """How long a server works for one answer when `batch` requests decode at the same time.

    Units: tokens in and out of each request; sequences; bits per number. Whether so many
    requests fit in memory is not asked here.

    Formula: t_prefill + T_out t_step / B. Prompts are read one after the other; a step of
    decoding serves all B.

    Source: the times of `latency`, and continuous batching in steady state as in `service`,
    whose throughput is one over this where all B fit:

    >>> from course_utils.calculators.serving import service
    >>> box = dict(model="llama-3.1-70b", accelerator="h100-sxm-80gb", n_accelerators=8,
    ...     context_tokens=8000, output_tokens=400)
    >>> answers_per_s = service(concurrency=16, **box).requests_per_s
    >>> round(answers_per_s * server_seconds(batch=16, **box).total_s, 6)
    1.0
    """
    shape = dict(
        model=as_model(model),
        accelerator=as_accelerator(accelerator),
        n_accelerators=int(accelerator_count(n_accelerators)),
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        weight_bits=weight_bits,
        kv_bits=kv_bits,
    )
    writing_s = _writing_s(shape, batch_size(batch))
    # The sum gives both terms the shape of the broadcast arguments.
    reading_s = latency(batch=1, **shape).ttft_s + 0.0 * writing_s
    return ServerSeconds(reading_s=reading_s, writing_s=writing_s)


def _writing_s(shape: dict[str, Any], sequences: Number) -> Number:
    """The steps of one answer, each of which serves all sequences."""
    step = latency(batch=sequences, **shape)
    return step.output_tokens * step.tpot_s / sequences


@dataclass(frozen=True)
class _Box(Box):
    """What its memory holds, and how long it works for an answer."""

    def seconds(self, batch: float) -> ServerSeconds:
        return server_seconds(batch=batch, **vars(self))

    @property
    def memory_bytes(self) -> float:
        return usable_memory_bytes(
            memory_gb=self.accelerator.memory_gb, n_accelerators=self.n_accelerators
        )

    @property
    def weight_bytes(self) -> float:
        return weight_bytes(params=self.model.params_total, weight_bits=self.weight_bits)

    @property
    def kv_bytes(self) -> float:
        """Cache of one request when its last token is out."""
        length = self.context_tokens + self.output_tokens
        return kv_cache_bytes(model=self.model, context_tokens=length, kv_bits=self.kv_bits)

    @property
    def fitting(self) -> float:
        return largest_batch(
            memory_bytes=self.memory_bytes,
            weight_bytes=self.weight_bytes,
            kv_bytes_per_sequence=self.kv_bytes,
        )

    def longest_context(self, batch: float) -> float:
        """The longest prompt with which so many requests fit; 0 where none is short enough."""
        length = largest_context_tokens(
            model=self.model,
            memory_bytes=self.memory_bytes,
            batch=batch,
            weight_bits=self.weight_bits,
            kv_bits=self.kv_bits,
        )
        return max(length - self.output_tokens, 0.0)

    def balance(self) -> float:
        """The smallest batch at which reading takes no less than writing; infinite if none does.

        Writing gets the shorter with every request that shares its steps.
        """
        reading_s = self.seconds(1).reading_s

        def writes_longer(batch: int) -> bool:
            return _writing_s(vars(self), batch) > reading_s

        high = 1
        while writes_longer(high):
            if high == MAX_BATCH:
                return math.inf
            high = min(2 * high, MAX_BATCH)
        low = max(high // 2, 1)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if writes_longer(middle) else (low, middle)
        return float(low)


def batch_choice(
    *,
    model: str | Model,
    accelerator: str | Accelerator,
    n_accelerators: int,
    context_tokens: int,
    output_tokens: int,
    batch: int,
    usd_per_accelerator_hour: float,
    busy_share: float = 1.0,
    weight_bits: float = 16,
    kv_bits: float = 16,
) -> Decision:
    """Whether to serve more requests at once, to cut the context, or to let some wait.

    Units: as in `server_seconds`, of one case; `batch` requests are there at once, and
    those that do not fit in memory wait. US dollars per accelerator and hour; `busy_share`
    of the rented hours there is this much work. The price of an answer is infinite where
    no request fits.

    Formula: rent per busy second times `server_seconds`, and `largest_batch`. More requests
    at once make writing cheaper and leave reading as it is, so the choice flips at the batch
    at which both cost the same, and at the one that fills the memory.

    Source: the formulas named above. This course: at 8,000 tokens of context 157 requests
    of Llama-3.1-70B fit on eight H100.

    >>> decision = batch_choice(model="llama-3.1-70b", accelerator="h100-sxm-80gb",
    ...     n_accelerators=8, context_tokens=8000, output_tokens=400, batch=200,
    ...     usd_per_accelerator_hour=2.5)
    >>> decision.choice, decision.values["requests_that_fit"]
    ('let some wait', 157.0)
    """
    arguments = dict(locals())
    for name, value in arguments.items():
        validate.scalar(name, value)
    wanted = batch_size(batch, whole=True)
    box = _Box.of(
        model=model,
        accelerator=accelerator,
        n_accelerators=n_accelerators,
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        weight_bits=weight_bits,
        kv_bits=kv_bits,
    )
    hourly = validate.positive(
        "usd_per_accelerator_hour", usd_per_accelerator_hour, "US dollars per hour", high=1e4
    )
    busy = validate.number("busy_share", busy_share, "share", high=1, above=True)
    values = _values(box, wanted, hourly, busy)
    limit = _limit(box, wanted, values)
    return Decision(
        choice=limit.choice,
        values=values,
        binding_role=limit.role,
        binding_label=ANSWER_TERMS[limit.role],
        threshold_name=limit.name,
        threshold_value=limit.value,
        threshold_unit=limit.unit,
        sentence=_sentence(limit, values),
    )


def _values(box: _Box, wanted: float, hourly: float, busy: float) -> dict[str, float]:
    fitting = box.fitting
    running = min(wanted, fitting)
    never = ServerSeconds(math.inf, math.inf)
    seconds = box.seconds(running) if running else never
    usd_per_busy_s = hourly * box.n_accelerators / 3600 / busy
    return {
        "requests_that_fit": fitting,
        "requests_at_balance": box.balance(),
        "running": running,
        "waiting": wanted - running,
        "reading_usd": usd_per_busy_s * seconds.reading_s,
        "writing_usd": usd_per_busy_s * seconds.writing_s,
        "usd_per_answer": usd_per_busy_s * seconds.total_s,
        "usd_per_mtok_out": 1e6 * usd_per_busy_s * seconds.total_s / box.output_tokens,
        "answers_per_hour": 3600 * busy / seconds.total_s,
        "kv_gb_per_request": box.kv_bytes / 1e9,
        "weights_gb": box.weight_bytes / 1e9,
        "usable_memory_gb": box.memory_bytes / 1e9,
    }


@dataclass(frozen=True)
class _Limit:
    """What to do, what binds, and where that flips."""

    choice: str
    role: str
    name: str
    value: float
    unit: str


def _limit(box: _Box, wanted: float, values: dict[str, float]) -> _Limit:
    fitting, balance = values["requests_that_fit"], values["requests_at_balance"]
    if fitting < 1:
        longest = box.longest_context(1)
        name = "longest context with which one request fits"
        return _Limit("take another server", "memory", name, longest, "tokens")
    if wanted > fitting:
        longest = box.longest_context(wanted)
        name = f"longest context with which all {words.count(wanted)} fit"
        return _Limit("let some wait", "memory", name, longest, "tokens")
    name, limit = "requests at once from which reading costs more than writing", balance
    if wanted >= balance:
        return _Limit("cut the context", "reading", name, limit, "requests")
    if balance > fitting:
        name, limit = "requests at once that fill the memory", fitting
    return _Limit("serve more at once", "writing", name, limit, "requests")


def _sentence(limit: _Limit, values: dict[str, float]) -> str:
    if limit.choice == "take another server":
        return _none_fits(limit, values)
    total = words.dollars(1000 * values["usd_per_answer"])
    if limit.choice == "let some wait":
        return (
            f"I choose to let {words.count(values['waiting'])} of "
            f"{words.count(values['running'] + values['waiting'])} requests wait, because no more "
            f"than {words.count(values['requests_that_fit'])} fit in memory, at {total} for 1,000 "
            f"answers; {_shorter(limit.value)}."
        )
    at_once = f"with {words.several(values['running'], 'request', 'requests')} at once"
    term = words.dollars(1000 * values[f"{limit.role}_usd"])
    flips = words.count(limit.value)
    if limit.choice == "cut the context":
        end = f"switch below {flips} at once, where writing costs more"
        if limit.value <= 1:
            end = "not switch at any number, because one alone already costs more to read"
        return (
            f"I choose to cut the context before I serve more at once, because {at_once} reading "
            f"the prompts costs {term} of the {total} for 1,000 answers, and no batch shares "
            f"that; I would {end}."
        )
    end = f"to a shorter context at {flips} at once, where reading costs as much"
    if limit.value < values["requests_at_balance"]:
        end = f"at {flips} at once, where the memory is full"
    return (
        f"I choose to serve more at once before I cut the context, because {at_once} writing "
        f"costs {term} of the {total} for 1,000 answers, and more requests share that; I would "
        f"switch {end}."
    )


def _none_fits(limit: _Limit, values: dict[str, float]) -> str:
    taken = words.gigabytes(1e9 * (values["weights_gb"] + values["kv_gb_per_request"]))
    usable = words.gigabytes(1e9 * values["usable_memory_gb"])
    return (
        f"I choose another server or fewer bits, because the weights and the KV cache of one "
        f"request take {taken} and {usable} are usable; {_shorter(limit.value)}."
    )


def _shorter(longest: float) -> str:
    if longest < 1:
        return "I would not switch at any context, because none is short enough"
    return f"I would switch to contexts of up to {words.about_tokens(longest)}, which fit"
