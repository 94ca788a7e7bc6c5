"""A view as live ipywidgets: sliders that redraw the card while they are dragged."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from course_utils.lab.quiz_parts import Folded
from course_utils.views.copy import COPY_TITLE
from course_utils.views.html import card_html, error_html
from course_utils.views.knobs import nearest_step, parse_value, value_text
from course_utils.views.model import Knob, View
from course_utils.views.style import css_text

_FULL = widgets.Layout(width="100%")


class KnobControl:
    """The widgets of one knob; `typed` is what the reader has set, not yet checked."""

    def __init__(self, knob: Knob, value: Any, on_change):
        self.knob = knob
        self._on_change = on_change
        self._quiet = False
        self.slider = self.box = self.menu = None
        label = widgets.HTML(f'<span class="cu-knob-label">{knob.label}</span>')
        unit = widgets.HTML(f'<span class="cu-unit">{knob.unit}</span>')
        if knob.kind == "choice":
            self.menu = widgets.Dropdown(
                options=[(text, key) for key, text in knob.choices],
                value=value,
                layout=widgets.Layout(width="auto", max_width="18rem"),
            )
            self.menu.observe(self._changed, names="value")
            row = [self.menu, unit]
        else:
            self.box = widgets.Text(
                value=value_text(knob, value),
                continuous_update=False,
                layout=widgets.Layout(width="7.5rem"),
            )
            self.box.observe(self._changed, names="value")
            row = [self.box, unit]
            if knob.kind == "steps":
                self.slider = widgets.SelectionSlider(
                    options=[(value_text(knob, step), step) for step in knob.steps],
                    index=nearest_step(knob, value),
                    continuous_update=True,
                    readout=False,
                    layout=widgets.Layout(width="auto", flex="1 1 6rem", min_width="6rem"),
                )
                self.slider.observe(self._slid, names="value")
                row.insert(0, self.slider)
        help_text = widgets.HTML(f'<p class="cu-help">{knob.help}</p>') if knob.help else None
        # A long unit goes below on a narrow page; it is not cut off.
        row_box = widgets.HBox(
            row, layout=widgets.Layout(align_items="center", flex_flow="row wrap")
        )
        self.view = widgets.VBox(
            [w for w in (label, row_box, help_text) if w is not None],
            layout=widgets.Layout(
                flex="1 1 17rem", min_width="min(15rem, 100% - 1rem)", margin="0 1rem 0.4rem 0"
            ),
        )

    @property
    def typed(self) -> Any:
        return self.menu.value if self.menu is not None else self.box.value

    def _slid(self, change):
        if not self._quiet:
            self.box.value = value_text(self.knob, change.new)

    def _changed(self, change):
        if self.slider is not None:
            try:
                value = parse_value(self.knob, self.typed)
            except ValueError:
                pass  # the card shows why; the slider stays where it was
            else:
                self._quiet = True
                self.slider.index = nearest_step(self.knob, value)
                self._quiet = False
        self._on_change()


class CalculatorCard(widgets.VBox):
    """The live card of a view.

    `controls` holds the knobs by name, `folds` what is hidden at first by title, `error` the
    last complaint.
    """

    def __init__(self, view: View, **knobs: Any):
        self.definition = view
        self.error = ""
        self._parts = {
            name: widgets.HTML(layout=_FULL)
            for name in ("sentence", "binding", "figure", "table", "copy")
        }
        self._error = widgets.HTML(layout=_FULL)
        values = {**view.defaults, **knobs}
        self.controls = {k.name: KnobControl(k, values[k.name], self.refresh) for k in view.knobs}
        more = [self.controls[k.name].view for k in view.knobs if not k.primary]
        self.folds = {
            "Table": Folded("Table", [self._parts["table"]]),
            COPY_TITLE: Folded(COPY_TITLE, [self._parts["copy"]]),
        }
        if more:
            self.folds = {"More settings": Folded("More settings", [self._row(more)]), **self.folds}
        super().__init__(
            [
                widgets.HTML(f"<style>{css_text('lab')}</style>"),
                widgets.HTML(f'<p class="cu-card-title">{view.title}: {view.question}</p>'),
                self._parts["sentence"],
                self._parts["binding"],
                self._error,
                self._parts["figure"],
                self._row([self.controls[k.name].view for k in view.knobs if k.primary]),
                *self.folds.values(),
            ],
            layout=widgets.Layout(width="100%", max_width="54rem"),
        )
        self.add_class("cu-card")
        self.refresh()

    @staticmethod
    def _row(views):
        return widgets.HBox(views, layout=widgets.Layout(flex_flow="row wrap", width="100%"))

    def refresh(self):
        """Compute and redraw; on bad input keep the last good card and say why."""
        try:
            values = {n: parse_value(c.knob, c.typed) for n, c in self.controls.items()}
            parts = card_html(self.definition, values)
        except ValueError as error:
            self.error = str(error)
        else:
            self.error = ""
            for name, html in parts.items():
                self._parts[name].value = html
        self._error.value = error_html(self.error)


def widget(view: View, **knobs: Any) -> CalculatorCard:
    """The live card of `view`, started from these knob values."""
    return CalculatorCard(view, **knobs)
