"""Banks: what is in them, what a seed draws, and what a broken one says."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import sys
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from course_utils import show
from course_utils.calculators.money import request_cost
from course_utils.quiz import BankError, bank_ids, load_bank, model, parse_bank
from course_utils.quiz.bank import schema
from course_utils.quiz.model import item_data

ROOT = Path(__file__).resolve().parents[2]
LESSON = "01-interview-basics"
BANK = load_bank(LESSON)
KINDS_TOML = Path(__file__).with_name("all-kinds.toml")
KINDS = parse_bank(KINDS_TOML.read_text("utf-8"), KINDS_TOML.name)
TEXT = (files("course_utils.quiz") / "banks" / f"{LESSON}.toml").read_text("utf-8")


def heading_anchors(markdown: str) -> set[str]:
    """The anchors that docutils gives to the headings of a page."""
    titles = re.findall(r"^#+ +(.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") for title in titles}


def test_the_lesson_has_the_kinds_of_items_that_were_asked_for():
    kinds = Counter(item.kind for item in BANK.items)
    assert kinds["single"] >= 5
    assert kinds["multiple"] >= 2
    assert kinds["numeric"] >= 2
    assert {item.outcome for item in BANK.items} == {
        "clarify",
        "draw",
        "trade",
        "evaluate",
        "bound",
    }


@pytest.mark.parametrize("bank_id", bank_ids())
def test_every_section_to_read_again_is_a_heading_of_the_lesson(bank_id):
    lesson = (ROOT / "chapters" / f"{bank_id}.md").read_text("utf-8")
    bank = load_bank(bank_id)
    assert {section.id for section in bank.sections} <= heading_anchors(lesson)
    titles = set(re.findall(r"^#+ +(.+)$", lesson, re.MULTILINE))
    assert {section.title for section in bank.sections} <= titles


def test_the_figures_of_the_tradeoff_item_follow_from_its_stem():
    extra = request_cost(
        context_tokens=15 * 500, output_tokens=0, input_usd_per_mtok=3, output_usd_per_mtok=0
    ).total_usd
    points = 0.89 - 0.86
    saved = points * 0.50
    key = next(o for o in BANK.item("five-passages-or-twenty").options if o.correct)
    for figure in (f"${extra:.4f}", f"${saved:.3f}", f"${extra / points:.2f}"):
        assert figure in key.text
    assert extra > saved


def test_the_same_seed_draws_the_same_question_on_every_machine():
    # Drawn once and written down: another Python or machine has to draw the same.
    order = [option.key for option in BANK.item("policy-after-generation").variant(0).options]
    assert order == [0, 2, 3, 1]
    variant = BANK.item("kv-cache-of-long-conversations").variant("ada")
    assert variant.parameters == {"context_tokens": 32000, "users": 4}


def test_seeds_draw_different_questions():
    item = BANK.item("cost-of-1000-requests")
    drawn = {tuple(item.variant(seed).parameters.values()) for seed in range(40)}
    assert len(drawn) > 20
    choice = BANK.item("policy-after-generation")
    orders = {tuple(o.key for o in choice.variant(seed).options) for seed in range(40)}
    assert len(orders) > 12


@pytest.mark.parametrize("item", KINDS.items, ids=lambda item: item.id)
def test_every_kind_gives_each_student_a_question_that_stays_theirs(item):
    students = [f"student-{n}" for n in range(30)]
    drawn = {
        student: (item.variant(student), json.dumps(item_data(item, student)))
        for student in students
    }
    assert drawn == {s: (item.variant(s), json.dumps(item_data(item, s))) for s in students}
    different = {data for _, data in drawn.values()}
    # The one item without anything to draw is the same for all.
    assert (len(different) > 1) is (item.id != "guess-the-bill")


def test_no_place_holds_the_right_option_more_often_than_the_others():
    single = [item for item in BANK.items if item.kind == "single"]
    places = Counter(
        next(i for i, option in enumerate(item.variant(seed).options) if option.correct)
        for item in single
        for seed in range(200)
    )
    expected = len(single) * 200 / 4
    chi_square = sum((places[place] - expected) ** 2 / expected for place in range(4))
    assert chi_square < 7.815, places  # p = .05 with three degrees of freedom


def test_new_numbers_differ_from_one_another_and_start_with_the_seed_itself():
    item = BANK.item("unchecked-steps-in-a-row")
    variants = item.variants(7, 5)
    assert variants[0] == item.variant(7)
    drawn = [tuple(variant.parameters.values()) for variant in variants]
    assert len(set(drawn)) == 5
    assert len(item.variants(7, 100)) == item.numeric.combinations == 16


def test_a_choice_item_has_one_variant():
    assert len(BANK.items[0].variants(0, 5)) == 1


def test_known_answers_of_the_computed_items():
    # 41.9 GB for 128,000 tokens of Llama 3.1 70B, $12 per 1,000 requests and .95 ** 10
    # are worked in the curriculum; the items ask for others of the same formulas.
    kv = BANK.item("kv-cache-of-long-conversations").variants(0, 20)
    for variant in kv:
        tokens, users = variant.parameters["context_tokens"], variant.parameters["users"]
        assert variant.answer == pytest.approx(41.94304 * tokens / 128_000 * users)
    for variant in BANK.item("unchecked-steps-in-a-row").variants(0, 16):
        steps = variant.parameters["steps"]
        assert variant.answer == pytest.approx(
            100 * (variant.parameters["step_success_percent"] / 100) ** steps
        )


def test_wrong_formulas_make_the_mistake_that_they_name():
    variant = BANK.item("kv-cache-of-long-conversations").variant(0)
    users = variant.parameters["users"]
    ratios = [wrong.value / variant.answer for wrong in variant.wrong]
    assert ratios == pytest.approx([8, 1 / 2, 1 / users, 1e9 / 2**30])
    cost = BANK.item("cost-of-1000-requests").variant(0)
    assert cost.wrong[0].value / cost.answer == pytest.approx(1000)
    assert cost.wrong[1].value / cost.answer == pytest.approx(1 / 1000)


def test_the_text_has_every_question_with_its_explained_answers():
    text = BANK.as_text()
    flat = " ".join(text.split())
    assert text == BANK.as_text(seed=0)
    assert text != BANK.as_text(seed=1)
    for item in BANK.items:
        for option in item.options:
            assert option.text in flat
            assert option.feedback in flat
    assert max(map(len, text.splitlines())) <= 88


def test_the_text_of_each_kind_has_what_is_asked_and_why():
    text = " ".join(KINDS.as_text().split())
    order, guess = KINDS.item("put-in-order"), KINDS.item("guess-the-share")
    assert "Put the steps in order. a) " in text
    assert "Answer: b, d, c, a 1. (b) Everything behind it needs to know who asks." in text
    assert "d before b: Without rights, everything is fetched for everybody." in text
    assert all(step.text in text and step.why in text for step in order.steps)
    assert "say how sure you are. A guess within a factor of 1.2 counts." in text
    assert guess.variant(0).answer_text in text


def test_show_takes_a_seed_and_nothing_else():
    assert show(BANK, seed=3).text == BANK.as_text(seed=3)
    with pytest.raises(ValueError, match="option seed alone, got sead"):
        show(BANK, sead=3)
    for seed in (True, None, 1.5, ""):
        with pytest.raises(ValueError, match="seed must be a whole number or a text"):
            show(BANK, seed=seed)


def test_the_first_cell_of_a_lesson_can_be_run_twice():
    code = "from course_utils import quiz, show; show(quiz('01-interview-basics')).text\n"
    subprocess.run([sys.executable, "-c", code * 2], check=True)


def test_an_unknown_bank_or_item_names_those_there_are():
    with pytest.raises(ValueError, match=r"bank_id '1'.*01-interview-basics"):
        load_bank("1")
    with pytest.raises(ValueError, match=r"item_id 'x'.*policy-after-generation"):
        BANK.item("x")


def test_the_schema_is_a_json_schema_that_explains_each_field():
    Draft202012Validator.check_schema(schema())
    fields = schema()["$defs"]["item"]["properties"]
    assert all("description" in field for field in fields.values()), json.dumps(fields)


BROKEN = {
    "not TOML": ('lesson = "01', "lesson = 01", ["this is not TOML", "line 5"]),
    "another lesson": (
        'lesson = "01-interview-basics"',
        'lesson = "02-clarify-first"',
        ["field lesson", "not the name of the file"],
    ),
    "no stem": (
        re.compile(r'stem = """\nA candidate.*?"""\n', re.DOTALL),
        "",
        ['item "policy-after-generation"', "field stem", "is missing; add it", "the question"],
    ),
    "no feedback": (
        re.compile(r'feedback = "A faster check.*?"\n'),
        "",
        ['item "policy-after-generation"', "field options 1, feedback", "is missing"],
    ),
    "no misconception": (
        'misconception = "policy-is-a-latency-problem"\n',
        "",
        ['item "policy-after-generation"', "field options 1, misconception", "name the wrong idea"],
    ),
    "a right option with a misconception": (
        'correct = true\nfeedback = "The model can use a salary',
        'correct = true\nmisconception = "x"\nfeedback = "The model can use a salary',
        ["field options 2, misconception", "a right option has none"],
    ),
    "two right options": (
        'text = "Checks in code are brittle',
        'correct = true\ntext = "Checks in code are brittle',
        ['item "policy-after-generation"', "field options", "2 are correct", "exactly one"],
    ),
    "misspelled field": (
        'read_again = "the-common-mistake"\nstem = """\n“When',
        'readagain = "the-common-mistake"\nread_again = "the-common-mistake"\nstem = """\n“When',
        ['item "first-version-of-rebooking"', "field readagain", "is not known", "read_again"],
    ),
    "unknown section": (
        'read_again = "clarify-first"',
        'read_again = "clarify"',
        ["field read_again", "'clarify' is not known", "clarify-first"],
    ),
    "unknown outcome": (
        'outcome = "clarify"',
        'outcome = "clear"',
        ["field outcome", "'clear' is not known"],
    ),
    "unknown kind": (
        'kind = "multiple"',
        'kind = "many"',
        ['item "questions-that-change-the-design"', "field kind", "'many'", "single: one right"],
    ),
    "options on a number": (
        'kind = "single"\ndifficulty = 1',
        'kind = "numeric"\ndifficulty = 1',
        ['item "first-version-of-rebooking"', "field"],
    ),
    "same id twice": (
        'id = "policy-after-generation"',
        'id = "questions-that-change-the-design"',
        ["field id", "stands there twice"],
    ),
    "unknown formula": (
        'answer = "kv_cache_gb"',
        'answer = "kv_cache"',
        ['item "kv-cache-of-long-conversations"', "field numeric, answer", "kv_cache_gb"],
    ),
    "unknown wrong formula": (
        'formula = "kv_cache_query_heads_gb"',
        'formula = "kv_cache_heads"',
        ["field numeric, wrong 1, formula", "is not known", "kv_cache_query_heads_gb"],
    ),
    "parameter that the formula lacks": (
        "users = [4, 6, 10, 16]",
        "people = [4, 6, 10, 16]",
        ["field numeric, answer", "kv_cache_gb takes context_tokens, users", "people"],
    ),
    "unknown name in a template": (
        "{users} users are in flight",
        "{people} users are in flight",
        ["field stem", "'people' is not known", "users"],
    ),
    "single brace": (
        "{users} users are in flight",
        "{users users are in flight",
        ["field stem", "write a literal brace twice"],
    ),
    "tolerance as a percentage": (
        "tolerance = 0.03",
        "tolerance = 3",
        ["field numeric, tolerance", "relative tolerance"],
    ),
    "tolerance of another kind": (
        "tolerance = 0.03",
        "tolerance = 0.03\nwithin_factor = 1.5",
        ["field numeric, within_factor", "does not belong to an item of this kind"],
    ),
    "no tolerance": (
        "tolerance = 0.03\n",
        "",
        ["field numeric, tolerance", "is missing; add it", "relative tolerance"],
    ),
    "a right formula as a wrong one": (
        'formula = "kv_cache_query_heads_gb"',
        'formula = "kv_cache_gb"',
        ["field numeric, wrong 1, formula", "is a right formula", "`arguments`"],
    ),
    "an argument that the formula lacks": (
        'formula = "task_success_of_one_step_percent"',
        'formula = "task_success_of_one_step_percent"\narguments = { tries = 2 }',
        ["wrong 1, formula", "takes step_success_percent, steps", "tries"],
    ),
    "a misconception twice": (
        'id = "asking-for-the-solution"\nbelief',
        'id = "tools-before-requirements"\nbelief',
        ["field misconceptions 2, id", "stands there twice"],
    ),
    "no belief": (
        re.compile(r'belief = "Once.*?"\n'),
        "",
        ["field misconceptions 1, belief", "is missing", "as somebody who holds it would say it"],
    ),
    "unknown unit": ('unit = "GB"', 'unit = "gigabytes"', ["field numeric, unit", "GB"]),
    "two options of the same text": (
        'text = "Which vector database has the team already run in production?"',
        'text = "How many parameters should the model behind the answers have?"',
        ["field options 4, text", "stands there twice"],
    ),
}


