"""A timed explanation as live ipywidgets: clock, outline, checklist and a word count."""

from __future__ import annotations

import time
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from course_utils.lab.quiz_parts import Folded
from course_utils.practice import Explanation, Stopwatch, clock_text
from course_utils.views.style import css_text

_FULL = widgets.Layout(width="100%")
# A heartbeat, not a clock: it wakes the kernel, which then reads the time. The last
# tick lies a day away, so that a pause in the talk does not use the heartbeat up.
_HEARTBEAT_MS = 500
_HEARTBEATS = 24 * 3600 * 1000 // _HEARTBEAT_MS


class Timer(widgets.VBox):
    """Start, Pause and Reset over the beat that is on, its prompt and the next beat.

    The ticks come from the browser (`Play` runs there), so nothing loops or sleeps in
    the kernel and other cells stay free to run.
    """

    def __init__(self, definition: Explanation, clock: Callable[[], float]):
        self.definition = definition
        self.stopwatch = Stopwatch(definition.total_s, clock)
        self.heartbeat = widgets.Play(
            min=0,
            max=_HEARTBEATS,
            interval=_HEARTBEAT_MS,
            show_repeat=False,
            layout=widgets.Layout(display="none"),
        )
        self.heartbeat.observe(self._ticked, names="value")
        self.toggle = widgets.Button(button_style="primary", layout=widgets.Layout(width="7rem"))
        self.toggle.on_click(self._toggled)
        self.reset = widgets.Button(
            description="Reset", icon="undo", layout=widgets.Layout(width="7rem")
        )
        self.reset.on_click(self._reset)
        self.clock = widgets.HTML()
        self.progress = widgets.IntProgress(min=0, max=definition.total_s, layout=_FULL)
        self.progress.add_class("cu-explanation-progress")
        self.now = widgets.HTML(layout=_FULL)
        self.beats = widgets.HTML(layout=_FULL)
        bar = widgets.HBox(
            [self.clock, self.toggle, self.reset, self.heartbeat],
            layout=widgets.Layout(flex_flow="row wrap", align_items="center"),
        )
        super().__init__([bar, self.progress, self.now, self.beats], layout=_FULL)
        self.refresh()

    def _toggled(self, _button):
        if self.stopwatch.running:
            self.stopwatch.pause()
        else:
            self.stopwatch.start()
        self.heartbeat.playing = self.stopwatch.running
        self.refresh()

    def _reset(self, _button):
        self.stopwatch.reset()
        self.heartbeat.playing = False
        self.heartbeat.value = 0
        self.refresh()

    def _ticked(self, _change):
        if self.stopwatch.finished:
            self.heartbeat.playing = False
        self.refresh()

    def refresh(self) -> None:
        """Show the time that is left; what did not change is not sent to the browser."""
        elapsed_s, total_s = self.stopwatch.elapsed_s, self.definition.total_s
        running, finished = self.stopwatch.running, self.stopwatch.finished
        going_on = elapsed_s > 0 and not finished
        self.toggle.description = "Pause" if running else "Go on" if going_on else "Start"
        self.toggle.icon = "pause" if running else "play"
        left = clock_text(total_s - int(elapsed_s))
        self.clock.value = f'<span class="cu-explanation-clock">{left}<small> left</small></span>'
        self.progress.value = int(elapsed_s)
        index = self.definition.beat_index(elapsed_s)
        self.now.value = self._finished_html() if finished else self._now_html(index)
        self.beats.value = _beats_html(self.definition, None if finished else index)

    def _now_html(self, index: int) -> str:
        beats = self.definition.beats
        beat = beats[index]
        if index + 1 < len(beats):
            following = f"{clock_text(beats[index + 1].start_s)} {beats[index + 1].title}"
        else:
            following = f"{clock_text(self.definition.total_s)} end"
        return (
            '<div class="cu-explanation-now">'
            f"<p><strong>Now: {escape(beat.title)}.</strong> {escape(beat.say)}</p>"
            f'<p class="cu-explanation-opener">Begin with: {escape(beat.opener)}</p>'
            f'<p class="cu-explanation-next">Next: {escape(following)}</p></div>'
        )

    @staticmethod
    def _finished_html() -> str:
        return (
            '<div class="cu-explanation-now"><p><strong>Time.</strong> Stop here, even in the '
            "middle of a sentence, and tick below what you said aloud.</p></div>"
        )


