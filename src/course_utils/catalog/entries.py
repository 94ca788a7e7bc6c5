"""What the catalog holds: models, accelerators and prices, with units in the field names."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Model:
    """The shape of an open model, as its published configuration gives it.

    `head_dim` comes from the configuration and is not always hidden size / heads.
    `full_attention_layers` attend to the whole context; the other layers attend to
    `sliding_window_tokens`, or keep no cache that grows (None). Fields of experts
    and of latent attention are None where the model has none.
    """

    id: str
    name: str
    layers: int
    hidden_size: int
    query_heads: int
    kv_heads: int
    head_dim: int
    vocabulary_size: int
    tied_embedding: bool
    attention: str
    full_attention_layers: int
    sliding_window_tokens: int | None
    experts: int | None
    experts_per_token: int | None
    expert_hidden_size: int | None
    dense_layers: int | None
    kv_lora_rank: int | None
    qk_nope_head_dim: int | None
    qk_rope_head_dim: int | None
    v_head_dim: int | None
    max_context_tokens: int
    params_total: int
    params_active: int
    source: str

    @property
    def kv_elements_per_token_per_layer(self) -> int:
        """Numbers kept in the cache for one token in one layer."""
        if self.kv_lora_rank:
            return self.kv_lora_rank + self.qk_rope_head_dim
        return 2 * self.kv_heads * self.head_dim

    @property
    def attention_width(self) -> float:
        """Query heads times head dimension (mean of the key and value sides)."""
        if self.kv_lora_rank:
            key = self.qk_nope_head_dim + self.qk_rope_head_dim
            return self.query_heads * (key + self.v_head_dim) / 2
        return float(self.query_heads * self.head_dim)

    @property
    def params_experts(self) -> int:
        """Parameters that sit in routed experts: gate, up and down matrices."""
        if not self.experts:
            return 0
        expert_layers = self.layers - (self.dense_layers or 0)
        return expert_layers * self.experts * 3 * self.hidden_size * self.expert_hidden_size


@dataclass(frozen=True)
class Accelerator:
    """The data-sheet figures of an accelerator: dense peaks, no sparsity."""

    id: str
    name: str
    vendor: str
    bf16_tflops: float
    fp8_tflops: float | None
    fp4_tflops: float | None
    memory_gb: float
    bandwidth_gb_per_s: float
    link_gb_per_s_bidirectional: float | None
    link: str
    tdp_w: float | None
    source: str


@dataclass(frozen=True)
class Rates:
    """Prices by the token, for contexts of one size (or arrays, for many)."""

    input_usd_per_mtok: Any
    cached_input_usd_per_mtok: Any
    cache_write_usd_per_mtok: Any
    output_usd_per_mtok: Any


_RATES = tuple(field.name for field in fields(Rates))


@dataclass(frozen=True)
class Tier:
    """Rates of requests whose whole prompt is longer than `above_tokens`."""

    above_tokens: int
    rates: Rates


@dataclass(frozen=True)
class Price:
    """What a vendor charges by the token, as of a date.

    The rates hold for prompts of up to `flat_up_to_tokens`; where a vendor charges more
    above, `tiers` has the rates, and `rates(context_tokens)` picks those that hold.
    Where there is no discount for cached input or no fee for a cache write, that rate is
    the one of fresh input. `batch_discount` is the share off input and output for a batch
    that may take a day (None where it is not known). `illustration` marks round figures
    that no vendor charges. Limits in tokens are None where the source has none.
    """

    id: str
    name: str
    vendor: str
    input_usd_per_mtok: float
    cached_input_usd_per_mtok: float
    cache_write_usd_per_mtok: float
    output_usd_per_mtok: float
    batch_discount: float | None
    tiers: tuple[Tier, ...]
    context_window_tokens: int | None
    flat_up_to_tokens: int | None
    illustration: bool
    as_of: str
    source: str
    note: str

    def rates(self, context_tokens: Any) -> Rates:
        """The rates of a request with this context, elementwise where it is an array.

        A longer context raises the price of all its tokens, not of those above the limit.
        """
        at = [getattr(self, name) for name in _RATES]
        for tier in self.tiers:
            # A product of a truth value serves floats and arrays alike.
            above = context_tokens > tier.above_tokens
            dearer = [getattr(tier.rates, name) for name in _RATES]
            at = [low * (1 - above) + high * above for low, high in zip(at, dearer, strict=True)]
        return Rates(*at)