# Of the bank with one item of each kind.
BROKEN_KINDS = {
    "predict with a tolerance": (
        "within_factor = 1.2",
        "within_factor = 1.2\ntolerance = 0.1",
        ['item "guess-the-share"', "field numeric, tolerance", "does not belong"],
    ),
    "predict without a factor": (
        "within_factor = 1.2\n",
        "",
        ['item "guess-the-share"', "field numeric, within_factor", "is missing", "predict"],
    ),
    "a factor like a tolerance": (
        "within_factor = 1.2",
        "within_factor = 0.2",
        ["field numeric, within_factor", "0.2 is less than the minimum of 1.1"],
    ),
    "order without mistakes": (
        re.compile(r"\[\[items.mistakes.*?\n\n(?=\[\[items\]\])", re.DOTALL),
        "",
        ['item "put-in-order"', "field mistakes", "is missing", "wrong orders"],
    ),
    "order without a hint": (
        'hint = "Follow one request through the boxes."\n',
        "",
        ['item "put-in-order"', "field hint", "is missing", "no mistake explains"],
    ),
    "a step too far": (
        "before = 3\nafter = 2",
        "before = 5\nafter = 2",
        ["field mistakes 2, before", "there is no step 5; the steps are 1 to 4"],
    ),
    "a right order as a mistake": (
        "before = 3\nafter = 2",
        "before = 2\nafter = 3",
        ["field mistakes 2, before", "step 2 before step 3 is no mistake"],
    ),
    "the same mistake twice": (
        "before = 3\nafter = 2",
        "before = 2\nafter = 1",
        ["field mistakes 2, before", "stands there twice"],
    ),
    "the same step twice": (
        'text = "Passages are fetched"',
        'text = "Rights are looked up"',
        ["field steps 2, text", "stands there twice"],
    ),
    "options on an order": (
        'kind = "order"',
        'kind = "single"',
        ['item "put-in-order"', "field"],
    ),
    "two steps": (
        re.compile(r'\[\[items.steps\]\]\ntext = "(The model|Claims).*?\n\n', re.DOTALL),
        "",
        ['item "put-in-order"', "field steps", "is too short"],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_bank_names_file_item_field_and_what_to_do(name):
    assert_broken(TEXT, f"{LESSON}.toml", 1, *BROKEN[name])


@pytest.mark.parametrize("name", BROKEN_KINDS)
def test_a_broken_order_or_prediction_names_item_field_and_what_to_do(name):
    assert_broken(KINDS_TOML.read_text("utf-8"), KINDS_TOML.name, 2, *BROKEN_KINDS[name])


def assert_broken(text, filename, count, old, new, expected):
    if isinstance(old, str):
        broken = text.replace(old, new, 1)
    else:
        broken = old.sub(lambda _: new, text, count=count)
    assert broken != text
    with pytest.raises(BankError) as error:
        parse_bank(broken, filename)
    for part in (filename, *expected):
        assert part in str(error.value), str(error.value)


def test_a_bank_in_which_all_is_well_is_read():
    assert parse_bank(TEXT, f"banks/{LESSON}.toml") == BANK


def test_the_examples_of_the_model_hold():
    results = doctest.testmod(model)
    assert results.attempted > 0
    assert results.failed == 0
