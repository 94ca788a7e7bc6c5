"""The calibration warm-up: ten quantities to guess as ranges that one is 90% sure of.

Each true value is what a calculator or the catalog says at the time it is asked, so it
cannot differ from the lesson that explains it. How ranges are judged: `intervals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course_utils.quiz.bank import load_bank
from course_utils.quiz.intervals import INTERVAL_WORDS, PROMISED, Range, interval_data, judge
from course_utils.quiz.model import Section
from course_utils.quiz.progress import Answer, answer_record
from course_utils.quiz.quantities import (
    NUMBER_WORDS,
    QuantityError,
    cleaned,
    number_text,
    parse_quantity,
    quantity_text,
    unit_factors,
)

# What the record calls it: the lesson in which it stands.
BANK_ID = "00-start-here"
# The two ends of a range in one line of the record; no number that can be read holds it.
BETWEEN = " .. "
READING_WORDS_PER_MIN = 238
READING_SOURCE = (
    "Brysbaert 2019, a review of 190 studies of silent reading, doi 10.1016/j.jml.2019.104047"
)

# What the module works out, in words: a reader without it can do the same.
RULE = "Write your ranges down, open the answers and count: nine of the ten should hold."

# The browser module gets the same words.
WARM_UP_WORDS = {
    **INTERVAL_WORDS,
    "title": "Warm-up: ten ranges",
    "about": (
        "For each quantity give a low and a high end, so that you are 90% sure the value lies "
        "between them. Narrow where you can work it out, wide where you cannot; leave out what "
        "you like."
    ),
    "place": "Range {number} of {total}",
    "low": "Low end",
    "high": "High end",
    "judge": "Judge my ranges",
    "both_ends": "A range has two ends: fill in both, or neither.",
    "above_zero": "Both ends have to be above 0, because the scale is logarithmic.",
    "low_first": "The low end has to be below the high end; yours are {low} and {high}.",
    "end": "{end}: {problem}",
    "mend": "Nothing is judged yet, and what you typed is still there. Ranges to mend: {ranges}.",
    "none_yet": "Give at least one range first.",
    "all_judged": "All your ranges are judged.",
    "value_held": "Held. The value is {value}.",
    "value_missed": "Missed. The value is {value}.",
    "how": "Where the value comes from",
    "read_again": "More in “{lesson}”:",
    "figure": "Your ranges as multiples of the true value",
    "figure_alt": "{figure}, on a logarithmic axis. {held} of {ranges} cross the line of the "
    "true value. The table below has the numbers.",
    "true_value": "true value",
    "times": "×{factor}",
    "divided": "÷{factor}",
    "quantity": "Quantity",
    "your_range": "Your range",
    "range": "{low} to {high}",
    "value_column": "True value",
    "score_column": "Score",
    "held_mark": "held",
    "missed_mark": "missed",
    "recorded": "Your record keeps each range as a statement of which you were 90% sure.",
}


@dataclass(frozen=True)
class Estimate:
    """A quantity to guess: `label` names it in the figure, `how` says where it comes from."""

    id: str
    label: str
    question: str
    unit: str
    value: float
    how: str
    lesson: str
    section_id: str

    @property
    def read_again(self) -> str:
        """What stands in front of the section."""
        return WARM_UP_WORDS["read_again"].format(lesson=load_bank(self.lesson).title)

    @property
    def value_text(self) -> str:
        return quantity_text(self.value, self.unit)

    @property
    def section(self) -> Section:
        """The section of the lesson that explains the value."""
        sections = load_bank(self.lesson).sections
        return next(section for section in sections if section.id == self.section_id)

    def read(self, low: str, high: str) -> Range | None:
        """The range that was typed, None for two empty ends; `QuantityError` says what is wrong."""
        words = WARM_UP_WORDS
        typed = {"low": cleaned(low), "high": cleaned(high)}
        if not any(typed.values()):
            return None
        if not all(typed.values()):
            raise QuantityError(words["both_ends"])
        ends = {}
        for name, text in typed.items():
            try:
                ends[name] = parse_quantity(text, self.unit)
            except QuantityError as error:
                raise QuantityError(words["end"].format(end=words[name], problem=error)) from error
        if min(ends.values()) <= 0:
            raise QuantityError(words["above_zero"])
        if ends["low"] >= ends["high"]:
            raise QuantityError(words["low_first"].format(**typed))
        return Range(**ends, value=self.value)

    def answer(self, low: str, high: str, given: Range) -> Answer:
        """The record of a range: a statement with 90% confidence, which came true or not."""
        return answer_record(
            bank=BANK_ID,
            item=self.id,
            response=f"{cleaned(low)}{BETWEEN}{cleaned(high)}",
            confidence=PROMISED,
            correct=given.held,
        )


def ends_of(response: Any) -> tuple[str, str] | None:
    """The two ends in a record as they were typed; None for what is no range."""
    parts = response.split(BETWEEN) if isinstance(response, str) else []
    return (parts[0], parts[1]) if len(parts) == 2 else None


@dataclass(frozen=True)
class WarmUp:
    """The quantities of the warm-up, in the order in which they are asked."""

    estimates: tuple[Estimate, ...]

    def judge(self, given: Mapping[str, Range]) -> Any:
        """The judgment on ranges by estimate id; see `intervals.judge`."""
        return judge([given[each.id] for each in self.estimates if each.id in given])

    def as_data(self) -> dict[str, Any]:
        """Everything that the browser module needs, as JSON-ready data."""
        return {
            "bank": BANK_ID,
            "intervals": interval_data(),
            "warmUp": {**NUMBER_WORDS, **WARM_UP_WORDS},
            "items": [
                {
                    "id": each.id,
                    "label": each.label,
                    "unit": each.unit,
                    "factors": unit_factors(each.unit),
                    "value": each.value,
                    "valueText": each.value_text,
                }
                for each in self.estimates
            ],
        }

    def as_text(self, **options: Any) -> str:
        """All questions with their answers; takes no option."""
        from course_utils.quiz.text import warm_up_text

        if options:
            raise ValueError(
                f"the warm-up takes no option, got {', '.join(sorted(options))}; "
                "write show(warm_up())"
            )
        return warm_up_text(self)


def warm_up() -> WarmUp:
    """The warm-up of the course."""
    return WarmUp(tuple(_estimates()))


def _estimates() -> Sequence[Estimate]:
    """The quantities, by the calls that the lessons make."""
    return (
        _reading_pace(),
        _bandwidth(),
        _kv_cache(),
        _weights_once(),
        _long_questions(),
        _peak(),
        _cache_break_even(),
        _index(),
        _downtime(),
        _leaks(),
    )


def _reading_pace() -> Estimate:
    tokens_per_word = 4 / 3
    pace = READING_WORDS_PER_MIN * tokens_per_word / 60
    return Estimate(
        "reading-pace",
        "pace of a reader",
        "Somebody reads English non-fiction silently. How many tokens a second is that, at four "
        "thirds of a token to the word?",
        "tokens/s",
        pace,
        f"{READING_WORDS_PER_MIN} words a minute ({READING_SOURCE}), times 4/3, over 60 seconds. "
        "An answer that is written at this pace keeps the average reader busy.",
        "05-latency-physics",
        "one-step",
    )


def _bandwidth() -> Estimate:
    h100 = _h100()
    return Estimate(
        "h100-bandwidth",
        "memory bandwidth, H100",
        "How many GB does an H100 SXM read from its memory in a second, at most?",
        "GB/s",
        h100.bandwidth_gb_per_s,
        f"The catalog's row “{h100.name}” (source: {h100.source}).",
        "05-latency-physics",
        "two-jobs-two-limits",
    )


def _kv_cache() -> Estimate:
    from course_utils.calculators.memory import kv_bytes_per_token

    llama = _llama()
    per_token = kv_bytes_per_token(
        layers=llama.layers, kv_heads=llama.kv_heads, head_dim=llama.head_dim
    )
    return Estimate(
        "kv-cache",
        "KV cache of a token, 70B",
        "Llama 3.1 70B keeps keys and values of every token it has read, in 16 bits. How many "
        "bytes does one token take?",
        "B",
        per_token,
        f"A key and a value of 2 bytes for each of {llama.layers} layers, {llama.kv_heads} "
        f"key-value heads and {llama.head_dim} dimensions: 2 × 2 × {llama.layers} × "
        f"{llama.kv_heads} × {llama.head_dim} (shape from the catalog: {llama.source}).",
        "05-latency-physics",
        "the-kv-cache-of-one-token",
    )


def _weights_once() -> Estimate:
    from course_utils.calculators.memory import weight_bytes

    llama, h100 = _llama(), _h100()
    count = 8
    weights = weight_bytes(params=llama.params_total)
    return Estimate(
        "weights-once",
        "reading the weights, 8 H100",
        f"The weights of Llama 3.1 70B lie in 16 bits over the memories of {count} H100 SXM. How "
        "many milliseconds does it take to read all of them once?",
        "ms",
        1000 * weights / (count * h100.bandwidth_gb_per_s * 1e9),
        f"{number_text(weights / 1e9)} GB of weights over {count} × "
        f"{number_text(h100.bandwidth_gb_per_s)} GB/s, both from the catalog. No step of "
        "decoding is faster than this.",
        "05-latency-physics",
        "one-step",
    )


def _long_questions() -> Estimate:
    from course_utils.calculators.context_api import context_cost
    from course_utils.catalog import price

    textbook = price("textbook-3-15")
    rates = {
        "input_usd_per_mtok": textbook.input_usd_per_mtok,
        "cached_input_usd_per_mtok": textbook.cached_input_usd_per_mtok,
        "output_usd_per_mtok": textbook.output_usd_per_mtok,
    }
    cost = context_cost(context_tokens=32_000, output_tokens=400, **rates)
    dollars = quantity_text(textbook.input_usd_per_mtok, "USD")
    return Estimate(
        "long-questions",
        "1,000 long questions",
        f"A model costs {dollars} for a million tokens in and "
        f"{quantity_text(textbook.output_usd_per_mtok, 'USD')} for a million out. What do 1,000 "
        "questions cost, each with 32,000 tokens in and 400 out?",
        "USD",
        cost.values["usd_per_1000_requests"],
        f"{quantity_text(1000 * cost.values['input_usd'], 'USD')} for what goes in and "
        f"{quantity_text(1000 * cost.values['output_usd'], 'USD')} for what comes out (the "
        "catalog's round textbook price, an illustration).",
        "04-tokens-and-money",
        "from-words-to-dollars",
    )


def _peak() -> Estimate:
    from course_utils.calculators.demand import peak_requests_per_s

    peak = peak_requests_per_s(
        users=10_000, active_share=0.3, requests_per_active_user=6, active_hours=8, peak_to_mean=3
    )
    return Estimate(
        "peak-rate",
        "questions at the peak",
        "A company of 10,000: on a day 30% of them ask 6 questions each, within 8 hours, and at "
        "the peak three times as fast as on average. How many requests a second is the peak?",
        "requests/s",
        peak,
        "10,000 × 0.3 × 6 questions over 8 × 3,600 seconds, times 3. A company is not a search "
        "engine.",
        "02-clarify-first",
        "how-many-people-ask-at-the-same-moment",
    )


def _cache_break_even() -> Estimate:
    from course_utils.calculators.prefix_cache import break_even_hit_rate
    from course_utils.catalog import price

    textbook = price("textbook-3-15")
    write = textbook.cache_write_usd_per_mtok / textbook.input_usd_per_mtok
    read = textbook.cached_input_usd_per_mtok / textbook.input_usd_per_mtok
    return Estimate(
        "cache-break-even",
        "hit rate at which a cache pays",
        f"Writing a prompt's beginning to a cache costs {number_text(write)} times the price of "
        f"fresh input, reading it again {number_text(read)} times. From which hit rate does the "
        "cache pay?",
        "%",
        100 * break_even_hit_rate(write_multiplier=write, read_multiplier=read),
        f"({number_text(write)} − 1) / ({number_text(write)} − {number_text(read)}): what a miss "
        "costs more, over what a hit saves against a miss.",
        "06-caching-economics",
        "from-which-hit-rate-it-pays",
    )


def _index() -> Estimate:
    from course_utils.calculators.index_size import hnsw_bytes

    size = hnsw_bytes(vectors=10_000_000, dimensions=1024, links=32)
    return Estimate(
        "index-memory",
        "index of 10 million vectors",
        "How much memory does an HNSW index of 10 million vectors take, with 1,024 dimensions of "
        "32 bits and M = 32?",
        "GB",
        size / 1e9,
        "10 million × (4 × 1,024 + 8 × 32) bytes: the vectors, and 2 × 32 links of 4 bytes (faiss "
        "wiki, Guidelines to choose an index).",
        "07-retrieved-context",
        "how-large-the-index-is",
    )


def _downtime() -> Estimate:
    from course_utils.calculators.availability import downtime_hours_per_month, in_series

    down = downtime_hours_per_month(in_series([0.999] * 5))
    return Estimate(
        "downtime",
        "down in a month, five parts",
        "A request needs five parts, each of them up 99.9% of the time and independent of the "
        "others. How many minutes a month is the whole down?",
        "min",
        60 * down,
        "(1 − 0.999 to the fifth) × 730 hours × 60: nearly five times what one part is down.",
        "03-reference-architecture",
        "up-and-what-it-takes",
    )


def _leaks() -> Estimate:
    from course_utils.calculators.permissions import leak_share_upper

    return Estimate(
        "leaks",
        "leaks after 300 clean probes",
        "300 random probes of a product found no answer that leaks. Up to what share of all "
        "answers may still leak, at 95% confidence?",
        "%",
        100 * leak_share_upper(probes=300),
        "1 − 0.05 to the power 1/300; in the head, 3 over the number of probes (Hanley and "
        "Lippman-Hand, JAMA 249(13), 1983).",
        "08-data-and-permissions",
        "what-an-audit-shows",
    )


def _h100():
    from course_utils.catalog import accelerator

    return accelerator("h100-sxm-80gb")


def _llama():
    from course_utils.catalog import model

    return model("llama-3.1-70b")
