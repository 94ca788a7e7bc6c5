"""The catalogue holds what it says, and says what is wrong."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from course_utils import catalog
from course_utils.catalog.entries import Price
from course_utils.catalog.load import parse

PRICE_COLUMNS = ",".join(field.name for field in dataclasses.fields(Price))
PRICE_ROW = "a,A,V,1,0.1,1.25,5,1000,1000,false,2026-01-01,some list,"


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
        ("llama-3.1-8b", 8.03),
        ("llama-3.1-70b", 70.55),
        ("llama-3.1-405b", 405.85),
        ("llama-2-13b", 13.02),
        ("mixtral-8x7b", 46.7),
        ("qwen3-30b-a3b", 30.5),
        ("gpt-oss-120b", 116.8),
        ("deepseek-v3", 671),
    ],
)
def test_parameter_totals_agree_with_the_model_cards(model_id, published_billions):
    total = catalog.model(model_id).params_total
    assert total == pytest.approx(published_billions * 1e9, rel=0.01)


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


@pytest.mark.parametrize("price", catalog.prices().values(), ids=lambda p: p.id)
def test_a_price_is_dated_and_ordered(price):
    datetime.date.fromisoformat(price.as_of)
    assert 0 < price.cached_input_usd_per_mtok < price.input_usd_per_mtok
    assert price.input_usd_per_mtok <= price.cache_write_usd_per_mtok
    assert price.input_usd_per_mtok < price.output_usd_per_mtok
    assert 0 < price.flat_up_to_tokens <= price.context_window_tokens
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
    with pytest.raises(ValueError, match=r"'no-such-thing' in the catalogue; there are \w+"):
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{PRICE_COLUMNS}\n{PRICE_ROW.replace(',5,', ',five,')}", r"p.csv, row 'a', output_usd"),
        (f"{PRICE_COLUMNS}\n{PRICE_ROW.replace('false', 'no')}", r"row 'a', illustration: 'no'"),
        (f"{PRICE_COLUMNS}\n{PRICE_ROW}\n{PRICE_ROW}", r"row 'a': this id stands there twice"),
        (f"{PRICE_COLUMNS}\n{PRICE_ROW[:20]}", r"row 'a': 13 cells wanted"),
        (f"{PRICE_COLUMNS}\n{PRICE_ROW},more", r"row 'a': 13 cells wanted"),
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
