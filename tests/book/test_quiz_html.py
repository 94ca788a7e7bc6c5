"""The quiz as static HTML: complete without JavaScript, and safe to stand in a page."""

from __future__ import annotations

import json
from dataclasses import replace

import lxml.html
import pytest

from course_utils import show
from course_utils.book.quiz import PREPARED_VARIANTS, html, json_text
from course_utils.quiz import load_bank

BANK = load_bank("01-interview-basics")


@pytest.fixture(scope="module")
def root():
    return lxml.html.fragment_fromstring(html(BANK))


def test_every_question_is_a_form_with_a_legend_and_labelled_inputs(root):
    forms = root.xpath(".//form")
    assert [form.get("data-item") for form in forms] == [item.id for item in BANK.items]
    for form, item in zip(forms, BANK.items, strict=True):
        legend = " ".join(form.find("fieldset/legend").text_content().split())
        stem = " ".join(item.variant(0).stem.split())
        assert stem in legend
        inputs = form.xpath(".//input")
        assert len(inputs) == (len(item.options) or 1)
        assert all(field.getparent().tag == "label" for field in inputs)
        kinds = {"single": "radio", "multiple": "checkbox", "numeric": "text"}
        assert {field.get("type") for field in inputs} == {kinds[item.kind]}


def test_without_javascript_every_answer_is_explained_in_a_fold(root):
    for form, item in zip(root.xpath(".//form"), BANK.items, strict=True):
        details = form.find("details")
        assert details.get("open") is None
        # A number and its unit are joined by a space that does not break.
        text = details.text_content().replace("\u00a0", " ")
        variant = item.variant(0)
        reasons = [o.feedback for o in item.options] + [w.feedback for w in variant.wrong]
        assert all(reason in text for reason in reasons)
        assert not form.xpath(".//button")


def test_a_page_may_hold_any_number_of_quizzes(root):
    assert root.xpath("//*[@id]") == []


def test_the_json_block_holds_the_prepared_variants(root):
    data = json.loads(root.find("script").text_content())
    assert data["bank"] == BANK.id
    for entry, item in zip(data["items"], BANK.items, strict=True):
        assert len(entry["variants"]) == (PREPARED_VARIANTS if item.computed else 1)
        shown = [option["key"] for option in entry.get("options", [])]
        assert shown == [option.key for option in item.variant(0).options]


def test_text_of_a_bank_cannot_leave_its_place():
    evil = "</script><script>alert(1)</script><!-- `<b>` & **<i>**"
    item = BANK.items[0]
    options = (replace(item.options[0], text=evil, feedback=evil), *item.options[1:])
    bank = replace(BANK, title=evil, items=(replace(item, stem=evil, options=options),))
    page = html(bank)
    assert page.count("<script") == page.count("</script>") == 1
    root = lxml.html.fragment_fromstring(page)
    assert evil.replace("`", "").replace("**", "") in root.find("form").text_content()
    data = json.loads(root.find("script").text_content())
    assert evil in [option["text"] for option in data["items"][0]["options"]]


def test_json_text_survives_a_script_element():
    data = {"a": "<!--</script>", "b": "\u2028\u2029", "c": "“ä”"}
    assert "<" not in json_text(data)
    assert "\u2028" not in json_text(data)
    assert json.loads(json_text(data)) == data


def test_the_html_depends_on_the_seed_and_on_nothing_else():
    assert html(BANK) == html(BANK, seed=0) == show(BANK).html
    assert html(BANK, seed=5) != html(BANK)
    with pytest.raises(ValueError, match="option seed alone, got sed"):
        html(BANK, sed=5)
