"""The one place that picks a renderer: JupyterLab, the built book, or text.

`show` returns an object with a mime bundle of three views of one definition.
JupyterLab takes the live widget, the book takes `text/html` (see
`nb_mime_priority_overrides` in `_config.yml`), everything else `text/plain`.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

# Definition class name -> module that renders it in `lab` and in `book`.
# Names, not classes, so that importing this module imports no renderer.
_RENDERERS = {
    "View": "calculator",
    "Bank": "quiz",
    "Explanation": "explanation",
    "PracticeSet": "practice",
    "Placement": "placement",
    "WarmUp": "warm_up",
    "MisconceptionIndex": "misconceptions",
    "Assistant": "assistant",
}


def calculator(view_id: str):
    """The calculator view with this id; `ValueError` lists the ids there are."""
    from course_utils.views import get_view

    return get_view(view_id)


def quiz(bank_id: str, *item_ids: str):
    """The question bank of a lesson, for example `quiz("01-interview-basics")`.

    With item ids, these items alone: `quiz("05-latency-physics", "first-token-ratio")`
    puts a prediction into the text. Without, all items but the predictions, which
    stand where they are revealed.
    """
    from course_utils.quiz import load_bank

    bank = load_bank(bank_id)
    if item_ids:
        return replace(bank, items=tuple(bank.item(item_id) for item_id in item_ids))
    return replace(bank, items=tuple(item for item in bank.items if item.kind != "predict"))


def practice_set(**filters: Any):
    """The questions of all lessons, filtered: `practice_set(lesson="05-latency-physics")`."""
    from course_utils.quiz.practice import select

    return select(**filters)


def placement():
    """The placement check: a few questions of each lesson, and where to begin."""
    from course_utils.quiz.placement import placement_check

    return placement_check()


def warm_up():
    """Ten quantities to guess as ranges that one is 90% sure of, and what the ranges say."""
    from course_utils.quiz.warm_up import warm_up

    return warm_up()


def misconceptions():
    """Every wrong idea of the course, why it tempts, and where it is answered."""
    from course_utils.quiz.misconceptions import misconception_index

    return misconception_index()


def explanation(topic_id: str):
    """The timed spoken explanation of a topic, for example `explanation("document-qa")`."""
    from course_utils.practice import get_explanation

    return get_explanation(topic_id)


def assistant(**settings: Any):
    """The chat with the document assistant, on a system with these settings.

    `assistant(clock="measured")` shows what this machine took; docqa's `System` lists the
    settings. Without any, all is simulated and repeats on every machine.
    """
    from course_utils.docqa.assistant import Assistant

    return Assistant.of(**settings)


class Shown:
    """A definition on its way to the reader; Jupyter asks it for a mime bundle."""

    def __init__(self, definition: Any, **options: Any):
        self._renderer = _RENDERERS.get(type(definition).__name__)
        if self._renderer is None:
            raise ValueError(
                f"show() got {definition!r}; "
                "it takes calculator(...), quiz(...), explanation(...), practice_set(...), "
                "placement(), warm_up(), misconceptions() or assistant()"
            )
        self.definition = definition
        self.options = options
        # Raise on a bad option here, in the cell, and not while Jupyter displays.
        self.text = definition.as_text(**options)

    @property
    def html(self) -> str:
        """The static HTML that the book shows; its browser module makes it live."""
        module = import_module(f"course_utils.book.{self._renderer}")
        return module.html(self.definition, **self.options)

    @property
    def widget(self):
        """The live ipywidgets view."""
        module = import_module(f"course_utils.lab.{self._renderer}")
        return module.widget(self.definition, **self.options)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        bundle = {"text/html": self.html, "text/plain": self.text}
        try:
            widget_bundle = self.widget._repr_mimebundle_()
        except ImportError:  # no ipywidgets: HTML and text are still right
            return bundle
        return {**widget_bundle, **bundle}

    def __repr__(self) -> str:
        return self.text


def show(definition: Any, **options: Any) -> Shown:
    """Show a calculator, a quiz or an explanation in whatever medium reads it.

    Keyword options start a calculator from other knob values than its defaults:
    `show(calculator("context-cost"), context_tokens=32_000)`.
    """
    return Shown(definition, **options)
