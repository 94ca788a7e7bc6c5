"""Prices read from genai-prices give the costs that genai-prices itself computes."""

from __future__ import annotations

import builtins
import datetime
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from genai_prices import Usage, calc_price

from course_utils import catalog
from course_utils.calculators.money import request_cost
from course_utils.catalog import vendor

SOURCE = Path(__file__).resolve().parents[2] / "src"
DAY = vendor.snapshot_date()
NOON = datetime.datetime.combine(DAY, datetime.time(20), datetime.UTC)

# Plain, with a cache, with a fee for a cache write, tiered, dated, by the hour, and an embedding.
MODELS = [
    "openai/gpt-5.2",
    "openai/gpt-4.1-mini",
    "openai/gpt-6-luna",
    "openai/gpt-6.1-terra",
    "openai/text-embedding-3-small",
    "anthropic/claude-sonnet-4-5",
    "anthropic/claude-sonnet-5-5",
    "anthropic/claude-opus-5-5",
    "google/gemini-2.5-pro",
    "google/gemini-2.5-flash-lite",
    "google/gemini-3.8-flash",
    "mistral/mistral-large-4",
    "deepseek/deepseek-v4-pro",
    "groq/llama-3.3-70b-versatile",
    "x-ai/grok-4.3",
]
CONTEXTS = [1000, 150_000, 200_000, 200_001, 272_000, 272_001, 900_000]


def cost_usd(price, context, output, cached_share=0.0, written_share=0.0):
    """The cost with this course's formula; what is written to the cache is no fresh input."""
    rates = price.rates(context)
    fresh_or_read = request_cost(
        context_tokens=context,
        output_tokens=output,
        input_usd_per_mtok=rates.input_usd_per_mtok,
        cached_input_usd_per_mtok=rates.cached_input_usd_per_mtok,
        output_usd_per_mtok=rates.output_usd_per_mtok,
        cached_share=cached_share,
    ).total_usd
    fee = rates.cache_write_usd_per_mtok - rates.input_usd_per_mtok
    return fresh_or_read + context * written_share * fee / 1e6


def their_cost_usd(id, context, output, read=0, written=0):
    vendor_id, _, model_id = id.partition("/")
    usage = Usage(
        input_tokens=context,
        output_tokens=output,
        cache_read_tokens=read,
        cache_write_tokens=written,
    )
    done = calc_price(usage, model_id, provider_id=vendor_id, genai_request_timestamp=NOON)
    assert done.model.id == model_id
    return float(done.total_price)


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("id", MODELS)
def test_request_cost_agrees_with_genai_prices(id, context):
    price = catalog.vendor_price(id)
    output = 0 if "embedding" in id else 700
    assert cost_usd(price, context, output) == pytest.approx(
        their_cost_usd(id, context, output), rel=1e-12
    )
    read, written = context // 2, context // 4
    ours = cost_usd(price, context, output, read / context, written / context)
    theirs = their_cost_usd(id, context, output, read, written)
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_a_sweep_over_contexts_is_one_call():
    price = catalog.vendor_price("google/gemini-2.5-pro")
    assert price.tiers
    contexts = np.array(CONTEXTS)
    costs = cost_usd(price, contexts, 700, cached_share=0.5)
    expected = [cost_usd(price, context, 700, cached_share=0.5) for context in CONTEXTS]
    np.testing.assert_allclose(costs, expected, rtol=1e-14)


def test_the_figures_of_a_known_price():
    # https://platform.openai.com/docs/pricing, as the package had them on 2026-11-09.
    price = catalog.vendor_price("openai/gpt-5.2")
    assert (price.name, price.vendor, price.id) == ("GPT-5.2", "OpenAI", "openai/gpt-5.2")
    assert price.input_usd_per_mtok == 1.75
    assert price.cached_input_usd_per_mtok == 0.175
    assert price.cache_write_usd_per_mtok == 1.75  # no fee
    assert price.output_usd_per_mtok == 14
    assert price.batch_discount == 0.5
    assert price.context_window_tokens == price.flat_up_to_tokens == 400_000
    assert price.tiers == ()
    assert not price.illustration
    assert price.as_of == DAY.isoformat()
    assert price.source.startswith("genai-prices ")
    assert price.source.endswith(", openai/gpt-5.2")


def test_a_price_of_a_longer_context_is_a_tier():
    price = catalog.vendor_price("openai/gpt-6-luna")
    assert [tier.above_tokens for tier in price.tiers] == [272_000]
    assert price.tiers[0].rates == catalog.Rates(0.2, 0.02, 0.25, 0.75)
    assert price.flat_up_to_tokens == 272_000


@pytest.mark.parametrize(
    ("on", "dollars"),
    [("2026-12-31", 0.75), ("2027-01-01", 1.5), (None, 0.75), (datetime.date(2027, 6, 1), 1.5)],
)
def test_the_price_of_a_date_is_the_one_that_has_begun(on, dollars):
    assert catalog.vendor_price("google/gemini-3.8-flash", on=on).input_usd_per_mtok == dollars


