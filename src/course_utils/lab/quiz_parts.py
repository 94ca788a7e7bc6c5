"""Small parts that the widgets of a quiz are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape

import ipywidgets as widgets

# A new layout each time: widgets that share one also share what hides them.
wide = partial(widgets.Layout, width="auto")
left = partial(widgets.Layout, width="auto", align_self="flex-start")

_MARKS = {True: ("cu-right", "✓"), False: ("cu-wrong", "✗")}


def verdict_class(correct: bool) -> str:
    """The CSS class that colors what is right, or wrong."""
    return _MARKS[correct][0]


def mark_html(correct: bool, words: str = "") -> str:
    """A mark for the eye; `words` say it to who hears the page where no other text does."""
    style, mark = _MARKS[correct]
    spoken = f'<span class="cu-visually-hidden">{escape(words)}</span>' if words else ""
    return f'<span class="cu-quiz-mark {style}" aria-hidden="true">{mark}</span>{spoken}'


def note_html(message: str) -> str:
    """A message that a screen reader says at once; nothing for none."""
    return f'<p role="alert" class="cu-quiz-note">{escape(message)}</p>' if message else ""


def said_html(message: str, style: str = "cu-quiz-note") -> str:
    """A message that a screen reader says when it has time; nothing for none."""
    return f'<p role="status" class="{style}">{escape(message)}</p>' if message else ""


def button(label: str, action: Callable[[], None], *, quiet: bool = False) -> widgets.Button:
    """A button in the style of the cards."""
    made = widgets.Button(description=label, layout=left())
    made.add_class("cu-button")
    if quiet:
        made.add_class("cu-button-quiet")
    made.on_click(lambda _: action())
    return made


def set_shown(widget: widgets.DOMWidget, shown: bool) -> None:
    """Show a widget, or take it and its place away."""
    widget.layout.display = None if shown else "none"


def is_shown(widget: widgets.DOMWidget) -> bool:
    """Whether a widget has its place."""
    return widget.layout.display != "none"


class Folded(widgets.VBox):
    """Widgets behind a button that shows and hides them; `on_toggled` is told of both.

    It is no `Accordion`, because the keyboard cannot open one.
    """

    def __init__(
        self,
        title: str,
        content: Sequence[widgets.Widget],
        on_toggled: Callable[[], None] = lambda: None,
    ):
        self._on_toggled = on_toggled
        self.content = widgets.VBox(list(content))
        self.toggle = widgets.ToggleButton(description=title, layout=left())
        self.toggle.add_class("cu-fold")
        self.toggle.observe(self._toggled, names="value")
        self._show(False)
        super().__init__([self.toggle, self.content])

    @property
    def opened(self) -> bool:
        return self.toggle.value

    def close_up(self) -> None:
        """Hide the content, as at first."""
        self.toggle.value = False

    def focus(self) -> None:
        self.toggle.focus()

    def _toggled(self, _change) -> None:
        self._show(self.opened)
        self._on_toggled()

    def _show(self, shown: bool) -> None:
        self.toggle.icon = "caret-down" if shown else "caret-right"
        # ipywidgets gives a toggle no `aria-expanded`: a screen reader reads its tooltip.
        self.toggle.tooltip = "open: press to hide" if shown else "closed: press to show"
        set_shown(self.content, shown)


def linked(html: str) -> tuple[dict, ...]:
    """Outputs of a `widgets.Output` that JupyterLab draws as it does a page's HTML.

    It cleans this HTML, and opens a link to a file in itself, where the file of the
    notebook is; in a `widgets.HTML` such a link leaves JupyterLab.
    """
    if not html:
        return ()
    data = {"text/html": html}
    return ({"output_type": "display_data", "data": data, "metadata": {}},)
