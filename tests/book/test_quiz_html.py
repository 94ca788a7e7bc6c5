"""The quiz as static HTML: complete without JavaScript, and safe to stand in a page."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jinja2
import lxml.html
import pytest

from course_utils import placement, practice_set, quiz, show
from course_utils.book.placement import RULE
from course_utils.book.quiz import PREPARED_VARIANTS, html, json_text
from course_utils.quiz import Bank, load_bank, parse_bank
from course_utils.quiz.misconceptions import misconception_index

BANK = load_bank("01-interview-basics")
ALL_KINDS = parse_bank(
    (Path(__file__).parents[1] / "quiz" / "all-kinds.toml").read_text("utf-8"), "all-kinds.toml"
)


@pytest.fixture(scope="module", params=[BANK, ALL_KINDS], ids=lambda bank: bank.id)
def bank(request) -> Bank:
    return request.param


@pytest.fixture(scope="module")
def root(bank):
    return lxml.html.fragment_fromstring(html(bank))


def words_of(node) -> str:
    """The text of a node; a number and its unit are joined by a space that does not break."""
    return " ".join(node.text_content().replace("\u00a0", " ").split())


def test_every_question_is_a_form_with_a_legend_and_labelled_inputs(bank, root):
    forms = root.xpath(".//form")
    assert [form.get("data-item") for form in forms] == [item.id for item in bank.items]
    for form, item in zip(forms, bank.items, strict=True):
        variant = item.variant(0)
        stem = " ".join(variant.stem.replace("`", "").replace("**", "").split())
        assert stem in words_of(form.find("fieldset/legend"))
        inputs = form.xpath(".//input")
        assert all(field.getparent().tag == "label" for field in inputs)
        kinds = {"single": "radio", "multiple": "checkbox", "numeric": "text", "predict": "text"}
        if item.kind == "order":
            assert inputs == []
            steps = form.xpath("fieldset/ol/li")
            assert [words_of(step) for step in steps] == [step.text for step in variant.steps]
        else:
            assert len(inputs) == (len(item.options) or 1)
            assert {field.get("type") for field in inputs} == {kinds[item.kind]}


def test_without_javascript_every_answer_is_explained_in_a_fold(bank, root):
    for form, item in zip(root.xpath(".//form"), bank.items, strict=True):
        details = form.find("details")
        assert details.get("open") is None
        variant = item.variant(0)
        reasons = [o.feedback for o in item.options] + [w.feedback for w in variant.wrong]
        reasons += [s.why for s in item.steps] + [m.feedback for m in item.mistakes]
        reasons += [variant.solution.replace("**", "")] if item.numeric else []
        assert reasons
        text = words_of(details)
        assert [reason for reason in reasons if reason not in text] == []
        assert not form.xpath(".//button")


def test_nothing_outside_its_fold_gives_a_prediction_away(bank, root):
    for form, item in zip(root.xpath(".//form"), bank.items, strict=True):
        if item.kind == "predict":
            assert item.variant(0).answer_text not in words_of(form.find("fieldset"))


def test_a_page_may_hold_any_number_of_quizzes(root):
    assert root.xpath("//*[@id]") == []


def test_the_json_block_holds_the_prepared_variants(bank, root):
    data = json.loads(root.find("script").text_content())
    assert data["bank"] == bank.id
    for entry, item in zip(data["items"], bank.items, strict=True):
        most = min(PREPARED_VARIANTS, item.numeric.combinations) if item.numeric else 1
        assert len(entry["variants"]) == most
        shown = [option["key"] for option in entry.get("options", [])]
        assert shown == [option.key for option in item.variant(0).options]
        steps = [step["key"] for step in entry.get("steps", [])]
        assert steps == [step.key for step in item.variant(0).steps]


def test_a_card_of_predictions_is_part_of_the_text_and_says_so():
    card = lxml.html.fragment_fromstring(
        show(quiz("01-interview-basics", "what-sixteen-times-costs")).html
    )
    assert card.get("aria-label") == card.findtext("p") == "Your prediction"
    assert "cu-quiz-predict" in card.get("class").split()
    rest = lxml.html.fragment_fromstring(show(quiz("01-interview-basics")).html)
    assert rest.get("aria-label") == f"Quiz: {BANK.title}"
    assert "what-sixteen-times-costs" not in rest.xpath(".//form/@data-item")


def test_text_of_a_bank_cannot_leave_its_place():
    evil = "</script><script>alert(1)</script><!-- `<b>` & **<i>**"
    item, order = BANK.items[0], next(item for item in BANK.items if item.kind == "order")
    options = (replace(item.options[0], text=evil, feedback=evil), *item.options[1:])
    steps = (replace(order.steps[0], text=evil, why=evil), *order.steps[1:])
    items = (replace(item, stem=evil, options=options), replace(order, steps=steps))
    page = html(replace(BANK, title=evil, items=items))
    assert page.count("<script") == page.count("</script>") == 1
    root = lxml.html.fragment_fromstring(page)
    for form in root.xpath(".//form"):
        assert evil.replace("`", "").replace("**", "") in form.text_content()
    data = json.loads(root.find("script").text_content())
    assert evil in [option["text"] for option in data["items"][0]["options"]]
    assert evil in [step["text"] for step in data["items"][1]["steps"]]


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


def test_each_student_may_have_a_seed_of_their_own():
    def drawn(seed):
        root = lxml.html.fragment_fromstring(html(BANK, seed=seed))
        data = json.loads(root.find("script").text_content())
        assert data["seed"] == seed
        return root.xpath(".//form//input/@value"), words_of(root)

    assert drawn("ada") == drawn("ada")
    assert drawn("ada")[0] != drawn("bob")[0]


# ---- Pages of many lessons ----


def test_the_practice_page_has_every_question_of_every_lesson_with_its_answer():
    root = lxml.html.fragment_fromstring(show(practice_set()).html)
    forms = root.xpath(".//form")
    wanted = {question.key for question in practice_set().questions}
    assert {(form.get("data-bank"), form.get("data-item")) for form in forms} == wanted
    assert len(forms) == len(wanted)
    assert all(form.find("details/div") is not None for form in forms)
    titles = {question.key: question.bank.title for question in practice_set().questions}
    for form in forms:
        place = form.find("fieldset/legend/span[@class='cu-quiz-place']")
        assert words_of(place) == titles[form.get("data-bank"), form.get("data-item")]


def test_the_order_of_practice_is_drawn_by_its_seed():
    def order(**options):
        root = lxml.html.fragment_fromstring(show(practice_set(), **options).html)
        return root.xpath(".//form/@data-item")

    assert order() == order(seed=0)
    assert order(seed=1) != order()
    assert sorted(order(seed=1)) == sorted(order())


def test_a_practice_set_may_be_empty():
    root = lxml.html.fragment_fromstring(show(practice_set(missed=[])).html)
    assert root.xpath(".//form") == []


def test_the_placement_check_says_its_rule_where_nothing_can_work_it_out():
    root = lxml.html.fragment_fromstring(show(placement()).html)
    assert RULE in words_of(root.find_class("cu-quiz-about")[0])
    assert len(root.xpath(".//form")) == len(placement().questions)
    assert all(form.find("details/div") is not None for form in root.xpath(".//form"))


def test_the_misconception_index_has_every_belief_once_under_one_lesson():
    root = lxml.html.fragment_fromstring(show(misconception_index()).html)
    beliefs = [words_of(term) for term in root.xpath(".//dt")]
    wanted = [entry.belief for entry in misconception_index().entries]
    plain = [" ".join(f"“{belief}”".replace("`", "").split()) for belief in wanted]
    assert sorted(beliefs) == sorted(plain)
    headings = [words_of(heading) for heading in root.xpath(".//h2")]
    assert len(headings) == len(set(headings))


def test_the_misconception_index_shows_no_html_and_no_belief_that_nothing_answers():
    index = misconception_index([ALL_KINDS])
    assert index.entries == ()  # that bank defines none
    entry = misconception_index([BANK]).entries[0]
    evil = replace(entry, belief="<img src=x>", tempting="<b>")
    lost = replace(entry, belief="Nobody answers this.", places=())
    root = lxml.html.fragment_fromstring(show(replace(index, entries=(evil, lost))).html)
    assert words_of(root.find(".//dt")) == "“<img src=x>”"
    assert root.xpath(".//img") == root.xpath(".//b") == []
    assert "Nobody answers this" not in words_of(root)


# ---- The link that reports a mistake ----


@pytest.mark.parametrize(
    ("url", "provider", "address"),
    [
        ("https://github.com/ann/course", "github", "https://github.com/ann/course/issues/new?title="),
        (
            "https://gitlab.com/ann/course",
            "gitlab",
            "https://gitlab.com/ann/course/-/issues/new?issue%5Btitle%5D=",
        ),
        ("", "github", None),
    ],
)  # fmt: skip
def test_a_page_names_where_mistakes_are_reported_if_there_is_such_a_place(url, provider, address):
    template = files("course_utils.book") / "templates" / "layout.html"
    theme = "<head>{% block css %}{% endblock %}{% block scripts %}{% endblock %}"
    loader = jinja2.DictLoader(
        {
            "!layout.html": theme + "{% block extrahead %}{% endblock %}</head>",
            "layout.html": template.read_text("utf-8"),
        }
    )
    page = jinja2.Environment(loader=loader).get_template("layout.html")
    head = page.render(
        theme_repository_url=url,
        theme_repository_provider=provider,
        css=str,
        pathto=lambda name, _: name,
    )
    found = lxml.html.fromstring(head).xpath("//meta[@name='course-issue']/@content")
    assert found == ([address] if address else [])
