"""A model on rented accelerators, with requests that all have the same shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from course_utils.calculators import validate, words
from course_utils.calculators.entries import as_accelerator, as_model
from course_utils.calculators.memory import accelerator_count

if TYPE_CHECKING:
    from course_utils.catalog import Accelerator, Model


@dataclass(frozen=True)
class Box:
    """A model on its accelerators and the tokens of a request, but not how many requests.

    Its fields are the arguments of `latency`, `service` and `server_seconds`.
    """

    model: Model
    accelerator: Accelerator
    n_accelerators: int
    context_tokens: float
    output_tokens: float
    weight_bits: float
    kv_bits: float

    @classmethod
    def of(
        cls,
        *,
        model: str | Model,
        accelerator: str | Accelerator,
        n_accelerators: int,
        context_tokens: int,
        output_tokens: int,
        weight_bits: float,
        kv_bits: float,
    ) -> Self:
        """The box of these arguments; `ValueError` if the model cannot read that much."""
        entry = as_model(model)
        output = validate.tokens("output_tokens", output_tokens, whole=True)
        return cls(
            model=entry,
            accelerator=as_accelerator(accelerator),
            n_accelerators=int(accelerator_count(n_accelerators)),
            context_tokens=window_tokens(entry, context_tokens, output),
            output_tokens=output,
            weight_bits=weight_bits,
            kv_bits=kv_bits,
        )


def window_tokens(model: Model, context_tokens: float, output_tokens: float) -> float:
    """The context, if the model can read it and the answer too."""
    context = validate.tokens("context_tokens", context_tokens, whole=True)
    if context + output_tokens > model.max_context_tokens:
        raise ValueError(
            f"context_tokens = {words.count(context)} and {words.tokens(output_tokens)} of answer "
            f"are out of range: {model.name} can read {words.tokens(model.max_context_tokens)} "
            "together"
        )
    return context
