"""How much work it is to read a prompt, and from which length on attention counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from course_utils.calculators import validate, words
from course_utils.calculators.decision import Decision
from course_utils.calculators.entries import as_model
from course_utils.calculators.roofline import attention_crossover_tokens, prefill_flops

if TYPE_CHECKING:
    from course_utils.catalog import Model

WORK_TERMS = {"linear": "the parameters", "attention": "attention"}

# Up to this share of the work a term may be left out of an estimate.
NEGLIGIBLE_SHARE = 0.1


def prefill_work(*, model: str | Model, context_tokens: float) -> Decision:
    """The operations of a prefill by term, and whether attention may be left out.

    Units: tokens; floating-point operations, whatever the hardware. `model` is a
    catalog id or entry whose layers all attend to the whole context. Of a mixture of
    experts the active parameters count.

    Formula: `prefill_flops`. Attention is a tenth of the work at T* / 9 and half of it at
    T* = P / (L N H).

    Source: the formulas named above. This course: on Llama-3.1-70B attention is a tenth of
    the work at 12,000 tokens and half of it at 108,000.

    >>> decision = prefill_work(model="llama-3.1-70b", context_tokens=8000)
    >>> decision.choice, round(decision.threshold_value, -3)
    ('leave attention out', 12000.0)
    """
    validate.scalar("context_tokens", context_tokens)
    entry = as_model(model)
    if entry.full_attention_layers != entry.layers:
        local = entry.layers - entry.full_attention_layers
        raise ValueError(
            f"model = {entry.id!r} has {local} layers that do not attend to the whole context: "
            "give a model with full attention in every layer"
        )
    shape = {
        "params_active": entry.params_active,
        "layers": entry.layers,
        "query_heads": entry.query_heads,
        "head_dim": entry.attention_width / entry.query_heads,
    }
    flops = prefill_flops(context_tokens=context_tokens, **shape)
    half_at = attention_crossover_tokens(**shape)
    tenth_at = half_at * NEGLIGIBLE_SHARE / (1 - NEGLIGIBLE_SHARE)
    leave_out = context_tokens <= tenth_at
    role = "attention" if flops.attention > flops.linear else "linear"
    return Decision(
        choice="leave attention out" if leave_out else "count attention too",
        values={
            "linear_flops": flops.linear,
            "attention_flops": flops.attention,
            "total_flops": flops.total,
            "attention_share": flops.attention_share,
            "flops_per_token": flops.total / context_tokens,
            "half_at_tokens": half_at,
        },
        binding_role=role,
        binding_label=WORK_TERMS[role],
        threshold_name="context at which attention is a tenth of the work",
        threshold_value=tenth_at,
        threshold_unit="tokens",
        sentence=_sentence(leave_out, context_tokens, flops.attention_share, tenth_at, half_at),
    )


def _sentence(
    leave_out: bool, context: float, share: float, tenth_at: float, half_at: float
) -> str:
    at = f"at {words.tokens(context)} attention is {words.percent(share)} of the work"
    if leave_out:
        return (
            f"I choose to estimate the prompt by its parameters alone, because {at}; I would "
            f"switch to both terms above {words.about_tokens(tenth_at)}, where it is a tenth, and "
            f"expect twice the time per token at {words.about_tokens(half_at)}, where it is half."
        )
    return (
        f"I choose to count attention as well as the parameters, because {at}; I would switch to "
        f"the parameters alone below {words.about_tokens(tenth_at)}, where it is less than a "
        f"tenth."
    )
