"""What is shown, as data: knobs, a computation, a chart, a table and a sentence.

Nothing here knows how it is drawn. `views.svg`, `views.html` and `views.text`
turn the parts into pictures and words; `lab` and `book` place them.
Standard library alone: these files also run in the reader's browser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

KnobValue = float | int | str


@dataclass(frozen=True)
class Knob:
    """One thing the reader can turn: a keyword argument of the view's computation.

    `kind` is "steps" (a slider over `steps`, beside a box for any other value),
    "number" (a box) or "choice" (a list of (value, label) pairs in `choices`).
    What may be entered is not repeated here: the calculator checks its own
    arguments, and the renderers show its `ValueError` in place.
    """

    name: str
    label: str
    unit: str
    kind: Literal["steps", "number", "choice"]
    default: KnobValue
    steps: tuple[float, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    primary: bool = False
    help: str = ""


@dataclass(frozen=True)
class Series:
    """One line (or set of dots) of a chart, labeled directly at its end.

    `role` names the term it shows; the same role has the same color in the
    chart, the table and the sentence. `style`: lines are models, dots are
    measurements, dashes are assumptions.
    """

    label: str
    role: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    style: Literal["line", "dots", "dashed"] = "line"


@dataclass(frozen=True)
class Rule:
    """A threshold drawn as a straight line with its value: at `x` or at `y`."""

    label: str
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True)
class Chart:
    """A figure as data. The title is a sentence: what the reader should see in it."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    rules: tuple[Rule, ...] = ()
    you_are_here: tuple[float, float] | None = None
    x_log: bool = True
    y_log: bool = True
    alt: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of text and numbers; units stand in the head, not in the cells."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int, ...], ...]
    marked_row: int | None = None


@dataclass(frozen=True)
class Result:
    """What a view says for one setting of its knobs.

    `binding_role` is the term that binds (a role of the chart's series);
    `sentence` has it in words. `limits` says what the model leaves out and how
    far it is off.
    """

    sentence: str
    chart: Chart
    table: Table
    binding_role: str
    binding_label: str
    threshold_label: str
    limits: str = ""


@dataclass(frozen=True)
class View:
    """A calculator as the reader meets it; rendered by `lab`, `book` and as text."""

    id: str
    title: str
    question: str
    knobs: tuple[Knob, ...]
    compute: Callable[..., Result] = field(repr=False)

    def __post_init__(self):
        primary = [k.name for k in self.knobs if k.primary]
        if not 1 <= len(primary) <= 3:
            raise ValueError(
                f"view {self.id!r}: one to three primary knobs, got {len(primary)}: {primary}"
            )

    @property
    def defaults(self) -> dict[str, KnobValue]:
        return {k.name: k.default for k in self.knobs}

    def result(self, **knobs: KnobValue) -> Result:
        """The result for these knobs; what is not named keeps its default."""
        unknown = sorted(set(knobs) - set(self.defaults))
        if unknown:
            raise ValueError(
                f"{self.id}: no knob named {', '.join(unknown)}; the knobs are "
                f"{', '.join(self.defaults)}"
            )
        return self.compute(**{**self.defaults, **knobs})

    def as_text(self, **knobs: Any) -> str:
        from course_utils.views.text import result_text

        return result_text(self, self.result(**knobs))


Registry = Mapping[str, View]
