"""The decisions on context of lesson 01: what it costs, and what it takes on own hardware."""

from course_utils.calculators.context_api import COST_TERMS, added_context, context_cost
from course_utils.calculators.context_server import LATENCY_TERMS, context_latency

__all__ = ["COST_TERMS", "LATENCY_TERMS", "added_context", "context_cost", "context_latency"]
