"""Tradeoff calculators: formulas that return numbers, and decisions that also say why.

The decisions of lesson 01 are here. The formulas live in `money`, `memory`,
`roofline` (ideal figures), `latency` and `serving` (fitted to measurements, whose
errors are in `accuracy`). Importing this needs the standard library alone; formulas
also take NumPy arrays.
"""

from course_utils.calculators.context import added_context, context_cost, context_latency
from course_utils.calculators.decision import Decision

__all__ = ["Decision", "added_context", "context_cost", "context_latency"]
