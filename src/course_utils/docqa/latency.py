"""How long each stage would take: the simulated times of the lessons, stated in one place.

Round figures of the order that one sees; they make a waterfall readable and are no
measurement. `python -m course_utils.docqa ask --measured` shows what this machine took.
"""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.calculators.validate import number


@dataclass(frozen=True)
class SimulatedLatency:
    """Seconds of each stage, and of a model by the token."""

    policy_s: float = 0.002
    cache_s: float = 0.001
    bm25_s: float = 0.004
    dense_s: float = 0.012
    fusion_s: float = 0.001
    tool_s: float = 0.120
    validation_per_sentence_s: float = 0.003
    # A first token after 0.25 s and the prompt at 4,000 tokens/s, then 80 tokens a second.
    model_start_s: float = 0.25
    prefill_tokens_per_s: float = 4000.0
    s_per_output_token: float = 0.0125

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            unit = "tokens per second" if name == "prefill_tokens_per_s" else "seconds"
            number(name, value, unit, high=1e6, above=name == "prefill_tokens_per_s")

    def first_token_s(self, input_tokens: int) -> float:
        return self.model_start_s + input_tokens / self.prefill_tokens_per_s

    def model_s(self, input_tokens: int, output_tokens: int) -> float:
        """First token, then one after the other: TTFT + (n - 1) x TPOT."""
        return self.first_token_s(input_tokens) + self.s_per_output_token * max(
            output_tokens - 1, 0
        )