def _beats_html(definition: Explanation, current: int | None) -> str:
    """The times of all beats in one line each, the current one marked."""
    items = "".join(
        f'<li class="cu-explanation-current" aria-current="step">{label}</li>'
        if index == current
        else f"<li>{label}</li>"
        for index, label in enumerate(
            f"<span>{clock_text(beat.start_s)}</span> {escape(beat.title)}"
            for beat in definition.beats
        )
    )
    return f'<ol class="cu-explanation-beats">{items}</ol>'


class ExplanationCard(widgets.VBox):
    """The whole card. `timer`, `notes`, `checks` and `written` are its live parts.

    Notes and text are folded into `outline` and `talk`.
    """

    def __init__(self, definition: Explanation, clock: Callable[[], float] = time.monotonic):
        self.definition = definition
        self.timer = Timer(definition, clock)
        self.notes = [self._note(index) for index in range(len(definition.beats))]
        self.checks = {element.id: self._check(element.label) for element in definition.elements}
        self.score = widgets.HTML(layout=_FULL)
        self.written = widgets.Textarea(
            placeholder="Write the talk out, if that helps you",
            rows=6,
            layout=_FULL,
        )
        self.written.observe(self._counted, names="value")
        self.length = widgets.HTML(layout=_FULL)
        self.outline = Folded("Your outline, beat by beat", self.notes)
        self.talk = Folded("Your talk, written out", [self.written, self.length])
        question = f'<p class="cu-explanation-question">{escape(definition.question)}</p>'
        super().__init__(
            [
                widgets.HTML(f"<style>{css_text('lab', 'explanation')}</style>"),
                widgets.HTML(f'<p class="cu-card-title">{escape(definition.title)}</p>'),
                widgets.HTML(question),
                self.timer,
                self.outline,
                self.talk,
                widgets.HTML('<p class="cu-explanation-heading">Tick what you said aloud</p>'),
                *self.checks.values(),
                self.score,
            ],
            layout=widgets.Layout(width="100%", max_width="54rem"),
        )
        self.add_class("cu-card")
        self.add_class("cu-explanation")
        self._counted()
        self._scored()

    def _note(self, index: int) -> widgets.Textarea:
        beat = self.definition.beats[index]
        note = widgets.Textarea(
            description=f"{clock_text(beat.start_s)} {beat.title}",
            placeholder=beat.opener,
            rows=2,
            layout=_FULL,
        )
        note.add_class("cu-explanation-note")
        return note

    def _check(self, label: str) -> widgets.Checkbox:
        check = widgets.Checkbox(description=label, indent=False, layout=_FULL)
        check.add_class("cu-explanation-check")
        check.observe(self._scored, names="value")
        return check

    @property
    def checked(self) -> list[str]:
        """The ids of the elements that are ticked."""
        return [element_id for element_id, check in self.checks.items() if check.value]

    def _scored(self, _change=None):
        verdict = self.definition.score(self.checked).verdict
        self.score.value = f'<p class="cu-explanation-score">{escape(verdict)}</p>'

    def _counted(self, _change=None):
        text = self.definition.written_text(self.written.value)
        self.length.value = f'<p class="cu-status">{escape(text)}</p>'


def widget(definition: Explanation, **options: Any) -> ExplanationCard:
    """The live card of an explanation, which has no options."""
    definition.refuse_options(options)
    return ExplanationCard(definition)
