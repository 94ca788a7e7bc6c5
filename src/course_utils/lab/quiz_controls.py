"""What a learner answers with, one control for each kind of item.

A control has a `view`, a `response` that can be read and set (None clears it), and says
with `fits` whether it could show a response. `lock` freezes it; `mark` shows a verdict on
it and `unmark` takes that away; `focus` puts the keyboard there.
"""

from __future__ import annotations

from typing import Any, Protocol

import ipywidgets as widgets

from course_utils.lab.quiz_parts import mark_html, said_html, set_shown, verdict_class, wide
from course_utils.quiz import Grade, Item, Variant
from course_utils.quiz.confidence import brier_score, choices
from course_utils.quiz.grading import WORDS
from course_utils.quiz.record import RECORD_WORDS
from course_utils.quiz.text import option_letter, plain
from course_utils.views.html import inline


class Control(Protocol):
    """What `ItemCard` asks of a control."""

    view: widgets.DOMWidget
    response: Any

    def fits(self, response: Any) -> bool: ...
    def lock(self, locked: bool) -> None: ...
    def mark(self, verdict: Grade) -> None: ...
    def unmark(self) -> None: ...
    def focus(self) -> None: ...


class SingleControl:
    """Radio buttons; the response is the key of the chosen option, or None."""

    def __init__(self, variant: Variant):
        options = [
            (f"{option_letter(i)}.  {plain(option.text)}", option.key)
            for i, option in enumerate(variant.options)
        ]
        self.view = self.radio = widgets.RadioButtons(options=options, value=None, layout=wide())

    @property
    def response(self) -> int | None:
        return self.radio.value

    @response.setter
    def response(self, key: int | None) -> None:
        self.radio.value = key

    def fits(self, response: Any) -> bool:
        return any(_is_key(response, key) for _, key in self.radio.options)

    def lock(self, locked: bool) -> None:
        self.radio.disabled = locked

    def mark(self, verdict: Grade) -> None:
        self.radio.add_class(verdict_class(verdict.correct))

    def unmark(self) -> None:
        _unmark(self.radio)

    def focus(self) -> None:
        self.radio.focus()


class MultipleControl:
    """Checkboxes; the response is the list of the keys that are ticked."""

    def __init__(self, variant: Variant):
        self.boxes = {
            option.key: widgets.Checkbox(
                value=False,
                description=f"{option_letter(i)}.  {plain(option.text)}",
                indent=False,
                layout=wide(),
            )
            for i, option in enumerate(variant.options)
        }
        self.view = widgets.VBox(list(self.boxes.values()))

    @property
    def response(self) -> list[int]:
        return [key for key, box in self.boxes.items() if box.value]

    @response.setter
    def response(self, keys: list[int] | None) -> None:
        for key, box in self.boxes.items():
            box.value = key in (keys or ())

    def fits(self, response: Any) -> bool:
        return isinstance(response, list) and all(
            any(_is_key(given, key) for key in self.boxes) for given in response
        )

    def lock(self, locked: bool) -> None:
        for box in self.boxes.values():
            box.disabled = locked

    def mark(self, verdict: Grade) -> None:
        for entry in verdict.feedback:
            self.boxes[entry.key].add_class(verdict_class(entry.correct))

    def unmark(self) -> None:
        for box in self.boxes.values():
            _unmark(box)

    def focus(self) -> None:
        next(iter(self.boxes.values())).focus()


class NumberControl:
    """A text box for a number or a guess; the response is what was typed."""

    def __init__(self, variant: Variant):
        guess = variant.item.kind == "predict"
        # Sent when the box is left, so that the value is there before the click on Check.
        self.box = widgets.Text(
            value="",
            placeholder="number",
            description=WORDS["your_guess"] if guess else "Your answer",
            continuous_update=False,
            layout=widgets.Layout(width="16rem"),
            style={"description_width": "initial"},
        )
        unit = widgets.HTML(f'<span class="cu-unit">{inline(variant.item.numeric.unit)}</span>')
        self.view = widgets.HBox(
            [self.box, unit], layout=widgets.Layout(align_items="center", flex_flow="row wrap")
        )

    @property
    def response(self) -> str:
        return self.box.value

    @response.setter
    def response(self, text: str | None) -> None:
        self.box.value = text or ""

    def fits(self, response: Any) -> bool:
        return isinstance(response, str)

    def lock(self, locked: bool) -> None:
        self.box.disabled = locked

    def mark(self, verdict: Grade) -> None:
        pass  # the verdict says it

    def unmark(self) -> None:
        pass

    def focus(self) -> None:
        self.box.focus()


