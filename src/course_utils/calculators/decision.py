"""What a decision answers: the values, what binds, the threshold, and the sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """A choice with its reasons.

    `values` holds every figure by a name that carries its unit. `binding_role`
    is the machine name of the term that binds and `binding_label` its words.
    `threshold_value` is where the choice flips (None where nothing flips it),
    in `threshold_unit`. `sentence` is the tradeoff in words, to be spoken.
    """

    choice: str
    values: dict[str, float]
    binding_role: str
    binding_label: str
    threshold_name: str
    threshold_value: float | None
    threshold_unit: str
    sentence: str
