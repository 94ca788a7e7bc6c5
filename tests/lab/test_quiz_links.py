"""Where “read again” leads: within the lesson, to its file, or nowhere."""

from __future__ import annotations

import pytest

from course_utils.lab.links import lesson_link, section_link
from course_utils.lab.misconceptions import index_html
from course_utils.lab.quiz import widget
from course_utils.quiz import load_bank
from course_utils.quiz.misconceptions import misconception_index
from course_utils.quiz.model import Section

SECTION = Section("tradeoff-language", "Tradeoff language")
LESSON = "01-interview-basics"


@pytest.fixture
def chapters(tmp_path, monkeypatch):
    folder = tmp_path / "chapters"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("suffix", [".ipynb", ".md"])
def test_in_the_lesson_it_is_the_heading_on_the_page(chapters, monkeypatch, suffix):
    monkeypatch.setenv("JPY_SESSION_NAME", str(chapters / f"{LESSON}{suffix}"))
    assert section_link(LESSON, SECTION) == '<a href="#tradeoff-language">Tradeoff language</a>'


@pytest.mark.parametrize("suffix", [".ipynb", ".md"])
def test_elsewhere_it_is_the_file_beside_the_notebook(chapters, monkeypatch, suffix):
    monkeypatch.setenv("JPY_SESSION_NAME", str(chapters / f"practice{suffix}"))
    for each in (".ipynb", ".md"):
        (chapters / f"{LESSON}{each}").write_text("")
    href = f"{LESSON}{suffix}#heading=Tradeoff-language"
    assert section_link(LESSON, SECTION) == f'<a href="{href}">Tradeoff language</a>'


def test_an_exercise_finds_the_lesson_in_the_other_folder(chapters, monkeypatch, tmp_path):
    (chapters / f"{LESSON}.ipynb").write_text("")
    (tmp_path / "exercises").mkdir()
    monkeypatch.chdir(tmp_path / "exercises")
    assert lesson_link(LESSON, "Begin") == f'<a href="../chapters/{LESSON}.ipynb">Begin</a>'


def test_without_a_file_there_are_words_and_no_dead_link(chapters):
    assert section_link(LESSON, SECTION) == "Tradeoff language"
    assert lesson_link(LESSON, "Begin <b>") == "Begin &lt;b&gt;"


def test_a_wrong_answer_links_to_its_section(chapters, monkeypatch, learner):
    monkeypatch.setenv("JPY_SESSION_NAME", str(chapters / f"{LESSON}.ipynb"))
    bank = load_bank(LESSON)
    card = next(iter(widget(bank).cards.values()))
    learner.answer(card, rightly=False)
    (output,) = card.again.outputs
    assert f'<a href="#{card.item.read_again.id}">' in output["data"]["text/html"]


def test_the_index_has_every_belief_with_links_to_the_files(chapters):
    (chapters / f"{LESSON}.ipynb").write_text("")
    index = misconception_index()
    html = index_html(index)
    assert html.count("<dt>") == sum(bool(entry.places) for entry in index.entries)
    assert f'<a href="{LESSON}.ipynb#heading=' in html


def test_the_index_takes_no_option():
    from course_utils.lab.misconceptions import widget as index_widget

    with pytest.raises(ValueError, match="takes no option, got seed"):
        index_widget(misconception_index(), seed=1)
