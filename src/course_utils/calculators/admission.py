"""How many requests a server may hold at once before its users wait too long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from course_utils.calculators import validate, words
from course_utils.calculators.box import Box
from course_utils.calculators.decision import Decision
from course_utils.calculators.latency import latency
from course_utils.calculators.memory import MAX_BATCH
from course_utils.calculators.serving import Service, service

if TYPE_CHECKING:
    from course_utils.catalog import Accelerator, Model

WAITING_TERMS = {
    "own_prompt": "reading your own prompt",
    "queue": "other prompts before the first token",
    "own_step": "the step of decoding",
    "stalls": "other prompts between the tokens",
}


@dataclass(frozen=True)
class Waiting:
    """What a user of a busy server waits for, on average.

    The first token: `own_prompt_s` and `queue_s`. Each further one: `own_step_s`, a step
    of the whole batch, and `stalls_s`, in which the prompts of others are read.
    """

    own_prompt_s: float
    queue_s: float
    own_step_s: float
    stalls_s: float

    @property
    def ttft_s(self) -> float:
        return self.own_prompt_s + self.queue_s

    @property
    def tpot_s(self) -> float:
        return self.own_step_s + self.stalls_s


@dataclass(frozen=True)
class _Server(Box):
    """How long those wait whose requests it holds."""

    def service(self, requests: float) -> Service:
        return service(concurrency=requests, **vars(self))

    def waiting(self, requests: float) -> Waiting:
        users = self.service(requests)
        step_s = latency(batch=users.running, **vars(self)).tpot_s
        return Waiting(
            own_prompt_s=users.ttft_s - users.queue_s,
            queue_s=users.queue_s,
            own_step_s=step_s,
            stalls_s=users.tpot_s - step_s,
        )


def waiting(
    *,
    model: str | Model,
    accelerator: str | Accelerator,
    n_accelerators: int,
    context_tokens: int,
    output_tokens: int,
    requests: float,
    weight_bits: float = 16,
    kv_bits: float = 16,
) -> Waiting:
    """The mean waiting times of `service`, parted into own work and that for others.

    Units: tokens in and out of each request; requests held at any time; bits per number.

    Formula: `service`; the own step is that of `latency` for the requests that run.

    Source: as `service`. With a single request there are no others:

    >>> alone = waiting(model="llama-3.1-70b", accelerator="h100-sxm-80gb", n_accelerators=8,
    ...     context_tokens=8000, output_tokens=400, requests=1)
    >>> alone.queue_s, alone.stalls_s
    (0.0, 0.0)
    """
    server = _Server.of(
        model=model,
        accelerator=accelerator,
        n_accelerators=n_accelerators,
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        weight_bits=weight_bits,
        kv_bits=kv_bits,
    )
    return server.waiting(_held(requests))


def _held(requests: float, *, whole: bool = False) -> float:
    return validate.number("requests", requests, "requests", low=1, high=MAX_BATCH, whole=whole)


def admission(
    *,
    model: str | Model,
    accelerator: str | Accelerator,
    n_accelerators: int,
    context_tokens: int,
    output_tokens: int,
    requests: int,
    ttft_target_s: float,
    tpot_target_s: float,
    weight_bits: float = 16,
    kv_bits: float = 16,
) -> Decision:
    """Whether a server may hold so many requests at once.

    Units: as in `waiting`, of one case; targets in seconds for the mean time to first
    token and per output token. A percentile asks for more room: measure it.

    Formula: `waiting`; both grow with the requests, so the choice flips after the largest
    whole number of them at which both targets hold. `queue_passes_own_at` and
    `stalls_pass_own_at` are the numbers from which the prompts of others take more of the
    first token, and of each further one, than the own work does.

    Source: the formulas named above. A target that one request alone misses admits none:

    >>> decision = admission(model="llama-3.1-70b", accelerator="h100-sxm-80gb",
    ...     n_accelerators=8, context_tokens=8000, output_tokens=400, requests=1,
    ...     ttft_target_s=0.01, tpot_target_s=1)
    >>> decision.choice, decision.threshold_value
    ('hold fewer', 0.0)
    """
    arguments = dict(locals())
    for name, value in arguments.items():
        validate.scalar(name, value)
    server = _Server.of(
        model=model,
        accelerator=accelerator,
        n_accelerators=n_accelerators,
        context_tokens=context_tokens,
        output_tokens=output_tokens,
        weight_bits=weight_bits,
        kv_bits=kv_bits,
    )
    held = _held(requests, whole=True)
    ttft_target = validate.positive("ttft_target_s", ttft_target_s, "seconds", high=3600)
    tpot_target = validate.positive("tpot_target_s", tpot_target_s, "seconds", high=3600)

    # Three searches ask about the same numbers.
    at = cache(server.waiting)

    def in_time(count: float) -> bool:
        return at(count).ttft_s <= ttft_target and at(count).tpot_s <= tpot_target

    most = _largest(in_time)
    times = at(held)
    admit = held <= most
    late_first = at(most + 1).ttft_s > ttft_target
    role = _binding(times, late_first)
    users = server.service(held)
    return Decision(
        choice="hold them" if admit else "hold fewer",
        values={
            **vars(times),
            "ttft_s": times.ttft_s,
            "tpot_s": times.tpot_s,
            "running": users.running,
            "queue_passes_own_at": _largest(lambda n: not _queue_is_longer(at(n))) + 1,
            "stalls_pass_own_at": _largest(lambda n: not _stalls_are_longer(at(n))) + 1,
            "requests_per_s": users.requests_per_s,
        },
        binding_role=role,
        binding_label=WAITING_TERMS[role],
        threshold_name="requests at once that meet both targets",
        threshold_value=most,
        threshold_unit="requests",
        sentence=_sentence(admit, held, most, late_first, times, ttft_target, tpot_target),
    )


def _largest(holds: Callable[[float], bool]) -> float:
    """The largest count at which a condition holds that ends for good; 0 where it never does.

    One short of the most sequences that the formulas take, so that the next one can be asked.
    """
    low, high = 0, 1
    while high < MAX_BATCH and holds(high):
        low, high = high, 2 * high
    high = min(high, MAX_BATCH) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return float(low)


def _binding(times: Waiting, late_first: bool) -> str:
    """The larger part of the time whose target is missed first."""
    if late_first:
        return "queue" if _queue_is_longer(times) else "own_prompt"
    return "stalls" if _stalls_are_longer(times) else "own_step"


def _queue_is_longer(times: Waiting) -> bool:
    return times.queue_s > times.own_prompt_s


def _stalls_are_longer(times: Waiting) -> bool:
    return times.stalls_s > times.own_step_s


def _sentence(
    admit: bool,
    held: float,
    most: float,
    late_first: bool,
    times: Waiting,
    ttft_target: float,
    tpot_target: float,
) -> str:
    first, further = words.seconds(times.ttft_s), words.seconds(times.tpot_s)
    flip = (
        f"the first token comes later than {words.seconds(ttft_target)}"
        if late_first
        else f"each further token takes longer than {words.seconds(tpot_target)}"
    )
    many = words.several(held, "request", "requests")
    if admit:
        return (
            f"I choose to hold {many} at once, because the first token comes in {first} and each "
            f"further one in {further} on average; I would switch to a second server above "
            f"{words.count(most)}, where {flip}."
        )
    if most < 1:
        return (
            f"I choose a shorter context or a faster server, because the first token comes in "
            f"{first} and each further one in {further} on average; I would not switch at any "
            f"number, because with one request alone {flip}."
        )
    return (
        f"I choose to hold no more than {words.count(most)} of {many} at once, because with all of "
        f"them the first token comes in {first} and each further one in {further} on average; I "
        f"would switch back at {words.count(most)}, above which {flip}."
    )
