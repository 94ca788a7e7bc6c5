"""What every test of the widgets needs: a record of its own, and a learner who clicks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from course_utils.quiz import parse_bank


@pytest.fixture(autouse=True)
def progress_path(monkeypatch, tmp_path):
    """The learner's progress file, which is not there yet."""
    path = tmp_path / "learner" / "progress.jsonl"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return path


@pytest.fixture(scope="session")
def all_kinds():
    """A bank with an item of each kind."""
    path = Path(__file__).parents[1] / "quiz" / "all-kinds.toml"
    return parse_bank(path.read_text("utf-8"), path.name)


class Learner:
    """Answers the questions of a card by value and click."""

    @staticmethod
    def reads(html) -> str:
        """The words of an HTML widget, or of the page that an Output shows."""
        if hasattr(html, "outputs"):
            html = "".join(output["data"]["text/html"] for output in html.outputs)
        else:
            html = html.value
        return re.sub(r"<[^>]+>", "", html).strip()

    @staticmethod
    def put_in_order(card, keys) -> None:
        """Move the steps by their buttons until they stand like this."""
        control = card.control
        for place, key in enumerate(keys):
            for at in range(control.response.index(key), place, -1):
                control.rows[at].up.click()

    def fill_in(self, card, *, rightly: bool) -> None:
        """Give an answer without checking it; a wrong number is a known mistake."""
        item, control = card.item, card.control
        if item.kind == "single":
            control.radio.value = next(o.key for o in item.options if o.correct is rightly)
        elif item.kind == "multiple":
            for option in item.options:
                control.boxes[option.key].value = option.correct is rightly
        elif item.kind == "order":
            drawn, right = control.response, sorted(control.response)
            # The order as drawn is no answer, so the wrong one is another.
            wrong = next(k for k in ([1, 0, *right[2:]], [0, 2, 1, *right[3:]]) if k != drawn)
            self.put_in_order(card, right if rightly else wrong)
        elif rightly:
            control.box.value = card.variant.answer_text
        else:
            control.box.value = card.variant.wrong[0].text if card.variant.wrong else "1e12"

    def answer(self, card, *, rightly: bool = True, sure: int | None = None) -> None:
        """Fill in and check; `sure` is the place of a confidence, which a prediction needs."""
        self.fill_in(card, rightly=rightly)
        if sure is None and card.item.kind == "predict":
            sure = 3
        if sure is not None:
            card.sure.radio.value = sure
        card.check.click()


@pytest.fixture(scope="session")
def learner():
    return Learner()