class OrderControl:
    """Steps with two buttons each that move them; the response is the list of their keys.

    The rows stay where they are and only their words change places, because a row that is
    moved is drawn anew and the keyboard loses its place.
    """

    def __init__(self, variant: Variant):
        self._steps = {step.key: step.text for step in variant.steps}
        self._drawn = list(self._steps)
        self._order = list(self._drawn)
        self._marks: dict[int, bool] = {}
        self._locked = False
        self.rows = [Row(lambda by, place=i: self.move(place, by)) for i in range(len(self._drawn))]
        self.moved = widgets.HTML()
        self.view = widgets.VBox([*(row.view for row in self.rows), self.moved])
        self._draw()

    @property
    def response(self) -> list[int]:
        return list(self._order)

    @response.setter
    def response(self, keys: list[int] | None) -> None:
        self._order = [int(key) for key in (self._drawn if keys is None else keys)]
        self.moved.value = ""
        self._draw()

    def fits(self, response: Any) -> bool:
        return isinstance(response, list) and sorted(response) == sorted(self._drawn)

    def move(self, place: int, by: int) -> None:
        """Let the step at `place` (from 0) and its neighbor above (-1) or below (1) swap."""
        target = place + by
        if self._locked or not 0 <= target < len(self._order):
            return
        order = self._order
        order[place], order[target] = order[target], order[place]
        self._draw()
        row = self.rows[target]
        # A button that has just become useless hands its focus on.
        wanted, other = (row.up, row.down) if by < 0 else (row.down, row.up)
        (other if wanted.disabled else wanted).focus()
        said = WORDS["moved"].format(
            step=plain(self._steps[order[target]]), place=target + 1, total=len(order)
        )
        self.moved.value = said_html(said, "cu-quiz-moved")

    def lock(self, locked: bool) -> None:
        self._locked = locked
        self.moved.value = ""
        self._draw()

    def mark(self, verdict: Grade) -> None:
        """A step is marked by what it follows, so that the marks agree with the pairs counted."""
        before = -1
        for place, key in enumerate(self._order):
            self._marks[place] = key == before + 1
            before = key
        self._draw()

    def unmark(self) -> None:
        self._marks = {}
        self._draw()

    def focus(self) -> None:
        self.rows[0].down.focus()

    def _draw(self) -> None:
        for place, (row, key) in enumerate(zip(self.rows, self._order, strict=True)):
            ends = (place == 0, place == len(self.rows) - 1)
            row.draw(place, self._steps[key], self._marks.get(place), ends, self._locked)


class Row:
    """One place in an order: its number, the step that stands there, and its two buttons."""

    def __init__(self, move):
        self.text = widgets.HTML(layout=widgets.Layout(flex="1 1 auto"))
        self.up, self.down = self._arrow("up", -1, move), self._arrow("down", 1, move)
        self.view = widgets.HBox([self.text, self.up, self.down])
        self.view.add_class("cu-quiz-row")

    @staticmethod
    def _arrow(way: str, by: int, move) -> widgets.Button:
        """A button that shows an arrow; its words are for who hears the page."""
        button = widgets.Button(layout=wide(flex="none"))
        for name in ("cu-button", "cu-button-quiet", "cu-quiz-move", f"cu-quiz-{way}"):
            button.add_class(name)
        button.on_click(lambda _: move(by))
        return button

    def draw(self, place: int, step: str, correct: bool | None, ends, locked: bool) -> None:
        """Show a step; `ends` says whether this is the first and the last place."""
        _unmark(self.view)
        mark = ""
        if correct is not None:
            self.view.add_class(verdict_class(correct))
            mark = mark_html(correct, RECORD_WORDS["step_right" if correct else "step_wrong"])
        self.text.value = (
            f'<span class="cu-quiz-letter">{place + 1}</span> '
            f'<span class="cu-quiz-step">{inline(step)}</span> {mark}'
        )
        moves = ((self.up, "move_up", ends[0]), (self.down, "move_down", ends[1]))
        for button, words, at_end in moves:
            button.description = f"{WORDS[words]}: {plain(step)}"
            button.disabled = locked or at_end
            set_shown(button, not locked)


class ConfidenceControl:
    """How sure somebody is: a row of choices, a guess first; `value` is a share or None."""

    def __init__(self, item: Item):
        self._levels = choices(item)
        self._labels = [
            WORDS["a_guess"],
            *(WORDS["level"].format(percent=round(100 * level)) for level in self._levels[1:]),
        ]
        self.view = self.radio = widgets.RadioButtons(
            # By place: a guess between two options and the level 50% are the same number.
            options=[(label, place) for place, label in enumerate(self._labels)],
            value=None,
            orientation="horizontal",
            description=WORDS["how_sure"],
            layout=wide(),
            style={"description_width": "initial"},
        )
        self.view.add_class("cu-quiz-sure")

    @property
    def value(self) -> float | None:
        return None if self.radio.value is None else self._levels[self.radio.value]

    @value.setter
    def value(self, level: float | None) -> None:
        self.radio.value = self._levels.index(level) if level in self._levels else None

    def scored(self, correct: bool) -> str:
        """What the stated confidence was worth, in words; nothing where none was stated."""
        if self.value is None:
            return ""
        score = f"{brier_score(self.value, correct):.2f}"
        if self.radio.value == 0:
            return WORDS["scored_guess"].format(score=score)
        return WORDS["scored"].format(score=score, level=self._labels[self.radio.value])

    def lock(self, locked: bool) -> None:
        self.radio.disabled = locked

    def focus(self) -> None:
        self.radio.focus()


def control_for(variant: Variant) -> Control:
    """The control of this kind of item."""
    return _CONTROLS[variant.item.kind](variant)


_CONTROLS = {
    "single": SingleControl,
    "multiple": MultipleControl,
    "numeric": NumberControl,
    "order": OrderControl,
    "predict": NumberControl,
}


def _is_key(given: Any, key: int) -> bool:
    """Whether a value from a progress file is this key: True is no 1."""
    return not isinstance(given, bool | str) and given == key


def _unmark(widget: widgets.DOMWidget) -> None:
    for correct in (True, False):
        widget.remove_class(verdict_class(correct))
