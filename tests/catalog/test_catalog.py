"""The catalog holds what it says, and says what is wrong."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from importlib.resources import files

import numpy as np
import pytest

from course_utils import catalog
from course_utils.catalog.entries import Model, Price, Rates, Tier
from course_utils.catalog.load import parse

PRICE_COLUMNS = ",".join(field.name for field in dataclasses.fields(Price))
PRICE_ROW = "a,A,V,1,0.1,1.25,5,0.5,,1000,1000,false,2026-01-01,some list,"


def test_every_entry_stands_under_its_id_and_names_its_source():
    for entries in (catalog.models(), catalog.accelerators(), catalog.prices()):
        for entry_id, entry in entries.items():
            assert entry.id == entry_id
            assert entry.source.strip()
            assert entry.name.strip()


def test_there_is_enough_for_a_course():
    assert len(catalog.models()) >= 12
    assert len(catalog.accelerators()) >= 12
    vendors = {p.vendor for p in catalog.prices().values() if not p.illustration}
    assert len(vendors) >= 3


# Parameter totals in billions as published on the model cards.
@pytest.mark.parametrize(
    ("model_id", "published_billions"),
    [
        ("llama-3.2-1b", 1.24),
        ("llama-3.1-8b", 8.03),
        ("llama-3.1-70b", 70.55),
        ("llama-3.1-405b", 405.85),
        ("llama-2-13b", 13.02),
        ("mistral-7b-v0.3", 7.25),
        ("mixtral-8x7b", 46.7),
        ("qwen2.5-72b", 72.7),
        ("qwen3-8b", 8.2),
        ("qwen3-32b", 32.8),
        ("qwen3-30b-a3b", 30.5),
        ("gemma-3-27b", 27),
        ("gpt-oss-20b", 20.9),
        ("gpt-oss-120b", 116.8),
        ("deepseek-v3", 671),
    ],
)
def test_parameter_totals_agree_with_the_model_cards(model_id, published_billions):
    total = catalog.model(model_id).params_total
    assert total == pytest.approx(published_billions * 1e9, rel=0.01)


# The width of the dense feed-forward layers in the published configuration
# (`intermediate_size`); the catalog holds that of experts alone.
DENSE_HIDDEN_SIZE = {
    "llama-3.2-1b": 8192,
    "llama-3.1-8b": 14336,
    "llama-3.1-70b": 28672,
    "llama-3.1-405b": 53248,
    "llama-2-13b": 13824,
    "mistral-7b-v0.3": 14336,
    "qwen2.5-72b": 29568,
    "qwen3-8b": 12288,
    "qwen3-32b": 25600,
    "gemma-3-27b": 21504,
    "deepseek-v3": 18432,
}
# DeepSeek-V3 compresses its queries to this rank and has one expert that all tokens use.
DEEPSEEK_QUERY_RANK = 1536
SHARED_EXPERTS = {"deepseek-v3": 1}


def attention_params(model: Model) -> int:
    """Parameters of the attention of one layer: queries, keys, values and output."""
    if not model.kv_lora_rank:
        width = model.head_dim * (2 * model.query_heads + 2 * model.kv_heads)
        return model.hidden_size * width
    key = model.qk_nope_head_dim + model.qk_rope_head_dim
    queries = DEEPSEEK_QUERY_RANK * (model.hidden_size + model.query_heads * key)
    compressed = model.hidden_size * (model.kv_lora_rank + model.qk_rope_head_dim)
    heads = model.query_heads * (model.qk_nope_head_dim + model.v_head_dim)
    output = model.query_heads * model.v_head_dim * model.hidden_size
    return queries + compressed + model.kv_lora_rank * heads + output


def params_of_the_shape(model: Model, experts_used: int | None) -> int:
    """Parameters counted from the shape; norms and biases are left out (under 0.1%)."""
    embeddings = model.vocabulary_size * model.hidden_size * (1 if model.tied_embedding else 2)
    moe_layers = model.layers - model.dense_layers if model.experts else 0
    dense = 3 * model.hidden_size * DENSE_HIDDEN_SIZE.get(model.id, 0)
    total = embeddings + model.layers * attention_params(model)
    total += (model.layers - moe_layers) * dense
    if experts_used:
        used = experts_used + SHARED_EXPERTS.get(model.id, 0)
        expert = 3 * model.hidden_size * model.expert_hidden_size
        total += moe_layers * (used * expert + model.experts * model.hidden_size)
    return total


@pytest.mark.parametrize("model", catalog.models().values(), ids=lambda m: m.id)
def test_parameters_agree_with_the_shape(model):
    total = params_of_the_shape(model, model.experts)
    assert model.params_total == pytest.approx(total, rel=0.01)
    active = params_of_the_shape(model, model.experts_per_token)
    assert model.params_active == pytest.approx(active, rel=0.01)


# Zhao et al. 2025, arXiv 2505.09343, table 1 (Qwen2.5, Llama-3.1-405B, DeepSeek-V3);
# Austin et al. 2025, How to Scale Your Model: 8,192 tokens of Llama-2-13B take 6.7 GB.
@pytest.mark.parametrize(
    ("model_id", "published_bytes"),
    [
        ("qwen2.5-72b", 327_680),
        ("llama-3.1-405b", 516_096),
        ("deepseek-v3", 70_272),
        ("llama-2-13b", 819_200),
    ],
)
def test_the_cache_of_a_token_has_the_published_size(model_id, published_bytes):
    model = catalog.model(model_id)
    assert model.layers * model.kv_elements_per_token_per_layer * 2 == published_bytes


@pytest.mark.parametrize("model", catalog.models().values(), ids=lambda m: m.id)
def test_the_figures_of_a_model_are_in_their_units(model):
    assert 10 <= model.layers <= 200
    assert 1000 <= model.hidden_size <= 20_000
    assert model.hidden_size % 64 == 0
    assert model.query_heads % model.kv_heads == 0
    assert 64 <= model.head_dim <= 256
    assert 30_000 <= model.vocabulary_size <= 300_000
    assert 4096 <= model.max_context_tokens <= 10_000_000
    assert 1e9 < model.params_active <= model.params_total < 1e12
    kinds = {"MHA": model.kv_heads == model.query_heads, "GQA": model.kv_heads < model.query_heads}
    assert kinds.get(model.attention, model.kv_lora_rank is not None)
    assert (model.attention == "MLA") == (model.kv_lora_rank is not None)
    latent = (model.qk_nope_head_dim, model.qk_rope_head_dim, model.v_head_dim)
    assert all(latent) == (model.kv_lora_rank is not None)
    moe = (model.experts_per_token, model.expert_hidden_size)
    assert all(moe) == (model.experts is not None)
    assert (model.dense_layers is not None) == (model.experts is not None)


@pytest.mark.parametrize("model", catalog.models().values(), ids=lambda m: m.id)
def test_the_shape_of_a_model_is_consistent(model):
    assert model.kv_heads <= model.query_heads
    assert model.full_attention_layers <= model.layers
    assert model.params_active <= model.params_total
    assert model.params_experts < model.params_total
    # Local layers have a window, and a model without local layers has none.
    assert (model.full_attention_layers < model.layers) == (model.sliding_window_tokens is not None)
    if model.experts:
        active = model.params_experts * model.experts_per_token / model.experts
        # Everything but the idle experts is active, give or take the shared and output layers.
        expected = model.params_total - model.params_experts + active
        assert model.params_active == pytest.approx(expected, rel=0.12)


@pytest.mark.parametrize("accelerator", catalog.accelerators().values(), ids=lambda a: a.id)
def test_the_figures_of_an_accelerator_are_in_their_units(accelerator):
    assert 10 < accelerator.bf16_tflops < 10_000
    assert 8 <= accelerator.memory_gb <= 512
    assert 100 < accelerator.bandwidth_gb_per_s < 20_000
    if accelerator.fp8_tflops:
        assert accelerator.fp8_tflops == pytest.approx(2 * accelerator.bf16_tflops, rel=0.03)
    if accelerator.fp4_tflops:
        assert accelerator.fp4_tflops == pytest.approx(2 * accelerator.fp8_tflops, rel=0.03)
    assert 16 <= (accelerator.link_gb_per_s_bidirectional or 16) <= 2000
    assert 50 <= (accelerator.tdp_w or 50) <= 1500
    assert accelerator.vendor in ("nvidia", "amd", "google")
    assert accelerator.link


def test_an_accelerator_without_a_number_format_has_none_and_not_zero():
    by_id = catalog.accelerators()
    assert {a.id for a in by_id.values() if a.fp8_tflops is None} == {
        "a100-sxm-40gb",
        "a100-sxm-80gb",
        "tpu-v5e",
    }
    assert {a.id for a in by_id.values() if a.fp4_tflops} == {"b200-sxm"}
    assert {a.fp4_tflops for a in by_id.values() if a.id != "b200-sxm"} == {None}


@pytest.mark.parametrize("price", catalog.prices().values(), ids=lambda p: p.id)
def test_a_price_is_dated_and_ordered(price):
    datetime.date.fromisoformat(price.as_of)
    assert 0 < price.cached_input_usd_per_mtok < price.input_usd_per_mtok
    assert price.input_usd_per_mtok <= price.cache_write_usd_per_mtok
    assert price.input_usd_per_mtok < price.output_usd_per_mtok
    assert 0 < price.flat_up_to_tokens <= price.context_window_tokens
    assert price.input_usd_per_mtok >= 0.01
    assert price.output_usd_per_mtok <= 1000
    assert price.batch_discount is None or 0 < price.batch_discount < 1
    assert price.flat_up_to_tokens == (
        price.tiers[0].above_tokens if price.tiers else price.context_window_tokens
    )
    assert price.illustration != price.source.startswith("genai-prices ")
    if not price.illustration:
        assert price.source.endswith(f"/{price.id}")


def test_the_textbook_price_has_the_figures_of_the_worked_examples():
    price = catalog.price("textbook-3-15")
    assert price.illustration
    assert price.input_usd_per_mtok == 3
    assert price.cached_input_usd_per_mtok == 0.3
    assert price.output_usd_per_mtok == 15


def test_the_illustrated_tiers_lie_within_the_real_prices():
    real = [p.input_usd_per_mtok for p in catalog.prices().values() if not p.illustration]
    tiers = [catalog.price(f"model-{tier}").input_usd_per_mtok for tier in "sml"]
    assert tiers == sorted(tiers)
    assert min(real) <= tiers[0]
    assert tiers[-1] <= max(real)


@pytest.mark.parametrize("look_up", [catalog.model, catalog.accelerator, catalog.price])
def test_an_unknown_id_is_named_beside_those_there_are(look_up):
    with pytest.raises(ValueError, match=r"'no-such-thing' in the catalog; there are \w+"):
        look_up("no-such-thing")


def test_a_slip_of_the_pen_gets_near_matches():
    with pytest.raises(ValueError, match=r"no model 'llama-3.1-8' .* did you mean llama-3.1-8b"):
        catalog.model("llama-3.1-8")
    with pytest.raises(ValueError, match=r"no accelerator 'h100-sxm' .* h100-sxm-80gb"):
        catalog.accelerator("h100-sxm")


@pytest.mark.parametrize("value", [None, 8, [], ("llama-3.1-8b",)])
def test_what_is_no_text_is_no_id(value):
    with pytest.raises(ValueError, match="no model"):
        catalog.model(value)


def test_entries_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalog.model("llama-3.1-8b").layers = 1
    with pytest.raises(TypeError):
        catalog.models()["llama-3.1-8b"] = None


def test_a_row_is_read_into_its_types():
    entry = parse(f"{PRICE_COLUMNS}\n{PRICE_ROW}\n", Price, "p.csv")["a"]
    assert entry.cached_input_usd_per_mtok == 0.1
    assert entry.context_window_tokens == 1000
    assert entry.illustration is False
    assert entry.note == ""


def test_the_rates_of_a_longer_context_hold_for_all_its_tokens():
    row = PRICE_ROW.replace(",0.5,,", ",,200: 2 0.2 2.5 7; 500: 3 0.3 3.5 9,")
    price = parse(f"{PRICE_COLUMNS}\n{row}\n", Price, "p.csv")["a"]
    assert price.batch_discount is None
    low, middle, high = Rates(1, 0.1, 1.25, 5), Rates(2, 0.2, 2.5, 7), Rates(3, 0.3, 3.5, 9)
    assert price.tiers == (Tier(200, middle), Tier(500, high))
    contexts = [0, 200, 201, 500, 501, 10_000]
    expected = [low, low, middle, middle, high, high]
    assert [price.rates(context) for context in contexts] == expected
    arrays = price.rates(np.array(contexts))
    for field in dataclasses.fields(Rates):
        assert getattr(arrays, field.name).tolist() == [getattr(e, field.name) for e in expected]


@pytest.mark.parametrize(
    "tiers", ["200", "200: 1 2 3", "200: 1 2 3 4 5", "many: 1 2 3 4", "200: 1 2 3 x"]
)
def test_a_broken_tier_is_named(tiers):
    row = PRICE_ROW.replace(",0.5,,", f",0.5,{tiers},")
    with pytest.raises(ValueError, match=r"p.csv, row 'a', tiers: .* is not of type tuple\[Tier"):
        parse(f"{PRICE_COLUMNS}\n{row}\n", Price, "p.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{PRICE_COLUMNS}\n{PRICE_ROW.replace(',5,', ',five,')}", r"p.csv, row 'a', output_usd"),
        (f"{PRICE_COLUMNS}\n{PRICE_ROW.replace('false', 'no')}", r"row 'a', illustration: 'no'"),
        (f"{PRICE_COLUMNS}\n{PRICE_ROW}\n{PRICE_ROW}", r"row 'a': this id stands there twice"),
        (f"{PRICE_COLUMNS}\n{PRICE_ROW[:20]}", r"row 'a': 15 cells wanted"),
        (f"{PRICE_COLUMNS}\n{PRICE_ROW},more", r"row 'a': 15 cells wanted"),
        (
            f"{PRICE_COLUMNS.replace('as_of', 'date')}\n{PRICE_ROW}",
            r"p.csv: the columns must be id",
        ),
        ("", r"p.csv: the columns must be id"),
    ],
)
def test_a_broken_file_is_named_with_row_and_field(text, message):
    with pytest.raises(ValueError, match=message):
        parse(text, Price, "p.csv")


def test_the_digest_names_the_data_whatever_its_line_ends():
    folder = files("course_utils.catalog") / "data"
    names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".csv"))
    text = ""
    for name in names:
        content = (folder / name).read_bytes().decode().replace("\r\n", "\n")
        text += f"{name}\n{len(content)}\n{content}"
    assert catalog.data_digest() == hashlib.sha256(text.encode()).hexdigest()[:12]