def test_a_day_may_be_a_time():
    at = datetime.datetime(2027, 1, 1, 12, tzinfo=datetime.UTC)
    price = catalog.vendor_price("google/gemini-3.8-flash", on=at)
    assert (price.input_usd_per_mtok, price.as_of) == (1.5, "2027-01-01")


def test_a_batch_price_counts_from_its_first_day():
    assert catalog.vendor_price("openai/gpt-5.2", on="2026-10-13").batch_discount is None
    assert catalog.vendor_price("openai/gpt-5.2", on="2026-10-14").batch_discount == 0.5


def test_where_the_hour_matters_the_ordinary_hours_count():
    price = catalog.vendor_price("deepseek/deepseek-v4-pro")
    assert "other prices at some hours of the day" in price.note
    peak = datetime.datetime.combine(DAY, datetime.time(2), datetime.UTC)
    usage = Usage(input_tokens=1_000_000)
    dearer = calc_price(
        usage, "deepseek-v4-pro", provider_id="deepseek", genai_request_timestamp=peak
    )
    assert float(dearer.total_price) > price.input_usd_per_mtok


def test_the_note_says_what_is_not_included():
    assert "not included: web_searches_kcount" in catalog.vendor_price("openai/gpt-5.2").note


@pytest.mark.parametrize(
    ("batch", "share"),
    [
        (None, None),
        ({"input_mtok": 1, "output_mtok": 4}, 0.5),
        ({"input_mtok": 1, "output_mtok": 6}, None),  # not one share
        ({"input_mtok": 1}, None),  # output not said
        ({"input_mtok": 1.6, "output_mtok": 6.4}, 0.2),
    ],
)
def test_a_batch_discount_is_one_share_for_input_and_output(batch, share):
    from genai_prices.types import ModelPrice

    listed = ModelPrice(input_mtok=2, output_mtok=8)
    base = catalog.Rates(2.0, 2.0, 2.0, 8.0)
    override = ModelPrice(**batch) if batch else None
    assert vendor._discount(base, listed, override) == share


def test_every_price_of_the_package_is_read_or_refused_with_its_units():
    read, refused = 0, []
    for id in vendor._models():
        try:
            price = catalog.vendor_price(id)
        except ValueError as error:
            refused.append(str(error))
            continue
        assert price.input_usd_per_mtok >= 0
        assert price.output_usd_per_mtok >= 0
        starts = [tier.above_tokens for tier in price.tiers]
        assert starts == sorted(set(starts))
        assert price.batch_discount is None or 0 < price.batch_discount < 1
        read += 1
    assert read > 2000
    assert len(refused) < read / 5
    assert all("is not priced by the token of text" in message for message in refused)


def test_the_snapshot_and_the_package_are_one_look_up():
    assert catalog.price("openai/gpt-5.2") == catalog.vendor_price("openai/gpt-5.2")
    assert catalog.price("gpt-6-luna").id == "gpt-6-luna"


@pytest.mark.parametrize("look_up", [catalog.price, catalog.vendor_price])
def test_an_unknown_model_is_named_with_near_ones(look_up):
    with pytest.raises(ValueError, match=r"^no price 'openai/gpt-52' in genai-prices .*; did you"):
        look_up("openai/gpt-52")
    with pytest.raises(ValueError, match=r"did you mean openai/gpt-5\.2, "):
        look_up("openai/gpt-52")


def test_an_id_without_its_vendor_gets_one():
    with pytest.raises(ValueError, match=r"did you mean openai/gpt-5\.2\?"):
        catalog.vendor_price("gpt-5.2")


def test_an_id_like_no_other_gets_the_vendors():
    with pytest.raises(ValueError, match="an id is VENDOR/MODEL, with one of the vendors .*openai"):
        catalog.vendor_price("qqq/zzz")


@pytest.mark.parametrize("value", [None, 5, ["openai/gpt-5.2"]])
def test_what_is_no_text_is_no_id(value):
    with pytest.raises(ValueError, match="an id is a text VENDOR/MODEL"):
        catalog.vendor_price(value)


@pytest.mark.parametrize("id", ["groq/whisper-large-v3", "mistral/mistral-ocr-2512"])
def test_what_is_not_priced_by_the_token_is_refused(id):
    with pytest.raises(ValueError, match=f"^{id} is not priced by the token of text: its price"):
        catalog.vendor_price(id)


@pytest.mark.parametrize("on", ["yesterday", "2026-13-01", 20261109, 1.5])
def test_a_bad_date_is_named(on):
    with pytest.raises(ValueError, match=r"^on = .* is no date: give one like 2026-11-09$"):
        catalog.vendor_price("openai/gpt-5.2", on=on)


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("genai_prices"):
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)

    vendor._models.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    try:
        with pytest.raises(ModuleNotFoundError, match="pip install genai-prices"):
            catalog.vendor_price("openai/gpt-5.2")
        assert catalog.price("gpt-6-luna").input_usd_per_mtok == 0.1
    finally:
        monkeypatch.undo()
        vendor._models.cache_clear()


def test_the_catalog_itself_does_not_import_the_package():
    code = (
        "import sys; from course_utils import catalog; catalog.price('gpt-6-luna'); "
        "sys.exit('genai_prices' in sys.modules or 'pydantic' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0
