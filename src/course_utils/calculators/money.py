"""What a request costs by the token."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.calculators.validate import Number, number, share, tokens

MAX_USD_PER_MTOK = 10_000.0


@dataclass(frozen=True)
class RequestCost:
    """US dollars for one request, by term."""

    fresh_input_usd: Number
    cached_input_usd: Number
    output_usd: Number

    @property
    def input_usd(self) -> Number:
        return self.fresh_input_usd + self.cached_input_usd

    @property
    def total_usd(self) -> Number:
        return self.input_usd + self.output_usd


def usd_per_mtok(name: str, value: Number) -> Number:
    """A price in US dollars per million tokens."""
    return number(name, value, "US dollars per million tokens", high=MAX_USD_PER_MTOK)


def request_cost(
    *,
    context_tokens: Number,
    output_tokens: Number,
    input_usd_per_mtok: Number,
    output_usd_per_mtok: Number,
    cached_input_usd_per_mtok: Number = 0.0,
    cached_share: Number = 0.0,
) -> RequestCost:
    """What one request costs, split into fresh input, cached input and output.

    Units: tokens per request; US dollars per million tokens; `cached_share` of the
    context is read from a prefix cache and billed at the cached price.

    Formula: T_in (1 - s) p_in + T_in s p_cached + T_out p_out.

    Source: the price lists of the API vendors; worked figures from this course:
    at $3 and $15, 2,000 tokens in and 400 out cost $12 per 1,000 requests.

    >>> cost = request_cost(context_tokens=2000, output_tokens=400,
    ...     input_usd_per_mtok=3, output_usd_per_mtok=15)
    >>> round(1000 * cost.total_usd, 2)
    12.0
    """
    context = tokens("context_tokens", context_tokens, low=0)
    output = tokens("output_tokens", output_tokens, low=0)
    p_in = usd_per_mtok("input_usd_per_mtok", input_usd_per_mtok)
    p_cached = usd_per_mtok("cached_input_usd_per_mtok", cached_input_usd_per_mtok)
    p_out = usd_per_mtok("output_usd_per_mtok", output_usd_per_mtok)
    cached = share("cached_share", cached_share)
    return RequestCost(
        fresh_input_usd=context * (1 - cached) * p_in / 1e6,
        cached_input_usd=context * cached * p_cached / 1e6,
        output_usd=output * p_out / 1e6,
    )


def blended_input_usd_per_mtok(
    *, input_usd_per_mtok: Number, cached_input_usd_per_mtok: Number, cached_share: Number
) -> Number:
    """The mean price of a context token of which a share is read from the cache."""
    p_in = usd_per_mtok("input_usd_per_mtok", input_usd_per_mtok)
    p_cached = usd_per_mtok("cached_input_usd_per_mtok", cached_input_usd_per_mtok)
    cached = share("cached_share", cached_share)
    return p_in * (1 - cached) + p_cached * cached


def input_output_crossover_tokens(
    *, output_tokens: Number, input_usd_per_mtok: Number, output_usd_per_mtok: Number
) -> Number:
    """The context size at which the input costs as much as the output.

    Units: tokens; US dollars per million tokens (the input price above zero; with a
    prefix cache, the blended one).

    Formula: T* = T_out p_out / p_in.

    Source: this course: 400 tokens of output at $3 and $15 give 2,000.

    >>> input_output_crossover_tokens(
    ...     output_tokens=400, input_usd_per_mtok=3, output_usd_per_mtok=15)
    2000.0
    """
    output = tokens("output_tokens", output_tokens, low=0)
    p_in = number(
        "input_usd_per_mtok",
        input_usd_per_mtok,
        "US dollars per million tokens",
        above=True,
        high=MAX_USD_PER_MTOK,
    )
    p_out = usd_per_mtok("output_usd_per_mtok", output_usd_per_mtok)
    return output * p_out / p_in
